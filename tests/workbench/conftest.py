"""Fixtures of the workbench's tests."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from workbench.cast import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def browser() -> Browser:
    """A browser with nobody signed in. (A client is a person in therapy.)"""
    return Browser()


@pytest.fixture
def alma(cast: Cast, browser: Browser) -> Browser:
    """A browser in which Alma is signed in."""
    browser.force_login(cast.alma)
    return browser
