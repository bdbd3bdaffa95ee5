"""Layout of the theory graph: plain geometry in pixels, y downwards, independent of the chart library.

A panel has origins on the left and ends on the right. Every edge has its own slot on both sides, so that no two lines
share an end; the order on both sides keeps crossings few.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from securebase.model.theory import EdgeForm, TheoryEdge, label_of

#: pixels: height of a slot, of a line of words and of the gap between blocks; width of a letter at font size 11.5
SLOT, LINE, GAP, LETTER = 12.0, 13.5, 7.0, 6.8
_SHAPE = {
    EdgeForm.GATE: "gated",
    EdgeForm.SATURATING: "saturating",
    EdgeForm.ACCUMULATING: "cumulative",
    EdgeForm.INVERTED_U: "inverted U",
    EdgeForm.EVENT: "event",
}
_STEPS = 14

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class NodeBlock:
    """One origin or end: its lines of words, and the bar beside which its slots lie."""

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
    """Layout of a group of edges."""

    origins: tuple[NodeBlock, ...]
    ends: tuple[NodeBlock, ...]
    wires: tuple[Wire, ...]
    bottom: float


def origin_label(edge: TheoryEdge) -> str:
    """Return the label on the left: the construct, its moderator, and the shape if it is not linear."""
    label = label_of(edge.from_construct)
    if edge.moderator:
        label += f" × {label_of(edge.moderator).lower()}"
    return f"{label}, {_SHAPE[edge.form]}" if edge.form in _SHAPE else label


def panel(edges: Sequence[TheoryEdge], *, x: float, y: float, width: float) -> EdgePanel:
    """Return `edges` between two columns of words; (x, y) is the top left corner, `width` in pixels."""
    column = width * 0.35
    origins, ends = order_sides([(origin_label(e), label_of(e.to_construct)) for e in edges])
    left, right = x + column, x + width - column
    first, low = _blocks(origins, [origin_label(e) for e in edges], column, left, y)
    second, lower = _blocks(ends, [label_of(e.to_construct) for e in edges], column, right, y)
    # Centre the shorter side beside the longer one.
    if low < lower:
        first, low = _blocks(origins, [origin_label(e) for e in edges], column, left, y + (lower - low) / 2)[0], lower
    elif lower < low:
        second = _blocks(ends, [label_of(e.to_construct) for e in edges], column, right, y + (low - lower) / 2)[0]
    starts, stops = _slots(edges, origins, ends, first, second)
    wires = tuple(Wire(e, _curve((left + 4, a), (right - 40, b))) for e, a, b in zip(edges, starts, stops, strict=True))
    return EdgePanel(tuple(first.values()), tuple(second.values()), wires, max(low, lower))


def order_sides(pairs: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return an order of both sides with few crossings.

    Barycentre heuristic of Sugiyama, Tagawa and Toda (1981): sort each side in turn by the mean position of its
    neighbours on the other side, and keep the best of twelve rounds.
    """
    left, right = list(dict.fromkeys(a for a, _ in pairs)), list(dict.fromkeys(b for _, b in pairs))
    best, fewest = (left, right), crossings(pairs, left, right)
    for _ in range(12):
        place = {name: i for i, name in enumerate(left)}
        right = sorted(right, key=lambda b: (_mean([place[a] for a, end in pairs if end == b]), b))
        place = {name: i for i, name in enumerate(right)}
        left = sorted(left, key=lambda a: (_mean([place[b] for start, b in pairs if start == a]), a))
        count = crossings(pairs, left, right)
        if count < fewest:
            best, fewest = (left, right), count
    return best


def crossings(pairs: Sequence[tuple[str, str]], left: Sequence[str], right: Sequence[str]) -> int:
    """Return the number of crossing pairs of lines with both sides in these orders."""
    place, opposite = {n: i for i, n in enumerate(left)}, {n: i for i, n in enumerate(right)}
    lines = [(place[a], opposite[b]) for a, b in pairs]
    return sum((p[0] - q[0]) * (p[1] - q[1]) < 0 for i, p in enumerate(lines) for q in lines[:i])


def wrap(text: str, width: float) -> tuple[str, ...]:
    """Return the text in lines of at most `width` pixels; a longer word gets a line of its own."""
    lines: list[str] = []
    for word in text.split(" "):
        if lines and len(lines[-1]) + 1 + len(word) <= width / LETTER:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


def ring(names: Sequence[str], *, middle: Point, across: float, down: float, turn: float) -> dict[str, Point]:
    """Return positions of names around an ellipse, the first at `turn` degrees (0: right, 90: bottom)."""
    step = 2 * math.pi / len(names)
    angles = {name: math.radians(turn) + i * step for i, name in enumerate(names)}
    return {n: (middle[0] + across * math.cos(a), middle[1] + down * math.sin(a)) for n, a in angles.items()}


def arc(start: Point, end: Point, *, bend: float, clear: Point) -> tuple[Point, ...]:
    """Return a quadratic Bézier curve between two nodes, outside boxes of half sizes `clear` around them.

    It bends to its left by `bend` of its length, so that the two directions between two nodes do not overlap.
    """
    dx, dy = end[0] - start[0], end[1] - start[1]
    control = ((start[0] + end[0]) / 2 + bend * dy, (start[1] + end[1]) / 2 - bend * dx)
    line = [_bezier(start, control, end, i / 60) for i in range(61)]
    outside = [p for p in line if _is_outside(p, start, clear) and _is_outside(p, end, clear)]
    return tuple(outside)


def direction(points: Sequence[Point]) -> float:
    """Return the direction in which a line ends, in degrees clockwise from “up”."""
    (x0, y0), (x1, y1) = points[max(-3, -len(points))], points[-1]
    return math.degrees(math.atan2(x1 - x0, y0 - y1)) % 360


def _mean(places: Sequence[int]) -> float:
    return sum(places) / len(places)


def _blocks(
    order: Sequence[str], labels: Sequence[str], width: float, x: float, y: float
) -> tuple[dict[str, NodeBlock], float]:
    """Return blocks one below the other, each high enough for its slots and words, and the bottom of the last."""
    blocks: dict[str, NodeBlock] = {}
    for name in order:
        lines = wrap(name, width)
        height = max(labels.count(name) * SLOT, len(lines) * LINE)
        blocks[name] = NodeBlock(lines, x, y, y + height)
        y += height + GAP
    return blocks, y - GAP


def _slots(
    edges: Sequence[TheoryEdge],
    origins: Sequence[str],
    ends: Sequence[str],
    first: dict[str, NodeBlock],
    second: dict[str, NodeBlock],
) -> tuple[list[float], list[float]]:
    """Return the height of each edge on the left and on the right; within a block in the order of the other side."""
    place, opposite = {n: i for i, n in enumerate(origins)}, {n: i for i, n in enumerate(ends)}
    keys = [(place[origin_label(e)], opposite[label_of(e.to_construct)], i) for i, e in enumerate(edges)]
    starts, stops = [0.0] * len(edges), [0.0] * len(edges)
    for blocks, side, heights in ((first, 0, starts), (second, 1, stops)):
        names = (origins, ends)[side]
        for name, block in blocks.items():
            block_keys = sorted((k for k in keys if names[k[side]] == name), key=lambda k: (k[1 - side], k[2]))
            top = block.middle - SLOT * len(block_keys) / 2
            for j, key in enumerate(block_keys):
                heights[key[2]] = top + SLOT * (j + 0.5)
    return starts, stops


def _curve(start: Point, end: Point) -> tuple[Point, ...]:
    """Return an S-shaped line, horizontal at both ends (smoothstep, 3t² − 2t³)."""
    steps = [i / _STEPS for i in range(_STEPS + 1)]
    return tuple(
        (start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * (3 * t**2 - 2 * t**3)) for t in steps
    )


def _bezier(start: Point, control: Point, end: Point, t: float) -> Point:
    a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
    return a * start[0] + b * control[0] + c * end[0], a * start[1] + b * control[1] + c * end[1]


def _is_outside(point: Point, node: Point, clear: Point) -> bool:
    return abs(point[0] - node[0]) > clear[0] or abs(point[1] - node[1]) > clear[1]
