"""Closeness circles on paper, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from xml.etree import ElementTree

from securebase.charts.circle_geometry import GEOMETRY, PAPER
from securebase.charts.closeness_circle import closeness_circle
from securebase.records.artefact import ClosenessCircle, RelationshipRecord
from securebase.reports.document import Block, Paragraph, Picture, Pictures, TextTone

#: space for a name beyond its disc, in the units of the drawing
NAME_MARGIN = 60


def circles(
    versions: Sequence[ClosenessCircle],
    people: Sequence[RelationshipRecord],
    names: Mapping[str, str],
    captions: Sequence[str],
    *,
    centre: str = "you",
) -> tuple[Block, ...]:
    """Return one or two circles with the names of this report, as pictures with a text alternative, and their key."""
    named = [replace(p, name=names[p.id]) for p in people if p.id in names]
    half = half_side(versions)
    pictures = tuple(
        _picture(circle, named, caption, centre, half) for circle, caption in zip(versions, captions, strict=True)
    )
    if not pictures:
        return ()
    key = circle_key(versions, named)
    return (Pictures(pictures), *([Paragraph(key, TextTone.SOFT)] if key else []))


def _picture(
    circle: ClosenessCircle, people: Sequence[RelationshipRecord], caption: str, centre: str, half: float
) -> Picture:
    label = f"Closeness circle, {caption}"
    svg = closeness_circle(circle, people, centre=centre, label=label, letterings=(PAPER,), half=half)
    # The drawing comes from this process, with every name escaped.
    alt = ElementTree.fromstring(svg).get("aria-label", "")  # noqa: S314
    return Picture(svg, alt, f"{caption[:1].upper()}{caption[1:]}")


def circle_key(versions: Sequence[ClosenessCircle], people: Sequence[RelationshipRecord]) -> str:
    """Return one line on the signs that occur on these circles; empty if there are none."""
    places = [p for circle in versions for p in circle.placements]
    on_circle = [p for p in people if p.id in {place.relationship for place in places}]
    signs = (
        ("An arrow points to the person who receives support.", any(p.gives or p.receives for p in places)),
        ("A dashed line means tension.", any(p.tension for p in places)),
        ("Hollow: has died.", any(p.deceased for p in on_circle)),
        ("Square: online only.", any(p.online and not p.professional for p in on_circle)),
        ("Diamond: professional.", any(p.professional for p in on_circle)),
        ("Ringed: focus of the work.", any(p.is_focus for p in on_circle)),
    )
    return " ".join(words for words, occurs in signs if occurs)


def half_side(versions: Sequence[ClosenessCircle]) -> float:
    """Return half the side of the smallest square that holds all these circles, in the units of the drawing.

    One common size puts the circles on the same scale; without empty margins the names are as large as possible.
    """
    furthest = max((p.radius for circle in versions for p in circle.placements), default=0.0)
    return min(GEOMETRY.half, GEOMETRY.unit * max(1.0, furthest) + NAME_MARGIN)
