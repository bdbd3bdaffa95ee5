"""Ratings over the sessions of a course, with the stage of a dispute as steps above them, as SVG text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from securebase.charts.tokens import ACCENT, INK, LINE, PROCESSING, SOFT, STRESS, SUPPORT
from securebase.records.vocabulary import DisputeStage

#: One colour for each rating, in order. The name at the end of each line identifies it without colour.
COLOURS = (STRESS, ACCENT, PROCESSING, SUPPORT)
WIDTH, LEFT, RIGHT, HEIGHT, TOP, STAGE_ROW = 560.0, 34.0, 176.0, 150.0, 12.0, 22.0
_STAGES = tuple(DisputeStage)


@dataclass(frozen=True, slots=True)
class RatingLine:
    """One rating over time: (position on the axis, value) pairs in order."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class _Axis:
    """Mapping of axis positions and values to pixels."""

    first: float
    last: float
    foot: float
    top: float

    def x(self, place: float) -> float:
        share = 0.5 if self.last == self.first else (place - self.first) / (self.last - self.first)
        return LEFT + 10.0 + share * (WIDTH - LEFT - RIGHT - 20.0)

    def y(self, value: float) -> float:
        return self.foot - min(max(value / self.top, 0.0), 1.0) * HEIGHT


def session_lines(
    ratings: Sequence[RatingLine],
    *,
    label: str,
    stages: Sequence[tuple[float, DisputeStage]] = (),
    top: float = 10.0,
    names: Mapping[float, str] | None = None,
) -> str:
    """Return an SVG element, empty if there is nothing to draw. `names` are the labels of the axis."""
    lines = [r for r in ratings if r.points]
    places = sorted({x for r in lines for x, _ in r.points} | {x for x, _ in stages})
    if not places:
        return ""
    head = TOP + (STAGE_ROW * len(_STAGES) + 14.0 if stages else 0.0)
    foot = head + (HEIGHT if lines else 0.0)

    axis = _Axis(places[0], places[-1], foot, top)
    parts = [*_grid(lines, axis, foot, places, names or {}), *_steps(stages, axis)]
    ends = _spread_labels([axis.y(r.points[-1][1]) for r in lines])
    parts += [_rating_line(r, COLOURS[n % len(COLOURS)], axis, ends[n]) for n, r in enumerate(lines)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="session-lines" viewBox="0 0 {WIDTH:g} {foot + 26:g}"'
        f' role="img" aria-label="{escape(f"{label}. {_description(lines, stages)}")}"'
        f' font-family="system-ui, sans-serif" font-size="12.5">{"".join(parts)}</svg>'
    )


def _description(lines: Sequence[RatingLine], stages: Sequence[tuple[float, DisputeStage]]) -> str:
    phrases = [
        f"{r.name} {r.points[0][1]:g}"
        if len(r.points) == 1
        else f"{r.name} from {r.points[0][1]:g} to {r.points[-1][1]:g}"
        for r in lines
    ]
    if stages:
        phrases.append("stage " + ", then ".join(_runs(stages)))
    return "; ".join(phrases)


def _runs(stages: Sequence[tuple[float, DisputeStage]]) -> list[str]:
    names: list[str] = []
    for _, stage in stages:
        if not names or names[-1] != stage.value:
            names.append(stage.value)
    return names


def _grid(
    lines: Sequence[RatingLine], axis: _Axis, foot: float, places: Sequence[float], names: Mapping[float, str]
) -> Iterator[str]:
    if lines:
        for value in (0.0, axis.top / 2, axis.top):
            yield f'<path d="M{LEFT:g} {axis.y(value):.1f}H{WIDTH - RIGHT:.1f}" stroke="{LINE}"/>'
            yield f'<text x="{LEFT - 6:g}" y="{axis.y(value) + 4:.1f}" text-anchor="end" fill="{SOFT}">{value:g}</text>'
    ticks = places if len(places) <= 12 else places[:: len(places) // 12 + 1]
    for place in ticks:
        words = escape(names.get(place, f"{place:g}"))
        yield f'<text x="{axis.x(place):.1f}" y="{foot + 17:.1f}" text-anchor="middle" fill="{SOFT}">{words}</text>'
    if not names:
        yield f'<text x="{WIDTH - RIGHT + 8:.1f}" y="{foot + 17:.1f}" fill="{SOFT}">session</text>'


def _steps(stages: Sequence[tuple[float, DisputeStage]], axis: _Axis) -> Iterator[str]:
    if not stages:
        return
    for n, stage in enumerate(_STAGES):
        y = TOP + STAGE_ROW * n + 8
        yield f'<path d="M{LEFT:g} {y:.1f}H{WIDTH - RIGHT:.1f}" stroke="{LINE}"/>'
        yield f'<text x="{WIDTH - RIGHT + 8:.1f}" y="{y + 4:.1f}" fill="{SOFT}">{stage.value}</text>'
    height = {stage: TOP + STAGE_ROW * n + 8 for n, stage in enumerate(_STAGES)}
    path = f"M{axis.x(stages[0][0]):.1f} {height[stages[0][1]]:.1f}"
    for place, stage in stages[1:]:
        path += f"H{axis.x(place):.1f}V{height[stage]:.1f}"
    yield f'<path d="{path}" fill="none" stroke="{INK}" stroke-width="2.4" stroke-linejoin="round"/>'
    for place, stage in stages:
        yield f'<rect x="{axis.x(place) - 4:.1f}" y="{height[stage] - 4:.1f}" width="8" height="8" fill="{INK}"/>'


def _rating_line(r: RatingLine, ink: str, axis: _Axis, end: float) -> str:
    line = " ".join(f"{axis.x(p):.1f},{axis.y(v):.1f}" for p, v in r.points)
    dots = "".join(f'<circle cx="{axis.x(p):.1f}" cy="{axis.y(v):.1f}" r="3.4" fill="{ink}"/>' for p, v in r.points)
    return (
        f'<polyline points="{line}" fill="none" stroke="{ink}" stroke-width="2"/>{dots}'
        f'<text x="{WIDTH - RIGHT + 8:.1f}" y="{end + 4:.1f}" fill="{INK}">'
        f'<tspan fill="{ink}">● </tspan>{escape(r.name)} {r.points[-1][1]:g}</text>'
    )


def _spread_labels(heights: Sequence[float], gap: float = 16.0) -> list[float]:
    """Return heights of the labels at the line ends, in the given order, at least `gap` apart."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    result = list(heights)
    for above, below in pairwise(order):
        result[below] = max(result[below], result[above] + gap)
    return result
