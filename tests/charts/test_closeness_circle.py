"""The closeness circle as SVG: people in their places, nothing shown by colour alone, names escaped."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from securebase.charts.circle_geometry import GEOMETRY, point
from securebase.charts.closeness_circle import TONES, closeness_circle
from securebase.charts.version_curve import version_sparkline
from securebase.ipt.network import TieBalance
from securebase.records.artefact import RING_EDGES, ClosenessCircle, Placement, RelationshipRecord

SVG = "{http://www.w3.org/2000/svg}"
PEOPLE = (
    RelationshipRecord("l", "Lena & <b>"),
    RelationshipRecord("m", "Mother", deceased=True, is_focus=True),
    RelationshipRecord("o", "Omar", online=True),
    RelationshipRecord("d", "Dr Vos", professional=True),
    RelationshipRecord("x", "Not placed"),
)
CIRCLE = ClosenessCircle(
    "1",
    0.0,
    placements=(
        Placement("l", 0.3, 90, gives=True),
        Placement("m", 0.9, 0, tension=True),
        Placement("o", 0.5, 180, receives=True),
        Placement("d", 1.3, 270),
    ),
)


def draw(**options) -> ElementTree.Element:
    return ElementTree.fromstring(closeness_circle(CIRCLE, PEOPLE, centre="Ash", **options))


def person(svg: ElementTree.Element, name: str) -> ElementTree.Element:
    return next(g for g in svg.iter(f"{SVG}g") if g.get("data-person") == name)


def is_visible(element: ElementTree.Element, css_class: str) -> bool:
    return next(g for g in element.iter(f"{SVG}g") if g.get("class") == css_class).get("display") != "none"


@pytest.mark.parametrize(("radius", "angle"), [(0.3, 90), (0.9, 0), (0.5, 180), (1.0, 225), (0.7, 359)])
def test_angles_run_clockwise_from_the_top(radius: float, angle: float) -> None:
    x, y = point(Placement("p", radius, angle))
    assert math.hypot(x, y) == pytest.approx(radius * GEOMETRY.unit)
    assert (math.degrees(math.atan2(x, -y)) % 360) == pytest.approx(angle)


def test_nobody_is_drawn_on_the_client_or_off_the_page() -> None:
    assert math.hypot(*point(Placement("p", 0.0, 10))) > GEOMETRY.centre + GEOMETRY.disc
    assert math.hypot(*point(Placement("p", 1.3, 10))) + GEOMETRY.disc < GEOMETRY.half + GEOMETRY.disc


def test_rings_are_drawn_at_the_edges_of_the_record() -> None:
    rings = next(g for g in draw() if g.get("class") == "rings")
    radii = [float(c.get("r", "")) for c in rings.iter(f"{SVG}circle")]
    assert radii == pytest.approx([e * GEOMETRY.unit for e in (1.0, 2 / 3, 1 / 3)], abs=0.1)
    assert len(radii) == len(RING_EDGES)


def test_shapes_and_words_repeat_the_colours() -> None:
    svg = draw()
    assert [g.get("data-person") for g in svg.iter(f"{SVG}g") if g.get("data-person")] == ["l", "m", "o", "d"]
    assert "died" in "".join(person(svg, "m").itertext())
    assert "online" in "".join(person(svg, "o").itertext())
    assert "professional" in "".join(person(svg, "d").itertext())
    assert next(person(svg, "o").iter(f"{SVG}rect"), None) is not None
    assert next(person(svg, "d").iter(f"{SVG}path"), None) is not None
    assert [c.get("class") for c in person(svg, "m").iter(f"{SVG}circle")].count("focus-ring") == 1
    label = svg.get("aria-label") or ""
    assert "Lena & <b>: closest ring, 3 o’clock, gives support" in label
    assert "Mother: wider circle, 12 o’clock, tension" in label


def test_arrows_show_who_receives_support_and_strain_is_dashed() -> None:
    ties = {g.get("data-tie"): g for g in draw().iter(f"{SVG}g") if g.get("data-tie")}
    tips = {name: (is_visible(tie, "tip in"), is_visible(tie, "tip out")) for name, tie in ties.items()}
    assert tips == {"l": (True, False), "m": (False, False), "o": (False, True), "d": (False, False)}
    dashed = {name for name, tie in ties.items() if tie.find(f"{SVG}line").get("stroke-dasharray")}
    assert dashed == {"m"}


def test_names_extend_away_from_the_client_and_stay_in_the_picture() -> None:
    def anchor(x: float) -> str:
        radius, angle = abs(x) / GEOMETRY.unit, 90 if x > 0 else 270
        circle = ClosenessCircle("1", 0.0, placements=(Placement("l", radius, angle),))
        svg = ElementTree.fromstring(closeness_circle(circle, PEOPLE, centre="Ash"))
        return next(person(svg, "l").iter(f"{SVG}text")).get("text-anchor", "")

    assert [anchor(x) for x in (-300, -180, -80, 80, 180, 300)] == ["start", "middle", "end", "start", "middle", "end"]


def test_a_tone_colours_only_its_person() -> None:
    svg = draw(tones={"l": TieBalance.STRAIN})
    assert "strain" in (person(svg, "l").get("class") or "")
    assert TONES[TieBalance.STRAIN] in {c.get("fill") for c in person(svg, "l").iter(f"{SVG}circle")}
    assert "unrated" in (person(svg, "m").get("class") or "")
    signs = {p: [t.text for t in person(svg, p).iter(f"{SVG}text") if t.get("class") == "sign"] for p in ("l", "m")}
    assert signs == {"l": ["−"], "m": []}


def test_a_person_without_a_place_is_drawn_hidden_only_with_a_tray() -> None:
    assert person(draw(tray=True), "x").get("display") == "none"
    with pytest.raises(StopIteration):
        person(draw(), "x")
    empty = ElementTree.fromstring(closeness_circle(None, PEOPLE, centre="Ash"))
    assert (empty.get("aria-label") or "").endswith("No one is on it yet.")


def test_a_ghost_marks_the_earlier_place() -> None:
    before = ClosenessCircle("0", 0.0, placements=(Placement("l", 0.9, 90), Placement("x", 0.5, 45)))
    ghosts = next(g for g in draw(before=before) if g.get("class") == "ghosts")
    circles = [(float(c.get("cx", "")), float(c.get("cy", ""))) for c in ghosts.iter(f"{SVG}circle")]
    assert circles[0] == pytest.approx(point(before.placements[0]), abs=0.1)
    assert sum(g.get("class") == "arrow" for g in ghosts.iter(f"{SVG}g")) == 1
    assert "no longer" in "".join(ghosts.itertext())


def test_the_drawing_has_no_inline_style_or_markup() -> None:
    text = closeness_circle(CIRCLE, PEOPLE, centre="Ash", tray=True, before=CIRCLE)
    assert "style=" not in text
    assert "<style" not in text
    assert "<b>" not in text


def test_a_single_value_has_no_sparkline() -> None:
    assert version_sparkline([3.0], label="Size", top=5) == version_sparkline([None, 3.0], label="Size", top=5) == ""
    svg = ElementTree.fromstring(version_sparkline([0.0, None, 5.0], label="Size & more", top=5))
    assert svg.get("aria-label") == "Size & more"
    heights = [float(c.get("cy", "")) for c in svg.iter(f"{SVG}circle")]
    assert heights == [36.0, 8.0]
