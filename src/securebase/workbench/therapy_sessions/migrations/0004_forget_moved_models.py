from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("measures", "0001_move_from_therapy_sessions"),
        ("therapy_sessions", "0003_rename_moved_tables"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel(name)
                for name in ("SafetyAlert", "Response", "Score", "ExtraChoice", "Administration", "CheckIn")
            ]
        ),
    ]
