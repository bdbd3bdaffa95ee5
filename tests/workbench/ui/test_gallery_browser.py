"""The gallery in a real browser: every component in every state fits and is accessible, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from chromium import colour_violations, find_problems

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("width", [1280, 390])
def test_every_component_fits_and_is_accessible(
    chromium: Any, live_server: Any, settings: Any, width: int, tmp_path: Path
) -> None:
    settings.DEMO = True
    page = chromium.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type in {"error", "warning"} else None)
    page.goto(live_server.url + reverse("gallery"))
    pictures = {}
    for scheme, find in (("light", find_problems), ("dark", colour_violations)):
        page.emulate_media(color_scheme=scheme)
        pictures[scheme] = page.screenshot(path=tmp_path / f"gallery-{width}-{scheme}.png", full_page=True)
        assert find(page) == [], scheme
    assert pictures["light"] != pictures["dark"], "the page does not follow the reader's scheme"
    empty = page.eval_on_selector_all(
        ".sample-state", "all => all.filter(s => !s.lastElementChild.offsetHeight).map(s => s.innerText.trim())"
    )
    assert empty == []
    assert errors == []
    page.close()
