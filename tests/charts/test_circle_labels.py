"""Words on the closeness circle: none on another word, on a disc or outside the picture."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securebase.charts.circle_geometry import GEOMETRY, PAPER, PHONE, SCREEN, Lettering, point
from securebase.charts.circle_labels import Rectangle, default_label, text_width
from securebase.charts.closeness_circle import circle_frame, closeness_circle
from securebase.records.artefact import ClosenessCircle, Placement, RelationshipRecord

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ("Bo", "Mother", "Sister", "Great-aunt Wilhelmina", "Dr Vos", "MMMMMMMMMMMMMMMM", "Choir", "佐藤さん")
LETTERINGS = pytest.mark.parametrize("lettering", [SCREEN, PHONE, PAPER], ids=lambda each: each.css_class)


def draw_boxes(
    circle: ClosenessCircle, people: list[RelationshipRecord], lettering: Lettering, **options: Any
) -> list[Rectangle]:
    """Return the rectangles of all words, from the attributes of the drawing."""
    svg = ElementTree.fromstring(closeness_circle(circle, people, centre="Ash", letterings=(lettering,), **options))
    return [box for group in svg if group.get("class") != "centre" for box in _boxes(group, 0.0, 0.0)]


def _boxes(element: ElementTree.Element, x: float, y: float) -> Iterator[Rectangle]:
    if (shift := element.get("transform", "")).startswith("translate("):
        dx, dy = map(float, shift[10:-1].split())
        x, y = x + dx, y + dy
    if element.tag == f"{SVG}text" and element.get("class") != "sign":
        yield _box_of_text(element, x, y)
    for child in element:
        yield from _boxes(child, x, y)


def _box_of_text(text: ElementTree.Element, x: float, y: float) -> Rectangle:
    size = float(text.get("font-size", ""))
    sizes = [float(line.get("font-size", size)) for line in text]
    width = max(text_width(line.text or "", line_size) for line, line_size in zip(text, sizes, strict=True))
    left = {"start": 0.0, "middle": -width / 2, "end": -width}[text.get("text-anchor", "")]
    baseline = y
    x += left
    below = sum(float(line.get("dy", 0)) for line in text) + 0.22 * sizes[-1]
    return Rectangle(x, baseline - 0.9 * size, x + width, baseline + below)


def find_collisions(
    circle: ClosenessCircle, people: list[RelationshipRecord], lettering: Lettering, **options: Any
) -> list[str]:
    boxes = draw_boxes(circle, people, lettering, **options)
    half = options.get("half", GEOMETRY.half)
    scale = lettering.disc / GEOMETRY.disc
    discs = [(*point(p), lettering.disc) for p in circle.placements] + [(0.0, 0.0, GEOMETRY.centre)]
    collisions = [f"{a} and {b}" for a, b in itertools.combinations(boxes, 2) if a.overlaps(b)]
    collisions += [
        f"{box} on a disc at {x, y}" for box in boxes for x, y, r in discs if box.distance(x, y) < r - 0.2 * scale
    ]
    collisions += [f"{b} outside" for b in boxes if max(-b.left, -b.top, b.right, b.bottom) > half + 0.2]
    return collisions


def make_circle(
    places: list[tuple[float, float]], *, seed: int = 1, longest: int = 99
) -> tuple[ClosenessCircle, list[RelationshipRecord]]:
    choose = random.Random(seed)
    people = [
        RelationshipRecord(
            str(n),
            choose.choice(NAMES)[:longest],
            deceased=choose.random() < 0.2,
            online=choose.random() < 0.2,
            is_focus=choose.random() < 0.2,
        )
        for n in range(len(places))
    ]
    placements = tuple(Placement(str(n), radius, angle) for n, (radius, angle) in enumerate(places))
    return ClosenessCircle("c", 0.0, placements=placements), people


@LETTERINGS
@given(
    places=st.lists(st.tuples(st.floats(0.0, 1.3), st.floats(0, 360, exclude_max=True)), max_size=12),
    seed=st.integers(0, 99),
)
def test_no_words_collide_on_random_circles(lettering: Lettering, places: list[tuple[float, float]], seed: int) -> None:
    circle, people = make_circle(places, seed=seed)
    assert find_collisions(circle, people, lettering) == []


@LETTERINGS
@pytest.mark.parametrize("radius", [0.28, 0.33, 0.5, 0.9, 1.0, 1.15])
def test_twelve_people_in_one_ring(lettering: Lettering, radius: float) -> None:
    circle, people = make_circle([(radius, 30.0 * n) for n in range(12)])
    assert find_collisions(circle, people, lettering) == []


@pytest.mark.parametrize(("lettering", "count"), [(SCREEN, 50), (PHONE, 20), (PAPER, 30)])
def test_crowds(lettering: Lettering, count: int) -> None:
    choose = random.Random(3)
    circle, people = make_circle([(choose.uniform(0.2, 1.2), choose.uniform(0, 360)) for _ in range(count)])
    assert find_collisions(circle, people, lettering) == []


@LETTERINGS
def test_people_who_left_and_a_small_sheet(lettering: Lettering) -> None:
    circle, people = make_circle([(0.9, 0.0), (0.3, 90.0), (0.6, 180.0), (0.95, 270.0)], seed=5)
    before = ClosenessCircle("b", 0.0, placements=(Placement("0", 0.3, 90), *circle.placements[1:]))
    after = ClosenessCircle("a", 1.0, placements=circle.placements[2:])
    assert find_collisions(after, people, lettering, before=before, half=322.0) == []


def test_people_without_neighbours_have_their_names_below_their_discs() -> None:
    circle, _ = make_circle([(0.6, 90.0)])
    people = [RelationshipRecord("0", "Great-aunt Wilhelmina")]
    frame, below = circle_frame(circle, people), default_label(people[0].name, SCREEN)
    assert (frame["letters-wide-0"]["transform"] or "").endswith(f" {below.y:.1f})")
    assert frame["letters-wide-0-name"] == {"text": below.text}
    assert frame["letters-wide-0-leader"] == {"display": "none"}


def test_a_name_away_from_its_disc_has_a_line_to_it() -> None:
    circle, people = make_circle([(0.28, 30.0 * n) for n in range(12)])
    frame = circle_frame(circle, people)
    leaders = [line for key, line in frame.items() if key.endswith("leader") and "x1" in line]
    assert leaders
    ends = [[float(line[name] or "") for name in ("x1", "y1", "x2", "y2")] for line in leaders]
    assert all(math.hypot(x1, y1) < math.hypot(x2, y2) for x1, y1, x2, y2 in ends)
