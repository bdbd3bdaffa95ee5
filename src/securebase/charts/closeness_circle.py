"""The closeness circle as SVG text: the client in the middle, three rings, and people where they were placed.

A script on the page moves people; it gets all lengths from `GEOMETRY` and what moves from `circle_frame`.
Colours are attributes, not styles, so that the drawing is the same in a report, on paper and under a strict content
security policy.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from securebase.charts.circle_geometry import GEOMETRY, PHONE, SCREEN, Lettering, distance_of, point
from securebase.charts.circle_labels import Disc, Label, Labels, default_label, place_labels, shorten
from securebase.charts.tokens import ACCENT, ALERT, CARD, INK, LINE, OTHER, SKILLS, SOFT, SUPPORT
from securebase.ipt.network import TieBalance
from securebase.ipt.network_phrases import place_in_words
from securebase.records.artefact import RING_EDGES, ClosenessCircle, Placement, RelationshipRecord

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
#: Part of the drawing → attribute → value; None takes the attribute away, and “text” is the content of the part.
Frame = dict[str, dict[str, str | None]]
#: Letterings of a drawing on a page; the style sheet shows the one that suits the width of the window.
PAGE = (SCREEN, PHONE)


def closeness_circle(
    circle: ClosenessCircle | None,
    people: Sequence[RelationshipRecord],
    *,
    centre: str,
    tones: Mapping[str, TieBalance] | None = None,
    before: ClosenessCircle | None = None,
    label: str = "Closeness circle",
    tray: bool = False,
    letterings: Sequence[Lettering] = PAGE,
    half: float = GEOMETRY.half,
) -> str:
    """Return one version of the circle as an SVG element.

    `people` are those who may be shown, with their names. `tones` maps a person to the balance of support and strain.
    With `before`, places on that earlier circle are drawn as ghosts with an arrow to the present place. With `tray`,
    people without a place are drawn hidden, for a script to show. `half` is half the side of the square drawn.
    """
    places = {p.id: circle.placement(p.id) if circle else None for p in people}
    visible = [p for p in people if tray or places[p.id] is not None]
    positions = "; ".join(f"{p.name}: {place_in_words(places[p.id])}" for p in people if places[p.id] is not None)
    description = f"{label}. {positions}" if positions else f"{label}. No one is on it yet."
    words = [_Words(places, people, before, lettering, half) for lettering in letterings]
    frame = _frame(places, people, words)
    ghosts = "".join(_ghost(p, before.placement(p.id), places[p.id], words) for p in people) if before else ""
    people_drawn = "".join(_person(p, frame, (tones or {}).get(p.id), words) for p in visible)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="closeness" viewBox="{-half:g} {-half:g} {2 * half:g}'
        f' {2 * half:g}" role="img" aria-label="{escape(description)}" font-family="system-ui, sans-serif">'
        + _rings(frame, words)
        + f'<g class="ties">{"".join(_tie(p.id, places[p.id], frame) for p in visible)}</g>'
        + f'<g class="centre"><circle r="{GEOMETRY.centre:g}" fill="{INK}"/>'
        + _client_name(centre)
        + f'<g class="ghosts">{ghosts}</g>'
        + f'<g class="people">{people_drawn}</g>'
        + "</svg>"
    )


def circle_frame(circle: ClosenessCircle | None, people: Sequence[RelationshipRecord]) -> Frame:
    """Return what a version of the circle changes on a page's drawing, for the script that plays versions."""
    places = {p.id: circle.placement(p.id) if circle else None for p in people}
    return _frame(places, people, [_Words(places, people, None, lettering, GEOMETRY.half) for lettering in PAGE])


def moved_frames(people: Sequence[RelationshipRecord]) -> dict[str, Frame]:
    """Return, by person, the places of their name while they are being moved: below their disc."""
    return {
        p.id: {k: v for lettering in PAGE for k, v in _label_frame(p.id, default_label(p.name, lettering), lettering)}
        for p in people
    }


def _frame(
    places: Mapping[str, Placement | None], people: Sequence[RelationshipRecord], words: Iterable[_Words]
) -> Frame:
    frame: Frame = {}
    for person in people:
        frame |= _place_frame(person.id, places[person.id])
    for w in words:
        for n, ring in enumerate(w.rings):
            frame[f"{w.lettering.css_class}-ring-{n}"] = {
                "transform": _shift(ring.x, ring.y),
                "text-anchor": ring.anchor,
            }
        frame |= {k: v for p in people for k, v in _label_frame(p.id, w.of(p), w.lettering)}
    return frame


def _place_frame(person: str, place: Placement | None) -> Frame:
    if place is None:
        return {f"person-{person}": {"display": "none"}, f"tie-{person}": {"display": "none"}}
    end = f"{GEOMETRY.disc + 3 - distance_of(place):.1f}"
    return {
        f"person-{person}": {"transform": _shift(*point(place)), "display": None},
        f"tie-{person}": {"transform": f"rotate({place.angle:.2f})", "display": None},
        f"line-{person}": {
            "y2": end,
            "stroke": TIE_COLOURS[place.tension],
            "stroke-dasharray": "5 4" if place.tension else None,
        },
        f"in-{person}": {"display": None if place.gives else "none"},
        f"out-{person}": {"transform": f"translate(0 {end})", "display": None if place.receives else "none"},
    }


def _label_frame(person: str, label: Label, lettering: Lettering) -> Iterator[tuple[str, dict[str, str | None]]]:
    key = f"{lettering.css_class}-{person}"
    ends = (f"{value:.1f}" for value in label.leader or ())
    leader: dict[str, str | None] = dict(zip(("x1", "y1", "x2", "y2"), ends, strict=False))
    yield key, {"transform": _shift(label.x, label.y), "text-anchor": label.anchor}
    yield f"{key}-name", {"text": label.text}
    yield f"{key}-leader", leader | {"display": None if leader else "none"}


def _shift(x: float, y: float) -> str:
    return f"translate({x:.1f} {y:.1f})"


def _part(key: str, frame: Frame) -> str:
    """Return the attributes of a part of the drawing that a script may change."""
    changing = frame.get(key, {}).items()
    return f' data-key="{escape(key)}"' + "".join(f' {k}="{v}"' for k, v in changing if v is not None and k != "text")


class _Words:
    """The words of a drawing in one lettering."""

    def __init__(
        self,
        places: Mapping[str, Placement | None],
        people: Sequence[RelationshipRecord],
        before: ClosenessCircle | None,
        lettering: Lettering,
        half: float,
    ) -> None:
        self.lettering = lettering
        placed = [(p, place) for p in people if (place := places[p.id])]
        gone = [(p, place) for p in people if before and (place := before.placement(p.id))]
        discs = [_disc(p, place, lettering) for p, place in placed]
        discs += [_ghost_disc(p, place, lettering, stays=places[p.id] is not None) for p, place in gone]
        labels: Labels = place_labels(tuple(discs), lettering, half)
        self.rings = labels.rings
        self._people = {p.id: label for (p, _), label in zip(placed, labels.discs, strict=False)}
        self._ghosts = {p.id: label for (p, _), label in zip(gone, labels.discs[len(placed) :], strict=True)}

    def of(self, person: RelationshipRecord) -> Label:
        return self._people.get(person.id) or default_label(person.name, self.lettering)

    def of_ghost(self, person: RelationshipRecord) -> Label | None:
        return self._ghosts.get(person.id)

    @property
    def attributes(self) -> str:
        """Class of a group of words; without a style sheet only the first lettering is shown."""
        return f'class="{self.lettering.css_class}"{_display(self.lettering is not PHONE)}'


def _disc(person: RelationshipRecord, place: Placement, lettering: Lettering) -> Disc:
    outline = 6 if person.is_focus else 3 if person.professional else 0
    radius = (GEOMETRY.disc + outline) * lettering.disc / GEOMETRY.disc
    return Disc(*point(place), radius, person.name, _note(person))


def _ghost_disc(person: RelationshipRecord, place: Placement, lettering: Lettering, *, stays: bool) -> Disc:
    return Disc(*point(place), lettering.disc, note="" if stays else f"{shorten(person.name)}, no longer")


def _rings(frame: Frame, words: Iterable[_Words]) -> str:
    circles = "".join(
        f'<circle r="{edge * GEOMETRY.unit:.1f}" fill="none" stroke="{LINE}" stroke-width="2"/>'
        for edge in reversed(list(RING_EDGES.values()))
    )
    labels = "".join(
        f"<g {w.attributes}>"
        + "".join(
            _text("ring-label", r.text, w.lettering.ring, SOFT, part=_part(f"{w.lettering.css_class}-ring-{n}", frame))
            for n, r in enumerate(w.rings)
        )
        + "</g>"
        for w in words
    )
    return f'<g class="rings">{circles}{labels}</g>'


def _text(css_class: str, text: str, size: float, colour: str, *, part: str, name: str = "", second: str = "") -> str:
    """Return a text with a light edge, so that lines behind it do not cross its letters."""
    return (
        f'<text class="{css_class}"{part} font-size="{size:g}" fill="{colour}" stroke="{CARD}" stroke-width="4"'
        f' stroke-linejoin="round" paint-order="stroke"><tspan{name}>{escape(text)}</tspan>{second}</text>'
    )


def _tie(person: str, place: Placement | None, frame: Frame) -> str:
    """Return a vertical line rotated to the person; an arrowhead marks each end that receives support."""
    near = -(GEOMETRY.centre + 2)
    marks = [mark for mark in ("gives", "receives", "tension") if place and getattr(place, mark)]
    classes = " ".join(["tie", *marks, *([] if place else ["unplaced"])])
    return (
        f'<g class="{classes}" data-tie="{escape(person)}"{_part(f"tie-{person}", frame)}>'
        f'<line y1="{near:.1f}"{_part(f"line-{person}", frame)} stroke-width="2" stroke-opacity="0.65"/>'
        f'<g class="tip in"{_part(f"in-{person}", frame)}>{_arrowhead(near, 1)}</g>'
        f'<g class="tip out"{_part(f"out-{person}", frame)}>{_arrowhead(0.0, -1)}</g></g>'
    )


def _arrowhead(tip: float, direction: int) -> str:
    """Return an arrowhead with its tip at that height, pointing down to the client (1) or up to the person (-1)."""
    return f'<path d="M0 {tip:.1f}l-5 {-9 * direction}h10z" fill="{SOFT}"/>'


def _person(person: RelationshipRecord, frame: Frame, tone: TieBalance | None, words: Iterable[_Words]) -> str:
    tone = tone or TieBalance.UNRATED
    part = _part(f"person-{person.id}", frame)
    classes = f"person {tone.value}{' unplaced' if 'display' in part else ''}"
    focus = f'<circle class="focus-ring" r="{GEOMETRY.disc + 5:g}" fill="none" stroke="{INK}" stroke-width="2"/>'
    return (
        f'<g class="{classes}" data-person="{escape(person.id)}"{part}>'
        f'<circle class="touch" r="30" fill="{CARD}" fill-opacity="0"/>'
        f'<g class="shape">{focus if person.is_focus else ""}{_shape(person, TONES[tone])}'
        f"{_sign(tone, hollow=person.deceased)}</g>{''.join(_name(person, frame, w) for w in words)}</g>"
    )


def _name(person: RelationshipRecord, frame: Frame, words: _Words) -> str:
    """Return the name of a person, a smaller note below it, and the line to a name that stands away from its disc."""
    lettering, key, note = words.lettering, f"{words.lettering.css_class}-{person.id}", _note(person)
    second = (
        f'<tspan class="mark" x="0" dy="{1.2 * lettering.note:g}" font-size="{lettering.note:g}" fill="{SOFT}">'
        f"{note}</tspan>"
    )
    line = f'<line class="leader"{_part(f"{key}-leader", frame)} stroke="{SOFT}" stroke-opacity="0.6"/>'
    text = _text(
        "name",
        words.of(person).text,
        lettering.name,
        INK,
        part=_part(key, frame),
        name=_part(f"{key}-name", frame),
        second=second if note else "",
    )
    return f"<g {words.attributes}>{line}{text}</g>"


def _note(person: RelationshipRecord) -> str:
    return ", ".join(word for word, applies in _marks(person) if applies)


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


def _ghost(
    person: RelationshipRecord, before: Placement | None, after: Placement | None, words: Iterable[_Words]
) -> str:
    if before is None:
        return ""
    x, y = point(before)
    ghost = (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{GEOMETRY.disc - 3:g}" fill="none" stroke="{SOFT}" stroke-width="2"'
        f' stroke-dasharray="3 3"/>'
    )
    if after is not None:
        return ghost + _arrow((x, y), point(after))
    labels = "".join(
        f"<g {w.attributes}>{_gone(person.id, label, w.lettering)}</g>" for w in words if (label := w.of_ghost(person))
    )
    return f'{ghost}<g transform="{_shift(x, y)}">{labels}</g>'


def _gone(person: str, label: Label, lettering: Lettering) -> str:
    """Return the name of a person who is no longer on the circle, and the line to it."""
    frame = {f"gone-{key}": value for key, value in _label_frame(person, label, lettering)}
    key = f"gone-{lettering.css_class}-{person}"
    line = f'<line class="leader"{_part(f"{key}-leader", frame)} stroke="{SOFT}" stroke-opacity="0.6"/>'
    return line + _text("gone", label.text, lettering.note, SOFT, part=_part(key, frame))


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
