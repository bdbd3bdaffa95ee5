"""Rival graphs as small drawings of their edges, each with its difference in log predictive density."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import atan2, degrees, floor, hypot, log10

import altair as alt

from securebase.charts import style, tokens
from securebase.charts.theory_drawing import Drawing, EdgeStyle
from securebase.charts.theory_layout import Point, wrap
from securebase.study.questions.graphs import GraphsAnswer
from securebase.study.questions.held_out import Edges

#: pixels: a drawing, words beside it on a page, and the line of words above it on a phone
_DRAWING, _WORDS, _LINE = 126, 320, 20
#: pixels: height of a drawing with one mechanism more, between graphs, around a column’s name, between opposite edges
_HEIGHT, _MECHANISM, _BETWEEN, _AROUND, _APART = 30, 28, 16, 17, 3.5
#: letters of a column’s label in a drawing
_LETTERS = 3


@style.skip_validation
def graphs_chart(answer: GraphsAnswer, labels: Mapping[str, str], *, width: int = style.FULL_WIDTH) -> alt.LayerChart:
    """Return every graph with its difference to the best predicting one; those that are not possible are grey."""
    narrow = width < style.HALF_WIDTH
    left, above = (0, _LINE) if narrow else (_WORDS, 0)
    start = left + _DRAWING + 24
    height = _HEIGHT + _MECHANISM * max(len(answer.processes) - 1, 0) ** 0.5
    pitch = height + above + _BETWEEN
    bottom = pitch * len(answer.graphs)
    drawing = Drawing(width)
    place = _scale(answer, start, width)
    for k, graph in enumerate(answer.graphs):
        top = k * pitch + above
        middle = top + height / 2
        status = ": excluded" if graph.graph in answer.excluded else ": not fitted" if graph.reason else ""
        colour = tokens.OTHER if status else tokens.INK
        _draw_edges(drawing, graph.edges, _columns(answer, (left, top), height), colour, labels)
        lines = wrap(answer.label(graph.graph, labels), (width if narrow else _WORDS) - 20)
        lines = (*lines[:-1], f"{lines[-1]}{status}")
        first = top - 6 - 16 * (len(lines) - 1) if narrow else middle - 8 * (len(lines) - 1)
        for i, line in enumerate(lines):
            drawing.text((0, first + 16 * i), line, colour=colour)
        if graph.prediction is None:
            continue
        bar = EdgeStyle(colour, width=2, mark="circle", mark_colour=colour, mark_fill=colour)
        interval = graph.prediction.difference
        if interval is not None:
            drawing.line([(place(interval.lower), middle), (place(interval.upper), middle)], bar)
        drawing.mark((place(interval.estimate if interval else 0.0), middle), bar)
    if any(graph.prediction for graph in answer.graphs):
        drawing.line([(place(0.0), above), (place(0.0), bottom - 6)], EdgeStyle(tokens.SOFT, dash=(3, 3), width=1))
        for tick in _ticks(answer):
            drawing.text((place(tick), bottom + 4), f"{tick:g}".replace("-", "−"), align="center", colour=tokens.SOFT)
        title = "log predictive density minus that of the best"
        drawing.text((width, bottom + 22), title, align="right", colour=tokens.SOFT)
        bottom += 30
    return style.apply_theme(
        drawing.chart(bottom),
        label="Rival graphs and how well each predicts held-out occasions",
        description=f"{answer.in_words(labels)} {answer.figures_in_words(labels)}".strip(),
    )


def _columns(answer: GraphsAnswer, corner: Point, height: float) -> dict[str, Point]:
    """Return where each column stands: the relationship left, the outcome right, mechanisms between and above."""
    first, *mechanisms = answer.processes
    low = corner[1] + height - _AROUND + 4
    places = {first: (corner[0] + _AROUND, low), answer.outcome: (corner[0] + _DRAWING - _AROUND, low)}
    for k, name in enumerate(mechanisms):
        share = (k + 1) / (len(mechanisms) + 1)
        rise = (height - _HEIGHT) * (1 if k % 2 == 0 else 0.55)
        places[name] = (corner[0] + _AROUND + share * (_DRAWING - 2 * _AROUND), low - rise)
    return places


def _draw_edges(
    drawing: Drawing, edges: Edges, places: Mapping[str, Point], colour: str, labels: Mapping[str, str]
) -> None:
    """Draw the names of the columns and an arrow for every edge; opposite edges lie beside each other."""
    for name, place in places.items():
        drawing.text(place, labels.get(name, name)[:_LETTERS], align="center", size=10.5, colour=colour)
    for origin, target in edges:
        (x, y), (x2, y2) = places[origin], places[target]
        length = hypot(x2 - x, y2 - y)
        along = ((x2 - x) / length, (y2 - y) / length)
        aside = _APART if (target, origin) in edges else 0.0
        shift = (-along[1] * aside, along[0] * aside)
        begin = (x + along[0] * _AROUND + shift[0], y + along[1] * _AROUND + shift[1])
        end = (x2 - along[0] * _AROUND + shift[0], y2 - along[1] * _AROUND + shift[1])
        drawing.line([begin, end], EdgeStyle(colour, width=1.4))
        drawing.arrow(end, degrees(atan2(along[0], -along[1])), colour)


def _range(answer: GraphsAnswer) -> tuple[float, float]:
    intervals = [g.prediction.difference for g in answer.graphs if g.prediction and g.prediction.difference]
    return min([-1.0, *(i.lower for i in intervals)]), max([1.0, *(i.upper for i in intervals)])


def _scale(answer: GraphsAnswer, start: float, end: float) -> Callable[[float], float]:
    """Return the function from a difference to its pixel."""
    low, high = _range(answer)
    return lambda value: start + 6 + (value - low) / (high - low) * (end - start - 18)


def _ticks(answer: GraphsAnswer) -> Sequence[float]:
    """Return about four round differences within the range, 0 among them."""
    low, high = _range(answer)
    unit = 10.0 ** floor(log10(high - low))
    step = next(unit * m for m in (0.2, 0.5, 1, 2) if (high - low) / (unit * m) <= 5)
    return [step * i for i in range(-10, 11) if low <= step * i <= high]
