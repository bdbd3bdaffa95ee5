from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0004_choice_labels"),
    ]

    operations = [
        migrations.AddField(
            model_name="episode",
            name="rotation_offset",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="episode",
            name="rotation_from",
            field=models.PositiveSmallIntegerField(default=1),
        ),
    ]
