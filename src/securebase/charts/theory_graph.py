"""Graph of the theory: the fitted model as a ring, and all edges in panels by pillar or by mechanism.

Lines are drawn by the evidence for an edge, or by its result in one table (`theory_styles.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import altair as alt

from securebase.charts import style, tokens
from securebase.charts.theory_drawing import Align, Drawing
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
from securebase.charts.theory_styles import (
    PILLAR_COLOURS,
    PILLARS,
    EdgeStyles,
    EvidenceStyles,
    KeyEntry,
    ResultStyles,
    count_edges,
)
from securebase.measurement.constructs import MECHANISM_CONSTRUCTS, construct
from securebase.model.mechanism import THERAPY, EffectLevel
from securebase.model.theory import EdgeLocation, Theory, TheoryEdge, label_of
from securebase.study.edges.result import TheoryEstimates

By = Literal["pillar", "mechanism"]

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


@style.skip_validation
def theory_graph(
    theory: Theory,
    edges: Sequence[TheoryEdge] | None = None,
    *,
    by: By = "pillar",
    width: int = style.FULL_WIDTH,
    estimates: TheoryEstimates | None = None,
    notes: Sequence[str] = (),
) -> alt.LayerChart:
    """Return `edges` (default: all) in panels, side by side if they fit, below the fitted model as a ring.

    A selection of edges is drawn without the ring. estimates: draw the edges by their results. notes: sentences above
    the key. Raises ValueError without edges.
    """
    selected = _select(theory, edges)
    drawing, styles = Drawing(width), _styles(estimates)
    bottom = _key(drawing, _notes(drawing, notes), styles, selected, by)
    if edges is None:
        bottom = _ring(drawing, styles, theory.select(place=EdgeLocation.MODEL), bottom + 34)
    bottom = _panels(drawing, styles, _groups(selected, by), bottom + 34)
    return _finish(drawing, bottom, _title(by), styles.describe(selected))


@dataclass(frozen=True, slots=True)
class TheoryPicture:
    """One picture of a page: its chart, and every edge in it with the points of its line."""

    chart: alt.LayerChart
    edges: tuple[tuple[TheoryEdge, Sequence[Point]], ...]


class TheoryPictures:
    """The parts of the graph as pictures of their own, for a page that arranges them itself."""

    def __init__(
        self,
        theory: Theory,
        edges: Sequence[TheoryEdge] | None = None,
        *,
        by: By = "pillar",
        estimates: TheoryEstimates | None = None,
    ) -> None:
        self.edges = _select(theory, edges)
        self.in_ring = theory.select(place=EdgeLocation.MODEL) if edges is None else ()
        self.by = by
        self.styles = _styles(estimates)

    def key(self, width: int) -> TheoryPicture:
        """Return the key to lines, marks and letters."""
        drawing = Drawing(width)
        return self._picture(drawing, _key(drawing, 12.0, self.styles, self.edges, self.by), "Key", self.edges)

    def ring(self, width: int) -> TheoryPicture | None:
        """Return the fitted model, or None for a selection of edges."""
        drawing = Drawing(width)
        if not self.in_ring:
            return None
        return self._picture(drawing, _ring(drawing, self.styles, self.in_ring, 12.0), "The fitted model", self.in_ring)

    @property
    def groups(self) -> dict[str, tuple[TheoryEdge, ...]]:
        """Return the edges of every panel by its heading."""
        return {name: tuple(edges) for name, (edges, _) in _groups(self.edges, self.by).items()}

    def panels(self, width: int) -> Iterator[TheoryPicture]:
        """Yield a picture of every panel."""
        for name, group in _groups(self.edges, self.by).items():
            drawing = Drawing(width)
            yield self._picture(drawing, _panels(drawing, self.styles, {name: group}, 12.0), name, group[0])

    def _picture(self, drawing: Drawing, bottom: float, label: str, edges: Sequence[TheoryEdge]) -> TheoryPicture:
        chart = _finish(drawing, bottom, label, self.styles.describe(edges))
        return TheoryPicture(chart, tuple(drawing.edges))


def _select(theory: Theory, edges: Sequence[TheoryEdge] | None) -> tuple[TheoryEdge, ...]:
    selected = theory.edges if edges is None else tuple(edges)
    if not selected:
        raise ValueError("no edge to draw (edges is empty)")
    return selected


def _styles(estimates: TheoryEstimates | None) -> EdgeStyles:
    return EvidenceStyles() if estimates is None else ResultStyles(estimates)


def _finish(drawing: Drawing, bottom: float, label: str, description: str) -> alt.LayerChart:
    return style.apply_theme(drawing.chart(bottom + 8), label=label, description=description)


def _groups(edges: Sequence[TheoryEdge], by: By) -> dict[str, tuple[list[TheoryEdge], str]]:
    """Return edges and colour by heading. An edge of two mechanisms is in both groups, one of none in the last."""
    groups: dict[str, tuple[list[TheoryEdge], str]] = {}
    if by == "pillar":
        for pillar, name in PILLARS.items():
            groups[name] = [e for e in edges if e.pillar is pillar], PILLAR_COLOURS[pillar]
    else:
        for i, name in enumerate(MECHANISM_CONSTRUCTS, start=1):
            label = f"M{i} {construct(name).label}"
            groups[label] = [e for e in edges if f"M{i}" in e.mechanisms], style.CONSTRUCT_COLOURS[name]
        groups["None of the four"] = [e for e in edges if not e.mechanisms], tokens.SOFT
    return {name: group for name, group in groups.items() if group[0]}


def _panels(
    drawing: Drawing, styles: EdgeStyles, groups: Mapping[str, tuple[list[TheoryEdge], str]], y: float
) -> float:
    """Draw every group under its heading, in two columns if they fit, each in the shorter column; return the bottom."""
    columns = 2 if drawing.width > style.HALF_WIDTH and len(groups) > 1 else 1
    gap = 44.0
    panel_width = (drawing.width - gap * (columns - 1)) / columns
    bottoms = [y] * columns
    for name, (edges, group_colour) in groups.items():
        column, colour = bottoms.index(min(bottoms)), styles.panel_colour(group_colour)
        x, top = column * (panel_width + gap), bottoms[column]
        drawing.text((x, top), f"{name}: {count_edges(edges)}", size=14, bold=True, colour=colour)
        edge_panel = panel(edges, x=x, y=top + 18, width=panel_width)
        _draw_panel(drawing, styles, edge_panel, colour)
        bottoms[column] = edge_panel.bottom + 34
    return max(bottoms) - 34


def _draw_panel(drawing: Drawing, styles: EdgeStyles, edge_panel: EdgePanel, colour: str) -> None:
    sides: tuple[tuple[tuple[NodeBlock, ...], Align, float], ...] = (
        (edge_panel.origins, "right", -6.0),
        (edge_panel.ends, "left", 6.0),
    )
    for blocks, align, offset in sides:
        for block in blocks:
            drawing.bars.append({"x": block.x, "y": block.top + 1, "y2": block.bottom - 1, "colour": colour})
            _draw_words(drawing, block, align, offset)
    for wire in edge_panel.wires:
        drawing.edge(wire.points, wire.edge, styles.style(wire.edge))
        _draw_end(drawing, styles, wire)


def _draw_words(drawing: Drawing, block: NodeBlock, align: Align, offset: float) -> None:
    top = block.middle - LINE * (len(block.words) - 1) / 2
    for i, line in enumerate(block.words):
        drawing.text((block.x + offset, top + LINE * i), line, align=align)


def _draw_end(drawing: Drawing, styles: EdgeStyles, wire: Wire) -> None:
    """Draw the mark at the end of a line, then sign, level and a warning if the claim outruns its evidence."""
    x, y = wire.end
    edge = wire.edge
    drawing.mark((x, y), styles.style(edge))
    warned = edge.outruns_its_evidence
    label = " ".join(part for part in (_SIGNS[edge.sign], _LEVELS.get(edge.level, ""), "!" if warned else "") if part)
    drawing.text((x + 7, y), label, size=10.5, colour=tokens.ALERT if warned else tokens.SOFT)


def _notes(drawing: Drawing, notes: Sequence[str]) -> float:
    """Write the sentences above the key; return the height at which the key begins."""
    y = 12.0
    for note in notes:
        y = drawing.paragraph((0.0, y), note) + 22
    return y


def _key(drawing: Drawing, y: float, styles: EdgeStyles, edges: Sequence[TheoryEdge], by: By) -> float:
    """Draw the key to lines, marks and letters; return its bottom."""
    x = 0.0
    for i, row in enumerate(styles.key(edges, name_pillars=by == "mechanism")):
        if i and not (row.follows and drawing.width > style.HALF_WIDTH):
            x, y = 0.0, y + 18
        for entry in row.entries:
            x, y = _draw_entry(drawing, entry, x, y)
    x, y = 0.0, y + 18
    for meaning in _LETTERS:
        x, y = drawing.next_entry(x, y, meaning, 0)
        drawing.text((x, y), meaning, colour=tokens.ALERT if meaning.startswith("!") else tokens.SOFT)
        x += len(meaning) * LETTER + 14
    return y


def _draw_entry(drawing: Drawing, entry: KeyEntry, x: float, y: float) -> Point:
    """Draw a sample and its meaning; return the position of the next entry."""
    sample = 14.0 if not entry.line else 40.0 if entry.style.mark else 34.0
    x, y = drawing.next_entry(x, y, entry.meaning, sample)
    if entry.line:
        drawing.line(((x, y), (x + 28, y)), entry.style)
    drawing.mark((x + (28 if entry.line else 5), y), entry.style)
    bottom = drawing.paragraph((x + sample, y), entry.meaning, colour=entry.colour)
    return x + sample + len(entry.meaning) * LETTER + 22, bottom


def _ring(drawing: Drawing, styles: EdgeStyles, edges: Sequence[TheoryEdge], y: float) -> float:
    """Draw the fitted model, its constructs and the therapy around an ellipse; return its bottom."""
    narrow = drawing.width < style.HALF_WIDTH
    half_box = (40.0, 18.0) if narrow else (74.0, 16.0)
    down = 225.0 if narrow else 160.0
    drawing.text((0, y), f"The fitted model: {count_edges(edges)}", size=14, bold=True)
    middle = (drawing.width / 2, y + 26 + half_box[1] + down)
    across = min(360.0, drawing.width / 2 - half_box[0] - 2)
    places = ring((*_RING_RIGHT, *_RING_LEFT), middle=middle, across=across, down=down, turn=0)
    for edge in edges:
        start, end = places[edge.from_construct], places[edge.to_construct]
        line = arc(start, end, bend=0.1, clear=(half_box[0] + 4, half_box[1] + 4))
        shape = styles.style(edge)
        drawing.edge(line, edge, shape)
        drawing.arrow(line[-1], direction(line), shape.colour)
        drawing.sign(line[-min(9, len(line) // 2)], "−" if edge.sign == "-" else "+")
    for name, (x, middle_y) in places.items():
        top, bottom = middle_y - half_box[1], middle_y + half_box[1]
        drawing.boxes.append({"x": x - half_box[0], "x2": x + half_box[0], "y": top, "y2": bottom})
        lines = wrap(label_of(name), 2 * half_box[0] - 8)
        for i, text in enumerate(lines):
            drawing.text((x, middle_y + LINE * (i - (len(lines) - 1) / 2)), text, align="center")
    return middle[1] + down + half_box[1]


def _title(by: By) -> str:
    return f"Theory edges by {by}"
