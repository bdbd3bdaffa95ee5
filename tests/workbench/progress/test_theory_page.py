"""The page that tries the theory: a choice in the address, its panels, and what is not valid."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings as django_settings
from django.urls import reverse

from chromium import WIDE, fits_width
from securebase.measurement.constructs import construct
from securebase.model.simulate.play import LOOP, PlayChoice, Stressor, Warmth, link_label, play
from securebase.picture.play_phrases import ADDITIVE, SHOWN, difference_sentence
from workbench.browser import Browser
from workbench.cast import Cast, make_cast


def soup(browser: Browser, **choice: Any) -> BeautifulSoup:
    response = browser.get(reverse("theory"), choice)
    assert response.status_code == 200
    html = response.content.decode()
    assert " style=" not in html
    return BeautifulSoup(html, "html.parser")


def chosen(page: BeautifulSoup, name: str) -> str:
    option = page.select_one(f"select[name={name}] option[selected]")
    return str(option["value"]) if option else ""


@pytest.fixture
def researcher(cast: Cast, browser: Browser) -> Browser:
    browser.force_login(cast.rosa)
    return browser


def test_without_a_choice_the_ordinary_course_is_shown(researcher: Browser) -> None:
    page = soup(researcher)
    panels = page.select(".panels section")
    assert [p.h2.text for p in panels if p.h2] == [construct(name).label for name in SHOWN]
    assert "SD lower than at session 1" in panels[0].text
    assert "this choice" not in page.text
    assert page.text.count("Not a forecast of a real client") == 1


def test_a_choice_is_kept_and_compared(researcher: Browser) -> None:
    choice = {"style": "anxious", "stressor": "change", "at": "7", "warmth": "high", "off": ["seeking_support_week"]}
    page = soup(researcher, **choice)
    assert [chosen(page, name) for name in ("style", "stressor", "warmth", "technique")] == [
        "anxious",
        "change",
        "high",
        "ordinary",
    ]
    assert page.select_one("input[name=at]")["value"] == "7"  # type: ignore[index]
    assert [box["value"] for box in page.select("input[name=off][checked]")] == ["seeking_support_week"]
    assert page.select_one("details[open]")
    same = PlayChoice("anxious", Stressor.CHANGE, 7, Warmth.HIGH, off=("seeking_support_week",))
    courses = play(same)
    sentences = [p.text.strip() for p in page.select(".panels .say")]
    assert sentences == [difference_sentence(courses, name) for name in SHOWN]
    assert ADDITIVE in page.text
    images = page.select(".panels img.chart")
    assert len(images) == len(SHOWN)
    assert all(str(i["src"]).startswith("data:image/svg+xml,") and "ordinary course" in str(i["alt"]) for i in images)


def test_every_link_of_the_loop_can_be_switched_off(researcher: Browser) -> None:
    labels = [label.text.strip() for label in soup(researcher).select("details .choices label")]
    assert labels == [link_label(name) for name in LOOP]


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"style": "aloof"}, "“aloof” is not in this list."),
        ({"stressor": "exam"}, "“exam” is not in this list."),
        ({"at": "17"}, "Enter a whole number from 1 to 16."),
        ({"at": "soon"}, "Enter a whole number from 1 to 16."),
        ({"at": ""}, "Enter a whole number from 1 to 16."),
        ({"off": "alliance_symptoms_week"}, "“alliance_symptoms_week” is not in this list."),
    ],
)
def test_an_invalid_choice_has_a_message_and_keeps_the_rest(
    researcher: Browser, choice: dict[str, str], message: str
) -> None:
    page = soup(researcher, **{"warmth": "low", **choice})
    assert message in page.text
    alert = page.select_one("[role=alert]:not([hidden])")
    assert alert
    assert "Nothing was simulated" in alert.text
    assert chosen(page, "warmth") == "low"
    assert page.select(".panels") == []
    if "at" in choice:
        assert page.select_one("input[name=at]").get("value", "") == choice["at"]  # type: ignore[union-attr]


def test_the_library_and_the_clinic_lead_to_it(cast: Cast, browser: Browser) -> None:
    browser.force_login(cast.alma)
    for name in ("library", "clinic"):
        assert f'href="{reverse("theory")}"' in browser.get(reverse(name)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_it_works_by_keyboard_and_without_scripts(chromium: Any, live_server: Any) -> None:
    cast, browser = make_cast(), Browser()
    browser.force_login(cast.alma)
    context = chromium.new_context(viewport=WIDE, java_script_enabled=False)
    cookie = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": cookie, "value": browser.cookies[cookie].value, "url": live_server.url}])
    page, errors = context.new_page(), []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.goto(live_server.url + reverse("theory"))
    page.get_by_label("Attachment style").focus()
    page.keyboard.type("Dis")
    page.keyboard.press("Tab")
    page.keyboard.type("Los")
    page.keyboard.press("Tab")
    page.keyboard.type("8")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?style=disorganised&stressor=loss&at=8&**")
    page.get_by_text("At session 8 the difference is largest").first.wait_for()
    loaded = page.locator(".panels img").evaluate_all("all => all.map(i => i.complete && i.naturalWidth)")
    assert len(loaded) == len(SHOWN)
    assert all(loaded)
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits_width(page)
    assert errors == []
    context.close()
