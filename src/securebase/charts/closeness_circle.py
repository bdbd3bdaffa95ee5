"""The closeness circle as SVG text: the client in the middle, three rings, and people where they were placed.

A script on the page moves people; it gets all lengths from `GEOMETRY`. Colours are attributes, not styles, so that the
drawing is the same in a report, on paper and under a strict content security policy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from securebase.charts.tokens import ACCENT, ALERT, CARD, INK, LINE, OTHER, SKILLS, SOFT, SUPPORT
from securebase.ipt.network import TieBalance
from securebase.ipt.network_phrases import place_in_words
from securebase.records.artefact import RING_EDGES, ClosenessCircle, Placement, RelationshipRecord
from securebase.records.vocabulary import Ring

TONES = {
    TieBalance.SUPPORT: SUPPORT,
    TieBalance.STRAIN: ALERT,
    TieBalance.EVEN: SKILLS,
    TieBalance.UNRATED: OTHER,
}
#: A sign in the disc repeats the colour, for readers who cannot distinguish colours.
SIGNS = {TieBalance.SUPPORT: "+", TieBalance.STRAIN: "−", TieBalance.EVEN: "=", TieBalance.UNRATED: ""}
#: Colours of the line to a person, without and with tension.
TIE_COLOURS = (SOFT, ALERT)
_RINGS = {Ring.CLOSEST: "closest", Ring.CLOSE: "close", Ring.WIDER: "wider circle"}


@dataclass(frozen=True, slots=True)
class Geometry:
    """Lengths of the drawing.

    unit: radius of the widest ring. half: half the side of the square. centre, disc: radii of the client and of a
    person. outwards: horizontal distances from the middle between which a name extends outwards. inwards: distance
    beyond which it extends inwards. nearest, furthest: limits of a person's distance, in radii of the widest ring.
    """

    unit: float = 262.0
    half: float = 330.0
    centre: float = 24.0
    disc: float = 17.0
    outwards: tuple[float, float] = (25.0, 140.0)
    inwards: float = 220.0
    nearest: float = 0.22
    furthest: float = 1.2


GEOMETRY = Geometry()


def closeness_circle(
    circle: ClosenessCircle | None,
    people: Sequence[RelationshipRecord],
    *,
    centre: str,
    tones: Mapping[str, TieBalance] | None = None,
    before: ClosenessCircle | None = None,
    label: str = "Closeness circle",
    tray: bool = False,
) -> str:
    """Return one version of the circle as an SVG element.

    `people` are those who may be shown, with their names. `tones` maps a person to the balance of support and strain.
    With `before`, places on that earlier circle are drawn as ghosts with an arrow to the present place. With `tray`,
    people without a place are drawn hidden, for a script to show.
    """
    places = {p.id: circle.placement(p.id) if circle else None for p in people}
    visible = [p for p in people if tray or places[p.id] is not None]
    positions = "; ".join(f"{p.name}: {place_in_words(places[p.id])}" for p in people if places[p.id] is not None)
    description = f"{label}. {positions}" if positions else f"{label}. No one is on it yet."
    h = GEOMETRY.half
    ghosts = "".join(_ghost(before.placement(p.id), places[p.id], p.name) for p in people) if before else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="closeness" viewBox="{-h:g} {-h:g} {2 * h:g} {2 * h:g}"'
        f' role="img" aria-label="{escape(description)}"'
        f' font-family="system-ui, sans-serif" font-size="15">'
        + _rings()
        + f'<g class="ties">{"".join(_tie(p.id, places[p.id]) for p in visible)}</g>'
        + f'<g class="centre"><circle r="{GEOMETRY.centre:g}" fill="{INK}"/>'
        + _client_name(centre)
        + f'<g class="ghosts">{ghosts}</g>'
        + f'<g class="people">{"".join(_person(p, places[p.id], (tones or {}).get(p.id)) for p in visible)}</g>'
        + "</svg>"
    )


def point(place: Placement) -> tuple[float, float]:
    """Return the pixel position of a place: x to the right, y downwards, from the middle."""
    angle, radius = math.radians(place.angle), _distance(place)
    return radius * math.sin(angle), -radius * math.cos(angle)


def _distance(place: Placement) -> float:
    return min(max(place.radius, GEOMETRY.nearest), GEOMETRY.furthest) * GEOMETRY.unit


def _rings() -> str:
    circles = []
    for ring, edge in reversed(list(RING_EDGES.items())):
        radius = edge * GEOMETRY.unit
        circles.append(
            f'<circle r="{radius:.1f}" fill="none" stroke="{LINE}" stroke-width="2"/>'
            f'<text class="ring-label" y="{-radius + 17:.1f}" text-anchor="middle" font-size="13" fill="{SOFT}">'
            f"{_RINGS[ring]}</text>"
        )
    return f'<g class="rings">{"".join(circles)}</g>'


def _tie(person: str, place: Placement | None) -> str:
    """Return a vertical line rotated to the person; an arrowhead marks each end that receives support."""
    position = place or Placement(person, 1.0, 0.0)
    far = -(_distance(position) - GEOMETRY.disc - 3)
    near = -(GEOMETRY.centre + 2)
    classes = [
        "tie",
        *(k for k in ("gives", "receives", "tension") if getattr(position, k)),
        *([] if place else ["unplaced"]),
    ]
    dash = ' stroke-dasharray="5 4"' if position.tension else ""
    inward, outward = _arrowhead(near, 1), _arrowhead(0.0, -1)
    return (
        f'<g class="{" ".join(classes)}" data-tie="{escape(person)}" transform="rotate({position.angle:.2f})"'
        f'{_display(place is not None)}><line y1="{near:.1f}" y2="{far:.1f}" stroke="{TIE_COLOURS[position.tension]}"'
        f' stroke-width="2" stroke-opacity="0.65"{dash}/><g class="tip in"{_display(position.gives)}>{inward}</g>'
        f'<g class="tip out" transform="translate(0 {far:.1f})"{_display(position.receives)}>{outward}</g></g>'
    )


def _arrowhead(tip: float, direction: int) -> str:
    """Return an arrowhead with its tip at that height, pointing down to the client (1) or up to the person (-1)."""
    return f'<path d="M0 {tip:.1f}l-5 {-9 * direction}h10z" fill="{SOFT}"/>'


def _person(person: RelationshipRecord, place: Placement | None, tone: TieBalance | None) -> str:
    x, y = point(place) if place else (0.0, 0.0)
    tone = tone or TieBalance.UNRATED
    classes = ["person", tone.value, *([] if place else ["unplaced"])]
    marks = [word for word, applies in _marks(person) if applies]
    anchor, text_x = _text_position(x)
    note = (
        f'<tspan class="mark" x="{text_x:g}" dy="14" font-size="12" fill="{SOFT}">{", ".join(marks)}</tspan>'
        if marks
        else ""
    )
    name = escape(_shorten(person.name))
    focus = f'<circle class="focus-ring" r="{GEOMETRY.disc + 5:g}" fill="none" stroke="{INK}" stroke-width="2"/>'
    return (
        f'<g class="{" ".join(classes)}" data-person="{escape(person.id)}" transform="translate({x:.1f} {y:.1f})"'
        f'{_display(place is not None)}><circle class="touch" r="30" fill="{CARD}" fill-opacity="0"/>'
        f'<g class="shape">{focus if person.is_focus else ""}{_shape(person, TONES[tone])}'
        f"{_sign(tone, hollow=person.deceased)}</g>"
        f'<text class="name" x="{text_x:g}" y="{GEOMETRY.disc + 16:g}" text-anchor="{anchor}" fill="{INK}"'
        f' stroke="{CARD}" stroke-width="4" stroke-linejoin="round" paint-order="stroke">{name}{note}</text></g>'
    )


def _text_position(x: float) -> tuple[str, float]:
    """Return anchor and x offset of a name under its disc.

    Near the client it extends outwards, to keep the centre free; at the edge inwards, to stay in the picture.
    """
    near, far = GEOMETRY.outwards
    side = 1 if near <= abs(x) <= far else -1 if abs(x) > GEOMETRY.inwards else 0
    side = side if x > 0 else -side
    return {1: "start", 0: "middle", -1: "end"}[side], -side * GEOMETRY.disc


def _marks(person: RelationshipRecord) -> tuple[tuple[str, bool], ...]:
    return ("died", person.deceased), ("online", person.online), ("professional", person.professional)


def _shape(person: RelationshipRecord, colour: str) -> str:
    """Return a disc; hollow for the deceased, a square for online contacts, a diamond for professionals."""
    r = GEOMETRY.disc
    fill = f'fill="{CARD}" stroke="{colour}" stroke-width="4"' if person.deceased else f'fill="{colour}"'
    if person.professional:
        return f'<path d="M0 {-r - 3:g}L{r + 3:g} 0L0 {r + 3:g}L{-r - 3:g} 0Z" {fill}/>'
    if person.online:
        return f'<rect x="{-r + 2:g}" y="{-r + 2:g}" width="{2 * r - 4:g}" height="{2 * r - 4:g}" rx="4" {fill}/>'
    return f'<circle r="{r:g}" {fill}/>'


def _sign(tone: TieBalance, *, hollow: bool) -> str:
    if not SIGNS[tone]:
        return ""
    fill = TONES[tone] if hollow else CARD
    return (
        f'<text class="sign" y="6.5" text-anchor="middle" font-size="20" font-weight="700" fill="{fill}"'
        f' aria-hidden="true">{SIGNS[tone]}</text>'
    )


def _ghost(before: Placement | None, after: Placement | None, name: str) -> str:
    if before is None:
        return ""
    x, y = point(before)
    ghost = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{GEOMETRY.disc - 3:g}" fill="none" stroke="{SOFT}" stroke-width="2"'
        f' stroke-dasharray="3 3"/>'
    )
    if after is None:
        text = f'<text x="{x:.1f}" y="{y + 30:.1f}" text-anchor="middle" font-size="13" fill="{SOFT}">'
        return f"{ghost}{text}{escape(_shorten(name))}, no longer</text>"
    return ghost + _arrow((x, y), point(after))


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Return an arrow from one disc to another, empty if they nearly touch."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = math.hypot(dx, dy)
    if length < 2 * GEOMETRY.disc + 8:
        return ""
    angle = math.degrees(math.atan2(dy, dx))
    tip = length - GEOMETRY.disc - 2
    return (
        f'<g class="arrow" transform="translate({start[0]:.1f} {start[1]:.1f}) rotate({angle:.2f})">'
        f'<line x1="{GEOMETRY.disc:g}" x2="{tip - 8:.1f}" stroke="{ACCENT}" stroke-width="3"/>'
        f'<path d="M{tip:.1f} 0l-12 -6v12z" fill="{ACCENT}"/></g>'
    )


def _display(visible: bool) -> str:
    return "" if visible else ' display="none"'


def _client_name(name: str) -> str:
    """Return the client's first name, as large as the disc in the middle allows."""
    first = (name.split() or [""])[0]
    label = first if len(first) <= 9 else first[:8] + "…"
    size = min(15.0, 1.75 * GEOMETRY.centre / (0.58 * max(len(label), 1)))
    place = f'y="{size / 3:.1f}" text-anchor="middle" font-size="{size:.1f}"'
    return f'<text {place} fill="{CARD}">{escape(label)}</text></g>'


def _shorten(name: str) -> str:
    return name if len(name) <= 16 else name[:15].rstrip() + "…"
