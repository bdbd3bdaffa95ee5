"""The check-in in a real browser at phone width: answers, reloads, network failures and handed-over devices."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from msgspec import structs
from playwright.sync_api import expect

from chromium import find_problems
from sealed import count_drafts, edit_drafts, read_storage, wait_until_kept
from securebase.measurement import catalogue
from securebase.measurement.instrument import ResponseOption
from securebase.records.vocabulary import Moment
from securebase.workbench.check_ins.actions import withdraw_check_in
from securebase.workbench.check_ins.models import CheckInMode
from workbench.cast import PASSWORD, Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(chromium: Any, live_server: Any) -> Iterator[Any]:
    """Open a page as on a phone; requests to other hosts, script errors and policy breaches fail the test."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, reduced_motion="reduce")
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.on("console", lambda m: failures.append(m.text) if "Content Security" in m.text else None)
    page.on("request", lambda r: None if r.url.startswith(live_server.url) else failures.append(r.url))
    yield page
    context.close()
    assert failures == []


@pytest.fixture
def cast(live_server: Any) -> Cast:
    return make_cast()


def open_link(page: Any, live_server: Any, cast: Cast) -> str:
    path = cast.invite(Moment.BEFORE, CheckInMode.LINK, at=timezone.now()).path
    page.goto(live_server.url + path)
    if page.evaluate("matchMedia('(scripting: enabled)').matches"):
        wait_until_ready(page)
    return path


def choose(page: Any, item: int | str, value: int) -> None:
    label = page.locator(f"#item_{item} label").filter(has_text=re.compile(rf"^{value}$"))
    label.tap()
    expect(label.locator("input")).to_be_checked()  # the click of a tap comes later


def chosen(page: Any, item: int | str) -> str:
    """Return the chosen value of a question, empty for “No answer”."""
    return str(page.locator(f"#item_{item} input:checked").input_value())


def wait_until_ready(page: Any) -> None:
    page.wait_for_selector("body[data-ready]", state="attached")


def answered(page: Any) -> int:
    return int(page.locator("input[type=radio]:checked:not([value=''])").count())


def stored_responses(cast: Cast) -> dict[int, float | None]:
    return {r.item: r.value for r in cast.episode.administrations.get().responses.all()}


def test_a_question_is_unanswered_until_a_number_is_chosen(page: Any, live_server: Any, cast: Cast) -> None:
    open_link(page, live_server, cast)
    assert answered(page) == 0
    # by keyboard: Tab reaches a question at “No answer”, which shows itself; the arrow goes on to the first number
    page.locator("#item_2 input[value='']").focus()
    assert page.locator("#item_2 .no-answer").evaluate("e => getComputedStyle(e).opacity") == "1"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert chosen(page, 2) == "1"
    choose(page, 1, 7)
    choose(page, 3, 5)
    choose(page, 4, 10)
    page.locator("#item_4").get_by_text("No answer").tap()
    expect(page.locator("#item_4 input[value='']")).to_be_checked()
    page.get_by_label("No, not at all").check()
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Send as it is").click()
    page.wait_for_url("**/sent/")
    assert {n: v for n, v in stored_responses(cast).items() if v is not None} == {1: 7.0, 2: 1.0, 3: 5.0, 11: 0.0}


def test_page_fits_a_phone(page: Any, live_server: Any, cast: Cast) -> None:
    open_link(page, live_server, cast)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    heights = page.locator(".rating-keys label, .choices label:not(.no-answer), main .button").evaluate_all(
        "all => all.filter(e => e.offsetParent).map(e => e.getBoundingClientRect().height)"
    )
    assert min(heights) >= 43.5


def test_answers_survive_a_reload_until_sent(page: Any, live_server: Any, cast: Cast) -> None:
    path = open_link(page, live_server, cast)
    choose(page, 1, 8)
    page.get_by_label("No, not at all").check()
    wait_until_kept(page)
    page.reload()
    wait_until_ready(page)
    assert chosen(page, "1") == "8"
    assert page.get_by_label("No, not at all").is_checked()
    assert chosen(page, "2") == ""
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Send as it is").click()
    page.wait_for_url(f"**{path}sent/")
    wait_until_ready(page)
    assert page.evaluate("sessionStorage.length") == 0
    assert page.evaluate("localStorage.length") == 0
    assert count_drafts(page) == 0


def test_answers_survive_a_closed_tab_for_one_day(page: Any, live_server: Any, cast: Cast) -> None:
    path = open_link(page, live_server, cast)
    choose(page, 1, 8)
    wait_until_kept(page)
    context = page.context
    page.close()
    second = context.new_page()
    second.goto(live_server.url + path)
    wait_until_kept(second)
    assert chosen(second, "1") == "8"
    assert second.get_by_text("Your earlier answers are restored. They have not been sent yet.").count() == 1
    assert path.split("/")[2] not in read_storage(second)  # the stored name does not reveal the link
    second.evaluate(
        """() => {
            localStorage.setItem("check-in:another", JSON.stringify({ at: 5, fields: [] }));
            localStorage.setItem("check-in:broken", "{");
            localStorage.setItem("of something else", "5");
        }"""
    )
    edit_drafts(second, at=(time.time() - 24 * 3600 - 1) * 1000)
    second.reload()
    wait_until_ready(second)
    assert chosen(second, "1") == ""
    assert second.evaluate("Object.keys(localStorage)") == ["of something else"]


@pytest.mark.parametrize("end", ["sent", "withdrawn"])
def test_nothing_readable_is_stored_while_a_draft_waits_or_after_its_end(
    page: Any, live_server: Any, cast: Cast, end: str
) -> None:
    path = open_link(page, live_server, cast)
    choose(page, 1, 8)
    page.get_by_label("Yes, often").check()
    wait_until_kept(page)
    page.wait_for_selector("body[data-offline]", state="attached")
    stored = read_storage(page)
    assert "extractable false, kept by the browser" in stored
    for readable in ("item_1", "Yes, often", "item_11", path.split("/")[2], "Carla"):
        assert readable not in stored, readable
    if end == "sent":
        page.get_by_role("button", name="Send", exact=True).click()
        page.wait_for_url(f"**{path}sent/")
    else:
        withdraw_check_in(check_in=cast.session.check_ins.get(), by=cast.alma)
        page.goto(live_server.url + path)
        page.get_by_role("heading", name="This link doesn’t work").wait_for()
    wait_until_ready(page)
    assert count_drafts(page) == 0
    assert not any(word in read_storage(page) for word in ("item_1", "item_11", "Yes, often"))


def test_without_encryption_nothing_is_stored_and_the_page_says_so(page: Any, live_server: Any, cast: Cast) -> None:
    page.add_init_script("Object.defineProperty(crypto, 'subtle', { value: undefined })")
    open_link(page, live_server, cast)
    choose(page, 1, 8)
    assert page.get_by_text("Your answers are on this page only until you send them.").is_visible()
    assert count_drafts(page) == 0
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Send as it is").click()
    page.wait_for_url("**/sent/")


def test_a_check_in_opens_and_is_answered_without_a_connection_and_sent_once(
    page: Any, live_server: Any, cast: Cast
) -> None:
    path = open_link(page, live_server, cast)
    choose(page, 1, 8)
    wait_until_kept(page)
    page.wait_for_selector("body[data-offline]", state="attached")
    context = page.context
    page.close()
    context.set_offline(True)
    second = context.new_page()
    second.goto(live_server.url + path)
    second.get_by_text("You are offline. You can answer now").wait_for()
    assert chosen(second, "1") == "8"
    choose(second, 2, 3)
    second.get_by_label("Yes, often").check()
    second.get_by_role("button", name="Send", exact=True).click()
    second.get_by_text("Not sent yet: nobody has seen your answers.").wait_for()
    wait_until_kept(second)
    second.close()
    third = context.new_page()
    third.goto(live_server.url + path)
    third.get_by_text("Not sent yet: nobody has seen your answers.").wait_for()
    context.set_offline(False)
    third.wait_for_url(f"**{path}sent/")
    assert {n: v for n, v in stored_responses(cast).items() if v is not None} == {1: 8.0, 2: 3.0, 11: 2.0}
    wait_until_ready(third)
    assert count_drafts(third) == 0


def test_an_unknown_page_without_a_connection_says_so(page: Any, live_server: Any, cast: Cast) -> None:
    open_link(page, live_server, cast)
    page.wait_for_selector("body[data-offline]", state="attached")
    page.context.set_offline(True)
    page.goto(live_server.url + "/c/another/")
    page.get_by_role("heading", name="No connection").wait_for()
    assert find_problems(page) == []


def test_all_answers_can_be_cleared(page: Any, live_server: Any, cast: Cast) -> None:
    open_link(page, live_server, cast)
    choose(page, 1, 8)
    page.get_by_label("Yes, often").check()
    page.get_by_role("button", name="Clear my answers").click()
    assert answered(page) == 0
    assert chosen(page, "1") == ""
    wait_until_kept(page)
    page.reload()
    wait_until_ready(page)
    assert answered(page) == 0


def test_stored_answers_of_a_closed_link_are_deleted(page: Any, live_server: Any, cast: Cast) -> None:
    path = open_link(page, live_server, cast)
    choose(page, 1, 8)
    wait_until_kept(page)
    assert count_drafts(page) == 1
    withdraw_check_in(check_in=cast.session.check_ins.get(), by=cast.alma)
    page.goto(live_server.url + path)
    page.get_by_role("heading", name="This link doesn’t work").wait_for()
    wait_until_ready(page)
    # nothing of a closed link stays on the phone
    assert count_drafts(page) == 0


def test_help_is_one_tap_away_at_any_scroll_position(page: Any, live_server: Any, cast: Cast) -> None:
    open_link(page, live_server, cast)
    page.evaluate("scrollTo(0, document.body.scrollHeight / 2)")
    link = page.get_by_role("link", name="Help now")
    assert 0 <= link.bounding_box()["y"] < 100
    link.tap()
    assert page.get_by_text("local emergency number").last.is_visible()


def test_additional_questionnaires_are_stored_and_sent(page: Any, live_server: Any, cast: Cast) -> None:
    path = cast.invite(Moment.AFTER, CheckInMode.LINK, at=timezone.now(), extras=["expectation"]).path
    page.goto(live_server.url + path)
    choose(page, "expectation_2", 6)
    assert chosen(page, "expectation_2") == "6"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    wait_until_kept(page)
    page.reload()
    wait_until_ready(page)
    assert chosen(page, "expectation_2") == "6"
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Send as it is").click()
    page.wait_for_url("**/sent/")
    stored = cast.episode.administrations.get(instrument="expectation")
    assert {r.item: r.value for r in stored.responses.all()} == {1: None, 2: 6.0, 3: None, 4: None}


def test_network_failure_loses_nothing_and_saves_once(page: Any, live_server: Any, cast: Cast) -> None:
    open_link(page, live_server, cast)
    page.get_by_label("Yes, often").check()
    assert page.locator(".help-at-once").is_visible()  # help is shown without the network
    page.context.set_offline(True)
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Not sent yet: nobody has seen your answers.").wait_for()
    page.context.set_offline(False)
    page.wait_for_url("**/sent/")
    assert page.get_by_role("heading", name="Get help now").is_visible()
    assert cast.episode.administrations.count() == 1
    assert cast.episode.safety_alerts.count() == 1


def test_an_answer_changed_while_offline_is_the_one_recorded(page: Any, live_server: Any, cast: Cast) -> None:
    open_link(page, live_server, cast)
    page.get_by_label("No, not at all").check()
    page.context.set_offline(True)
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text("Not sent yet. Your answers are still here").wait_for()
    page.get_by_label("Yes, often").check()
    page.context.set_offline(False)
    page.wait_for_url("**/sent/")
    assert page.get_by_role("heading", name="Get help now").is_visible()
    assert cast.episode.safety_alerts.count() == 1


def test_status_appears_beside_the_pressed_button(page: Any, live_server: Any, cast: Cast) -> None:
    open_link(page, live_server, cast)
    page.get_by_label("No, not at all").check()
    page.get_by_role("button", name="Send", exact=True).click()
    button = page.get_by_role("button", name="Send as it is")
    button.wait_for()
    page.context.set_offline(True)
    button.click()
    text = page.get_by_text("Not sent yet. Your answers are still here")
    text.wait_for()
    assert abs(text.bounding_box()["y"] - button.bounding_box()["y"]) < 150
    assert text.bounding_box()["y"] < 844
    assert button.is_disabled()
    assert page.get_by_role("button", name="Send", exact=True).is_disabled()
    page.context.set_offline(False)
    page.wait_for_url("**/sent/")


def test_alert_answer_is_recorded_without_cookies(page: Any, live_server: Any, cast: Cast) -> None:
    open_link(page, live_server, cast)
    page.get_by_label("Yes, often").check()
    page.context.clear_cookies()
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("heading", name="Get help now").wait_for()
    assert cast.episode.safety_alerts.count() == 1


def test_second_tab_shows_help_and_records_its_alert(page: Any, live_server: Any, cast: Cast) -> None:
    path = open_link(page, live_server, cast)
    second = page.context.new_page()
    second.goto(live_server.url + path)
    page.get_by_label("No, not at all").check()
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Send as it is").click()
    page.wait_for_url("**/sent/")
    third = page.context.new_page()
    second.get_by_label("Yes, often").check()
    second.get_by_role("button", name="Send", exact=True).click()
    second.get_by_role("heading", name="Get help now").wait_for()
    assert cast.episode.safety_alerts.count() == 1
    third.goto(live_server.url + path)
    assert third.get_by_text("local emergency number").is_visible()
    assert third.get_by_text("Nothing more is needed").count() == 0


def test_lost_response_is_retried_and_recorded_once(page: Any, live_server: Any, cast: Cast) -> None:
    path = open_link(page, live_server, cast)
    page.get_by_label("No, not at all").check()
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Send as it is").wait_for()
    statuses: list[int] = []

    def abort_first_response(route: Any) -> None:
        if route.request.method == "POST" and not statuses:
            # the server saves the answers, but its response is lost
            statuses.append(route.fetch(max_redirects=0).status)
            route.abort()
        else:
            route.continue_()

    page.route(f"**{path}", abort_first_response)
    page.get_by_role("button", name="Send as it is").click()
    page.wait_for_url("**/sent/")
    assert statuses == [302]
    assert cast.episode.administrations.count() == 1


def test_help_opens_from_the_top_of_the_page(page: Any, live_server: Any, cast: Cast) -> None:
    open_link(page, live_server, cast)
    assert not page.get_by_text("local emergency number").last.is_visible()
    page.get_by_role("link", name="Help now").click()
    assert page.get_by_text("local emergency number").last.is_visible()


def test_handed_over_device_shows_nothing_else(page: Any, live_server: Any, cast: Cast) -> None:
    cast.hold_in_an_hour()
    url = live_server.url
    page.goto(url + "/sign-in/")
    page.get_by_label("User name").fill("alma")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.goto(f"{url}/clients/{cast.carla.id}/sessions/")
    second_tab = page.context.new_page()  # a second tab, left open with her record
    second_tab.goto(f"{url}/clients/{cast.carla.id}/measures/")
    page.goto(f"{url}/clients/{cast.carla.id}/sessions/{cast.session.id}/")
    page.get_by_role("button", name="Hand over this device").first.click()
    page.get_by_role("heading", name="How have things been?").wait_for()
    choose(page, 1, 8)
    # an unfinished check-in does not stay on the therapist's device
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0
    second_tab.get_by_role("heading", name="Sign in").wait_for()
    assert "Carla" not in second_tab.content()
    for _ in range(3):
        page.go_back()
        assert "Carla" not in page.locator("main").inner_text()
    page.goto(f"{url}/clients/{cast.carla.id}/measures/")
    page.get_by_role("heading", name="Sign in").wait_for()
    page.get_by_role("link", name="Back to the check-in").click()
    page.get_by_role("heading", name="How have things been?").wait_for()


def test_form_works_without_javascript(chromium: Any, live_server: Any, cast: Cast) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    open_link(page, live_server, cast)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#item_1 label").nth(8).click()
    page.get_by_label("Yes, often").check()
    assert page.locator(".help-at-once").is_visible()
    page.get_by_role("button", name="Send", exact=True).click()
    assert page.get_by_role("heading", name="Get help now").is_visible()
    assert stored_responses(cast)[1] == 8.0
    context.close()


def test_an_answer_beside_the_scale_replaces_its_value(
    page: Any, live_server: Any, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = catalogue.instruments()
    option = ResponseOption(value=11, label="does not apply", missing=True)
    items = tuple(structs.replace(i, options=(option,)) if i.number == 8 else i for i in shelf["session_before"].items)
    shelf["session_before"] = structs.replace(shelf["session_before"], items=items)
    monkeypatch.setattr(catalogue, "_load_shelf", lambda: shelf)
    open_link(page, live_server, cast)
    choose(page, 8, 6)
    page.get_by_label("does not apply").check()
    assert chosen(page, 8) == "11"
    choose(page, 8, 6)
    assert not page.get_by_label("does not apply").is_checked()
    page.get_by_label("does not apply").check()
    page.get_by_role("button", name="Send", exact=True).click()
    page.get_by_role("button", name="Send as it is").click()
    page.wait_for_url("**/sent/")
    assert {n: v for n, v in stored_responses(cast).items() if v is not None} == {8: 11.0}
