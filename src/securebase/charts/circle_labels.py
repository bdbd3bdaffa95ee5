"""Places for the words on a closeness circle, so that no two of them overlap and none lies on a disc.

A name stands below its disc if there is room, else beside or above it, else at the nearest free place with a thin line
to the disc. Names that do not fit are shortened, all to the same length.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from securebase.charts.circle_geometry import GEOMETRY, Lettering, polar
from securebase.records.artefact import RING_EDGES
from securebase.records.vocabulary import Ring

RING_WORDS = {Ring.CLOSEST: "closest", Ring.CLOSE: "close", Ring.WIDER: "wider circle"}
#: Numbers of letters of a name, tried in this order until all names fit.
LENGTHS = (16, 12, 8, 4)
#: Height of a line of text, and of its baseline, in letter sizes.
LINE, BASELINE = 1.2, 0.95
#: Space between a disc and its name, and between two words.
GAP = 2.0
#: Steps and directions of the search for a free place further away from a disc.
STEP, STEPS, DIRECTIONS = 8.0, 40, 16


@dataclass(frozen=True, slots=True)
class Disc:
    """A disc that words must not cover, and its own words: a name and a smaller note, either may be empty."""

    x: float
    y: float
    radius: float
    name: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A rectangle on the drawing."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Rectangle) -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def nearest(self, x: float, y: float) -> tuple[float, float]:
        """Return the point of the rectangle that is nearest to a point."""
        return min(max(x, self.left), self.right), min(max(y, self.top), self.bottom)

    def distance(self, x: float, y: float) -> float:
        near = self.nearest(x, y)
        return math.hypot(near[0] - x, near[1] - y)


@dataclass(frozen=True, slots=True)
class Label:
    """Position of a text: baseline and anchor, relative to its disc or to the middle, and the name as shortened.

    `leader` is the line from the disc to a name that stands away from it, or None.
    """

    x: float
    y: float
    anchor: str
    text: str
    leader: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of the discs in their order, None for a disc without words, and those of the rings."""

    discs: tuple[Label | None, ...]
    rings: tuple[Label, ...]


def text_width(text: str, size: float) -> float:
    """Return an upper estimate of the width of a text: the widths of DejaVu Sans, the widest common letters."""
    return size * sum(_letter_width(letter) for letter in text)


def _letter_width(letter: str) -> float:
    if letter in "mwMW@%…—":
        return 1.0
    if letter in "ijltfrI.,;:'’|!()[] ":
        return 0.42
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.05
    return 0.74 if letter.isupper() or letter.isdigit() else 0.64


def shorten(name: str, length: int = LENGTHS[0]) -> str:
    return name if len(name) <= length else name[: length - 1].rstrip() + "…"


@lru_cache(maxsize=256)
def place_labels(discs: tuple[Disc, ...], lettering: Lettering, half: float) -> Labels:
    """Return places of all words within a square of half side `half`.

    Names are shortened as far as they must be. If even four letters do not fit, the last of them overlap.
    """
    layouts = (_Layout(discs, lettering, half, length) for length in LENGTHS)
    layout = next((tried for tried in layouts if tried.is_free), None)
    return (layout or _Layout(discs, lettering, half, LENGTHS[-1])).labels


class _Layout:
    """One attempt: all words with names of at most `length` letters."""

    def __init__(self, discs: Sequence[Disc], lettering: Lettering, half: float, length: int) -> None:
        self.lettering, self.length, self.half = lettering, length, half
        self.discs = [*discs, Disc(0.0, 0.0, GEOMETRY.centre)]
        self.occupied: list[Rectangle] = []
        self.is_free = True
        rings = tuple(self._ring(ring, edge * GEOMETRY.unit) for ring, edge in RING_EDGES.items())
        by_distance = sorted(range(len(discs)), key=lambda n: math.hypot(discs[n].x, discs[n].y))
        labels = {n: self._name(discs[n]) for n in by_distance}
        self.labels = Labels(tuple(labels[n] for n in range(len(discs))), rings)

    def _take(self, candidates: Iterator[Rectangle]) -> Rectangle:
        """Return the first free candidate, else the first of all."""
        first = None
        for box in candidates:
            first = first or box
            if self._is_open(box):
                break
        else:
            assert first is not None
            self.is_free, box = False, first
        self.occupied.append(box)
        return box

    def _is_open(self, box: Rectangle) -> bool:
        half = self.half
        inside = -half <= box.left and box.right <= half and -half <= box.top and box.bottom <= half
        return (
            inside
            and not any(box.overlaps(other) for other in self.occupied)
            and not any(box.distance(d.x, d.y) < d.radius for d in self.discs)
        )

    def _ring(self, ring: Ring, radius: float) -> Label:
        word, size = RING_WORDS[ring], self.lettering.ring
        width, height = text_width(word, size) + 2 * GAP, LINE * size
        at = (0.0, -radius)
        angles = sorted(range(0, 360, 10), key=lambda a: (self._ties_crossed(a, radius, width), min(a, 360 - a)))
        line = (_centred(*polar(radius - height / 2 - GAP, angle), width, height) for angle in angles)
        box = self._take(_chain(line, _spiral(*at, 0.0, width, height)))
        return Label((box.left + box.right) / 2, box.top + BASELINE * size, "middle", word)

    def _ties_crossed(self, angle: float, radius: float, width: float) -> int:
        """Count the lines from the client to people that would run through a word at this angle of a ring."""
        crossed = 0
        for disc in self.discs:
            if math.hypot(disc.x, disc.y) > radius - self.lettering.ring:
                turn = math.radians(angle) - math.atan2(disc.x, -disc.y)
                crossed += abs(math.remainder(turn, math.tau)) * radius < width / 2
        return crossed

    def _name(self, disc: Disc) -> Label | None:
        name, note = shorten(disc.name, self.length), disc.note
        if not (name or note):
            return None
        sizes = [*([self.lettering.name] if name else []), *([self.lettering.note] if note else [])]
        width = max(text_width(name, self.lettering.name), text_width(note, self.lettering.note)) + 2 * GAP
        height = LINE * sum(sizes)
        box = self._take(
            _chain(_places_beside(disc, width, height), _spiral(disc.x, disc.y, disc.radius + GAP, width, height))
        )
        x, anchor = _anchor(box, disc.x)
        text = name or note
        return Label(x - disc.x, box.top + BASELINE * sizes[0] - disc.y, anchor, text, _leader(disc, box))


def default_label(name: str, lettering: Lettering) -> Label:
    """Return the label of a person who is being moved: below the disc."""
    return Label(0.0, lettering.disc + GAP + BASELINE * lettering.name, "middle", shorten(name))


def _chain(*parts: Iterator[Rectangle]) -> Iterator[Rectangle]:
    for part in parts:
        yield from part


def _centred(x: float, y: float, width: float, height: float) -> Rectangle:
    return Rectangle(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _places_beside(disc: Disc, width: float, height: float) -> Iterator[Rectangle]:
    """Yield the places next to a disc: below, above, right and left of it.

    Near the client a name extends outwards, to keep the centre free; at the edge inwards, to stay in the picture.
    """
    near, far = GEOMETRY.outwards
    outwards = 1 if near <= abs(disc.x) <= far else -1 if abs(disc.x) > GEOMETRY.inwards else 0
    preferred = outwards if disc.x > 0 else -outwards
    shift = width / 2 - disc.radius
    sideways = sorted((0, 1, -1), key=lambda side: side != preferred)
    reach = disc.radius + GAP + height / 2
    for y in (reach, -reach):
        for side in sideways:
            yield _centred(disc.x + side * shift, disc.y + y, width, height)
    for side in sorted((1, -1), key=lambda side: side != preferred):
        yield _centred(disc.x + side * (disc.radius + GAP + width / 2), disc.y, width, height)


def _spiral(x: float, y: float, radius: float, width: float, height: float) -> Iterator[Rectangle]:
    """Yield places further and further away from a disc, in all directions."""
    for step in range(1, STEPS + 1):
        for n in range(DIRECTIONS):
            dx, dy = polar(1.0, 180 + 360 * n / DIRECTIONS)
            reach = radius + step * STEP + abs(dx) * width / 2 + abs(dy) * height / 2
            yield _centred(x + dx * reach, y + dy * reach, width, height)


def _anchor(box: Rectangle, x: float) -> tuple[float, str]:
    """Return where a text in the box begins, is centred or ends, whichever is nearest to its disc."""
    middle, quarter = (box.left + box.right) / 2, (box.right - box.left) / 4
    if middle - x > quarter:
        return box.left + GAP, "start"
    if x - middle > quarter:
        return box.right - GAP, "end"
    return middle, "middle"


def _leader(disc: Disc, box: Rectangle) -> tuple[float, float, float, float] | None:
    """Return the line, relative to the disc, from its edge to a label that stands away from it."""
    to_x, to_y = box.nearest(disc.x, disc.y)
    dx, dy = to_x - disc.x, to_y - disc.y
    distance = math.hypot(dx, dy)
    if distance < disc.radius + STEP:
        return None
    edge = disc.radius / distance
    return dx * edge, dy * edge, dx, dy
