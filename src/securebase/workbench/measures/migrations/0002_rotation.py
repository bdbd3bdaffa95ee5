"""Courses under way get rotating questions from their next session on; choices about retired questionnaires go along."""

from typing import Any

from django.db import migrations

#: monthly questionnaire → slots of the rotation that ask its topics
_SLOTS = {
    "coping_month": ("coping", "wellbeing", "habits"),
    "emotion_month": ("regulation",),
    "ties_month": ("seeking", "intimacy", "insight"),
    "relationship_seldom": ("felt_security", "sensitivity"),
    "attachment_to_therapist": ("felt_security", "sensitivity"),
}


def begin_rotation(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    Episode = apps.get_model("clients", "Episode")
    CheckIn = apps.get_model("check_ins", "CheckIn")
    for offset, episode in enumerate(Episode.objects.using(alias).order_by("created_at", "id")):
        opened = (
            CheckIn.objects.using(alias)
            .filter(therapy_session__episode=episode, moment="after")
            .exclude(state="withdrawn")
        )
        last = opened.order_by("-therapy_session__number").values_list("therapy_session__number", flat=True).first()
        episode.rotation_offset, episode.rotation_from = offset, (last or 0) + 1
        episode.save(update_fields=["rotation_offset", "rotation_from"])


def move_choices(apps: Any, schema_editor: Any) -> None:
    choices = apps.get_model("measures", "ExtraChoice").objects.using(schema_editor.connection.alias)
    for choice in choices.filter(instrument__in=_SLOTS):
        for slot in _SLOTS[choice.instrument]:
            choices.get_or_create(
                episode_id=choice.episode_id,
                instrument=f"rotation:{slot}",
                defaults={"off": choice.off, "asked_for": choice.asked_for},
            )


class Migration(migrations.Migration):
    dependencies = [
        ("measures", "0001_move_from_therapy_sessions"),
        ("clients", "0005_rotation"),
    ]

    operations = [
        migrations.RunPython(begin_rotation, migrations.RunPython.noop),
        migrations.RunPython(move_choices, migrations.RunPython.noop),
    ]
