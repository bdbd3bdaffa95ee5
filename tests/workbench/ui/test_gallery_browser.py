"""The gallery in a real browser: every component in every state fits and is accessible, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from chromium import PHONE, WIDE, problems_at_both_widths

pytestmark = pytest.mark.django_db(transaction=True)


EMPTY = "all => all.filter(s => !s.lastElementChild.offsetHeight).map(s => s.innerText.trim())"


def test_every_component_fits_and_is_accessible(chromium: Any, live_server: Any, settings: Any, tmp_path: Path) -> None:
    settings.DEMO = True
    page = chromium.new_page(reduced_motion="reduce")
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type in {"error", "warning"} else None)
    page.goto(live_server.url + reverse("gallery"))
    for size in (PHONE, WIDE):
        page.set_viewport_size(size)
        pictures = {}
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            file = tmp_path / f"gallery-{size['width']}-{scheme}.png"
            pictures[scheme] = page.screenshot(path=file, full_page=True)
        assert pictures["light"] != pictures["dark"], "the page does not follow the reader's scheme"
        assert page.eval_on_selector_all(".sample-state", EMPTY) == []
    assert problems_at_both_widths(page, dark=True) == []
    assert errors == []
    page.close()
