"""Closeness circles on paper, beside each other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from xml.etree import ElementTree

from securebase.charts.closeness_circle import GEOMETRY, closeness_circle
from securebase.records.artefact import ClosenessCircle, RelationshipRecord
from securebase.reports.document import Block, Picture, Pictures

#: what a name needs beyond the disc it belongs to, in the units of the drawing
ROOM_FOR_NAMES = 60
#: font size of a name and of its note, in the units of the drawing
NAME, SMALL = 22, 17


def circles(
    drawn: Sequence[ClosenessCircle],
    people: Sequence[RelationshipRecord],
    names: Mapping[str, str],
    captions: Sequence[str],
    *,
    centre: str = "you",
) -> tuple[Block, ...]:
    """One or two circles with the people under the names of this report, as pictures with words for who cannot see."""
    named = [replace(p, name=names[p.id]) for p in people if p.id in names]
    half = half_side(drawn)
    pictures = tuple(
        _picture(circle, named, caption, centre, half) for circle, caption in zip(drawn, captions, strict=True)
    )
    if not pictures:
        return ()
    return (Pictures(pictures),)


def _picture(
    circle: ClosenessCircle, people: Sequence[RelationshipRecord], caption: str, centre: str, half: float
) -> Picture:
    whole = closeness_circle(circle, people, centre=centre, label=f"Closeness circle, {caption}")
    svg = lettered(
        re.sub(r'viewBox="[^"]*"', f'viewBox="{-half:g} {-half:g} {2 * half:g} {2 * half:g}"', whole, count=1)
    )
    # drawn in this process, with every name escaped
    alt = ElementTree.fromstring(svg).get("aria-label", "")  # noqa: S314
    return Picture(svg, alt, f"{caption[:1].upper()}{caption[1:]}")


def half_side(drawn: Sequence[ClosenessCircle]) -> float:
    """Half the side of the square that holds all of these circles, without empty room around them, in the units of the
    drawing: they stand on one scale, and names are as large as the page allows.
    """
    furthest = max((p.radius for circle in drawn for p in circle.placements), default=0.0)
    return min(GEOMETRY.half, GEOMETRY.unit * max(1.0, furthest) + ROOM_FOR_NAMES)


def lettered(svg: str) -> str:
    """The drawing with larger letters: on paper two of them share a line, and a name must still be read."""
    name = f'class="name" font-size="{NAME}"'
    larger = re.sub(r'font-size="1[23]"', f'font-size="{SMALL}"', svg).replace('class="name"', name)
    beneath = GEOMETRY.disc + NAME
    return larger.replace(f'y="{GEOMETRY.disc + 16:g}"', f'y="{beneath:g}"').replace('dy="14"', f'dy="{SMALL}"')
