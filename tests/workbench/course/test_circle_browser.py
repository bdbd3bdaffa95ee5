"""The circle in a real browser: drawn by mouse, by touch and by keyboard; saved, taken back, played through."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client as Browser
from django.urls import reverse

from securebase.records.artefact import Placement
from securebase.workbench.inventory.models import Circle, Relationship
from workbench.cast import Cast, make_cast
from workbench.inventory.network_cast import add_people, draw_course

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next((p for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser") if Path(p).exists()), None)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium at /usr/bin/chromium"),
    pytest.mark.django_db(transaction=True),
]


class Room:
    """Carla's page in a browser, and what the database holds of her circle."""

    def __init__(self, context: Any, home: str, cast: Cast, people: dict[str, Relationship]) -> None:
        self.cast, self.people, self.home = cast, people, home
        self.page = context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.open()

    def open(self, query: str = "") -> None:
        self.page.goto(self.home + reverse("relationships", args=[self.cast.carla.id]) + query)
        self.page.locator(".circle.live").wait_for()

    def disc(self, name: str) -> Any:
        return self.page.locator(f'[data-circle] [data-person="{self.people[name].id}"]')

    def at(self, name: str) -> tuple[float, float]:
        """The middle of a person's disc in the window."""
        return middle(self.disc(name).locator(".touch"))

    def spot(self, radius: float, angle: float) -> tuple[float, float]:
        """Where a place on the circle is in the window, from the rings as the browser drew them."""
        box = self.page.locator(".circle.live .rings circle").first.bounding_box()
        turn, widest = math.radians(angle), box["width"] / 2
        x, y = box["x"] + widest, box["y"] + box["height"] / 2
        return x + radius * widest * math.sin(turn), y - radius * widest * math.cos(turn)

    def saved(self) -> None:
        self.page.locator("[data-status]").filter(has_text="Saved").wait_for()

    def place(self, name: str) -> Placement | None:
        """Where the person stands in the last version that was saved."""
        last = Circle.objects.visible_to(self.cast.alma).filter(kind="present").order_by("drawn_at").last()
        assert last
        return next((p for p in last.placement_values if p.relationship == str(self.people[name].id)), None)

    def versions(self) -> int:
        return Circle.objects.visible_to(self.cast.alma).count()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        self.page.mouse.move(*end)
        self.page.mouse.up()


def middle(locator: Any) -> tuple[float, float]:
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture
def made(live_server: Any) -> tuple[Cast, dict[str, Relationship]]:
    cast = make_cast()
    people = add_people(cast)
    draw_course(cast, people)
    return cast, people


@pytest.fixture
def launched() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def room_in(launched: Any, live_server: Any, made: tuple[Cast, dict[str, Relationship]], **context: Any) -> Room:
    cast, people = made
    opened = launched.new_context(reduced_motion="reduce", **context)
    opened.set_default_timeout(8000)
    signed = Browser()
    signed.force_login(cast.alma)
    name = django_settings.SESSION_COOKIE_NAME
    opened.add_cookies([{"name": name, "value": signed.cookies[name].value, "url": live_server.url}])
    return Room(opened, live_server.url, cast, people)


@pytest.fixture
def room(launched: Any, live_server: Any, made: tuple[Cast, dict[str, Relationship]]) -> Iterator[Room]:
    room = room_in(launched, live_server, made, viewport={"width": 1280, "height": 1000})
    yield room
    assert room.errors == []


def near(place: Placement | None, radius: float, angle: float) -> bool:
    return place is not None and abs(place.radius - radius) < 0.03 and abs(place.angle - angle) < 4


def test_a_mouse_moves_a_person_and_undo_takes_it_back(room: Room) -> None:
    stood, before = room.place("Omar"), room.versions()
    room.disc("Omar").scroll_into_view_if_needed()
    room.drag(room.at("Omar"), room.spot(0.25, 120))
    room.saved()
    assert near(room.place("Omar"), 0.25, 120)
    assert room.versions() == before + 1  # weeks later: another version
    assert (
        room.page.locator("[data-announcement]").inner_text()
        == "Omar: closest ring, 4 o’clock, gives support, gets support"
    )
    panel = room.page.locator(f'[data-about="{room.people["Omar"].id}"]')
    assert panel.is_visible()
    assert panel.locator("[data-where]").inner_text() == "closest ring, 4 o’clock, gives support, gets support"
    typed = [room.page.locator(f'[name="{f}_{room.people["Omar"].id}"]').input_value() for f in ("ring", "hour")]
    assert typed == ["closest", "4"]
    room.page.get_by_role("button", name="Undo").click()
    room.page.locator("[data-status]").filter(has_text="…").wait_for()
    room.saved()
    assert room.place("Omar") == stood
    assert room.versions() == before + 1
    assert room.page.get_by_role("button", name="Undo").is_disabled()


def test_somebody_who_waits_is_dragged_onto_the_circle_or_set_there_by_a_press(room: Room) -> None:
    boss = room.page.get_by_role("button", name="Boss", exact=True)
    boss.scroll_into_view_if_needed()
    room.drag(middle(boss), room.spot(0.9, 240))
    room.saved()
    assert near(room.place("Boss"), 0.9, 240)
    assert boss.is_hidden()
    assert room.page.locator("[data-tray]").is_hidden()
    room.disc("Boss").press("Delete")
    room.page.locator("[data-tray]").wait_for()
    room.saved()
    assert room.place("Boss") is None
    boss.press("Enter")
    room.page.locator("[data-status]").filter(has_text="…").wait_for()
    room.saved()
    stands = room.place("Boss")
    assert stands is not None
    assert stands.ring.value == "wider"
    assert room.page.evaluate("document.activeElement.dataset.person") == str(room.people["Boss"].id)


def test_the_keyboard_moves_in_out_and_round_and_escape_puts_back(room: Room) -> None:
    stood = room.place("Choir")
    assert stood is not None
    choir = room.disc("Choir")
    choir.focus()
    choir.press("ArrowUp")
    choir.press("ArrowRight")
    room.saved()
    moved = room.place("Choir")
    assert moved is not None
    assert moved.radius == pytest.approx(stood.radius - 1 / 12)
    assert moved.angle == pytest.approx(stood.angle + 15)
    assert choir.get_attribute("aria-valuetext") == "close ring, 7 o’clock, gives support"
    choir.press("PageUp")
    assert room.page.locator("[data-announcement]").inner_text().startswith("Choir: closest ring")
    choir.press("Escape")
    room.page.locator("[data-status]").filter(has_text="…").wait_for()
    room.saved()
    assert room.place("Choir") == stood
    assert room.page.locator("[data-announcement]").inner_text().startswith("Choir: close ring")


def test_marks_are_saved_and_drawn(room: Room) -> None:
    room.disc("Mother").focus()
    tie = room.page.locator(f'.circle.live [data-tie="{room.people["Mother"].id}"]')
    assert tie.locator(".tip.in").is_hidden()
    room.page.get_by_role("checkbox", name="gives support").first.check()
    room.page.get_by_role("checkbox", name="tension").first.check()
    room.saved()
    mother = room.place("Mother")
    assert mother is not None
    assert (mother.gives, mother.receives, mother.tension) == (True, False, True)
    assert tie.locator(".tip.in").is_visible()
    assert tie.locator("line").get_attribute("stroke-dasharray")


def test_versions_play_and_nothing_is_drawn_on_an_old_one(room: Room) -> None:
    slider = room.page.get_by_role("slider", name="Play through the versions")
    last = room.disc("Husband").get_attribute("transform")
    slider.press("Home")
    assert room.page.locator("[data-moved]").inner_text().endswith("The first version.")
    assert room.disc("Husband").get_attribute("transform") != last
    assert room.disc("Lena").is_hidden()
    before, then = room.versions(), room.at("Husband")
    room.drag(then, (then[0] + 80, then[1]))
    assert room.at("Husband") == then
    slider.press("ArrowRight")
    assert "Choir: new on the circle, wider circle." in room.page.locator("[data-moved]").inner_text()
    slider.press("End")
    assert room.disc("Husband").get_attribute("transform") == last
    assert room.versions() == before
    room.page.get_by_role("button", name="Save as a new version").click()
    room.saved()
    assert room.versions() == before + 1
    assert slider.get_attribute("max") == "4"


def test_two_windows_do_not_overwrite_each_other(room: Room) -> None:
    other = Room(room.page.context, room.home, room.cast, room.people)
    room.disc("Omar").press("ArrowUp")
    room.saved()
    other.disc("Choir").press("ArrowUp")
    other.page.locator("[data-status].refused").filter(has_text="saved elsewhere").wait_for()
    assert [e for e in other.errors if "409" not in e] == []


def test_a_finger_drags_without_scrolling_the_page(
    launched: Any, live_server: Any, made: tuple[Cast, dict[str, Relationship]]
) -> None:
    size = {"width": 390, "height": 844}
    room = room_in(launched, live_server, made, viewport=size, has_touch=True, is_mobile=True)
    room.page.locator(".circle.live svg.closeness").scroll_into_view_if_needed()
    room.page.evaluate("window.scrollBy(0, 120)")
    room.page.wait_for_timeout(100)
    scrolled = room.page.evaluate("scrollY")
    width = room.page.locator(".circle.live svg.closeness").bounding_box()["width"]
    assert width > 320
    start, end = room.at("Omar"), room.spot(0.9, 60)
    touch = room.page.context.new_cdp_session(room.page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    send("touchStart", start)
    for step in range(1, 6):
        send("touchMove", (start[0] + (end[0] - start[0]) * step / 5, start[1] + (end[1] - start[1]) * step / 5))
    send("touchEnd")
    room.saved()
    assert near(room.place("Omar"), 0.9, 60)
    assert room.page.evaluate("scrollY") == scrolled
    assert room.errors == []


def test_without_a_script_the_plain_form_does_the_same(
    launched: Any, live_server: Any, made: tuple[Cast, dict[str, Relationship]]
) -> None:
    cast, people = made
    opened = launched.new_context(java_script_enabled=False)
    signed = Browser()
    signed.force_login(cast.alma)
    name = django_settings.SESSION_COOKIE_NAME
    opened.add_cookies([{"name": name, "value": signed.cookies[name].value, "url": live_server.url}])
    page = opened.new_page()
    page.goto(live_server.url + reverse("relationships", args=[cast.carla.id]))
    page.get_by_text("Type the places in instead of dragging").click()
    page.get_by_label("Ring of Boss").select_option("outside")
    page.get_by_label("Hour of Boss").select_option("9")
    page.get_by_role("button", name="Save the circle").click()
    assert "The circle is saved" in page.content()
    last = Circle.objects.visible_to(cast.alma).filter(kind="present").order_by("drawn_at").last()
    assert last
    boss = next(p for p in last.placement_values if p.relationship == str(people["Boss"].id))
    assert (boss.ring.value, boss.angle) == ("outside", 270)
