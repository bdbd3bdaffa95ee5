"""An unattended page in a real browser: warning, idle lock, and unsaved input restored to the same account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from chromium import wait_until
from securebase.workbench.accounts import actions as accounts
from securebase.workbench.check_ins.actions import record_check_in
from workbench.cast import PASSWORD, Cast, answers, make_cast

pytestmark = pytest.mark.django_db(transaction=True)
NOTE = "Called her at ten past two; safe tonight."


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context()
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    page = context.new_page()
    page.clock.install()
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def people(live_server: Any) -> Cast:
    return make_cast()


def sign_in(page: Any, name: str = "alma") -> None:
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture
def note(page: Any, live_server: Any, people: Cast) -> Any:
    """Return the field of Alma's unsaved note on the page of an alert."""
    check_in = people.invite(at=timezone.now()).check_in
    record_check_in(check_in=check_in, responses=answers("session_before", 5.0, 2.0), submission="s", at=timezone.now())
    page.goto(f"{live_server.url}/sign-in/")
    sign_in(page)
    page.wait_for_url(f"{live_server.url}/")
    page.goto(f"{live_server.url}/clients/{people.carla.id}/alerts/{people.episode.safety_alerts.get().id}/")
    field = page.get_by_label("What did you do?")
    field.fill(NOTE)
    return field


def test_the_page_warns_a_minute_before_and_a_key_keeps_it_open(page: Any, note: Any) -> None:
    warning = page.get_by_text("signed out in a minute")
    page.clock.fast_forward("13:50")
    assert warning.count() == 0
    page.clock.fast_forward("00:20")
    warning.wait_for()
    page.keyboard.press("Shift")
    assert warning.is_hidden()
    page.clock.fast_forward("05:00")
    assert note.input_value() == NOTE


def test_unsaved_input_is_restored_after_sign_in(page: Any, note: Any) -> None:
    address = page.url
    page.context.clear_cookies()  # the server has ended the sign-in, too
    page.clock.fast_forward("15:10")
    page.get_by_role("heading", name="Sign in").wait_for()
    page.get_by_label("User name").fill("alma")
    page.get_by_label("Password", exact=True).fill("three loud geese")  # a failed sign-in in between loses nothing
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("user name or password is incorrect").wait_for()
    sign_in(page)
    page.wait_for_url(address)
    page.get_by_text("Save it to keep it").wait_for()
    assert page.get_by_label("What did you do?").input_value() == NOTE
    assert page.evaluate("sessionStorage.length") == 0
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_text("The alert is closed").wait_for()
    assert page.evaluate("sessionStorage.length") == 0


def test_a_form_sent_after_the_end_of_the_sign_in_is_restored(page: Any, note: Any) -> None:
    address = page.url
    page.context.clear_cookies()
    page.get_by_role("button", name="Acknowledge").click()
    # without cookies the CSRF check fails, so the first response may be the page about that
    out_of_date = page.get_by_role("heading", name="This form has expired")
    at_sign_in = page.get_by_role("heading", name="Sign in")
    out_of_date.or_(at_sign_in).wait_for()
    if out_of_date.count():
        page.goto(address)
    at_sign_in.wait_for()
    sign_in(page)
    page.wait_for_url(address)
    assert page.get_by_label("What did you do?").input_value() == NOTE


def test_input_is_not_restored_to_another_account(page: Any, note: Any, people: Cast) -> None:
    accounts.change_password(account=people.dario, password=PASSWORD)
    page.context.clear_cookies()
    page.clock.fast_forward("15:10")
    page.get_by_role("heading", name="Sign in").wait_for()
    sign_in(page, "dario")
    page.get_by_role("heading", name="Page not found").wait_for()  # Alma's client
    # The script runs after the page is shown.
    wait_until(page, lambda: page.evaluate("sessionStorage.length") == 0)


@pytest.mark.parametrize("button", ["Sign out", "Hand over this device"])
def test_signing_out_and_handing_over_leave_no_stored_input(
    page: Any, note: Any, live_server: Any, people: Cast, button: str
) -> None:
    if button == "Hand over this device":
        page.goto(f"{live_server.url}/clients/{people.carla.id}/sessions/{people.session.id}/")
        page.get_by_label("Number").fill("7")
    page.get_by_role("button", name=button).first.click()
    page.get_by_role("heading", name="Sign in" if button == "Sign out" else "How was this session?").wait_for()
    assert page.evaluate("sessionStorage.length") == 0
    assert page.evaluate("localStorage.length") == 0


def test_a_password_is_never_stored(page: Any, live_server: Any, people: Cast) -> None:
    page.goto(f"{live_server.url}/sign-in/?next=/profile/")
    sign_in(page)
    page.wait_for_url("**/profile/")
    page.get_by_label("New password").fill("nine slow rivers bend")
    page.get_by_label("Display name").fill("Alma B.")
    page.context.clear_cookies()
    page.clock.fast_forward("15:10")
    page.get_by_role("heading", name="Sign in").wait_for()
    stored = page.evaluate("JSON.stringify(sessionStorage)")
    assert "Alma B." in stored
    assert "rivers" not in stored
