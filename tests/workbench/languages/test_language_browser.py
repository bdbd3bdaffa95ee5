"""Check-ins in other languages in a browser at phone width: words fit, and what scripts say is translated."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from chromium import PHONE, find_problems
from securebase.records.vocabulary import Moment
from securebase.workbench.clients.models import Client
from workbench.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)

OTHERS = [code for code, _ in settings.LANGUAGES if code != "en"]


@pytest.fixture
def page(chromium: Any, live_server: Any) -> Iterator[Any]:
    context = chromium.new_context(viewport=PHONE, has_touch=True, reduced_motion="reduce")
    yield context.new_page()
    context.close()


@pytest.fixture
def cast(live_server: Any) -> Cast:
    return make_cast()


def open_in(page: Any, url: str, cast: Cast, language: str, moment: Moment = Moment.BEFORE) -> None:
    Client.objects.visible_to(cast.alma).update(language=language)
    page.goto(url + cast.invite(moment, at=timezone.now(), extras=[]).path)
    page.wait_for_selector("body[data-ready]", state="attached")


def save_picture(page: Any, name: str) -> None:
    """Keep a picture of the page where `SECUREBASE_SHOTS` names a folder."""
    if folder := os.environ.get("SECUREBASE_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.mark.parametrize("language", OTHERS)
def test_long_words_fit_a_phone(page: Any, live_server: Any, cast: Cast, language: str) -> None:
    cast.hold_in_an_hour()
    for moment in (Moment.BEFORE, Moment.AFTER):
        open_in(page, live_server.url, cast, language, moment)
        assert find_problems(page) == []
        save_picture(page, f"{language}-{moment}")
    page.emulate_media(color_scheme="dark")
    save_picture(page, f"{language}-dark")


def test_what_scripts_say_is_german_too(page: Any, live_server: Any, cast: Cast) -> None:
    cast.hold_in_an_hour()
    open_in(page, live_server.url, cast, "de")
    page.get_by_label("Ja, oft").check()
    page.context.set_offline(True)
    page.get_by_role("button", name="Senden", exact=True).click()
    page.get_by_text("Noch nicht gesendet: Niemand hat Ihre Antworten gesehen.").wait_for()
    save_picture(page, "de-offline")
    page.context.set_offline(False)
    page.wait_for_url("**/sent/")
    assert page.get_by_role("heading", name="Holen Sie sich jetzt Hilfe").is_visible()
    assert find_problems(page) == []
    save_picture(page, "de-sent")


def test_a_page_from_right_to_left_fits_a_phone(page: Any, live_server: Any, cast: Cast) -> None:
    cast.hold_in_an_hour()
    open_in(page, live_server.url, cast, "en")
    page.evaluate("document.documentElement.dir = 'rtl'")
    assert find_problems(page) == []
    low, high = page.locator("#item_1-low").bounding_box(), page.locator("#item_1-high").bounding_box()
    assert low["x"] > high["x"]  # the scale begins at the right, as the reader does
    first, last = page.locator("#item_1 label").nth(1).bounding_box(), page.locator("#item_1 label").last.bounding_box()
    assert first["x"] > last["x"]
    save_picture(page, "rtl")
