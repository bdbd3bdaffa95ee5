"""Tokens: one source of colours, readable in both schemes."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import resources
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

import pictures
from securebase.charts.alliance import alliance_chart
from securebase.charts.contributions import contributions_chart
from securebase.charts.mechanisms import mechanisms_chart
from securebase.charts.render import image, svg
from securebase.charts.symptoms import symptoms_chart
from securebase.charts.tokens import TOKENS, token_file

#: Least contrast of text and of graphics, WCAG 2.2 AA.
LEAST = {"text": 4.5, "graphic": 3.0}


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_is_readable(scheme: str) -> None:
    colours = getattr(TOKENS, scheme)
    pairs = msgspec.to_builtins(TOKENS.contrast)
    faint = [
        (kind, front, back, round(contrast(colours[front], colours[back]), 2))
        for kind, least in LEAST.items()
        for front, back in pairs[kind]
        if contrast(colours[front], colours[back]) < least
    ]
    assert faint == []


def test_each_colour_has_a_light_and_a_dark_value() -> None:
    assert list(TOKENS.light) == list(TOKENS.dark)
    named = [*TOKENS.light.values(), *TOKENS.dark.values()]
    assert [c for c in named if len(c) != 7 or not c.startswith("#") or c != c.lower()] == []


def test_colours_that_are_equal_in_the_light_are_equal_in_the_dark() -> None:
    """A drawing holds values, not names; text on a solid colour is for pages only."""
    drawn = [name for name in TOKENS.light if not name.startswith("on-")]
    clashes = [
        (a, b) for a in drawn for b in drawn if TOKENS.light[a] == TOKENS.light[b] and TOKENS.dark[a] != TOKENS.dark[b]
    ]
    assert clashes == []


def test_the_style_sheet_of_the_pages_is_current() -> None:
    stored = resources.files("securebase") / "workbench" / "ui" / "static" / "ui" / "tokens.css"
    assert stored.read_text(encoding="utf-8") == token_file(), "run python tools/write_tokens.py"


def test_the_icon_has_the_accent() -> None:
    icon = resources.files("securebase") / "workbench" / "ui" / "static" / "ui" / "mark.svg"
    assert set(re.findall(r"#[0-9a-f]+", icon.read_text(encoding="utf-8"))) == {TOKENS.light["accent"]}


@pytest.mark.parametrize("chart", [symptoms_chart, alliance_chart, mechanisms_chart, contributions_chart])
def test_charts_have_no_colour_beside_the_tokens(chart: Callable[..., Any]) -> None:
    """Another colour would stay as it is in the dark."""
    drawn = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg(chart(pictures.full()))))
    assert drawn - {"none", *TOKENS.light.values()} == set()


def test_a_chart_in_a_file_of_its_own_follows_the_scheme() -> None:
    inline = svg(symptoms_chart(pictures.full()))
    assert "prefers-color-scheme" not in inline
    drawing = ElementTree.fromstring(image(inline, (540, 250)))
    rules = drawing.findtext("{http://www.w3.org/2000/svg}style")
    assert f'[fill="{TOKENS.light["ink"]}"]{{fill:{TOKENS.dark["ink"]}}}' in rules
    assert rules.startswith("@media screen and (prefers-color-scheme: dark)"), "what is printed is light"
