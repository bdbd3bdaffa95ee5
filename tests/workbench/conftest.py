"""Fixtures of the workbench's tests."""

from __future__ import annotations

import pytest
from django.db import connection

from workbench.cast import Cast, make_cast


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    """Tests that truncate tables must be able to empty the audit trail; its own test puts the trigger back."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_no_delete")


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()
