"""The circle in a real browser: input by mouse, touch and keyboard, saving, undo and playback."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.urls import reverse
from django.utils import timezone

from securebase.records.artefact import Placement
from securebase.workbench.inventory.actions import add_relationship, draw_circle
from securebase.workbench.inventory.models import Circle, Relationship
from whitespace import collapse_whitespace
from workbench.browser import Browser
from workbench.cast import Cast, make_cast
from workbench.inventory.network_cast import add_people, draw_course, place

pytestmark = pytest.mark.django_db(transaction=True)


class CirclePage:
    """Carla's page in a browser, with access to her circle in the database."""

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

    def disc_centre(self, name: str) -> tuple[float, float]:
        """Return the middle of a person's disc in window coordinates."""
        return centre(self.disc(name).locator(".touch"))

    def position(self, radius: float, angle: float) -> tuple[float, float]:
        """Return a place on the circle in window coordinates, measured from the drawn rings."""
        box = self.page.locator(".circle.live .rings circle").first.bounding_box()
        bearing, outer_radius = math.radians(angle), box["width"] / 2
        x, y = box["x"] + outer_radius, box["y"] + box["height"] / 2
        return x + radius * outer_radius * math.sin(bearing), y - radius * outer_radius * math.cos(bearing)

    def wait_until_saved(self) -> None:
        self.page.locator("[data-status]").filter(has_text=re.compile(r"^\s*Saved")).wait_for()

    def placement(self, name: str) -> Placement | None:
        """Return the person's placement in the last saved version."""
        last = Circle.objects.visible_to(self.cast.alma).filter(kind="present").order_by("drawn_at").last()
        assert last
        return next((p for p in last.placement_values if p.relationship == str(self.people[name].id)), None)

    def count_versions(self) -> int:
        return Circle.objects.visible_to(self.cast.alma).count()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        self.page.mouse.move(*end)
        self.page.mouse.up()


def centre(locator: Any) -> tuple[float, float]:
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.fixture
def inventory(live_server: Any) -> tuple[Cast, dict[str, Relationship]]:
    cast = make_cast()
    people = add_people(cast)
    draw_course(cast, people)
    return cast, people


def open_circle_page(
    chromium: Any, live_server: Any, inventory: tuple[Cast, dict[str, Relationship]], **options: Any
) -> CirclePage:
    cast, people = inventory
    context = chromium.new_context(reduced_motion="reduce", **options)
    signed_in = Browser()
    signed_in.force_login(cast.alma)
    name = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": signed_in.cookies[name].value, "url": live_server.url}])
    return CirclePage(context, live_server.url, cast, people)


@pytest.fixture
def circle_page(
    chromium: Any, live_server: Any, inventory: tuple[Cast, dict[str, Relationship]]
) -> Iterator[CirclePage]:
    circle_page = open_circle_page(chromium, live_server, inventory, viewport={"width": 1280, "height": 1000})
    yield circle_page
    assert circle_page.errors == []


def is_near(place: Placement | None, radius: float, angle: float) -> bool:
    return place is not None and abs(place.radius - radius) < 0.03 and abs(place.angle - angle) < 4


def test_mouse_moves_a_person_and_undo_reverts_it(circle_page: CirclePage) -> None:
    start, before = circle_page.placement("Omar"), circle_page.count_versions()
    circle_page.disc("Omar").scroll_into_view_if_needed()
    circle_page.drag(circle_page.disc_centre("Omar"), circle_page.position(0.25, 120))
    circle_page.wait_until_saved()
    assert is_near(circle_page.placement("Omar"), 0.25, 120)
    assert circle_page.count_versions() == before + 1  # a version of its own, because weeks have passed
    assert (
        circle_page.page.locator("[data-announcement]").inner_text()
        == "Omar: closest ring, 4 o’clock, gives support, receives support"
    )
    panel = circle_page.page.locator(f'[data-about="{circle_page.people["Omar"].id}"]')
    assert panel.is_visible()
    assert panel.locator("[id^=where]").inner_text() == "closest ring, 4 o’clock, gives support, receives support"
    typed = [
        circle_page.page.locator(f'[name="{f}_{circle_page.people["Omar"].id}"]').input_value()
        for f in ("ring", "hour")
    ]
    assert typed == ["closest", "4"]
    circle_page.page.get_by_role("button", name="Undo").click()
    circle_page.page.locator("[data-status]").filter(has_text="…").wait_for()
    circle_page.wait_until_saved()
    assert circle_page.placement("Omar") == start
    assert circle_page.count_versions() == before + 1
    assert circle_page.page.get_by_role("button", name="Undo").is_disabled()


def test_waiting_person_is_dragged_or_pressed_onto_the_circle(circle_page: CirclePage) -> None:
    boss = circle_page.page.get_by_role("button", name="Boss", exact=True)
    boss.scroll_into_view_if_needed()
    circle_page.drag(centre(boss), circle_page.position(0.9, 240))
    circle_page.wait_until_saved()
    assert is_near(circle_page.placement("Boss"), 0.9, 240)
    assert boss.is_hidden()
    assert circle_page.page.locator("[data-tray]").is_hidden()
    circle_page.disc("Boss").press("Delete")
    circle_page.page.locator("[data-tray]").wait_for()
    circle_page.wait_until_saved()
    assert circle_page.placement("Boss") is None
    boss.press("Enter")
    circle_page.page.locator("[data-status]").filter(has_text="…").wait_for()
    circle_page.wait_until_saved()
    placement = circle_page.placement("Boss")
    assert placement is not None
    assert placement.ring.value == "wider"
    assert circle_page.page.evaluate("document.activeElement.dataset.person") == str(circle_page.people["Boss"].id)


def test_keyboard_moves_a_person_and_escape_reverts_it(circle_page: CirclePage) -> None:
    start = circle_page.placement("Choir")
    assert start is not None
    choir = circle_page.disc("Choir")
    choir.focus()
    choir.press("ArrowUp")
    choir.press("ArrowRight")
    circle_page.wait_until_saved()
    moved = circle_page.placement("Choir")
    assert moved is not None
    assert moved.radius == pytest.approx(start.radius - 1 / 12)
    assert moved.angle == pytest.approx(start.angle + 15)
    assert choir.get_attribute("aria-valuetext") == "close ring, 7 o’clock, gives support"
    choir.press("PageUp")
    assert circle_page.page.locator("[data-announcement]").inner_text().startswith("Choir: closest ring")
    choir.press("Escape")
    circle_page.page.locator("[data-status]").filter(has_text="…").wait_for()
    circle_page.wait_until_saved()
    assert circle_page.placement("Choir") == start
    assert circle_page.page.locator("[data-announcement]").inner_text().startswith("Choir: close ring")


def test_marks_are_saved_and_drawn(circle_page: CirclePage) -> None:
    circle_page.disc("Mother").focus()
    tie = circle_page.page.locator(f'.circle.live [data-tie="{circle_page.people["Mother"].id}"]')
    assert tie.locator(".tip.in").is_hidden()
    circle_page.page.get_by_role("checkbox", name="gives support").first.check()
    circle_page.page.get_by_role("checkbox", name="tension").first.check()
    circle_page.wait_until_saved()
    mother = circle_page.placement("Mother")
    assert mother is not None
    assert (mother.gives, mother.receives, mother.tension) == (True, False, True)
    assert tie.locator(".tip.in").is_visible()
    assert tie.locator("line").get_attribute("stroke-dasharray")


def test_a_printed_key_keeps_its_marks(circle_page: CirclePage) -> None:
    circle_page.open()
    circle_page.page.emulate_media(media="print")
    printed = circle_page.page.eval_on_selector(".key", "key => getComputedStyle(key).printColorAdjust")
    assert printed == "exact"  # without it, browsers leave out the squares and diamonds, which are backgrounds


def test_versions_play_back_and_old_ones_are_read_only(circle_page: CirclePage) -> None:
    slider = circle_page.page.get_by_role("slider", name="Play through the versions")
    last = circle_page.disc("Husband").get_attribute("transform")
    slider.press("Home")
    assert circle_page.page.locator("[data-moved]").inner_text().endswith("First version.")
    assert circle_page.disc("Husband").get_attribute("transform") != last
    assert circle_page.disc("Lena").is_hidden()
    before, position = circle_page.count_versions(), circle_page.disc_centre("Husband")
    circle_page.drag(position, (position[0] + 80, position[1]))
    assert circle_page.disc_centre("Husband") == position
    slider.press("ArrowRight")
    assert "Choir: new on the circle, wider circle." in circle_page.page.locator("[data-moved]").inner_text()
    slider.press("End")
    assert circle_page.disc("Husband").get_attribute("transform") == last
    assert circle_page.count_versions() == before
    circle_page.page.get_by_role("button", name="Save as a new version").click()
    circle_page.wait_until_saved()
    assert circle_page.count_versions() == before + 1
    assert slider.get_attribute("max") == "4"


def test_two_windows_do_not_overwrite_each_other(circle_page: CirclePage) -> None:
    second_page = CirclePage(circle_page.page.context, circle_page.home, circle_page.cast, circle_page.people)
    circle_page.disc("Omar").press("ArrowUp")
    circle_page.wait_until_saved()
    second_page.disc("Choir").press("ArrowUp")
    second_page.page.locator("[data-status].bad").filter(has_text="changed elsewhere").wait_for()
    assert [e for e in second_page.errors if "409" not in e] == []

    second_page.page.get_by_role("button", name="Save mine as a new version").click()
    second_page.wait_until_saved()
    choir = second_page.placement("Choir")
    assert choir is not None
    assert choir.radius == pytest.approx(0.55 - 1 / 12)


def drawn(page: Any) -> list[str]:
    """Return the elements of the drawing as they stand, without what the script adds and the state of focus."""
    html = page.locator("[data-circle] svg.closeness").evaluate(
        """svg => {
            const copy = svg.cloneNode(true);
            for (const hidden of copy.querySelectorAll(".person[display], .tie[display]")) hidden.remove();
            return copy.innerHTML;
        }"""
    )
    html = re.sub(r' (tabindex|role|aria-[a-z]+|data-dragged)="[^"]*"', "", html).replace(
        ' class="person chosen', ' class="person'
    )
    html = re.sub(r'(class="(?:person \w+|tie))[^"]*"', r'\1"', html).replace("-0.0", "0.0")
    # a script adds attributes at the end
    return [" ".join(sorted(re.findall(r'[\w-]+="[^"]*"|>[^<]+', element))) for element in html.split("><")]


def figures(page: Any) -> list[str]:
    """Return all texts that depend on the circle: panels of people, comparison, measures and versions."""
    parts = [page.locator(f"#{name}") for name in ("circle-ties", "circle-figures")]
    return [collapse_whitespace(part.evaluate("part => part.textContent")) for part in parts]


def test_page_and_chart_agree_after_every_kind_of_change(circle_page: CirclePage) -> None:
    page = circle_page.page
    before = figures(page)
    circle_page.disc("Omar").scroll_into_view_if_needed()
    circle_page.drag(circle_page.disc_centre("Omar"), circle_page.position(0.25, 120))
    circle_page.disc("Choir").press("PageUp")
    page.get_by_role("checkbox", name="tension").first.check()
    circle_page.disc("Husband").press("Delete")
    page.get_by_role("button", name="Boss", exact=True).press("Enter")
    circle_page.wait_until_saved()
    # no figure, sentence or place of a word is older than the circle
    drawing, texts = drawn(page), figures(page)
    assert texts != before
    circle_page.open()
    assert drawing == drawn(page)
    assert texts == figures(page)


def overlapping_words(page: Any) -> list[str]:
    """Return the pairs of words on the circle whose boxes overlap, and words on discs, as the browser draws them."""
    return page.locator("[data-circle] svg.closeness").evaluate(
        """svg => {
            const shown = (element) => element.getClientRects().length && getComputedStyle(element).display !== "none";
            const words = [...svg.querySelectorAll("text.name, text.ring-label")].filter(shown);
            const discs = [...svg.querySelectorAll(".person .shape")].filter(shown);
            const overlap = (a, b) => {
                const [p, q] = [a, b].map((e) => e.getBoundingClientRect());
                const x = Math.min(p.right, q.right) - Math.max(p.left, q.left);
                const y = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
                return x > 1 && y > 1;
            };
            const found = [];
            words.forEach((a, n) => {
                for (const b of words.slice(n + 1))
                    if (overlap(a, b)) found.push(`${a.textContent} / ${b.textContent}`);
                const { left, right, top, bottom } = a.getBoundingClientRect();
                for (const disc of discs) {
                    const d = disc.getBoundingClientRect();
                    const [x, y] = [(d.left + d.right) / 2, (d.top + d.bottom) / 2];
                    const [dx, dy] = [Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom)];
                    if (Math.hypot(dx, dy) < d.width / 2 - 3) found.push(`${a.textContent} on a disc`);
                }
            });
            return words.length < 15 ? [`${words.length} words`] : found;
        }"""
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_names_of_twelve_people_in_one_ring_do_not_overlap(
    chromium: Any, live_server: Any, inventory: tuple[Cast, dict[str, Relationship]], width: int
) -> None:
    cast, people = inventory
    names = ("Great-aunt Wilhelmina", "Bo", "Mr Abernathy", "Ana")
    for name in names:
        people[name] = add_relationship(episode=cast.episode, by=cast.alma, name_shown=name, at=timezone.now())
    places = tuple(place(person, 0.3, 30.0 * n) for n, person in enumerate(people.values()))
    draw_circle(episode=cast.episode, by=cast.alma, placements=places, at=timezone.now())
    circle_page = open_circle_page(chromium, live_server, inventory, viewport={"width": width, "height": 900})
    assert overlapping_words(circle_page.page) == []
    circle_page.disc("Ana").press("ArrowDown")
    circle_page.wait_until_saved()
    assert overlapping_words(circle_page.page) == []


def test_touch_drags_without_scrolling_the_page(
    chromium: Any, live_server: Any, inventory: tuple[Cast, dict[str, Relationship]]
) -> None:
    size = {"width": 390, "height": 844}
    circle_page = open_circle_page(chromium, live_server, inventory, viewport=size, has_touch=True, is_mobile=True)
    circle_page.page.locator(".circle.live svg.closeness").scroll_into_view_if_needed()
    circle_page.page.evaluate("window.scrollBy(0, 120)")
    # after two frames the page has scrolled and has been drawn
    circle_page.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    scrolled = circle_page.page.evaluate("scrollY")
    width = circle_page.page.locator(".circle.live svg.closeness").bounding_box()["width"]
    assert width > 320
    start, end = circle_page.disc_centre("Omar"), circle_page.position(0.9, 60)
    touch = circle_page.page.context.new_cdp_session(circle_page.page)

    def send(kind: str, *points: tuple[float, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    send("touchStart", start)
    for step in range(1, 6):
        send("touchMove", (start[0] + (end[0] - start[0]) * step / 5, start[1] + (end[1] - start[1]) * step / 5))
    send("touchEnd")
    circle_page.wait_until_saved()
    assert is_near(circle_page.placement("Omar"), 0.9, 60)
    assert circle_page.page.evaluate("scrollY") == scrolled
    assert circle_page.errors == []


def test_plain_form_works_without_javascript(
    chromium: Any, live_server: Any, inventory: tuple[Cast, dict[str, Relationship]]
) -> None:
    cast, people = inventory
    context = chromium.new_context(java_script_enabled=False)
    signed_in = Browser()
    signed_in.force_login(cast.alma)
    name = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": signed_in.cookies[name].value, "url": live_server.url}])
    page = context.new_page()
    page.goto(live_server.url + reverse("relationships", args=[cast.carla.id]))
    page.get_by_text("Enter positions instead of dragging").click()
    page.get_by_label("Ring of Boss").select_option("outside")
    page.get_by_label("Clock position of Boss").select_option("9")
    page.get_by_role("button", name="Save the circle").click()
    assert "Circle saved at" in page.content()
    last = Circle.objects.visible_to(cast.alma).filter(kind="present").order_by("drawn_at").last()
    assert last
    boss = next(p for p in last.placement_values if p.relationship == str(people["Boss"].id))
    assert (boss.ring.value, boss.angle) == ("outside", 270)
