"""The chart of hypotheses: both readings of every construct, grey if borrowed, and the same in words."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

import pictures
from securebase.charts.contributions import contributions_chart
from securebase.charts.render import svg
from securebase.charts.style import FULL_WIDTH, OTHER, PHONE_WIDTH, colour


def rows(specification: Any) -> list[dict[str, Any]]:
    """Return the rows of bars from anywhere in the specification."""
    if isinstance(specification, dict):
        matches = [specification] if "reading" in specification else []
        return matches + [row for value in specification.values() for row in rows(value)]
    return [row for value in specification for row in rows(value)] if isinstance(specification, list | tuple) else []


@pytest.mark.parametrize("width", [FULL_WIDTH, 900, PHONE_WIDTH])
def test_both_readings_of_every_construct_are_drawn_with_figures_and_share(width: int) -> None:
    drawing = svg(contributions_chart(pictures.full(), width=width))
    text = " ".join(e.text or "" for e in ElementTree.fromstring(drawing).iter())
    for label in ("Alliance", "Social support", "Interpersonal stress", "Emotional processing", "Interpersonal skills"):
        assert label in text
    assert text.count("with trend") >= 5
    assert text.count("detrended") >= 5
    assert "−1.2 (−2.6 to 0.4)" in text
    assert "35%" in text
    assert len(drawing) < 30_000
    root = ElementTree.fromstring(drawing)
    assert root.get("role") == "img"
    assert float((root.get("viewBox") or "").split()[2]) == pytest.approx(width, abs=20)


def test_borrowed_readings_are_grey_and_others_have_the_colour_of_their_construct() -> None:
    colours = {r["figures"]: r["colour"] for r in rows(contributions_chart(pictures.full()).to_dict())}
    assert colours["−0.9 (−2 to 0.3)"] == colour("alliance")
    assert colours["+0.1 (−0.8 to 1)"] == OTHER


@pytest.mark.usefixtures("validated_charts")
def test_the_description_names_borrowed_readings() -> None:
    described = contributions_chart(pictures.full()).to_dict()["description"]
    assert described.count("borrowed from other clients") == 4
    readings = "with trend −1.2 (−2.6 to 0.4), detrended −0.9 (−2 to 0.3) points"
    assert f"Alliance: {readings}; 35% from this client." in described


def test_without_hypotheses_there_is_no_chart() -> None:
    with pytest.raises(ValueError, match="no hypotheses"):
        contributions_chart(pictures.early())
