"""The charts of one client: fit for a page, with a text alternative, and limited to what the picture holds."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import altair as alt
import numpy as np
import pytest

import pictures
from securebase.charts.alliance import alliance_chart
from securebase.charts.axes import ticks
from securebase.charts.mechanisms import mechanisms_chart
from securebase.charts.ratings_side_by_side import ratings_chart, text_alternative
from securebase.charts.render import svg, tidy
from securebase.charts.sparkline import alliance_sparkline, scores_sparkline, symptoms_sparkline
from securebase.charts.style import (
    CONSTRUCT_COLOURS,
    FULL_WIDTH,
    HALF_WIDTH,
    PHONE_WIDTH,
    apply_theme,
    skip_validation,
    table,
)
from securebase.charts.symptoms import symptoms_chart
from securebase.charts.tokens import TOKENS
from securebase.measurement.constructs import TRACKED_CONSTRUCTS
from securebase.picture.client import ClientPicture
from securebase.picture.parts import Repair
from securebase.picture.ratings import RatedSession, compare_ratings

SVG = "{http://www.w3.org/2000/svg}"
CHARTS: list[tuple[Callable[..., Any], int]] = [
    (symptoms_chart, HALF_WIDTH),
    (symptoms_chart, PHONE_WIDTH),
    (alliance_chart, FULL_WIDTH),
    (alliance_chart, PHONE_WIDTH),
    (mechanisms_chart, FULL_WIDTH),
    (mechanisms_chart, PHONE_WIDTH),
]
PICTURES = [pictures.full(), pictures.early(), pictures.empty()]


@pytest.mark.usefixtures("validated_charts")
@pytest.mark.parametrize("picture", PICTURES, ids=["full", "early", "empty"])
@pytest.mark.parametrize(("chart", "width"), CHARTS)
def test_every_chart_is_a_self_contained_svg(chart: Callable[..., Any], width: int, picture: ClientPicture) -> None:
    drawing = svg(chart(picture, width=width))
    root = ElementTree.fromstring(drawing)
    assert root.tag == f"{SVG}svg"
    assert root.get("role") == "img"
    named = (root.get("aria-labelledby") or "").split()
    words = [e.text for e in root.iter() if e.get("id") in named]
    assert len(words) == 2
    assert all(words)
    for element in root.iter():
        assert element.tag != f"{SVG}script"
        assert not {"style", "font-family", "href", "class"} & set(element.attrib) or element is root
        assert not any(k.startswith("on") for k in element.attrib)
    assert "http" not in drawing.replace("http://www.w3.org/2000/svg", "")
    assert len(drawing) < 30_000


@pytest.mark.parametrize(("chart", "width"), [c for c in CHARTS if c[0] is not mechanisms_chart])
def test_a_chart_has_the_requested_width(chart: Callable[..., Any], width: int) -> None:
    root = ElementTree.fromstring(svg(chart(pictures.full(), width=width)))
    assert abs(float((root.get("viewBox") or "").split()[2]) - width) <= 8
    assert root.get("width") == "100%"


def test_ids_of_different_charts_are_unique() -> None:
    ids = [i for chart, width in CHARTS for i in re.findall(r'id="([^"]+)"', svg(chart(pictures.full(), width=width)))]
    assert len(ids) == len(set(ids)) >= 2 * len(CHARTS)


def test_no_model_estimate_is_drawn_below_the_required_sessions() -> None:
    early, full = symptoms_chart(pictures.early()).to_dict(), symptoms_chart(pictures.full()).to_dict()
    assert "low90" in str(full)
    assert "low90" not in str(early)
    usual = alliance_chart(pictures.early()).to_dict()
    assert "'from'" not in str(usual)


def test_remission_is_drawn_only_if_the_instrument_defines_it() -> None:
    full = pictures.full()
    without_cutoff = replace(full, symptoms=replace(full.symptoms, remission_below=None))
    assert "remission, below 5" in svg(symptoms_chart(full))
    assert "remission" not in svg(symptoms_chart(without_cutoff))


def test_ruptures_and_repairs_are_labelled_in_words() -> None:
    full = pictures.full()
    drawing = svg(alliance_chart(full))
    assert ">rupture<" in drawing
    assert ">repaired<" in drawing
    mark = replace(full.alliance.ruptures[0], repair=Repair.OPEN, repaired_at=None, repaired_session=None)
    still = svg(alliance_chart(replace(full, alliance=replace(full.alliance, ruptures=(mark,)))))
    assert ">rupture, open<" in still
    assert ">repaired<" not in still


def test_the_expected_value_and_limit_are_drawn_where_a_rupture_began() -> None:
    full = pictures.full()
    mark = replace(full.alliance.ruptures[0], repair=Repair.OPEN, repaired_at=None, repaired_session=None)
    still = replace(full, alliance=replace(full.alliance, ruptures=(mark,)))
    drawing = svg(alliance_chart(still))
    assert ">expected 7.5<" in drawing
    assert "Rupture in session 6 (rated 5.1, expected 7.5), open." in drawing
    specification = alliance_chart(still).to_dict()
    ticks = [layer for layer in specification["layer"] if layer["mark"]["type"] == "tick"]
    assert [t["encoding"]["y"]["field"] for t in ticks] == ["expected", "limit"]
    # The label stands at the session named in the sentences, even if a later rating is lower still.
    lower = replace(mark, lowest=2.0, lowest_at=mark.at + 7, lowest_session=7)
    named = alliance_chart(replace(full, alliance=replace(full.alliance, ruptures=(lower,)))).to_dict()
    rows = [r for data in named["datasets"].values() for r in data if r.get("text") == "rupture, open"]
    assert [(r["at"], r["value"]) for r in rows] == [(mark.at, mark.value)]


def test_the_description_agrees_with_the_picture() -> None:
    drawing = svg(symptoms_chart(pictures.full()))
    assert "13 reports, from 19 to 12." in drawing
    assert "Forecast for session 16" in drawing
    assert "rupture" in svg(alliance_chart(pictures.full())).lower()


def test_a_gap_between_sessions_stays_visible() -> None:
    full = pictures.full()
    moved = tuple(s if s.number < 8 else replace(s, at=s.at + 28) for s in full.axis)
    drawing = ElementTree.fromstring(svg(alliance_chart(replace(full, axis=moved))))
    place = {}
    for text in drawing.iter(f"{SVG}text"):
        match = re.match(r"translate\(([\d.]+)", text.get("transform", ""))
        if match and text.text in {"6", "7", "8"} and text.get("text-anchor") != "end":
            place[text.text] = float(match[1])
    assert place["8"] - place["7"] > 3 * (place["7"] - place["6"])


def test_a_chart_without_a_text_alternative_is_refused() -> None:
    with pytest.raises(ValueError, match="label"):
        svg(table([{"a": 1}]).mark_point().encode(x="a:Q"))


def test_tidy_removes_scripts_styles_and_links() -> None:
    bad = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="10" height="5">'
        '<script>x()</script><g clip-path="url(#a)" onclick="x()" style="fill:red"><clipPath id="a"><rect width="3" '
        'height="2"/></clipPath><text xlink:href="https://example.org">1 &lt; 2</text></g></svg>'
    )
    good = tidy(bad, "a", "b & c")
    assert not re.search(r"script|onclick|style|example", good)
    assert re.search(r'clip-path="url\(#(c\w+)-a\)".*id="\1-a"', good)
    assert "1 &lt; 2" in good
    assert "b &amp; c" in good


def test_a_label_cannot_break_out_of_the_image() -> None:
    chart = apply_theme(table([{"a": 1}]).mark_point().encode(x="a:Q"), label="</title><script>", description='"><b>')
    root = ElementTree.fromstring(svg(chart))
    assert all(e.tag != f"{SVG}script" for e in root.iter())


def test_sparklines_mark_the_last_value_and_ring_an_open_rupture() -> None:
    full = pictures.full()
    assert 'aria-label="Symptoms from 19 to 12"' in symptoms_sparkline(full)
    assert alliance_sparkline(full).count("<circle") == 1
    mark = replace(full.alliance.ruptures[0], repair=Repair.OPEN)
    still = alliance_sparkline(replace(full, alliance=replace(full.alliance, ruptures=(mark,))))
    assert still.count("<circle") == 2
    assert "rupture open" in still
    assert symptoms_sparkline(pictures.empty()) == ""
    ElementTree.fromstring(still)


@pytest.mark.parametrize(("low", "high"), [(0, 10), (0, 27), (0, 21), (1, 7), (0, 4), (0, 40), (7, 49), (0, 1)])
def test_ticks_are_few_and_hold_both_ends(low: float, high: float) -> None:
    values = ticks(low, high)
    assert (values[0], values[-1]) == (low, high)
    assert 2 <= len(values) <= 8
    assert values == sorted(set(values))


# ------------------------------------------------------------------ colour


def _linear(colour: str) -> np.ndarray:
    c = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def _lab(rgb: np.ndarray) -> np.ndarray:
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb
    f = np.cbrt(np.maximum(xyz / np.array([0.9505, 1.0, 1.089]), 1e-9))
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


#: Dichromatic sight in linear RGB, severity 1 (Machado, Oliveira & Fernandes 2009).
SIGHT = {
    "usual": np.eye(3),
    "protan": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "deutan": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "tritan": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("sight", list(SIGHT))
def test_construct_colours_are_distinguishable_with_colour_vision_deficiency(sight: str, scheme: str) -> None:
    drawn = getattr(TOKENS, scheme)
    names = ("symptoms", "alliance", "support", "stress", "processing", "skills")
    assert sorted(CONSTRUCT_COLOURS.values()) == sorted(TOKENS.light[name] for name in names)
    colours_seen = {name: _lab(np.clip(SIGHT[sight] @ _linear(drawn[name]), 0, 1)) for name in names}
    closest = min(
        (float(np.linalg.norm(colours_seen[a] - colours_seen[b])), a, b) for a, b in combinations(colours_seen, 2)
    )
    # a just noticeable difference is about 2.3
    assert closest[0] > 9, closest


def test_every_tracked_construct_has_a_colour_with_enough_contrast() -> None:
    assert set(CONSTRUCT_COLOURS) == set(TRACKED_CONSTRUCTS)
    for colour in CONSTRUCT_COLOURS.values():
        luminance = float(np.array([0.2126, 0.7152, 0.0722]) @ _linear(colour))
        assert 1.05 / (luminance + 0.05) >= 3, colour


@pytest.mark.usefixtures("validated_charts")
def test_a_part_that_altair_does_not_know_is_an_error_in_the_tests() -> None:
    @skip_validation
    def build_wrong() -> alt.Chart:
        return alt.Chart().mark_line(strokeWidth="wide").encode(x=alt.X("a:Q", axis=alt.Axis(title=5)))

    with pytest.raises(alt.utils.schemapi.SchemaValidationError):
        build_wrong()


def test_charts_built_at_the_same_time_leave_the_check_on() -> None:
    """As in a server with several threads: the first to begin ends first."""
    first_began, second_began, first_ended = (threading.Event() for _ in range(3))

    @skip_validation
    def build_first() -> alt.Chart:
        first_began.set()
        assert second_began.wait(30)
        return alt.Chart()

    @skip_validation
    def build_second() -> alt.Chart:
        second_began.set()
        assert first_ended.wait(30)
        return alt.Chart()

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(build_first)
        assert first_began.wait(30)
        second = pool.submit(build_second)
        first.result()
        first_ended.set()
        second.result()
    assert alt.utils.schemapi.DEBUG_MODE


def test_charts_are_altair_charts() -> None:
    assert isinstance(symptoms_chart(pictures.full()), alt.LayerChart)
    assert isinstance(mechanisms_chart(pictures.full()), alt.ConcatChart)


RATED = compare_ratings([RatedSession(1, 5.0, None), RatedSession(2, 6.0, 8.0), RatedSession(4, None, 7.0)])


@pytest.mark.usefixtures("validated_charts")
@pytest.mark.parametrize("width", [900, PHONE_WIDTH])
def test_ratings_of_one_session_are_joined(width: int) -> None:
    chart = ratings_chart(RATED, width=width).to_dict(validate=False)
    rules, squares, rings = (list(chart["datasets"][layer["data"]["name"]]) for layer in chart["layer"])
    assert rules == [{"session": 2, "value": 6.0, "other": 8.0}]
    assert squares == [{"session": 2, "value": 8.0}, {"session": 4, "value": 7.0}]
    assert rings == [{"session": 1, "value": 5.0}, {"session": 2, "value": 6.0}]
    drawing = ElementTree.fromstring(svg(ratings_chart(RATED, width=width)))
    assert drawing.find(f"{SVG}title").text == "Alliance rated by client and therapist"
    assert "Session 2: the client rated the alliance 6, you 8, 2 higher." in drawing.find(f"{SVG}desc").text


def test_the_text_alternative_works_without_a_session_rated_by_both() -> None:
    assert text_alternative(compare_ratings([RatedSession(1, None, 5.0)]))[1] == (
        "0 sessions rated by both. No session rated by both yet."
    )


def test_a_sparkline_of_any_scale_spans_its_full_range() -> None:
    drawing = scores_sparkline("Coping & more", [(0.0, 0.0), (7.0, 10.0), (14.0, 5.0)], 0.0, 10.0)
    root = ElementTree.fromstring(drawing)
    assert root.get("aria-label") == "Coping & more from 0 to 5"
    assert root.find("path").get("d") == "M4.0,36.0 L59.0,4.0 L114.0,20.0"
    assert scores_sparkline("Coping", [], 0.0, 10.0) == ""
    alone = ElementTree.fromstring(scores_sparkline("Coping", [(3.0, 10.0)], 0.0, 10.0))
    assert alone.get("aria-label") == "Coping 10"
    assert (alone.find("circle").get("cx"), alone.find("circle").get("cy")) == ("4.0", "4.0")
