"""The client's own page in a real browser: touch, keyboard only, and a broken connection."""

from __future__ import annotations

import contextlib
import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from chromium import find_problems, wait_until
from sealed import count_drafts, read_storage
from securebase.ipt.parsing import parse_values
from securebase.ipt.shelf import worksheet
from securebase.workbench.clients.models import Episode
from securebase.workbench.own_pages.actions import NewLink, make_link
from securebase.workbench.therapy_sessions.actions import create_session
from securebase.workbench.worksheets.actions import save_artefact, share_artefact
from workbench.browser import Browser
from workbench.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


def open_context(chromium: Any, live_server: Any, width: int, *, touch: bool) -> Iterator[Any]:
    context = chromium.new_context(
        viewport={"width": width, "height": 844}, has_touch=touch, is_mobile=touch, reduced_motion="reduce"
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda entry: complaints.append(entry.text) if "Content Security" in entry.text else None)
    page.on("request", lambda r: None if r.url.startswith(live_server.url) else complaints.append(r.url))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def phone(chromium: Any, live_server: Any) -> Iterator[Any]:
    yield from open_context(chromium, live_server, 390, touch=True)


@pytest.fixture
def desk(chromium: Any, live_server: Any) -> Iterator[Any]:
    yield from open_context(chromium, live_server, 1280, touch=False)


@pytest.fixture
def people(live_server: Any) -> Cast:
    """Return Carla in the middle of her course, with an open check-in, a contract and a formulation to answer."""
    cast = make_cast()
    now = timezone.now()
    Episode.objects.visible_to(cast.alma).update(phase="middle")
    cast.carla.refresh_from_db()
    create_session(episode=cast.episode, by=cast.alma, number=2, held_at=now + timedelta(days=3))
    cast.invite(at=now)
    goals = [{"goal": "Ring Ana once a week"}, {"goal": "Say what I need before I am angry"}]
    share(cast, "contract", {"goals": goals})
    share(cast, "formulation", {"narrative": "When Ana left you had nobody to lean on, and the old sadness came back."})
    return cast


def share(cast: Cast, name: str, values: dict[str, Any]) -> None:
    artefact = save_artefact(
        id=uuid.uuid4(),
        episode=cast.episode,
        worksheet=name,
        by=cast.alma,
        filled=parse_values(worksheet(name), values),
        revision=0,
        at=timezone.now(),
    )
    share_artefact(artefact=artefact, by=cast.alma, client=True)


def open_page(page: Any, live_server: Any, cast: Cast) -> NewLink:
    link = make_link(client=cast.carla, by=cast.alma, at=timezone.now())
    page.goto(live_server.url + link.path)
    page.get_by_label("Code").fill(link.code)
    page.get_by_role("button", name="Open my page").click()
    page.get_by_role("heading", name="Hello").wait_for()
    return link


def wait_until_saved(page: Page) -> None:
    # the pattern, because a text that is no pattern is found in "Nothing saved yet" too
    page.locator("[data-saving], [data-status]").filter(has_text=re.compile(r"^\s*Saved \d")).wait_for()


def stories(cast: Cast) -> list[dict[str, Any]]:
    return [a.values for a in cast.episode.artefacts.filter(worksheet="story_card")]


def test_a_client_on_a_phone_by_touch(phone: Any, live_server: Any, people: Cast) -> None:
    link = make_link(client=people.carla, by=people.alma, at=timezone.now())
    phone.goto(live_server.url + link.path)
    problems = find_problems(phone)
    phone.get_by_label("Code").fill(link.code)
    phone.get_by_role("button", name="Open my page").tap()
    phone.get_by_text("Ring Ana once a week").wait_for()
    problems += find_problems(phone)
    phone.get_by_role("link", name="Help now").tap()
    assert phone.get_by_text("local emergency number").is_visible()

    phone.locator("section", has_text="Please read: “How we understand it”").get_by_role("link").tap()
    phone.get_by_role("heading", name="Do you agree?").wait_for()
    problems += find_problems(phone)
    phone.get_by_label("Yes, but I’d change something").tap()
    phone.get_by_label("In your own words").fill("It began a year earlier")
    phone.get_by_role("button", name="Send my answer").tap()
    phone.get_by_text("Your answer has been sent to your therapist").wait_for()
    formulation = people.episode.artefacts.get(worksheet="formulation")
    assert (formulation.agreement, formulation.versions.get().said) == ("edited", "It began a year earlier")

    phone.get_by_role("link", name="New: A story of mine").tap()
    phone.wait_for_url("**/own/sheet/story_card/**")  # its scripts have run then, so that typing is noticed
    phone.get_by_label("Which story?").fill("The harbour")
    phone.get_by_role("checkbox", name="Courage").tap()
    wait_until(phone, lambda: stories(people) == [{"story": "The harbour", "tones": ["courage"]}])
    wait_until_saved(phone)
    problems += find_problems(phone)

    phone.get_by_role("link", name="Back to your page").tap()
    phone.get_by_role("link", name="Open my circle").tap()
    phone.get_by_label("Is someone missing?").fill("Ana")
    phone.get_by_role("button", name="Add person").tap()
    tray_entry = phone.locator("[data-tray]").get_by_text("Ana")
    tray_entry.wait_for()
    phone.wait_for_load_state("load")  # a tap before the script has run would do nothing
    tray_entry.tap()
    phone.get_by_role("slider", name="Ana").wait_for()
    wait_until_saved(phone)
    problems += find_problems(phone)
    assert [(c.respondent, c.drawn_by, len(c.placements)) for c in people.episode.circles.all()] == [
        ("client", None, 1)
    ]

    phone.get_by_role("link", name="Back to your page").tap()
    phone.get_by_role("button", name="Start the check-in").tap()
    phone.get_by_role("heading", name="How have things been?").wait_for()
    phone.go_back()
    phone.goto(live_server.url + "/own/")
    phone.get_by_role("button", name="Close", exact=True).tap()
    phone.get_by_text("Nothing you wrote stays on this device").wait_for()
    problems += find_problems(phone)
    phone.goto(live_server.url + "/own/")
    assert phone.get_by_role("heading", name="This page isn’t open").is_visible()
    assert problems == []


def test_a_client_on_a_desktop_by_keyboard(desk: Any, live_server: Any, people: Cast) -> None:
    link = make_link(client=people.carla, by=people.alma, at=timezone.now())
    desk.goto(live_server.url + link.path)

    def tab_to(text: str) -> None:
        """Press Tab until the focused element has this text."""
        for _ in range(60):
            desk.keyboard.press("Tab")
            label = desk.evaluate("(e => e.labels?.[0]?.textContent ?? e.textContent ?? '')(document.activeElement)")
            if text in " ".join(label.split()):
                return
        raise AssertionError(f"no way to “{text}” with the Tab key")

    desk.locator("input:focus").wait_for()  # the page gives it the focus
    desk.keyboard.type(link.code)
    desk.keyboard.press("Enter")
    desk.get_by_role("heading", name="Hello").wait_for()
    problems = find_problems(desk)
    tab_to("Read and answer")  # the formulation was shared last, so it comes first
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/own/sheet/formulation/**")
    problems += find_problems(desk)
    tab_to("Yes, that’s how I see it")
    desk.keyboard.press(" ")
    tab_to("Send my answer")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/own/")
    assert people.episode.artefacts.get(worksheet="formulation").agreement == "agreed"
    tab_to("New: A story of mine")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/own/sheet/story_card/**")
    problems += find_problems(desk)
    tab_to("Which story?")
    desk.keyboard.type("The harbour")
    tab_to("Save and go back")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/own/")
    assert stories(people) == [{"story": "The harbour"}]
    tab_to("Close my page for good")
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/own/end/")
    assert problems + find_problems(desk) == []


def storage_is_empty(page: Page) -> bool:
    """Return False too while the page is being loaded again."""
    with contextlib.suppress(PlaywrightError):
        return count_drafts(page) == 0
    return False


def test_offline_input_is_saved_after_the_tab_was_closed(phone: Any, live_server: Any, people: Cast) -> None:
    open_page(phone, live_server, people)
    phone.get_by_role("link", name="New: A story of mine").tap()
    phone.wait_for_url("**/own/sheet/story_card/**")  # its scripts have run then, so that typing is noticed
    phone.get_by_label("Which story?").fill("The harbour")
    wait_until_saved(phone)
    address = phone.url
    phone.context.set_offline(True)
    phone.get_by_label("How I used to tell it").fill("I ran away")
    phone.get_by_text("Not saved yet").wait_for()
    phone.close(run_before_unload=False)
    again = phone.context.new_page()
    phone.context.set_offline(False)
    again.goto(address)
    # the phone drops the draft once it is saved
    wait_until(again, lambda: storage_is_empty(again))
    assert stories(people) == [{"story": "The harbour", "before": "I ran away"}]
    expect(again.get_by_label("How I used to tell it")).to_have_value("I ran away")


@pytest.mark.parametrize("keeps_own_text", [True, False])
def test_offline_input_after_a_change_elsewhere_is_asked_about(
    phone: Any, live_server: Any, people: Cast, keeps_own_text: bool
) -> None:
    open_page(phone, live_server, people)
    phone.get_by_role("link", name="New: A story of mine").tap()
    phone.wait_for_url("**/own/sheet/story_card/**")
    phone.get_by_label("Which story?").fill("The harbour")
    wait_until_saved(phone)
    elsewhere = people.episode.artefacts.get(worksheet="story_card")
    save_artefact(
        id=elsewhere.id,
        episode=people.episode,
        worksheet="story_card",
        by=people.alma,
        filled=parse_values(worksheet("story_card"), {"story": "The bridge"}),
        revision=elsewhere.revision,
        at=timezone.now(),
    )
    # what the phone keeps of input that it could not send before the page was closed
    phone.evaluate(
        """async () => {
            const { draftOf } = await import("/static/ui/js/sealed.js");
            const input = [["revision", 0, "1"], ["story", 0, "The harbour, again"]];
            await (await draftOf("own:", location.pathname)).write({ input });
        }"""
    )
    assert "The harbour, again" not in read_storage(phone)
    phone.reload()
    phone.get_by_role("alert").get_by_text("changed in another tab or by someone else").wait_for()
    assert stories(people) == [{"story": "The bridge"}]
    if keeps_own_text:
        phone.get_by_role("button", name="Save mine as a new version").tap()
        wait_until(phone, lambda: stories(people) == [{"story": "The harbour, again"}])
    else:
        phone.get_by_role("button", name="Discard mine").tap()
        expect(phone.get_by_label("Which story?")).to_have_value("The bridge")
    wait_until(phone, lambda: storage_is_empty(phone))


def test_an_unattended_page_goes_back_and_asks_for_the_code(desk: Any, live_server: Any, people: Cast) -> None:
    desk.clock.install()
    open_page(desk, live_server, people)
    desk.get_by_role("link", name="New: A story of mine").click()
    desk.wait_for_url("**/own/sheet/story_card/**")
    minutes = int(desk.locator("body").get_attribute("data-minutes"))
    desk.clock.fast_forward((minutes - 1) * 60_000)
    with desk.expect_request("**/own/still-here/"):
        desk.keyboard.press("Shift")  # somebody is there: the server hears of it
    desk.clock.fast_forward((minutes - 1) * 60_000)
    assert "story_card" in desk.url
    desk.clock.fast_forward(2 * 60_000)
    desk.wait_for_url("**/own/")


def test_a_handed_over_device_stores_nothing(desk: Any, live_server: Any, people: Cast) -> None:
    staff = Browser()
    staff.force_login(people.alma)
    name = settings.SESSION_COOKIE_NAME
    desk.context.add_cookies([{"name": name, "value": staff.cookies[name].value, "url": live_server.url}])
    desk.goto(live_server.url + f"/clients/{people.carla.id}/own-page/")
    problems = find_problems(desk)
    desk.get_by_role("button", name="Hand over this device").click()
    desk.get_by_role("link", name="New: A story of mine").click()
    desk.wait_for_url("**/own/sheet/story_card/**")
    desk.context.set_offline(True)
    desk.get_by_label("Which story?").fill("The harbour")
    desk.get_by_text("Not saved yet").wait_for()
    assert count_drafts(desk) == 0
    desk.context.set_offline(False)
    wait_until_saved(desk)
    desk.get_by_role("button", name="Close", exact=True).click()
    desk.get_by_text("Please give the device back").wait_for()
    assert problems + find_problems(desk) == []
