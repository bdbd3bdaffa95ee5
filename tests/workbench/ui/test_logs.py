"""Redaction of links in the log."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from django.urls import reverse
from django.utils import timezone

from securebase.workbench.ui.logs import redact_links
from workbench.browser import Browser
from workbench.cast import Cast


@pytest.fixture
def console() -> Iterator[io.StringIO]:
    """Return the output of the console handler as configured by the settings."""
    handler = next(h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    output = io.StringIO()
    original = handler.setStream(output)
    yield output
    handler.setStream(original)


def test_a_clients_link_is_never_logged(
    cast: Cast, browser: Browser, console: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = cast.invite(at=timezone.now()).path
    token = path.split("/")[2]
    browser.post(path, {"item_1": "99", "submission": "x"})  # 400
    browser.put(path)  # 405
    browser.get(path + "sent/")  # 410
    browser.get(path + "elsewhere/")  # 404

    def fail(token: str) -> None:
        raise ZeroDivisionError(f"while opening {path}")

    monkeypatch.setattr("securebase.workbench.check_ins.client_pages.queries.check_in_by_token", fail)
    browser.raise_request_exception = False
    assert browser.get(path).status_code == 500
    logging.getLogger("django.security.csrf").warning("Forbidden (%s): %s", "no cookie", path)
    lines = console.getvalue()
    for text in ("Bad Request: /c/…/", "Method Not Allowed", "Gone: /c/…/sent/", "Internal Server Error: /c/…/"):
        assert text in lines
    assert "ZeroDivisionError: while opening /c/…/" in lines
    assert "Forbidden (no cookie): /c/…/" in lines
    assert token not in lines


def test_client_ids_are_redacted(cast: Cast, alma: Browser, console: io.StringIO) -> None:
    alma.get(reverse("session", args=[cast.carla.id, cast.carla.id]))
    assert "Not Found: /clients/…/sessions/" in console.getvalue()
    assert console.getvalue().count(str(cast.carla.id)) == 1  # requested here as the id of a session


def test_no_django_logger_has_handlers_of_its_own() -> None:
    for name in ("django", "django.request", "django.security", "django.security.csrf"):
        logger = logging.getLogger(name)
        assert logger.handlers == []
        assert logger.propagate


@pytest.mark.parametrize(
    ("line", "redacted"),
    [
        ("Gone: /c/a-B_9/", "Gone: /c/…/"),
        ('"POST /c/a-B_9?x=1 HTTP/1.1" 200', '"POST /c/…?x=1 HTTP/1.1" 200'),
        ("see https://clinic.example/c/a-B_9.", "see https://clinic.example/c/…"),
        ("/clients/new/ and /clinic/", "/clients/new/ and /clinic/"),
        ("/clients/04c9d582-c783-4a70-8f00-a6db9e3236f8/report/", "/clients/…/report/"),
    ],
)
def test_links_are_redacted_anywhere_in_a_line(line: str, redacted: str) -> None:
    assert redact_links(line) == redacted
