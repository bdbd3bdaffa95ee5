"""Path diagram of mediation: cause, mediators and outcome, with edges drawn by what they rest on.

Edges carry no figures where several mediators stand side by side, because these would collide: each box shows the
product of its own two steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, degrees, hypot
from typing import Any

import altair as alt

from securebase.charts import style, tokens
from securebase.study.mediation.answer import EdgeGrade, GradedEdge, MediationAnswer
from securebase.study.phrases import number

_BOX_HEIGHT, _GAP, _HEAD = 46, 18, 9
_EDGES: Mapping[EdgeGrade, tuple[str, str]] = {
    EdgeGrade.ASSIGNED: (tokens.ACCENT, "solid"),
    EdgeGrade.EARLIER: (tokens.INK, "solid"),
    EdgeGrade.TOGETHER: (tokens.INK, "solid"),
    EdgeGrade.OPEN: (tokens.OTHER, "open"),
}
_MEANINGS: Mapping[EdgeGrade, str] = {
    EdgeGrade.ASSIGNED: "teal: effect of the arm",
    EdgeGrade.EARLIER: "black: from earlier to later ratings",
    EdgeGrade.TOGETHER: "black: order assumed or weak",
    EdgeGrade.OPEN: "grey, dashed: the interval includes zero",
}


@dataclass(frozen=True, slots=True)
class _Box:
    """A variable: its centre and width in pixels, and its lines of text."""

    x: float
    y: float
    width: float
    title: str
    figures: str = ""

    def border(self, towards: tuple[float, float], gap: float = 3.0) -> tuple[float, float]:
        """Return the point where the line from the centre to another point leaves the box."""
        dx, dy = towards[0] - self.x, towards[1] - self.y
        reach = min(
            (self.width / 2 + gap) / abs(dx) if dx else float("inf"),
            (_BOX_HEIGHT / 2 + gap) / abs(dy) if dy else float("inf"),
        )
        return self.x + dx * reach, self.y + dy * reach


def path_charts(answer: MediationAnswer, labels: Mapping[str, str], width: int) -> list[tuple[Any, str]]:
    """Return the path diagram of an answer with its caption."""
    return [(path_diagram(answer, labels, width=width), path_caption(answer))]


def path_caption(answer: MediationAnswer) -> str:
    """Return what the lines and figures of the diagram mean."""
    grades = {edge.grade for edge in answer.edges}
    lines = "; ".join(words for grade, words in _MEANINGS.items() if grade in grades)
    figures = "Figures: a · b = indirect effect" if len(answer.stages) == 3 else "Figures: steps"
    return f"{figures}, in SDs. Lines: {lines}."


@style.skip_validation
def path_diagram(answer: MediationAnswer, labels: Mapping[str, str], *, width: int) -> alt.LayerChart:
    """Return the diagram: from left to right on a page, from top to bottom on a phone."""
    narrow = width < style.HALF_WIDTH
    boxes, height = _place(answer, labels, width, narrow=narrow)
    edges = {(e.earlier, e.later): e for e in answer.edges}
    rules, heads, texts = [], [], []
    for (earlier, later), edge in edges.items():
        colour, kind = _EDGES[edge.grade]
        direct = (earlier, later) == (answer.stages[0][0], answer.stages[-1][0])
        if narrow and len(answer.stages) == 3 and not direct:
            points = _rail(boxes, earlier, later, answer.stages[1])
        else:
            points = _route(boxes[earlier], boxes[later], direct=direct, height=height, narrow=narrow)
        for (x1, y1), (x2, y2) in pairwise(points):
            rules.append({"x": x1, "y": y1, "x2": x2, "y2": y2, "colour": colour, "kind": kind})
        (x1, y1), (x2, y2) = points[-2:]
        length = hypot(x2 - x1, y2 - y1)
        heads.append(
            {
                "x": x2 - _HEAD / 2 * (x2 - x1) / length,
                "y": y2 - _HEAD / 2 * (y2 - y1) / length,
                "angle": degrees(atan2(x2 - x1, y1 - y2)),
                "colour": colour,
            }
        )
        if direct or len(answer.stages) > 3:
            texts.append(_edge_text(points, edge, direct=direct, narrow=narrow))
    rectangles = [
        {"x": b.x - b.width / 2, "x2": b.x + b.width / 2, "y": b.y - _BOX_HEIGHT / 2, "y2": b.y + _BOX_HEIGHT / 2}
        for b in boxes.values()
    ]
    titles = [{"x": b.x, "y": b.y - (8 if b.figures else 0), "text": b.title} for b in boxes.values()]
    figures = [{"x": b.x, "y": b.y + 10, "text": b.figures} for b in boxes.values() if b.figures]
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, width], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, height], reverse=True, nice=False), axis=None)
    drawn = alt.Color("colour:N", scale=None)
    dash = alt.StrokeDash("kind:N", scale=alt.Scale(domain=["solid", "open"], range=[[1, 0], [5, 4]]), legend=None)
    chart = style.layer(
        style.table(rules)
        .mark_rule(strokeWidth=1.8)
        .encode(x=x, y=y, x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q"), color=drawn, strokeDash=dash),
        style.table(heads)
        .mark_point(shape="triangle", filled=True, size=70, opacity=1)
        .encode(x=x, y=y, color=drawn, angle=alt.Angle("angle:Q", scale=None)),
        style.table(rectangles)
        .mark_rect(cornerRadius=6, fill=tokens.CARD, stroke=tokens.EDGE, opacity=1)
        .encode(x=x, y=y, x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q")),
        style.table(titles).mark_text(color=tokens.INK, fontSize=13).encode(x=x, y=y, text=alt.Text("text:N")),
        style.table(figures or [{"x": 0, "y": 0, "text": ""}])
        .mark_text(color=tokens.SOFT)
        .encode(x=x, y=y, text=alt.Text("text:N")),
        style.table(texts).mark_text(color=tokens.SOFT, align="center").encode(x=x, y=y, text=alt.Text("text:N")),
        fitted=False,
        width=width,
        height=height,
    )
    return style.apply_theme(chart, label="Path diagram", description=_describe(answer, labels))


def _describe(answer: MediationAnswer, labels: Mapping[str, str]) -> str:
    return " ".join(
        f"{answer.name(e.earlier, labels)} → {answer.name(e.later, labels)}: {e.effect}, {e.grade}."
        for e in answer.edges
    )


def _place(
    answer: MediationAnswer, labels: Mapping[str, str], width: int, *, narrow: bool
) -> tuple[dict[str, _Box], float]:
    """Return the box of each variable, and the height of the drawing."""
    stages = answer.stages
    products = {
        route.through[0]: f"{number(answer.main.path(stages[0][0], route.through[0]).effect.estimate)} · "
        f"{number(answer.main.path(route.through[0], stages[-1][0]).effect.estimate)} = "
        f"{number(route.effect.estimate, 3 if abs(route.effect.estimate) < 0.01 else 2)}"
        for route in answer.main.routes
        if len(stages) == 3
    }
    step = _BOX_HEIGHT + _GAP
    boxes: dict[str, _Box] = {}
    if narrow:
        # one box below the other; mediators leave room on both sides for the edges
        y = _BOX_HEIGHT / 2 + 2.0
        for k, stage in enumerate(stages):
            inner = 0 < k < len(stages) - 1
            for name in stage:
                box_width = width * 0.62 if inner else width - 4.0
                x = width * 0.58 if inner else width / 2
                boxes[name] = _Box(x, y, box_width, answer.name(name, labels), products.get(name, ""))
                y += step + (10 if name == stage[-1] else 0)
        return boxes, y - step + _BOX_HEIGHT / 2 - 8
    most = max(len(stage) for stage in stages)
    height = most * step + 34.0
    # arrows between the columns need some room
    box_width = min(230.0, (width - 70.0 * (len(stages) - 1)) / len(stages))
    for k, stage in enumerate(stages):
        x = box_width / 2 + 2 + k * (width - box_width - 4) / (len(stages) - 1)
        for j, name in enumerate(stage):
            y = (most * step) / 2 + (j - (len(stage) - 1) / 2) * step
            boxes[name] = _Box(x, y, box_width, answer.name(name, labels), products.get(name, ""))
    return boxes, height


def _route(earlier: _Box, later: _Box, *, direct: bool, height: float, narrow: bool) -> list[tuple[float, float]]:
    """Return the corners of an edge: the direct one leads around the mediators."""
    if direct and narrow:
        return [(16.0, earlier.y + _BOX_HEIGHT / 2 + 3), (16.0, later.y - _BOX_HEIGHT / 2 - 3)]
    if direct:
        y = height - 20.0
        return [
            (earlier.x, earlier.y + _BOX_HEIGHT / 2 + 3),
            (earlier.x, y),
            (later.x, y),
            (later.x, later.y + _BOX_HEIGHT / 2 + 3),
        ]
    if narrow:
        # straight down from box to box
        x = min(earlier, later, key=lambda box: box.width).x
        return [(x, earlier.y + _BOX_HEIGHT / 2 + 3), (x, later.y - _BOX_HEIGHT / 2 - 3)]
    return [earlier.border((later.x, later.y)), later.border((earlier.x, earlier.y))]


def _rail(boxes: Mapping[str, _Box], earlier: str, later: str, mediators: Sequence[str]) -> list[tuple[float, float]]:
    """Return the corners of an edge on a phone: beside the other mediators, on a line of its own."""
    start, end = boxes[earlier], boxes[later]
    if later in mediators:
        left = end.x - end.width / 2
        x = left - 16.0 - 8.0 * mediators.index(later)
        return [(x, start.y + _BOX_HEIGHT / 2 + 3), (x, end.y), (left - 3, end.y)]
    right = start.x + start.width / 2
    x = right + 12.0 + 8.0 * (len(mediators) - 1 - mediators.index(earlier))
    return [(right + 3, start.y), (x, start.y), (x, end.y - _BOX_HEIGHT / 2 - 3)]


def _edge_text(points: list[tuple[float, float]], edge: GradedEdge, *, direct: bool, narrow: bool) -> dict[str, Any]:
    figure = number(edge.effect.estimate)
    if direct and narrow:
        return {"x": points[0][0] + 26, "y": (points[0][1] + points[1][1]) / 2, "text": figure}
    if direct:
        return {"x": (points[1][0] + points[2][0]) / 2, "y": points[1][1] - 9, "text": f"direct {figure}"}
    (x1, y1), (x2, y2) = points[0], points[-1]
    return {"x": (x1 + x2) / 2 + (20 if narrow else 0), "y": (y1 + y2) / 2 - (0 if narrow else 9), "text": figure}
