"""Graph of the theory: the fitted model as a ring, and all edges in panels by pillar or by mechanism.

Coloured lines are edges with a published finding or a computed figure, dashed grey lines are edges with neither. The
mark at the end of a line shows where the edge is estimated: in the model, in studies only, or nowhere (simulated).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, cast

import altair as alt

from securebase.charts import style, tokens
from securebase.charts.theory_layout import (
    LETTER,
    LINE,
    EdgePanel,
    NodeBlock,
    Point,
    Wire,
    arc,
    direction,
    panel,
    ring,
    wrap,
)
from securebase.measurement.constructs import MECHANISM_CONSTRUCTS, construct
from securebase.model.mechanism import THERAPY, EffectLevel, Grade, Pillar
from securebase.model.theory import EdgeLocation, Theory, TheoryEdge, label_of

Align = Literal["left", "center", "right"]
By = Literal["pillar", "mechanism"]
Rows = list[dict[str, Any]]

PILLAR_COLOURS = {
    Pillar.ATTACHMENT: tokens.ACCENT,
    Pillar.COMMUNICATION: tokens.PROCESSING,
    Pillar.SOCIAL: tokens.STRESS,
    Pillar.COMMON_FACTORS: tokens.INK,
}
_PILLARS = {
    Pillar.COMMON_FACTORS: "Common factors",
    Pillar.ATTACHMENT: "Attachment",
    Pillar.COMMUNICATION: "Communication",
    Pillar.SOCIAL: "Social",
}
_MARKS = {EdgeLocation.MODEL: "circle", EdgeLocation.STUDY: "circle", EdgeLocation.SIMULATED: "cross"}
_PLACES = {
    EdgeLocation.MODEL: "estimated in the model",
    EdgeLocation.STUDY: "estimated in studies only",
    EdgeLocation.SIMULATED: "simulated only",
}
_LEVELS = {
    EffectLevel.BETWEEN_PERSON: "b",
    EffectLevel.DYAD: "d",
    EffectLevel.CROSS_LEVEL: "x",
    EffectLevel.DEVELOPMENTAL: "e",
}
_SIGNS = {"+": "+", "-": "−", "0": "≈ 0", "?": "?"}
_LETTERS = (
    "no letter: within a client",
    "b: between clients",
    "d: client and therapist",
    "x: across levels",
    "e: from early life",
    "!: the claim goes beyond its evidence",
)
_RING_RIGHT = ("symptoms", "interpersonal_stress", "social_support", "alliance", THERAPY)
_RING_LEFT = ("interpersonal_skills", "emotional_processing")
_UNKNOWN = tokens.OTHER


@style.skip_validation
def theory_graph(
    theory: Theory, edges: Sequence[TheoryEdge] | None = None, *, by: By = "pillar", width: int = style.FULL_WIDTH
) -> alt.LayerChart:
    """Return `edges` (default: all) in panels, side by side if they fit, below the fitted model as a ring.

    A selection of edges is drawn without the ring. Raises ValueError without edges.
    """
    selected = theory.edges if edges is None else tuple(edges)
    if not selected:
        raise ValueError("no edge to draw (edges is empty)")
    drawing = _Drawing(width)
    bottom = _legend(drawing, 12.0, by)
    if edges is None:
        bottom = _ring(drawing, theory.select(place=EdgeLocation.MODEL), bottom + 34)
    bottom = _panels(drawing, _groups(selected, by), bottom + 34)
    return style.apply_theme(drawing.chart(bottom + 8), label=_title(by), description=_description(selected))


class _Drawing:
    """Marks in pixel coordinates, collected by kind and drawn as layers on a shared pair of scales."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines: dict[tuple[int, ...], Rows] = {}
        self.marks: dict[str, Rows] = {}
        self.words: dict[tuple[Align, bool], Rows] = {}
        self.bars: Rows = []
        self.boxes: Rows = []
        self.spots: Rows = []
        self.count = 0

    def line(self, points: Iterable[Point], edge: TheoryEdge) -> None:
        self.count += 1
        verified = edge.grade is not Grade.UNVERIFIED
        dash = () if edge.grade is Grade.VERIFIED else (7, 2) if edge.grade is Grade.COMPUTED else (3, 3)
        rows = self.lines.setdefault(dash, [])
        colour = PILLAR_COLOURS[edge.pillar] if verified else _UNKNOWN
        rows += [{"x": x, "y": y, "line": self.count, "colour": colour, "i": i} for i, (x, y) in enumerate(points)]

    def mark(self, at: Point, place: EdgeLocation, colour: str) -> None:
        fill = colour if place is EdgeLocation.MODEL else tokens.CARD
        self.marks.setdefault(_MARKS[place], []).append({"x": at[0], "y": at[1], "colour": colour, "fill": fill})

    def arrow(self, at: Point, degrees: float, colour: str) -> None:
        row = {"x": at[0], "y": at[1], "colour": colour, "fill": colour, "angle": degrees}
        self.marks.setdefault("arrow", []).append(row)

    def text(
        self, at: Point, text: str, *, align: Align = "left", size: float = 11.5, bold: bool = False, colour: str = ""
    ) -> None:
        row = {"x": at[0], "y": at[1], "text": text, "colour": colour or tokens.INK, "size": size}
        self.words.setdefault((align, bold), []).append(row)

    def sign(self, at: Point, text: str) -> None:
        """Add the sign of an edge on a blank spot, so that a dash of the line is not mistaken for a minus."""
        self.spots.append({"x": at[0], "y": at[1]})
        self.text(at, text, align="center", size=12.5, bold=True)

    def chart(self, height: float) -> alt.LayerChart:
        x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, self.width], range=[0, self.width], nice=False))
        y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[0, height], range=[0, height], nice=False))
        ink = alt.Color("colour:N", scale=None)
        layers = [
            style.table(rows)
            .mark_line(strokeWidth=1.6 if not dash else 1.3, strokeDash=list(dash) or [1, 0], opacity=0.9)
            .encode(x=x, y=y, color=ink, detail="line:N", order="i:Q")
            for dash, rows in sorted(self.lines.items(), reverse=True)
        ]
        if self.bars:
            layers.append(
                style.table(self.bars)
                .mark_rule(strokeWidth=2.5)
                .encode(x=x, y=y, y2="y2:Q", color=alt.Color("colour:N", scale=None))
            )
        if self.spots:
            layers.append(style.table(self.spots).mark_circle(color=tokens.CARD, size=130, opacity=1).encode(x=x, y=y))
        if self.boxes:
            layers.append(
                style.table(self.boxes)
                .mark_rect(fill=tokens.CARD, stroke=tokens.INK, cornerRadius=5, strokeWidth=1)
                .encode(x=x, x2="x2:Q", y=y, y2="y2:Q")
            )
        layers += [self._marks(kind, rows, x, y) for kind, rows in self.marks.items()]
        layers += [
            style.table(rows)
            .mark_text(align=align, baseline="middle", fontWeight=600 if bold else 400)
            .encode(x=x, y=y, text="text:N", color=ink, size=alt.Size("size:Q", scale=None))
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


def _groups(edges: Sequence[TheoryEdge], by: By) -> dict[str, tuple[list[TheoryEdge], str]]:
    """Return edges and colour by heading. An edge of two mechanisms is in both groups, one of none in the last."""
    groups: dict[str, tuple[list[TheoryEdge], str]] = {}
    if by == "pillar":
        for pillar, name in _PILLARS.items():
            groups[name] = [e for e in edges if e.pillar is pillar], PILLAR_COLOURS[pillar]
    else:
        for i, name in enumerate(MECHANISM_CONSTRUCTS, start=1):
            label = f"M{i} {construct(name).label}"
            groups[label] = [e for e in edges if f"M{i}" in e.mechanisms], style.CONSTRUCT_COLOURS[name]
        groups["None of the four"] = [e for e in edges if not e.mechanisms], tokens.SOFT
    return {name: group for name, group in groups.items() if group[0]}


def _panels(drawing: _Drawing, groups: Mapping[str, tuple[list[TheoryEdge], str]], y: float) -> float:
    """Draw every group under its heading, in two columns if they fit, each in the shorter column; return the bottom."""
    columns = 2 if drawing.width > style.HALF_WIDTH and len(groups) > 1 else 1
    gap = 44.0
    panel_width = (drawing.width - gap * (columns - 1)) / columns
    bottoms = [y] * columns
    for name, (edges, colour) in groups.items():
        column = bottoms.index(min(bottoms))
        x, top = column * (panel_width + gap), bottoms[column]
        drawing.text((x, top), f"{name}: {_count(edges)}", size=14, bold=True, colour=colour)
        edge_panel = panel(edges, x=x, y=top + 18, width=panel_width)
        _draw_panel(drawing, edge_panel, colour)
        bottoms[column] = edge_panel.bottom + 34
    return max(bottoms) - 34


def _draw_panel(drawing: _Drawing, edge_panel: EdgePanel, colour: str) -> None:
    sides: tuple[tuple[tuple[NodeBlock, ...], Align, float], ...] = (
        (edge_panel.origins, "right", -6.0),
        (edge_panel.ends, "left", 6.0),
    )
    for blocks, align, offset in sides:
        for block in blocks:
            drawing.bars.append({"x": block.x, "y": block.top + 1, "y2": block.bottom - 1, "colour": colour})
            _draw_words(drawing, block, align, offset)
    for wire in edge_panel.wires:
        drawing.line(wire.points, wire.edge)
        _draw_end(drawing, wire)


def _draw_words(drawing: _Drawing, block: NodeBlock, align: Align, offset: float) -> None:
    top = block.middle - LINE * (len(block.words) - 1) / 2
    for i, line in enumerate(block.words):
        drawing.text((block.x + offset, top + LINE * i), line, align=align)


def _draw_end(drawing: _Drawing, wire: Wire) -> None:
    """Draw the mark at the end of a line, then sign, level and a warning if the claim outruns its evidence."""
    x, y = wire.end
    edge = wire.edge
    drawing.mark((x, y), edge.place, PILLAR_COLOURS[edge.pillar])
    warned = edge.outruns_its_evidence
    label = " ".join(part for part in (_SIGNS[edge.sign], _LEVELS.get(edge.level, ""), "!" if warned else "") if part)
    drawing.text((x + 7, y), label, size=10.5, colour=tokens.ALERT if warned else tokens.SOFT)


def _legend(drawing: _Drawing, y: float, by: By) -> float:
    """Draw the key to lines, marks and letters; return its bottom."""
    lines = (
        (Grade.VERIFIED, "published finding"),
        (Grade.COMPUTED, "computed from public data"),
        (Grade.UNVERIFIED, "no figure"),
    )
    x = 0.0
    for grade, meaning in lines:
        x, y = _next_entry(drawing, x, y, 34 + len(meaning) * LETTER)
        sample = TheoryEdge("", "", (), "+", EdgeLocation.MODEL, "", Pillar.ATTACHMENT, grade=grade)
        drawing.line(((x, y), (x + 28, y)), sample)
        drawing.text((x + 34, y), meaning)
        x += 34 + len(meaning) * LETTER + 22
    x, y = (x, y) if drawing.width > style.HALF_WIDTH else (0.0, y + 18)
    for place, meaning in _PLACES.items():
        x, y = _next_entry(drawing, x, y, 14 + len(meaning) * LETTER)
        drawing.mark((x + 5, y), place, tokens.INK)
        drawing.text((x + 14, y), meaning)
        x += 14 + len(meaning) * LETTER + 22
    if by == "mechanism":  # panels by pillar name it in their headings
        x, y = 0.0, y + 18
        for pillar, name in _PILLARS.items():
            x, y = _next_entry(drawing, x, y, 14 + len(name) * LETTER)
            drawing.mark((x + 5, y), EdgeLocation.MODEL, PILLAR_COLOURS[pillar])
            drawing.text((x + 14, y), name, colour=PILLAR_COLOURS[pillar])
            x += 14 + len(name) * LETTER + 22
    x, y = 0.0, y + 18
    for meaning in _LETTERS:
        x, y = _next_entry(drawing, x, y, len(meaning) * LETTER)
        drawing.text((x, y), meaning, colour=tokens.ALERT if meaning.startswith("!") else tokens.SOFT)
        x += len(meaning) * LETTER + 14
    return y


def _next_entry(drawing: _Drawing, x: float, y: float, width: float) -> Point:
    """Return the position of the next legend entry: on this line, or on the next one if it does not fit."""
    return (0.0, y + 18) if x and x + width > drawing.width else (x, y)


def _ring(drawing: _Drawing, edges: Sequence[TheoryEdge], y: float) -> float:
    """Draw the fitted model, its constructs and the therapy around an ellipse; return its bottom."""
    narrow = drawing.width < style.HALF_WIDTH
    half_box = (40.0, 18.0) if narrow else (74.0, 16.0)
    down = 225.0 if narrow else 160.0
    drawing.text((0, y), f"The fitted model: {_count(edges)}", size=14, bold=True)
    middle = (drawing.width / 2, y + 26 + half_box[1] + down)
    across = min(360.0, drawing.width / 2 - half_box[0] - 2)
    places = ring((*_RING_RIGHT, *_RING_LEFT), middle=middle, across=across, down=down, turn=0)
    for edge in edges:
        start, end = places[edge.from_construct], places[edge.to_construct]
        line = arc(start, end, bend=0.1, clear=(half_box[0] + 4, half_box[1] + 4))
        drawing.line(line, edge)
        verified = edge.grade is not Grade.UNVERIFIED
        drawing.arrow(line[-1], direction(line), PILLAR_COLOURS[edge.pillar] if verified else _UNKNOWN)
        drawing.sign(line[-min(9, len(line) // 2)], "−" if edge.sign == "-" else "+")
    for name, (x, middle_y) in places.items():
        top, bottom = middle_y - half_box[1], middle_y + half_box[1]
        drawing.boxes.append({"x": x - half_box[0], "x2": x + half_box[0], "y": top, "y2": bottom})
        lines = wrap(label_of(name), 2 * half_box[0] - 8)
        for i, text in enumerate(lines):
            drawing.text((x, middle_y + LINE * (i - (len(lines) - 1) / 2)), text, align="center")
    return middle[1] + down + half_box[1]


def _count(edges: Sequence[TheoryEdge]) -> str:
    return f"{len(edges)} edge{'s' if len(edges) != 1 else ''}"


def _title(by: By) -> str:
    return f"Theory edges by {by}"


def _description(edges: Sequence[TheoryEdge]) -> str:
    places = ", ".join(f"{sum(e.place is place for e in edges)} {meaning}" for place, meaning in _PLACES.items())
    n_verified = sum(e.grade is not Grade.UNVERIFIED for e in edges)
    evidence = f"{n_verified} have a published or computed figure, {len(edges) - n_verified} have neither"
    return f"{_count(edges)}: {places}. {evidence}."
