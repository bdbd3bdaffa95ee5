"""Fixtures of the workbench's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client as Browser

from workbench.cast import Cast, make_cast
from workbench.template_guard import watch


@pytest.fixture(autouse=True)
def _quick_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id as in the product, but cheap: these tests sign in hundreds of times."""
    for name, value in (("time_cost", 1), ("memory_cost", 64), ("parallelism", 1)):
        monkeypatch.setattr(Argon2PasswordHasher, name, value)


@pytest.fixture(autouse=True)
def _no_template_reads_what_does_not_exist(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    missing = watch(monkeypatch)
    yield
    assert sorted(set(missing)) == []


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def browser() -> Browser:
    """A browser with nobody signed in; the name client is taken by persons in therapy."""
    return Browser()


@pytest.fixture
def alma(cast: Cast, browser: Browser) -> Browser:
    """A browser in which Alma is signed in."""
    browser.force_login(cast.alma)
    return browser
