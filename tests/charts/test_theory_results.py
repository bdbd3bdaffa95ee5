"""The graph of the theory by the results of one table: every reading has a line and a mark of its own."""

from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from charts.test_client_charts import SIGHT, _lab, _linear
from charts.test_theory_graph import layers_of
from edge_tables import edge, edge_table, estimate_of, every_reading
from securebase.charts import tokens
from securebase.charts.render import svg
from securebase.charts.theory_graph import TheoryPictures, theory_graph
from securebase.charts.theory_styles import READING_STYLES, WIDTHS, EvidenceStyles, ResultStyles
from securebase.model.theory import EdgeLocation, Theory, theory
from securebase.study.edges.estimates import estimate_edges
from securebase.study.edges.phrases import READINGS
from securebase.study.edges.result import EdgeResult, TheoryEstimates

#: with an edge whose sign is open, which the readings need
THEORY = Theory(theory().claims, (*theory().edges, edge("alliance", "hope", sign="?", by="lag")))
ESTIMATES = every_reading(THEORY.edges)
STYLES = ResultStyles(ESTIMATES)


def words_of(chart: Any) -> list[str]:
    return [row["text"] for mark, rows in layers_of(chart) if mark["type"] == "text" for row in rows]


@pytest.mark.parametrize("reading", READINGS)
def test_every_reading_is_drawn_with_its_dash_mark_and_colour(reading: str) -> None:
    edges = [e for e in THEORY.edges if STYLES.reading(e) == reading]
    assert edges
    shape = READING_STYLES[reading]
    chart = theory_graph(THEORY, edges, by="mechanism", width=350, estimates=ESTIMATES)
    drawn = {
        (row["line"], row["colour"])
        for mark, rows in layers_of(chart)
        if mark["type"] == "line" and mark["strokeDash"] == list(shape.dash or (1, 0))
        for row in rows
    }
    in_panels = sum(max(1, len(e.mechanisms)) for e in edges)
    assert [colour for _, colour in drawn].count(shape.colour) >= in_panels
    marks = [r for mark, rows in layers_of(chart) if mark["type"] == "point" for r in rows]
    own = [r for r in marks if (r["colour"], r["fill"]) == (shape.mark_colour, shape.mark_fill)]
    assert len(own) >= (in_panels if shape.mark else 0)
    key = " ".join(words_of(chart))
    assert f"{reading} ({len(edges)}): " in key


def test_no_reading_depends_on_colour() -> None:
    assert READING_STYLES.keys() == READINGS.keys()
    dashes = [shape.dash for shape in READING_STYLES.values()]
    assert len({*dashes}) == len(dashes)
    marks = [(shape.mark, shape.mark_fill == shape.mark_colour) for shape in READING_STYLES.values()]
    assert len({*marks}) == len(marks)


def test_the_colours_of_a_difference_from_zero_are_distinguishable_and_legible() -> None:
    colours = {READING_STYLES[reading].colour for reading in ("as stated", "opposite", "not zero", "inconclusive")}
    assert len(colours) == 4
    for colour in colours:
        luminance = float(np.array([0.2126, 0.7152, 0.0722]) @ _linear(colour))
        assert 1.05 / (luminance + 0.05) >= 3, colour
    for sight in SIGHT.values():
        colours_seen = [_lab(np.clip(sight @ _linear(c), 0, 1)) for c in colours]
        assert min(float(np.linalg.norm(a - b)) for a, b in combinations(colours_seen, 2)) > 9


def test_only_a_difference_from_zero_has_a_width_and_at_most_three() -> None:
    def width(value: float, p_adjusted: float) -> float:
        link = edge("alliance", "hope")
        result = EdgeResult(link, estimate_of(value), p_adjusted=p_adjusted)
        return ResultStyles(TheoryEstimates(80, 900, (result,))).style(link).width

    assert [width(v, 0.01) for v in (0.09, -0.1, 0.29, 0.3, -2.0)] == [1.6, 2.8, 2.8, 4.4, 4.4]
    assert len(WIDTHS) == 3
    assert width(0.5, 0.2) == READING_STYLES["inconclusive"].width < min(WIDTHS.values())
    assert READING_STYLES["no estimate"].width < min(WIDTHS.values())


@pytest.mark.parametrize("width", [1080, 820, 350])
@pytest.mark.parametrize("by", ["pillar", "mechanism"])
def test_all_words_of_a_picture_with_results_are_inside(by: Any, width: int) -> None:
    chart = theory_graph(THEORY, by=by, width=width, estimates=ESTIMATES, notes=("A long sentence. " * 20,))
    _, _, right, bottom = map(float, ElementTree.fromstring(svg(chart)).attrib["viewBox"].split())
    assert right <= width + 14  # a thick sample of the key begins before 0
    rows = [row for _, layer_rows in layers_of(chart) for row in layer_rows]
    assert all(-1 <= row["x"] <= width + 1 and 0 <= row["y"] <= bottom for row in rows)


def test_the_key_lists_main_readings_that_do_not_occur_and_only_those() -> None:
    link = edge("alliance", "hope")
    nothing = TheoryEstimates(80, 900, (EdgeResult(link, None, "Asked too rarely."),))
    words = " ".join(words_of(TheoryPictures(THEORY, [link], estimates=nothing).key(820).chart))
    for reading in ("as stated (0)", "opposite (0)", "inconclusive (0)", "no estimate (1)", "not asked (0)"):
        assert reading in words
    assert "together" not in words
    assert "not zero (" not in words


def test_headings_and_bars_have_no_colour_of_a_result() -> None:
    layers = layers_of(theory_graph(THEORY, estimates=ESTIMATES))
    assert {row["colour"] for mark, rows in layers if mark["type"] == "rule" for row in rows} == {tokens.INK}
    bold = [row for mark, rows in layers if mark.get("fontWeight") == 600 for row in rows]
    assert {row["colour"] for row in bold} == {tokens.INK}


def test_the_description_counts_readings_and_denies_order() -> None:
    described = STYLES.describe(THEORY.edges)
    counts = {r: sum(STYLES.reading(e) == r for e in THEORY.edges) for r in READINGS}
    for reading, n in counts.items():
        assert f"{n} {reading}" in described
    assert "no verdict on order or cause" in described
    assert "verdict" not in EvidenceStyles().describe(THEORY.edges)


def test_an_edge_that_is_only_simulated_has_no_estimate() -> None:
    simulated = next(e for e in THEORY.select(place=EdgeLocation.SIMULATED) if not e.study_method)
    assert STYLES.reading(simulated) == "no estimate"


def test_pictures_of_a_page_hold_every_edge_where_it_is_drawn() -> None:
    pictures = TheoryPictures(THEORY, by="pillar", estimates=ESTIMATES)
    drawn = [e for panel in pictures.panels(350) for e, _ in panel.edges]
    assert sorted(e.label for e in drawn) == sorted(e.label for e in THEORY.edges)
    ring = pictures.ring(350)
    assert ring is not None
    assert [e for e, _ in ring.edges] == list(THEORY.select(place=EdgeLocation.MODEL))
    assert TheoryPictures(THEORY, THEORY.edges[:3], estimates=ESTIMATES).ring(350) is None
    assert pictures.key(350).edges == ()


def test_a_table_decides_how_its_edges_are_drawn() -> None:
    """Clients who differ in avoidance: one edge as stated, one with the other sign, one with noise, one not asked."""
    rng = np.random.default_rng(1)
    level = rng.normal(size=(90, 1))

    def noise() -> np.ndarray:
        return 0.5 * rng.normal(size=(90, 4))

    data = edge_table(
        {
            "attachment_avoidance": level + noise(),
            "alliance": -level + noise(),
            "trust": level + noise(),
            "hope": rng.normal(size=(90, 1)) + noise(),
        }
    )
    ends = {"alliance": "-", "trust": "-", "hope": "+", "loneliness": "+"}
    edges = [
        edge("attachment_avoidance", end, sign=sign, by="levels", level="between_person") for end, sign in ends.items()
    ]
    styles = ResultStyles(estimate_edges(data, edges))
    assert [styles.reading(e) for e in edges] == ["as stated", "opposite", "inconclusive", "not asked"]
    shapes = [styles.style(e) for e in edges]
    assert [(s.dash, s.mark) for s in shapes] == [
        (READING_STYLES[r].dash, READING_STYLES[r].mark) for r in map(styles.reading, edges)
    ]
    assert shapes[0].width == shapes[1].width == WIDTHS[0.3]
