"""Where the lines and words of the theory's graph go: plain geometry in pixels, y downwards, no chart library.

A panel has origins on its left and ends on its right. Every edge has a slot of its own on both sides, so that no two
lines share an end and each can be followed; the order on both sides is chosen so that few of them cross.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from securebase.model.theory import EdgeForm, TheoryEdge, label_of

#: pixels: height of a slot, of a line of words, between two blocks; width of a letter of 11.5 pixels
SLOT, LINE, GAP, LETTER = 12.0, 13.5, 7.0, 6.8
_SHAPE = {
    EdgeForm.GATE: "as a gate",
    EdgeForm.SATURATING: "levelling off",
    EdgeForm.ACCUMULATING: "adding up",
    EdgeForm.INVERTED_U: "best in the middle",
    EdgeForm.EVENT: "as an event",
}
_STEPS = 14

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class NodeBlock:
    """One origin or end: its words, one a line, and the bar beside which its slots lie."""

    words: tuple[str, ...]
    x: float
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Wire:
    """One edge as a line from its slot on the left to its slot on the right."""

    edge: TheoryEdge
    points: tuple[Point, ...]

    @property
    def end(self) -> Point:
        return self.points[-1]


@dataclass(frozen=True, slots=True)
class EdgePanel:
    """A group of edges, drawn."""

    origins: tuple[NodeBlock, ...]
    ends: tuple[NodeBlock, ...]
    wires: tuple[Wire, ...]
    bottom: float


def origin_of(edge: TheoryEdge) -> str:
    """Return the label on the left: the construct, its moderator, and the shape if it is not linear."""
    begin = label_of(edge.from_construct)
    if edge.moderator:
        begin += f" × {label_of(edge.moderator).lower()}"
    return f"{begin}, {_SHAPE[edge.form]}" if edge.form in _SHAPE else begin


def panel(edges: Sequence[TheoryEdge], *, x: float, y: float, width: float) -> EdgePanel:
    """`edges` between two columns of words, from (x, y) on, `width` pixels wide."""
    words = width * 0.35
    origins, ends = ordered([(origin_of(e), label_of(e.to_construct)) for e in edges])
    left, right = x + words, x + width - words
    first, low = _blocks(origins, [origin_of(e) for e in edges], words, left, y)
    second, lower = _blocks(ends, [label_of(e.to_construct) for e in edges], words, right, y)
    # the shorter side is centred beside the longer one
    if low < lower:
        first, low = _blocks(origins, [origin_of(e) for e in edges], words, left, y + (lower - low) / 2)[0], lower
    elif lower < low:
        second = _blocks(ends, [label_of(e.to_construct) for e in edges], words, right, y + (low - lower) / 2)[0]
    starts, stops = _slots(edges, origins, ends, first, second)
    wires = tuple(Wire(e, _curve((left + 4, a), (right - 40, b))) for e, a, b in zip(edges, starts, stops, strict=True))
    return EdgePanel(tuple(first.values()), tuple(second.values()), wires, max(low, lower))


def ordered(pairs: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """An order of both sides with few crossings: each side in turn by the mean place of what it is joined to.

    The best of some rounds is kept (Sugiyama's barycentre rule).
    """
    left, right = list(dict.fromkeys(a for a, _ in pairs)), list(dict.fromkeys(b for _, b in pairs))
    best, fewest = (left, right), crossings(pairs, left, right)
    for _ in range(12):
        place = {name: i for i, name in enumerate(left)}
        right = sorted(right, key=lambda b: (_mean([place[a] for a, end in pairs if end == b]), b))
        place = {name: i for i, name in enumerate(right)}
        left = sorted(left, key=lambda a: (_mean([place[b] for begin, b in pairs if begin == a]), a))
        found = crossings(pairs, left, right)
        if found < fewest:
            best, fewest = (left, right), found
    return best


def crossings(pairs: Sequence[tuple[str, str]], left: Sequence[str], right: Sequence[str]) -> int:
    """How many pairs of lines cross when both sides stand in these orders."""
    place, other = {n: i for i, n in enumerate(left)}, {n: i for i, n in enumerate(right)}
    lines = [(place[a], other[b]) for a, b in pairs]
    return sum((p[0] - q[0]) * (p[1] - q[1]) < 0 for i, p in enumerate(lines) for q in lines[:i])


def wrapped(text: str, width: float) -> tuple[str, ...]:
    """Words on lines of at most `width` pixels; a single long word keeps a line to itself."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= width / LETTER:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


def ring(names: Sequence[str], *, middle: Point, across: float, down: float, turn: float) -> dict[str, Point]:
    """Names around an ellipse, the first at `turn` degrees (0: on the right, 90: at the bottom)."""
    step = 2 * math.pi / len(names)
    angles = {name: math.radians(turn) + i * step for i, name in enumerate(names)}
    return {n: (middle[0] + across * math.cos(a), middle[1] + down * math.sin(a)) for n, a in angles.items()}


def arc(begin: Point, end: Point, *, bend: float, clear: Point) -> tuple[Point, ...]:
    """A line from one node to another, bent to its left by `bend` of its length, outside boxes of half sizes `clear`.

    The two directions between the same nodes bend to different sides, so that both can be seen.
    """
    dx, dy = end[0] - begin[0], end[1] - begin[1]
    control = ((begin[0] + end[0]) / 2 + bend * dy, (begin[1] + end[1]) / 2 - bend * dx)
    line = [_between(begin, control, end, i / 60) for i in range(61)]
    outside = [p for p in line if _outside(p, begin, clear) and _outside(p, end, clear)]
    return tuple(outside)


def heading_of(points: Sequence[Point]) -> float:
    """Degrees clockwise from “up” in which a line ends."""
    (x0, y0), (x1, y1) = points[max(-3, -len(points))], points[-1]
    return math.degrees(math.atan2(x1 - x0, y0 - y1)) % 360


def _mean(places: Sequence[int]) -> float:
    return sum(places) / len(places)


def _blocks(
    order: Sequence[str], used: Sequence[str], words: float, x: float, y: float
) -> tuple[dict[str, NodeBlock], float]:
    """Blocks one below the other, each high enough for its slots and its words; and where they end."""
    found: dict[str, NodeBlock] = {}
    for name in order:
        lines = wrapped(name, words)
        height = max(used.count(name) * SLOT, len(lines) * LINE)
        found[name] = NodeBlock(lines, x, y, y + height)
        y += height + GAP
    return found, y - GAP


def _slots(
    edges: Sequence[TheoryEdge],
    origins: Sequence[str],
    ends: Sequence[str],
    first: dict[str, NodeBlock],
    second: dict[str, NodeBlock],
) -> tuple[list[float], list[float]]:
    """Each edge's height on the left and on the right; inside a block in the order of the other side."""
    place, other = {n: i for i, n in enumerate(origins)}, {n: i for i, n in enumerate(ends)}
    keys = [(place[origin_of(e)], other[label_of(e.to_construct)], i) for i, e in enumerate(edges)]
    starts, stops = [0.0] * len(edges), [0.0] * len(edges)
    for blocks, side, heights in ((first, 0, starts), (second, 1, stops)):
        names = (origins, ends)[side]
        for name, block in blocks.items():
            own = sorted((k for k in keys if names[k[side]] == name), key=lambda k: (k[1 - side], k[2]))
            top = block.middle - SLOT * len(own) / 2
            for j, key in enumerate(own):
                heights[key[2]] = top + SLOT * (j + 0.5)
    return starts, stops


def _curve(begin: Point, end: Point) -> tuple[Point, ...]:
    """Level at both ends, steepest in the middle."""
    steps = [i / _STEPS for i in range(_STEPS + 1)]
    return tuple(
        (begin[0] + (end[0] - begin[0]) * t, begin[1] + (end[1] - begin[1]) * (3 * t**2 - 2 * t**3)) for t in steps
    )


def _between(begin: Point, control: Point, end: Point, t: float) -> Point:
    a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
    return a * begin[0] + b * control[0] + c * end[0], a * begin[1] + b * control[1] + c * end[1]


def _outside(point: Point, node: Point, clear: Point) -> bool:
    return abs(point[0] - node[0]) > clear[0] or abs(point[1] - node[1]) > clear[1]
