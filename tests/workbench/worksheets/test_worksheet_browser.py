"""A worksheet in a real browser: autosave, a closed tab, two tabs, and rows that move."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from playwright.sync_api import expect

from chromium import wait_until
from securebase.workbench.worksheets.models import Artefact
from workbench.browser import Browser
from workbench.cast import PASSWORD, Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(live_server: Any) -> Cast:
    return make_cast()


@pytest.fixture
def context(chromium: Any, live_server: Any, cast: Cast) -> Iterator[Any]:
    context = chromium.new_context()
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    client = Browser()
    client.force_login(cast.alma)
    name = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])
    yield context
    context.close()
    assert complaints == []


def worksheet_url(live_server: Any, cast: Cast, name: str = "incident") -> str:
    return live_server.url + reverse("worksheet", args=[cast.carla.id, name, uuid.uuid4()])


def saved_values(cast: Cast) -> dict[str, Any]:
    return Artefact.objects.visible_to(cast.alma).get().values


def saved_words(cast: Cast) -> list[str]:
    return [row.values.get("what_happened", "") for row in Artefact.objects.visible_to(cast.alma)]


def wait_until_saved(page: Any) -> None:
    page.locator("[data-saving]").filter(has_text=re.compile(r"^\s*Saved \d")).wait_for()


def wait_until_writing(page: Any) -> None:
    page.locator("[data-saving]").filter(has_text="Saving").wait_for()


def test_a_pause_in_typing_saves(context: Any, live_server: Any, cast: Cast) -> None:
    page = context.new_page()
    page.goto(worksheet_url(live_server, cast))
    page.get_by_label("What happened?").fill("She hung up")
    wait_until_saved(page)
    assert saved_values(cast) == {"what_happened": "She hung up"}
    # choose the mood by keyboard, then clear it
    page.get_by_role("group", name="Mood before").get_by_role("radio", name="4").focus()
    page.keyboard.press("Space")
    wait_until_writing(page)
    wait_until_saved(page)
    assert saved_values(cast)["mood_before"] == 4
    page.get_by_role("group", name="Mood before").get_by_text("No answer").click()
    wait_until_writing(page)
    wait_until_saved(page)
    assert "mood_before" not in saved_values(cast)


def test_input_survives_a_tab_that_is_closed_at_once(context: Any, live_server: Any, cast: Cast) -> None:
    page = context.new_page()
    address = worksheet_url(live_server, cast)
    page.goto(address)
    page.get_by_label("What happened?").type("She hung up")
    page.close(run_before_unload=True)
    again = context.new_page()
    # the last request may still be under way after the tab has closed
    wait_until(again, lambda: saved_words(cast) == ["She hung up"])
    again.goto(address)
    assert again.get_by_label("What happened?").input_value() == "She hung up"


def test_two_tabs_lose_no_word(context: Any, live_server: Any, cast: Cast) -> None:
    address = worksheet_url(live_server, cast)
    first, second = context.new_page(), context.new_page()
    first.goto(address)
    first.get_by_label("What happened?").fill("First")
    wait_until_saved(first)
    second.goto(address)
    first.get_by_label("What happened?").fill("First, and more")
    first.get_by_label("What did the client feel?").fill("cross")
    wait_until_writing(first)
    wait_until_saved(first)
    width = second.locator("#worksheet").bounding_box()["width"]
    second.get_by_label("What happened?").fill("Second")
    second.get_by_role("alert").get_by_text("changed in another tab").wait_for()
    assert second.locator("#worksheet").bounding_box()["width"] == width  # the notice leaves the form its place
    assert second.locator("[data-mine]").inner_text() == "Save mine as a new version"
    assert saved_values(cast)["what_happened"] == "First, and more"
    assert second.get_by_label("What happened?").input_value() == "Second"
    second.get_by_role("button", name="Save mine as a new version").click()
    wait_until_saved(second)
    assert saved_values(cast)["what_happened"] == "Second"
    versions = Artefact.objects.visible_to(cast.alma).get().versions.order_by("number")
    assert [v.values["what_happened"] for v in versions] == ["First, and more", "Second"]


def test_an_ended_session_loses_no_word(context: Any, live_server: Any, cast: Cast) -> None:
    page = context.new_page()
    page.goto(worksheet_url(live_server, cast))
    page.get_by_label("What happened?").fill("She hung up")
    wait_until_saved(page)
    context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
    page.get_by_label("What happened?").fill("She hung up, and I did not call again")
    page.get_by_text("you have been signed out").wait_for()
    page.get_by_label("What happened?").fill("She hung up, and I did not call again. Not once.")
    page.get_by_role("link", name="Sign in again here").click()
    page.get_by_label("User name").fill("alma")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    box = page.get_by_label("What happened?")
    expect(box).to_have_value("She hung up, and I did not call again. Not once.")
    wait_until(page, lambda: page.evaluate("sessionStorage.length") == 0)
    # the page as loaded says “Saved” of the earlier text
    wait_until(page, lambda: saved_words(cast) == ["She hung up, and I did not call again. Not once."])


def test_a_lost_connection_is_shown_and_input_saved_later(context: Any, live_server: Any, cast: Cast) -> None:
    page = context.new_page()
    page.goto(worksheet_url(live_server, cast))
    context.set_offline(True)
    page.get_by_label("What happened?").fill("She hung up")
    page.get_by_text("no connection").wait_for()
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until_saved(page)
    assert saved_values(cast) == {"what_happened": "She hung up"}


def test_rows_are_added_moved_removed_and_put_back(context: Any, live_server: Any, cast: Cast) -> None:
    page = context.new_page()
    page.goto(worksheet_url(live_server, cast, "communication_analysis"))
    page.get_by_label("Which conversation?").fill("The call")
    rows = page.locator(".sheet-row")
    assert rows.count() == 1
    rows.nth(0).get_by_label("Said or done").fill("How are you?")
    rows.nth(0).get_by_role("radio", name="The other person").check(force=True)
    page.get_by_role("button", name="Add a row").click()
    rows.nth(1).get_by_label("Said or done").fill("Fine.")
    rows.nth(1).get_by_role("radio", name="Client").check(force=True)
    rows.nth(1).get_by_role("button", name="Up (2)").click()
    wait_until_writing(page)
    wait_until_saved(page)
    lines = [(line["speaker"], line["said"]) for line in saved_values(cast)["lines"]]
    assert lines == [("client", "Fine."), ("other", "How are you?")]
    rows.nth(0).get_by_role("button", name="Remove row").click()
    wait_until_writing(page)
    wait_until_saved(page)
    assert [line["said"] for line in saved_values(cast)["lines"]] == ["How are you?"]
    page.get_by_role("button", name="Undo: restore the row").click()
    wait_until_writing(page)
    wait_until_saved(page)
    assert [line["said"] for line in saved_values(cast)["lines"]] == ["Fine.", "How are you?"]
    page.reload()
    assert [r.get_by_label("Said or done").input_value() for r in rows.all()] == ["Fine.", "How are you?", ""]


def hold_script(page: Any, name: str) -> Any:
    """Hold back a script until the function that this returns is called."""
    held: list[Any] = []

    def hold(route: Any) -> None:
        held.append(route)

    page.route(f"**/{name}?*", hold)
    return lambda: [route.continue_() for route in held]


def test_input_from_before_the_script_is_saved_without_another_key(context: Any, live_server: Any, cast: Cast) -> None:
    page = context.new_page()
    release = hold_script(page, "worksheet.js")
    page.goto(worksheet_url(live_server, cast, "communication_analysis"), wait_until="commit")
    page.get_by_label("Which conversation?").fill("The call")
    page.locator(".sheet-row").get_by_label("Said or done").fill("Fine.")
    release()
    wait_until_saved(page)
    values = saved_values(cast)
    assert values["about_what"] == "The call"
    assert [line["said"] for line in values["lines"]] == ["Fine."]


def test_input_that_is_changed_back_is_not_called_unsaved(context: Any, live_server: Any, cast: Cast) -> None:
    page = context.new_page()
    page.goto(worksheet_url(live_server, cast))
    box = page.get_by_label("What happened?")
    box.fill("She hung up")
    wait_until_writing(page)
    box.fill("")
    page.locator("[data-saving]").filter(has_text="Nothing saved yet").wait_for()


def test_unreadable_input_is_marked_and_the_rest_is_saved(context: Any, live_server: Any, cast: Cast) -> None:
    page = context.new_page()
    page.goto(worksheet_url(live_server, cast, "life_event"))
    page.get_by_label("What happened?").fill("A letter came")
    page.evaluate("document.querySelector('[type=date]').type = 'text'")
    page.locator("[name=happened_on]").fill("last spring")
    page.locator("[data-saving]").filter(has_text="except the fields marked below").wait_for()
    page.get_by_text("Enter the date as year-month-day").wait_for()


def test_a_problem_is_marked_in_its_row_below_rows_that_are_not_saved(
    context: Any, live_server: Any, cast: Cast
) -> None:
    page = context.new_page()
    page.goto(worksheet_url(live_server, cast, "history"))
    page.get_by_role("button", name="Add a row").click()
    page.get_by_role("button", name="Add a row").click()
    rows = page.locator(".sheet-row")
    rows.nth(1).get_by_label("Treatment").fill("rest")
    rows.nth(1).get_by_role("button", name="Remove row").click()
    # the first row is empty, the second removed
    page.evaluate("for (const field of document.querySelectorAll('.sheet-row [type=date]')) field.type = 'text'")
    rows.nth(2).get_by_label("From (roughly)").fill("last spring")
    page.locator("[data-saving]").filter(has_text="except the fields marked below").wait_for()
    assert rows.nth(2).get_by_text("Enter the date as year-month-day").is_visible()
    assert page.get_by_text("Enter the date as year-month-day").locator("visible=true").count() == 1


def test_a_page_with_input_that_cannot_be_saved_asks_before_it_closes(
    context: Any, live_server: Any, cast: Cast
) -> None:
    page = context.new_page()
    page.goto(worksheet_url(live_server, cast))
    questions: list[str] = []

    def stay(dialog: Any) -> None:
        questions.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    context.set_offline(True)
    page.get_by_label("What happened?").click()
    page.keyboard.type("She hung up")  # the browser asks only after a person has used the page
    page.get_by_text("no connection").wait_for()
    page.close(run_before_unload=True)
    wait_until(page, lambda: questions == ["beforeunload"])
    context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    wait_until_saved(page)


def test_a_conflict_after_the_end_of_the_sign_in_is_asked_about(context: Any, live_server: Any, cast: Cast) -> None:
    address = worksheet_url(live_server, cast)
    page, other = context.new_page(), context.new_page()
    page.goto(address)
    page.get_by_label("What happened?").fill("Mine")
    wait_until_saved(page)
    other.goto(address)
    cookies = context.cookies()
    context.clear_cookies(name=django_settings.SESSION_COOKIE_NAME)
    page.get_by_label("What happened?").fill("Mine, and more")
    page.get_by_text("you have been signed out").wait_for()
    context.add_cookies(cookies)
    other.get_by_label("What happened?").fill("Theirs")
    wait_until_writing(other)
    wait_until_saved(other)
    page.get_by_role("link", name="Sign in again here").click()
    page.get_by_role("alert").get_by_text("changed in another tab").wait_for()
    assert page.get_by_label("What happened?").input_value() == "Mine, and more"
    assert saved_values(cast)["what_happened"] == "Theirs"
