"""Give the tables of models that move to `measures` and `check_ins` their new names; rows, keys and indexes stay."""

from __future__ import annotations

from typing import Any

from django.db import migrations

#: model → app that it moves to
MOVED = {
    "administration": "measures",
    "response": "measures",
    "score": "measures",
    "safetyalert": "measures",
    "extrachoice": "measures",
    "checkin": "check_ins",
}


def move_content_types(apps: Any, schema_editor: Any) -> None:
    """Change the app of existing content types, so that their permissions stay; a new database has none yet."""
    rows = apps.get_model("contenttypes", "ContentType").objects.using(schema_editor.connection.alias)
    for model, app in MOVED.items():
        rows.filter(app_label="therapy_sessions", model=model).update(app_label=app)


def restore_content_types(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("contenttypes", "ContentType").objects.using(schema_editor.connection.alias)
    for model, app in MOVED.items():
        rows.filter(app_label=app, model=model).update(app_label="therapy_sessions")


class Migration(migrations.Migration):
    dependencies = [
        ("contenttypes", "0002_remove_content_type_name"),
        ("therapy_sessions", "0002_extras"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AlterModelTable(model, f"{app}_{model}") for model, app in MOVED.items()]
        ),
        migrations.RunPython(move_content_types, restore_content_types),
    ]
