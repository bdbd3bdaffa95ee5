"""Rows that are inserted again equal those that were built."""

from __future__ import annotations

import pytest
from django.db import transaction

from securebase.workbench.audit.queries import verify_chain
from workbench.build_once import rows_as_statements
from workbench.cast import make_cast


@pytest.mark.django_db
def test_the_second_cast_equals_the_first() -> None:
    with transaction.atomic():
        first, rows = make_cast(), rows_as_statements()
        transaction.set_rollback(True)
    assert rows_as_statements() == []
    second = make_cast()
    assert rows_as_statements() == rows
    assert len(rows) > 10
    assert second == first
    assert second.carla is not first.carla
    second.carla.refresh_from_db()
    assert verify_chain().intact
