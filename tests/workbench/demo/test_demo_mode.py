"""The demo never mixes simulated with real clients, and explains how to sign in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from django.utils import timezone

from securebase.cli.demo import command
from securebase.errors import InputError, NotPermittedError
from securebase.workbench.clients.models import Client
from securebase.workbench.demo.actions import PASSWORD, USER_NAME, build_clinic
from securebase.workbench.demo.others import CODE, LINK, OPEN_CLIENT, SUPERVISOR_USER_NAME
from securebase.workbench.supervision.models import Share
from workbench.browser import Browser
from workbench.cast import make_cast

NOW = datetime(2026, 3, 4, 8, 20, tzinfo=UTC)
REASON = "looking at the demo clinic"


@pytest.mark.django_db
def test_demo_explains_signing_in_and_that_all_is_simulated(settings: object, browser: Browser) -> None:
    settings.DEMO = True  # type: ignore[attr-defined]
    # built as of today, because shares and links expire
    build_clinic(now=timezone.now())
    page = browser.get("/sign-in/").content.decode()
    assert f"<code>{USER_NAME}</code>" in page
    assert f"<code>{PASSWORD}</code>" in page
    assert browser.post("/sign-in/", {"user_name": USER_NAME, "password": PASSWORD}).status_code == 302
    home = browser.get("/")
    assert home.status_code == 200
    assert "every client here is simulated" in home.content.decode()
    client = Client.objects.unscoped(reason=REASON).get(name_shown="Noor B.")
    assert "simulated client, not a real person" in browser.get(f"/clients/{client.id}/report/").content.decode()

    # the supervisor sees the shared course with its comments
    assert f"<code>{SUPERVISOR_USER_NAME}</code>" in page
    browser.post("/sign-out/")
    response = browser.post("/sign-in/", {"user_name": SUPERVISOR_USER_NAME, "password": PASSWORD}, follow=True)
    assert response.redirect_chain[-1][0] == "/supervision/"
    share = Share.objects.unscoped(reason=REASON).get()
    course = browser.get(f"/supervision/{share.id}/").content.decode()
    assert share.label in course
    assert "We both kept avoiding it" in course
    assert OPEN_CLIENT not in course

    # a client's own page opens with its link and code only
    browser.post("/sign-out/")
    assert f'href="/p/{LINK}/"' in page
    assert f"<code>{CODE}</code>" in page
    assert browser.post(f"/p/{LINK}/", {"code": "000000"}).status_code == 400
    assert browser.post(f"/p/{LINK}/", {"code": CODE}).status_code == 302
    assert "My plan for staying well" in browser.get("/own/").content.decode()


@pytest.mark.django_db
def test_real_and_simulated_clients_never_mix(settings: object) -> None:
    settings.DEMO = False  # type: ignore[attr-defined]
    with pytest.raises(NotPermittedError, match="demo mode"):
        build_clinic(now=NOW)
    settings.DEMO = True  # type: ignore[attr-defined]
    make_cast()
    with pytest.raises(NotPermittedError, match="already holds a clinic"):
        build_clinic(now=NOW)
    assert Client.objects.unscoped(reason=REASON).count() == 1


def test_command_refuses_a_directory_with_other_data(tmp_path: Path) -> None:
    (tmp_path / "securebase.db").write_bytes(b"a real clinic")
    result = CliRunner().invoke(command, ["--data-dir", str(tmp_path), "--fresh"])
    assert isinstance(result.exception, InputError)
    assert (tmp_path / "securebase.db").read_bytes() == b"a real clinic"
