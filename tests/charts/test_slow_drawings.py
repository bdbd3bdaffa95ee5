"""Drawings of attachment, slow lines and sources of support: places, marks beside colour, and words."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from securebase.charts.attachment_plane import LEFT, SIDE_X, SIDE_Y, TOP, attachment_plane_drawing
from securebase.charts.session_labels import APART, session_labels
from securebase.charts.slow_line import slow_line_drawing
from securebase.charts.support_shares import BOTTOM, support_shares
from securebase.charts.support_shares import TOP as SHARES_TOP
from securebase.charts.tokens import ACCENT, CARD
from securebase.ipt.network import SupportShare
from securebase.picture.attachment import attachment_plane
from securebase.picture.slow_lines import slow_lines
from securebase.records.vocabulary import Respondent
from slow_course import attachment, course, joined, turns

SVG = "{http://www.w3.org/2000/svg}"


def read(text: str) -> ElementTree.Element:
    assert "style=" not in text
    return ElementTree.fromstring(text)


def texts(drawing: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in drawing.iter(f"{SVG}text")]


def plane(*administrations, **options):
    return attachment_plane_drawing(attachment_plane(course(*administrations, **options)))


def test_ratings_stand_at_their_values_and_ellipses_reach_their_radii() -> None:
    drawing = read(plane(attachment(2, 10, 0), attachment(8, 5, 5), attachment(15, 0, 10)))
    dots = [(float(c.get("cx", "")), float(c.get("cy", ""))) for c in drawing.iter(f"{SVG}circle")]
    middle = (LEFT + SIDE_X / 2, TOP + SIDE_Y / 2)
    assert dots == [(LEFT, TOP), middle, (LEFT + SIDE_X, TOP + SIDE_Y)]
    first, last = drawing.iter(f"{SVG}ellipse")
    radius = attachment_plane(course()).radii[0]
    assert float(last.get("rx", "")) == pytest.approx(radius / 10 * SIDE_X, abs=0.1)
    assert float(last.get("ry", "")) == pytest.approx(radius / 10 * SIDE_Y, abs=0.1)
    # not by colour alone: the first ellipse is dashed, the last dot larger, and both have a name
    assert (first.get("stroke-dasharray"), last.get("stroke-dasharray")) == ("4 3", None)
    assert [c.get("r") for c in drawing.iter(f"{SVG}circle")] == ["4", "4", "5.5"]
    assert texts(drawing)[-2:] == ["start", "now"]


def test_the_plane_is_a_picture_in_words_without_a_dividing_line() -> None:
    drawing = read(plane(attachment(2, 8, 7), attachment(15, 3, 2), ended=True))
    label = drawing.get("aria-label") or ""
    assert "session 2: anxiety 8, avoidance 7; session 15: anxiety 3, avoidance 2" in label
    assert texts(drawing)[-2:] == ["start", "end"]
    assert len({path.get("stroke") for path in drawing.iter(f"{SVG}path")}) == 1


def test_a_single_rating_has_one_ellipse_and_no_rating_no_drawing() -> None:
    drawing = read(plane(attachment(2, 8, 7)))
    assert len(list(drawing.iter(f"{SVG}ellipse"))) == 1
    assert texts(drawing)[-1] == "start"
    assert plane() == ""


def test_labels_of_the_plane_stay_inside_and_apart() -> None:
    for start, end in (((10, 10), (10, 10)), ((0, 0), (1, 0)), ((5, 5), (5, 5)), ((10, 0), (9, 1))):
        labels = list(read(plane(attachment(2, *start), attachment(15, *end))).iter(f"{SVG}text"))[-2:]
        heights = [float(t.get("y", "")) for t in labels]
        assert all(TOP <= y <= TOP + SIDE_Y for y in heights)
        assert abs(heights[0] - heights[1]) >= 13


def test_a_slow_line_has_a_bar_for_each_mean_and_its_sessions() -> None:
    line = slow_lines(joined(turns((5, 6), {3: 2, 7: 4, 11: 8, 14: 9})))[0]
    drawing = read(slow_line_drawing(line))
    assert len(list(drawing.iter(f"{SVG}circle"))) == 3
    bars = [p for p in drawing.iter(f"{SVG}path") if "V" in (p.get("d") or "")]
    assert len(bars) == 3
    assert texts(drawing) == ["0", "5", "10", "7", "11", "14"]
    assert "session 14: 8.5 ± 2.3" in (drawing.get("aria-label") or "")
    assert slow_line_drawing(slow_lines(course())[0]) == ""


def test_shares_of_support_stand_at_their_percent() -> None:
    shares = tuple(SupportShare(7.0 * i, i, 90.0 - 5 * i) for i in range(1, 16))
    drawing = read(support_shares(shares))
    heights = [float(c.get("cy", "")) for c in drawing.iter(f"{SVG}circle")]
    assert heights[0] == pytest.approx(BOTTOM - 0.85 * (BOTTOM - SHARES_TOP), abs=0.1)
    assert heights == sorted(heights)
    sessions = [t for t in texts(drawing) if t.isdigit()]
    assert (sessions[0], sessions[-1]) == ("1", "15")
    assert {"therapy", "own network"} <= set(texts(drawing))
    assert support_shares(()) == ""
    assert len(list(read(support_shares(shares[:1])).iter(f"{SVG}circle"))) == 1


def test_the_source_of_a_share_shows_in_its_dot() -> None:
    shares = (SupportShare(0, 1, 60.0), SupportShare(7, 2, 50.0, Respondent.CLIENT))
    dots = list(read(support_shares(shares)).iter(f"{SVG}circle"))
    assert [dot.get("fill") for dot in dots] == [CARD, ACCENT]


def test_numbers_of_sessions_keep_apart_and_the_last_is_always_there() -> None:
    xs = [10.0 * i for i in range(12)]
    drawing = read(f'<svg xmlns="http://www.w3.org/2000/svg">{session_labels(xs, range(1, 13), 5.0)}</svg>')
    places = [float(t.get("x", "")) for t in drawing.iter(f"{SVG}text")]
    assert min(b - a for a, b in pairwise(places)) >= APART
    assert texts(drawing)[-1] == "12"
