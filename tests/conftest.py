"""Set-up of all tests. Django is configured only if it is installed, so the core can be tested without it."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# A busy machine draws and checks as many examples, only later.
settings.register_profile("without clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("without clock")

# Must precede the import of NumPy. For small matrices, BLAS threads mostly wait for each other and are far slower.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Collection makes a million objects that stay until the end, so nothing can be freed until it is over.
gc.disable()

#: folders whose tests need Django
collect_ignore = [] if find_spec("django") else ["workbench", "browser"]

if find_spec("django"):
    # Must precede the settings: a temporary data directory with a key of its own.
    os.environ["SECUREBASE_DATA_DIR"] = tempfile.mkdtemp(prefix="securebase-tests-")
    os.environ.setdefault("SECUREBASE_TIME_ZONE", "Europe/Amsterdam")
    for _name in ("SECUREBASE_ADDRESS", "SECUREBASE_DEMO", "SECUREBASE_DATABASE_KEY", "SECUREBASE_DATABASE_KEY_FILE"):
        os.environ.pop(_name, None)
    # Browser tests run a live server in the same process.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    # Not in pyproject.toml, because pytest-django would read the settings before this file.
    os.environ["DJANGO_SETTINGS_MODULE"] = "securebase.workbench.settings"
    import_module("django").setup()
    # Workers inherit this environment. Without this variable, pytest-django leaves their settings to this file, so that
    # every worker gets a data directory of its own.
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Drop the trigger that protects the audit trail, so that tests can truncate tables; its own test restores it."""
    connection = import_module("django.db").connection
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER audit_no_delete")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Start one Chromium for all tests of a worker."""
    with import_module("chromium").run_chromium() as browser:
        yield browser


@pytest.fixture
def validated_charts() -> Iterator[None]:
    """Let Altair check every part of a chart against its schema while it is built, which the product skips."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("altair.utils.schemapi.debug_mode", lambda _: nullcontext())
        yield


@pytest.fixture
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a study fit no models, which take most of its time."""
    monkeypatch.setattr("securebase.study.study.fit_models", lambda *_, **__: ((), {}, None))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need Chromium and run them first, so that few workers start one and none ends with them."""
    browser_tests = [item for item in items if "chromium" in getattr(item, "fixturenames", ())]
    for item in browser_tests:
        item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


def pytest_collection_finish() -> None:
    """Let the garbage collector look only at what the tests themselves make."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """Delete the data directory of the tests."""
    folder = Path(os.environ.get("SECUREBASE_DATA_DIR", ""))
    if folder.name.startswith("securebase-tests-"):
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()
