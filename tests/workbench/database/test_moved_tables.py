"""A database from before `therapy_sessions` was split into three apps keeps its rows, keys and constraints."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connections
from django.db.migrations.executor import MigrationExecutor

BEFORE = [
    ("accounts", "0005_choice_labels"),
    ("clients", "0004_choice_labels"),
    ("auth", "0012_alter_user_first_name_max_length"),
    ("contenttypes", "0002_remove_content_type_name"),
    ("therapy_sessions", "0002_extras"),
]
MOVED = {
    "therapy_sessions_administration": "measures_administration",
    "therapy_sessions_response": "measures_response",
    "therapy_sessions_score": "measures_score",
    "therapy_sessions_safetyalert": "measures_safetyalert",
    "therapy_sessions_extrachoice": "measures_extrachoice",
    "therapy_sessions_checkin": "check_ins_checkin",
}
STAYED = ("therapy_sessions_therapysession", "therapy_sessions_rupture")
AT = datetime(2026, 9, 1, 12, tzinfo=UTC)


@pytest.fixture
def own(tmp_path: Path, django_db_blocker: Any) -> Iterator[Any]:
    """Return a connection to an empty database of its own, with a key of its own."""
    database = dict(settings.DATABASES["default"])
    options = database["OPTIONS"] | {"key_file": tmp_path / "own.key"}
    connections.databases["own"] = connections.databases["default"] | {"NAME": tmp_path / "own.db", "OPTIONS": options}
    with django_db_blocker.unblock():
        yield connections["own"]
        connections["own"].close()
    del connections["own"], connections.databases["own"]


def migrate(connection: Any, targets: list[tuple[str, str | None]]) -> Any:
    """Migrate to these targets and return the models as they are then."""
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return executor.loader.project_state([target for target in targets if target[1]]).apps


def fill(apps: Any) -> dict[str, int]:
    """Write one row of each table, and return content types of the models by name."""

    def create(app: str, model: str, /, **values: Any) -> Any:
        return apps.get_model(app, model).objects.using("own").create(**values)

    clinic = create("accounts", "Clinic", name="North")
    therapist = create("accounts", "Account", user_name="alma", clinic=clinic)
    client = create("clients", "Client", clinic=clinic, therapist=therapist, name_shown="Carla")
    episode = create("clients", "Episode", client=client, began_on=AT.date())
    session = create("therapy_sessions", "TherapySession", episode=episode, number=1, held_at=AT)
    create("therapy_sessions", "Rupture", therapy_session=session, kind="withdrawal", marked_at=AT)
    check_in = create(
        "therapy_sessions", "CheckIn", therapy_session=session, moment="before", mode="link", invited_at=AT,
        extras=["focus_week"], token_digest="d" * 64,
    )  # fmt: skip
    administration = create(
        "therapy_sessions", "Administration", episode=episode, therapy_session=session, check_in=check_in,
        instrument="session_before", at=AT, moment="before",
    )  # fmt: skip
    create("therapy_sessions", "Response", administration=administration, item=11, value=3.0)
    create("therapy_sessions", "Score", administration=administration, scale="symptoms", construct="s", value=4.5)
    create(
        "therapy_sessions", "SafetyAlert", episode=episode, administration=administration, item=11, value=3.0,
        concern="Self-harm", raised_at=AT, note="Called.",
    )  # fmt: skip
    create("therapy_sessions", "ExtraChoice", episode=episode, instrument="expectation", off=True)
    models = [name.removeprefix("therapy_sessions_") for name in (*MOVED, *STAYED)]
    return {m: create("contenttypes", "ContentType", app_label="therapy_sessions", model=m).id for m in models}


def rows(connection: Any, table: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}"')
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def index_columns(connection: Any, table: str) -> list[tuple[list[str], bool]]:
    """Return the columns of each constraint and index of a table, and whether they are unique."""
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table)
    return sorted((c["columns"], c["unique"]) for c in constraints.values() if c["columns"])


def test_rows_keys_and_constraints_move_with_the_tables(own: Any) -> None:
    types = fill(migrate(own, BEFORE))
    before = {name: (rows(own, name), index_columns(own, name)) for name in (*MOVED, *STAYED)}
    assert all(len(content) == 1 for content, _ in before.values())
    apps = migrate(own, MigrationExecutor(own).loader.graph.leaf_nodes())
    for name, (content, constraints) in before.items():
        table = MOVED.get(name, name)
        # later versions add columns and indexes; none that was there is lost or changed
        assert [{column: row[column] for column in content[0]} for row in rows(own, table)] == content, table
        present = index_columns(own, table)
        assert all(present.count(entry) >= constraints.count(entry) for entry in constraints), table
    assert not set(MOVED) & set(own.introspection.table_names())
    own.check_constraints()
    # the stored rows are those of the models, keys lead from one to the next, and the database still enforces them
    response = apps.get_model("measures", "Response").objects.using("own").get()
    assert response.administration.check_in.extras == ["focus_week"]
    assert response.administration.safety_alerts.get().note == "Called."
    with pytest.raises(IntegrityError):
        apps.get_model("measures", "Response").objects.using("own").create(
            administration=response.administration, item=11
        )
    # permissions hang on a content type, so its number stays
    labels = {t.model: (t.id, t.app_label) for t in apps.get_model("contenttypes", "ContentType").objects.using("own")}
    moved = {old.removeprefix("therapy_sessions_"): new.rpartition("_")[0] for old, new in MOVED.items()}
    assert labels == {model: (number, moved.get(model, "therapy_sessions")) for model, number in types.items()}


def test_the_move_can_be_undone(own: Any) -> None:
    fill(migrate(own, BEFORE))
    before = {name: rows(own, name) for name in MOVED}
    migrate(own, MigrationExecutor(own).loader.graph.leaf_nodes())
    migrate(own, [("check_ins", None), ("measures", None), ("therapy_sessions", "0002_extras")])
    assert {name: rows(own, name) for name in MOVED} == before


def test_a_deleted_administration_is_refused_while_answers_refer_to_it(own: Any) -> None:
    fill(migrate(own, BEFORE))
    migrate(own, MigrationExecutor(own).loader.graph.leaf_nodes())
    with pytest.raises(IntegrityError), own.cursor() as cursor:
        cursor.execute("DELETE FROM measures_administration")
