"""The audit trail is append-only, sealed row by row, and free of content."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from securebase.errors import NotPermittedError
from securebase.workbench.audit.actions import record
from securebase.workbench.audit.models import Entry
from securebase.workbench.audit.queries import verify_chain
from securebase.workbench.check_ins.actions import record_check_in
from workbench.cast import NOON, Cast, answers


def add_three_rows() -> None:
    for n in range(3):
        record(actor=None, action=f"test.{n}", detail={"n": n})


def tamper(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_no_update")
        cursor.execute(sql)


@pytest.mark.django_db
def test_an_untouched_trail_is_intact() -> None:
    assert verify_chain().rows == 0
    add_three_rows()
    result = verify_chain()
    assert result.intact
    assert (result.rows, result.last_hash) == (3, Entry.objects.get(sequence=3).hash)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sql", "row", "reason"),
    [
        ("UPDATE audit_entry SET action = 'other' WHERE sequence = 2", 2, "changed"),
        ("UPDATE audit_entry SET detail = '{\"n\": 7}' WHERE sequence = 1", 1, "changed"),
        ("UPDATE audit_entry SET actor = 'x' WHERE sequence = 3", 3, "changed"),
        ("DELETE FROM audit_entry WHERE sequence = 2", 2, "missing"),
        ("UPDATE audit_entry SET previous_hash = 'x' WHERE sequence = 3", 3, "not linked to the previous row"),
    ],
)
def test_tampering_is_detected_at_its_row(sql: str, row: int, reason: str) -> None:
    add_three_rows()
    tamper(sql)
    result = verify_chain()
    assert result.first_bad == row
    assert reason in result.reason
    with pytest.raises(CommandError, match=f"row {row}"):
        call_command("verify_audit")


@pytest.mark.django_db
def test_rows_cannot_be_changed_or_removed() -> None:
    entry = record(actor=None, action="test")
    with pytest.raises(NotPermittedError):
        entry.save()
    with pytest.raises(NotPermittedError):
        entry.delete()
    with connection.cursor() as cursor:
        # conftest.py drops this trigger so that tests can truncate tables: restore it as in the migration
        cursor.execute("CREATE TRIGGER audit_no_delete BEFORE delete ON audit_entry "
                       "BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END")  # fmt: skip
    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic():
        Entry.objects.all().delete()
    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic():
        Entry.objects.update(action="other")
    assert verify_chain().intact


def test_the_trail_records_the_number_of_answers_but_not_the_answers(cast: Cast) -> None:
    check_in = cast.invite().check_in
    record_check_in(check_in=check_in, responses=answers("session_before", 7.0, 3.0), submission="s", at=NOON)
    entry = Entry.objects.get(action="check_in.answered")
    assert entry.actor == ""
    assert entry.client == str(cast.carla.id)
    assert entry.detail == {
        "instrument": "session_before",
        "answered": 11,
        "alerts": 1,
        "moment": "before",
        "beside": [],
    }
    details = json.dumps([e.detail for e in Entry.objects.all()])
    assert "Carla" not in details


def test_a_write_adds_one_row(cast: Cast) -> None:
    before = Entry.objects.count()
    cast.invite()
    assert Entry.objects.count() == before + 1
