"""For every test. Safe where only the core is installed: Django is set up only where it is there."""

from __future__ import annotations

import os
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

# before NumPy is loaded: threads for small products only wait for each other, five times as long on a busy machine
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

#: The rooms that need Django, left out where the core alone is installed.
collect_ignore = [] if find_spec("django") else ["workbench", "browser"]

if find_spec("django"):
    # before Django reads its settings: the tests' own data directory, with its own key
    os.environ["SECUREBASE_DATA_DIR"] = tempfile.mkdtemp(prefix="securebase-tests-")
    os.environ.setdefault("SECUREBASE_TIME_ZONE", "Europe/Amsterdam")
    for _name in ("SECUREBASE_ADDRESS", "SECUREBASE_DEMO", "SECUREBASE_DATABASE_KEY", "SECUREBASE_DATABASE_KEY_FILE"):
        os.environ.pop(_name, None)
    # browser tests drive a live server from the same process
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    # here and not in pyproject.toml: pytest-django would read the settings before this file is read
    os.environ["DJANGO_SETTINGS_MODULE"] = "securebase.workbench.settings"
    import_module("django").setup()
    # worker processes inherit this environment, and pytest-django would load their settings before this file is read
    # there: with this name gone, every worker gets a data directory of its own
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Tests that truncate tables must be able to empty the audit trail; its own test puts the trigger back."""
    connection = import_module("django.db").connection
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_no_delete")


def pytest_unconfigure() -> None:
    """The tests' data directory goes with them."""
    folder = Path(os.environ.get("SECUREBASE_DATA_DIR", ""))
    if folder.name.startswith("securebase-tests-"):
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
