"""Marks of the theory graph in pixel coordinates: lines of edges with their ends, words, bars and boxes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import altair as alt

from securebase.charts import style, tokens
from securebase.charts.theory_layout import LETTER, LINE, Point, wrap
from securebase.model.theory import TheoryEdge

Align = Literal["left", "center", "right"]
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class EdgeStyle:
    """A line of an edge, and the mark at its end (none if `mark` is empty)."""

    colour: str
    dash: tuple[int, ...] = ()
    width: float = 1.6
    mark: str = ""
    mark_colour: str = ""
    mark_fill: str = tokens.CARD

    @property
    def layer(self) -> tuple[float, tuple[int, ...]]:
        """Width and dash; thin and interrupted lines are drawn below the others."""
        return self.width, tuple(-length for length in self.dash)


class Drawing:
    """Marks in pixel coordinates, collected by kind and drawn as layers on a shared pair of scales."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines: dict[tuple[float, tuple[int, ...]], Rows] = {}
        self.marks: dict[str, Rows] = {}
        self.words: dict[tuple[Align, bool], Rows] = {}
        self.bars: Rows = []
        self.boxes: Rows = []
        self.spots: Rows = []
        self.count = 0
        #: every edge with the points of its line
        self.edges: list[tuple[TheoryEdge, Sequence[Point]]] = []

    def edge(self, points: Sequence[Point], edge: TheoryEdge, shape: EdgeStyle) -> None:
        """Add the line of an edge."""
        self.edges.append((edge, points))
        self.line(points, shape)

    def line(self, points: Iterable[Point], shape: EdgeStyle) -> None:
        self.count += 1
        rows = self.lines.setdefault(shape.layer, [])
        rows += [
            {"x": x, "y": y, "line": self.count, "colour": shape.colour, "i": i} for i, (x, y) in enumerate(points)
        ]

    def mark(self, at: Point, shape: EdgeStyle) -> None:
        if shape.mark:
            row = {"x": at[0], "y": at[1], "colour": shape.mark_colour, "fill": shape.mark_fill}
            self.marks.setdefault(shape.mark, []).append(row)

    def arrow(self, at: Point, degrees: float, colour: str) -> None:
        row = {"x": at[0], "y": at[1], "colour": colour, "fill": colour, "angle": degrees}
        self.marks.setdefault("arrow", []).append(row)

    def text(
        self, at: Point, text: str, *, align: Align = "left", size: float = 11.5, bold: bool = False, colour: str = ""
    ) -> None:
        row = {"x": at[0], "y": at[1], "text": text, "colour": colour or tokens.INK, "size": size}
        self.words.setdefault((align, bold), []).append(row)

    def paragraph(self, at: Point, text: str, *, colour: str = "") -> float:
        """Add a text in lines up to the right edge; return the height of its last line."""
        lines = wrap(text, self.width - at[0] - LETTER)  # a line of wide letters is longer than its count of them
        for i, line in enumerate(lines):
            self.text((at[0], at[1] + LINE * i), line, colour=colour)
        return at[1] + LINE * (len(lines) - 1)

    def sign(self, at: Point, text: str) -> None:
        """Add the sign of an edge on a blank spot, so that a dash of the line is not mistaken for a minus."""
        self.spots.append({"x": at[0], "y": at[1]})
        self.text(at, text, align="center", size=12.5, bold=True)

    def next_entry(self, x: float, y: float, text: str, sample: float) -> Point:
        """Return the position of a legend entry: on this line, or on the next one if it does not fit."""
        return (0.0, y + 18) if x and x + sample + len(text) * LETTER > self.width else (x, y)

    def chart(self, height: float) -> alt.LayerChart:
        x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, self.width], range=[0, self.width], nice=False))
        y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, height], range=[0, height], nice=False))
        ink = alt.Color("colour:N", scale=None)
        layers = [
            style.table(rows)
            .mark_line(strokeWidth=width, strokeDash=[-length for length in dash] or [1, 0], opacity=0.9)
            .encode(x=x, y=y, color=ink, detail=alt.Detail("line:N"), order=alt.Order("i:Q"))
            for (width, dash), rows in sorted(self.lines.items())
        ]
        if self.bars:
            layers.append(
                style.table(self.bars)
                .mark_rule(strokeWidth=2.5)
                .encode(x=x, y=y, y2=alt.Y2("y2:Q"), color=alt.Color("colour:N", scale=None))
            )
        if self.spots:
            layers.append(style.table(self.spots).mark_circle(color=tokens.CARD, size=130, opacity=1).encode(x=x, y=y))
        if self.boxes:
            layers.append(
                style.table(self.boxes)
                .mark_rect(fill=tokens.CARD, stroke=tokens.INK, cornerRadius=5, strokeWidth=1)
                .encode(x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q"))
            )
        layers += [self._marks(kind, rows, x, y) for kind, rows in self.marks.items()]
        layers += [
            style.table(rows)
            .mark_text(align=align, baseline="middle", fontWeight=600 if bold else 400)
            .encode(x=x, y=y, text=alt.Text("text:N"), color=ink, size=alt.Size("size:Q", scale=None))
            for (align, bold), rows in self.words.items()
        ]
        return style.layer(*layers, fitted=False, width=self.width, height=height)

    @staticmethod
    def _marks(kind: str, rows: Rows, x: alt.X, y: alt.Y) -> alt.Chart:
        fill = alt.Fill("fill:N", scale=None)
        stroke = alt.Stroke("colour:N", scale=None)
        if kind == "arrow":
            arrows = style.table(rows).mark_point(shape="triangle", size=44, opacity=1, strokeWidth=0)
            return cast("alt.Chart", arrows.encode(x=x, y=y, fill=fill, angle=alt.Angle("angle:Q", scale=None)))
        shape = "M-.7,-.7L.7,.7M-.7,.7L.7,-.7" if kind == "cross" else kind
        marks = style.table(rows).mark_point(shape=shape, size=38, opacity=1, strokeWidth=1.6)
        return cast("alt.Chart", marks.encode(x=x, y=y, fill=fill, stroke=stroke))
