"""The closeness circle as SVG: everybody where they were placed, nothing told by colour alone, names made harmless."""

from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from securebase.charts.closeness_circle import GEOMETRY, TONES, closeness_circle, point
from securebase.charts.support_shares import MOST, support_shares
from securebase.charts.version_curve import small_steps
from securebase.ipt.network import SupportShare, TieBalance
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


def drawn(**more) -> ElementTree.Element:
    return ElementTree.fromstring(closeness_circle(CIRCLE, PEOPLE, centre="Ash", **more))


def person(svg: ElementTree.Element, name: str) -> ElementTree.Element:
    return next(g for g in svg.iter(f"{SVG}g") if g.get("data-person") == name)


def shown(element: ElementTree.Element, kind: str) -> bool:
    return next(g for g in element.iter(f"{SVG}g") if g.get("class") == kind).get("display") != "none"


@pytest.mark.parametrize(("radius", "angle"), [(0.3, 90), (0.9, 0), (0.5, 180), (1.0, 225), (0.7, 359)])
def test_a_place_is_where_a_clock_would_have_it(radius: float, angle: float) -> None:
    x, y = point(Placement("p", radius, angle))
    assert math.hypot(x, y) == pytest.approx(radius * GEOMETRY.unit)
    assert (math.degrees(math.atan2(x, -y)) % 360) == pytest.approx(angle)


def test_nobody_is_drawn_on_the_client_or_off_the_page() -> None:
    assert math.hypot(*point(Placement("p", 0.0, 10))) > GEOMETRY.centre + GEOMETRY.disc
    assert math.hypot(*point(Placement("p", 1.3, 10))) + GEOMETRY.disc < GEOMETRY.half + GEOMETRY.disc


def test_rings_stand_where_the_record_has_their_edges() -> None:
    rings = next(g for g in drawn() if g.get("class") == "rings")
    radii = [float(c.get("r", "")) for c in rings.iter(f"{SVG}circle")]
    assert radii == pytest.approx([e * GEOMETRY.unit for e in (1.0, 2 / 3, 1 / 3)], abs=0.1)
    assert len(radii) == len(RING_EDGES)


def test_shapes_and_words_say_what_a_colour_would() -> None:
    svg = drawn()
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


def test_arrows_go_where_support_goes_and_strain_is_dashed() -> None:
    ties = {g.get("data-tie"): g for g in drawn().iter(f"{SVG}g") if g.get("data-tie")}
    tips = {name: (shown(tie, "tip in"), shown(tie, "tip out")) for name, tie in ties.items()}
    assert tips == {"l": (True, False), "m": (False, False), "o": (False, True), "d": (False, False)}
    dashed = {name for name, tie in ties.items() if tie.find(f"{SVG}line").get("stroke-dasharray")}
    assert dashed == {"m"}


def test_names_hang_away_from_the_client_and_never_off_the_page() -> None:
    def anchor(x: float) -> str:
        radius, angle = abs(x) / GEOMETRY.unit, 90 if x > 0 else 270
        circle = ClosenessCircle("1", 0.0, placements=(Placement("l", radius, angle),))
        svg = ElementTree.fromstring(closeness_circle(circle, PEOPLE, centre="Ash"))
        return next(person(svg, "l").iter(f"{SVG}text")).get("text-anchor", "")

    assert [anchor(x) for x in (-300, -180, -80, 80, 180, 300)] == ["start", "middle", "end", "start", "middle", "end"]


def test_a_tone_colours_its_person_only() -> None:
    svg = drawn(tones={"l": TieBalance.STRAIN})
    assert "strain" in (person(svg, "l").get("class") or "")
    assert TONES[TieBalance.STRAIN] in {c.get("fill") for c in person(svg, "l").iter(f"{SVG}circle")}
    assert "unrated" in (person(svg, "m").get("class") or "")
    signs = {p: [t.text for t in person(svg, p).iter(f"{SVG}text") if t.get("class") == "sign"] for p in ("l", "m")}
    assert signs == {"l": ["−"], "m": []}


def test_a_person_without_a_place_is_hidden_where_there_is_a_tray() -> None:
    assert person(drawn(tray=True), "x").get("display") == "none"
    with pytest.raises(StopIteration):
        person(drawn(), "x")
    empty = ElementTree.fromstring(closeness_circle(None, PEOPLE, centre="Ash"))
    assert (empty.get("aria-label") or "").endswith("Nobody stands on it yet.")


def test_a_ghost_marks_where_somebody_stood() -> None:
    before = ClosenessCircle("0", 0.0, placements=(Placement("l", 0.9, 90), Placement("x", 0.5, 45)))
    ghosts = next(g for g in drawn(before=before) if g.get("class") == "ghosts")
    circles = [(float(c.get("cx", "")), float(c.get("cy", ""))) for c in ghosts.iter(f"{SVG}circle")]
    assert circles[0] == pytest.approx(point(before.placements[0]), abs=0.1)
    assert sum(g.get("class") == "arrow" for g in ghosts.iter(f"{SVG}g")) == 1
    assert "no longer" in "".join(ghosts.itertext())


def test_no_style_that_a_strict_policy_would_refuse() -> None:
    text = closeness_circle(CIRCLE, PEOPLE, centre="Ash", tray=True, before=CIRCLE)
    assert "style=" not in text
    assert "<style" not in text
    assert "<b>" not in text


def test_bars_of_support_add_up_and_a_long_course_keeps_its_beginning() -> None:
    shares = tuple(SupportShare(float(i), i, 90.0 - 5 * i) for i in range(1, 16))
    svg = ElementTree.fromstring(support_shares(shares))
    heights = [float(r.get("height", "")) for r in svg.iter(f"{SVG}rect")]
    pairs = list(zip(heights[::2], heights[1::2], strict=True))
    assert len(pairs) == MOST
    assert all(own + therapist == pytest.approx(96, abs=0.2) for own, therapist in pairs)
    assert pairs[0][0] == pytest.approx(96 * 0.15, abs=0.1)
    sessions = [t.text for t in svg.iter(f"{SVG}text")][1::2]
    assert (sessions[0], sessions[1], sessions[-1]) == ("1", "7", "15")
    assert support_shares(()) == ""


def test_one_point_is_no_course() -> None:
    assert small_steps([3.0], label="Size", top=5) == small_steps([None, 3.0], label="Size", top=5) == ""
    svg = ElementTree.fromstring(small_steps([0.0, None, 5.0], label="Size & more", top=5))
    assert svg.get("aria-label") == "Size & more"
    heights = [float(c.get("cy", "")) for c in svg.iter(f"{SVG}circle")]
    assert heights == [36.0, 8.0]
