"""Lengths of the closeness circle: the drawing, the layout of its words and the page's script take them from here."""

from __future__ import annotations

import math
from dataclasses import dataclass

from securebase.records.artefact import Placement


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


@dataclass(frozen=True, slots=True)
class Lettering:
    """Letter sizes of names, notes and rings, and the radius of a disc, for one way of showing the drawing.

    `css_class` marks the words of this lettering; the style sheet shows one lettering at a time.
    """

    css_class: str
    name: float
    note: float
    ring: float
    disc: float


SCREEN = Lettering("letters-wide", 15, 12, 13, GEOMETRY.disc)
#: `inventory/circle.css` enlarges the discs by the same factor on a narrow screen.
PHONE = Lettering("letters-narrow", 26, 21, 20, 1.45 * GEOMETRY.disc)
#: legible if two drawings share a line on paper
PAPER = Lettering("letters-paper", 22, 17, 17, GEOMETRY.disc)


def polar(distance: float, angle: float) -> tuple[float, float]:
    """Return x (to the right) and y (downwards) of a point at a distance and an angle in degrees from the top."""
    return distance * math.sin(math.radians(angle)), -distance * math.cos(math.radians(angle))


def distance_of(place: Placement) -> float:
    """Return the distance of a person from the middle, within the limits of the drawing."""
    return min(max(place.radius, GEOMETRY.nearest), GEOMETRY.furthest) * GEOMETRY.unit


def point(place: Placement) -> tuple[float, float]:
    """Return the position of a place: x to the right, y downwards, from the middle."""
    return polar(distance_of(place), place.angle)
