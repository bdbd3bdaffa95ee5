"""Fixtures for the tests of the workbench."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import transaction

from workbench.browser import Browser
from workbench.cast import Cast, make_cast
from workbench.template_guard import watch


@pytest.fixture(scope="session", autouse=True)
def _quick_hashing() -> Iterator[None]:
    """Use Argon2id as in the product with cheap parameters, because these tests sign in hundreds of times."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("time_cost", 1), ("memory_cost", 64), ("parallelism", 1)):
            patch.setattr(Argon2PasswordHasher, name, value)
        yield


@pytest.fixture(autouse=True)
def _check_template_names(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    missing = watch(monkeypatch)
    yield
    assert sorted(set(missing)) == []


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Wrap a module in one transaction, so that all its tests see what its fixtures save, and nothing remains."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def browser() -> Browser:
    """Return a browser without a sign-in; “client” means a person in therapy here."""
    return Browser()


@pytest.fixture
def alma(cast: Cast, browser: Browser) -> Browser:
    """Return a browser in which Alma is signed in."""
    browser.force_login(cast.alma)
    return browser
