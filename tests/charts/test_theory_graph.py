"""The graph of the theory: every edge has its own line, every word is shown, and it agrees with the table."""

from itertools import combinations, pairwise, permutations
from typing import Any
from xml.etree import ElementTree

import altair as alt
import numpy as np
import pytest

from charts.test_client_charts import SIGHT, _lab, _linear
from securebase.charts.render import svg
from securebase.charts.theory_graph import theory_graph
from securebase.charts.theory_layout import (
    LETTER,
    SLOT,
    arc,
    crossings,
    direction,
    order_sides,
    origin_label,
    panel,
    ring,
    wrap,
)
from securebase.charts.theory_styles import PILLAR_COLOURS
from securebase.model.mechanism import Grade, Pillar
from securebase.model.theory import EdgeLocation, label_of, theory

THEORY = theory()
WIDTHS = (1080, 820, 350)


def layers_of(chart: alt.LayerChart) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Return the mark of every layer with its rows."""
    specification = chart.to_dict(validate=False)
    rows = specification.get("datasets", {})
    layers = specification["layer"]
    return [(layer["mark"], layer["data"].get("values") or rows[layer["data"]["name"]]) for layer in layers]


@pytest.mark.parametrize("pillar", Pillar)
@pytest.mark.parametrize("width", [500, 350])
def test_every_edge_has_its_own_slot_beside_its_words(pillar: Pillar, width: int) -> None:
    edges = THEORY.select(pillar=pillar)
    edge_panel = panel(edges, x=10, y=20, width=width)
    origins, ends = ({" ".join(b.words): b for b in side} for side in (edge_panel.origins, edge_panel.ends))
    assert [w.edge for w in edge_panel.wires] == list(edges)
    for place in (0, -1):
        heights = sorted(w.points[place][1] for w in edge_panel.wires)
        assert min(b - a for a, b in pairwise(heights)) >= SLOT - 1e-9
    for w in edge_panel.wires:
        begin, end = origins[origin_label(w.edge)], ends[label_of(w.edge.to_construct)]
        assert begin.top <= w.points[0][1] <= begin.bottom
        assert end.top <= w.end[1] <= end.bottom
        assert begin.x < w.points[0][0] < w.end[0] < end.x
    for side in (edge_panel.origins, edge_panel.ends):
        assert all(a.bottom < b.top for a, b in pairwise(side))
        assert side[-1].bottom <= edge_panel.bottom
        longest = max(len(line) for b in side for line in b.words)
        assert longest * LETTER <= 0.35 * width + 25  # one long word may exceed the column slightly


@pytest.mark.parametrize("pillar", Pillar)
def test_fewer_lines_cross_than_in_table_order(pillar: Pillar) -> None:
    pairs = [(origin_label(e), label_of(e.to_construct)) for e in THEORY.select(pillar=pillar)]
    naive = list(dict.fromkeys(a for a, _ in pairs)), list(dict.fromkeys(b for _, b in pairs))
    left, right = order_sides(pairs)
    assert (sorted(left), sorted(right)) == (sorted(naive[0]), sorted(naive[1]))
    assert crossings(pairs, left, right) < 0.7 * crossings(pairs, *naive)


def test_the_order_of_a_small_graph_is_nearly_optimal() -> None:
    pairs = [("a", "z"), ("b", "x"), ("c", "y"), ("d", "x"), ("a", "y"), ("d", "w"), ("b", "w"), ("c", "z")]
    best = min(crossings(pairs, left, right) for left in permutations("abcd") for right in permutations("wxyz"))
    assert crossings(pairs, *order_sides(pairs)) <= best + 1


def test_crossings_are_counted_correctly() -> None:
    assert crossings([("a", "x"), ("b", "y")], "ab", "xy") == 0
    assert crossings([("a", "y"), ("b", "x")], "ab", "xy") == 1
    assert crossings([("a", "x"), ("a", "y"), ("b", "x")], "ab", "xy") == 1


def test_wrapped_words_keep_their_order_and_width() -> None:
    assert wrap("Emotional arousal × felt safety, as an event", 20 * LETTER) == (
        "Emotional arousal ×",
        "felt safety, as an",
        "event",
    )
    assert wrap("Interpersonal", 10) == ("Interpersonal",)


def test_arrows_leave_one_box_and_reach_the_other() -> None:
    places = ring(("a", "b", "c", "d"), middle=(100, 100), across=80, down=60, turn=0)
    assert places["a"] == pytest.approx((180, 100))
    assert places["b"] == pytest.approx((100, 160))
    forth = arc(places["a"], places["c"], bend=0.1, clear=(10, 10))
    back = arc(places["c"], places["a"], bend=0.1, clear=(10, 10))
    assert forth[0][0] < 170
    assert forth[-1][0] > 30
    assert (forth[15][1] - 100) * (back[15][1] - 100) < 0  # two directions, two sides
    assert direction([(0.0, 0.0), (1.0, 0.0), (2.0, 0.0)]) == pytest.approx(90)
    assert direction([(0.0, 2.0), (0.0, 1.0), (0.0, 0.0)]) == pytest.approx(0)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("by", ["pillar", "mechanism"])
def test_all_words_are_inside_the_picture_and_every_construct_is_named(by: str, width: int) -> None:
    chart = theory_graph(THEORY, by=by, width=width)  # type: ignore[arg-type]
    root = ElementTree.fromstring(svg(chart))
    _, _, right, bottom = map(float, root.attrib["viewBox"].split())
    assert right <= width + 10
    text = " ".join(root.itertext()).lower()
    for word in {word for e in THEORY.edges for name in e.ends for word in label_of(name).lower().split()}:
        assert word in text
    rows = [row for _, layer_rows in layers_of(chart) for row in layer_rows]
    assert len(rows) > 1500
    assert all(-1 <= row["x"] <= width + 1 and 0 <= row["y"] <= bottom for row in rows)


def test_lines_show_the_grade_and_marks_the_place_of_an_edge() -> None:
    layers = layers_of(theory_graph(THEORY, THEORY.edges))
    lines = {tuple(mark["strokeDash"]): rows for mark, rows in layers if "strokeDash" in mark}
    # plus the sample of each in the legend
    for dash, grade in (((1, 0), Grade.VERIFIED), ((7, 2), Grade.COMPUTED), ((3, 3), Grade.UNVERIFIED)):
        assert len({row["line"] for row in lines[dash]}) == sum(e.grade is grade for e in THEORY.edges) + 1
    assert {row["colour"] for row in lines[3, 3]}.isdisjoint(PILLAR_COLOURS.values())
    marks = [row for mark, rows in layers if mark["type"] == "point" for row in rows]
    filled = [row for row in marks if row["fill"] == row["colour"]]
    assert len(filled) == len(THEORY.select(place=EdgeLocation.MODEL)) + 1
    assert len(marks) == len(THEORY.edges) + 3


@pytest.mark.usefixtures("validated_charts")
def test_the_ring_is_drawn_only_with_the_whole_theory() -> None:
    def boxes(chart: alt.LayerChart) -> int:
        return sum(len(rows) for mark, rows in layers_of(chart) if mark["type"] == "rect")

    assert boxes(theory_graph(THEORY)) == 7
    assert boxes(theory_graph(THEORY, THEORY.select(claim="S76"))) == 0
    with pytest.raises(ValueError, match="no edge to draw"):
        theory_graph(THEORY, ())


def test_pillar_colours_are_distinguishable_and_legible() -> None:
    assert len({*PILLAR_COLOURS.values()}) == len(Pillar)
    for colour in PILLAR_COLOURS.values():
        luminance = float(np.array([0.2126, 0.7152, 0.0722]) @ _linear(colour))
        assert 1.05 / (luminance + 0.05) >= 4.5, colour
    for sight in SIGHT.values():
        colours_seen = [_lab(np.clip(sight @ _linear(c), 0, 1)) for c in PILLAR_COLOURS.values()]
        assert min(float(np.linalg.norm(a - b)) for a, b in combinations(colours_seen, 2)) > 9
