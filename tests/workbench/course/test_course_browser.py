"""The course pages in a real browser: search, clicks and typing, and accessibility of full pages."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from chromium import problems_at_both_widths
from securebase.workbench.worksheets.models import Artefact
from workbench.cast import Cast, make_cast
from workbench.course.course_cast import create_full_course
from workbench.inventory.network_cast import add_people
from workbench.test_accessibility import page, pytestmark, sign_in  # noqa: F401 (fixture and marks)


@pytest.fixture
def full(live_server: Any) -> Cast:
    cast = make_cast()
    add_people(cast, "Lena", "Boss")
    create_full_course(cast)
    return cast


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_full_pages_have_no_serious_findings(page: Any, live_server: Any, full: Cast) -> None:  # noqa: F811
    sign_in(page, live_server, full)
    problems = []
    for name, query in (
        ("course", ""),
        ("timeline", "?zoom=life&add=life_event"),
        ("formulation", ""),
        ("area-work", "?add=role_dispute"),
        ("ending", ""),
    ):
        page.goto(live_server.url + reverse(name, args=[full.carla.id]) + query)
        problems += problems_at_both_widths(page)
    assert problems == []


def test_work_on_the_course_pages(page: Any, live_server: Any, full: Cast) -> None:  # noqa: F811
    """Find tools by typing, add an event by a click on its day, and type into the formulation."""
    sign_in(page, live_server, full)
    carla = full.carla.id
    narrow = page.viewport_size["width"] < 900

    page.goto(live_server.url + reverse("course", args=[carla]))
    groups = page.locator("[data-tools] details")
    assert groups.first.evaluate("group => group.open") is not narrow
    page.get_by_label("Find a tool").fill("role play")
    assert page.locator("[data-tools] li:visible a").all_inner_texts() == ["Role play"]
    page.get_by_label("Find a tool").fill("no such tool")
    assert page.locator("[data-found]").inner_text().startswith("No matches.")
    page.get_by_label("Find a tool").fill("role play")
    assert page.locator("[data-found]").inner_text() == "1 found"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Role play"
    page.get_by_label("Find a tool").press("Escape")  # the browser clears a search
    assert page.locator("[data-found]").inner_text() == ""
    assert groups.first.evaluate("group => group.open") is not narrow

    page.goto(live_server.url + reverse("timeline", args=[carla]))
    if narrow:
        assert page.locator(".timeline-wide svg").is_hidden()
        page.get_by_role("link", name="Add a life event").click()
    else:
        box = page.locator(".timeline-wide svg").bounding_box()
        page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.45)
    page.wait_for_url(re.compile("add=life_event"))
    if not narrow:
        assert re.search(r"on=2026-0[6-9]-\d\d", page.url)
    page.get_by_label("What happened?").fill("A letter came")
    page.get_by_label("When").fill("2026-06-15")
    page.get_by_role("button", name="Save and go back").click()
    page.get_by_role("link", name=re.compile("A letter came")).last.wait_for()

    page.goto(live_server.url + reverse("formulation", args=[carla]))
    page.get_by_label("How does it show?").fill("I cannot sleep")
    page.locator("#picture [data-saving]").filter(has_text=re.compile("^\\s*Saved \\d\\d:\\d\\d")).wait_for()
    page.get_by_role("button", name="Draft it from the fields").click()
    page.get_by_text("Edit it until you can say it aloud").wait_for()
    values = Artefact.objects.visible_to(full.alma).get(worksheet="formulation").values
    assert values["narrative"].startswith("We moved and began to fight.\n\n")
    assert values["narrative"].endswith("Since then: I cannot sleep.")


@pytest.mark.parametrize("page", [1280], indirect=True)
def test_choose_areas_and_copy_their_evidence(page: Any, live_server: Any, full: Cast) -> None:  # noqa: F811
    """Two areas at most can be chosen; evidence of the record is copied once, and areas without text send no row."""
    sign_in(page, live_server, full)
    page.goto(live_server.url + reverse("formulation", args=[full.carla.id]))
    ticks = page.locator("input[name=chosen]")
    for tick in ticks.all():
        tick.uncheck(force=True)
    for tick in ticks.all()[:2]:
        tick.check(force=True)
    assert [tick.is_disabled() for tick in ticks.all()] == [n >= 2 for n in range(ticks.count())]
    area = page.locator(".area", has=page.locator("[data-take]")).first
    take = area.locator("[data-take]").first
    words, box = take.get_attribute("data-take"), area.get_by_label("Evidence for")
    take.click()
    take.click()
    assert box.input_value().count(words) == 1
    assert area.locator("[data-row]").is_enabled()
    for field in area.locator("textarea").all():
        field.fill("")
    assert area.locator("[data-row]").is_disabled()
