"""Closeness circles on paper, side by side."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from xml.etree import ElementTree

from securebase.charts.closeness_circle import GEOMETRY, closeness_circle
from securebase.records.artefact import ClosenessCircle, RelationshipRecord
from securebase.reports.document import Block, Picture, Pictures

#: space for a name beyond its disc, in the units of the drawing
NAME_MARGIN = 60
#: font sizes of a name and of its note, in the units of the drawing
NAME_SIZE, NOTE_SIZE = 22, 17


def circles(
    versions: Sequence[ClosenessCircle],
    people: Sequence[RelationshipRecord],
    names: Mapping[str, str],
    captions: Sequence[str],
    *,
    centre: str = "you",
) -> tuple[Block, ...]:
    """Return one or two circles with the names of this report, as pictures with a text alternative."""
    named = [replace(p, name=names[p.id]) for p in people if p.id in names]
    half = half_side(versions)
    pictures = tuple(
        _picture(circle, named, caption, centre, half) for circle, caption in zip(versions, captions, strict=True)
    )
    if not pictures:
        return ()
    return (Pictures(pictures),)


def _picture(
    circle: ClosenessCircle, people: Sequence[RelationshipRecord], caption: str, centre: str, half: float
) -> Picture:
    drawing = closeness_circle(circle, people, centre=centre, label=f"Closeness circle, {caption}")
    svg = enlarge_letters(
        re.sub(r'viewBox="[^"]*"', f'viewBox="{-half:g} {-half:g} {2 * half:g} {2 * half:g}"', drawing, count=1)
    )
    # The drawing comes from this process, with every name escaped.
    alt = ElementTree.fromstring(svg).get("aria-label", "")  # noqa: S314
    return Picture(svg, alt, f"{caption[:1].upper()}{caption[1:]}")


def half_side(versions: Sequence[ClosenessCircle]) -> float:
    """Return half the side of the smallest square that holds all these circles, in the units of the drawing.

    One common size puts the circles on the same scale; without empty margins the names are as large as possible.
    """
    furthest = max((p.radius for circle in versions for p in circle.placements), default=0.0)
    return min(GEOMETRY.half, GEOMETRY.unit * max(1.0, furthest) + NAME_MARGIN)


def enlarge_letters(svg: str) -> str:
    """Return the drawing with larger letters, legible if two drawings share a line on paper."""
    name = f'class="name" font-size="{NAME_SIZE}"'
    larger = re.sub(r'font-size="1[23]"', f'font-size="{NOTE_SIZE}"', svg).replace('class="name"', name)
    name_y = GEOMETRY.disc + NAME_SIZE
    return larger.replace(f'y="{GEOMETRY.disc + 16:g}"', f'y="{name_y:g}"').replace('dy="14"', f'dy="{NOTE_SIZE}"')
