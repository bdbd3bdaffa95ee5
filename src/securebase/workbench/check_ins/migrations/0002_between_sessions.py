"""A check-in belongs to an episode, so that one can be asked between sessions; its links are counted."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models


def fill_episode(apps: Any, schema_editor: Any) -> None:
    """Give each check-in the episode of its session."""
    alias = schema_editor.connection.alias
    check_ins = apps.get_model("check_ins", "CheckIn").objects.using(alias)
    sessions = apps.get_model("therapy_sessions", "TherapySession").objects.using(alias)
    episode = sessions.filter(id=models.OuterRef("therapy_session"))
    check_ins.update(episode=models.Subquery(episode.values("episode")[:1]))


class Migration(migrations.Migration):
    dependencies = [
        ("check_ins", "0001_move_from_therapy_sessions"),
        ("clients", "0006_contact"),
    ]

    operations = [
        migrations.AddField(
            model_name="checkin",
            name="link_number",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="checkin",
            name="episode",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="check_ins",
                to="clients.episode",
            ),
        ),
        migrations.RunPython(fill_episode, migrations.RunPython.noop, elidable=False),
        migrations.AlterField(
            model_name="checkin",
            name="episode",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="check_ins", to="clients.episode"
            ),
        ),
        migrations.AlterField(
            model_name="checkin",
            name="therapy_session",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="check_ins",
                to="therapy_sessions.therapysession",
            ),
        ),
    ]
