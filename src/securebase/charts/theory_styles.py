"""Lines, marks and key of the theory graph: edges by their evidence, or by their results in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from securebase.charts import tokens
from securebase.charts.theory_drawing import EdgeStyle
from securebase.model.mechanism import Grade, Pillar
from securebase.model.theory import EdgeLocation, TheoryEdge
from securebase.study.edges.phrases import READINGS
from securebase.study.edges.result import EdgeResult, TheoryEstimates

PILLAR_COLOURS = {
    Pillar.ATTACHMENT: tokens.ACCENT,
    Pillar.COMMUNICATION: tokens.PROCESSING,
    Pillar.SOCIAL: tokens.STRESS,
    Pillar.COMMON_FACTORS: tokens.INK,
}
PILLARS = {
    Pillar.COMMON_FACTORS: "Common factors",
    Pillar.ATTACHMENT: "Attachment",
    Pillar.COMMUNICATION: "Communication",
    Pillar.SOCIAL: "Social",
}
PLACES = {
    EdgeLocation.MODEL: "estimated in the model",
    EdgeLocation.STUDY: "estimated in studies only",
    EdgeLocation.SIMULATED: "simulated only",
}
GRADES = {
    Grade.VERIFIED: "published finding",
    Grade.COMPUTED: "computed from public data",
    Grade.UNVERIFIED: "no figure",
}
_DASHES: dict[Grade, tuple[int, ...]] = {Grade.VERIFIED: (), Grade.COMPUTED: (7, 2), Grade.UNVERIFIED: (3, 3)}
_THIN = 1.3
#: Reading → line and mark. Each reading has a dash and a mark of its own, so that none depends on colour.
READING_STYLES = {
    "as stated": EdgeStyle(tokens.ACCENT, mark="circle", mark_colour=tokens.ACCENT, mark_fill=tokens.ACCENT),
    "together": EdgeStyle(tokens.ACCENT, (10, 3, 2, 3), mark="diamond", mark_colour=tokens.ACCENT),
    "opposite": EdgeStyle(tokens.WARN, (10, 4), mark="cross", mark_colour=tokens.WARN),
    "not zero": EdgeStyle(tokens.PROCESSING, (2, 2), mark="square", mark_colour=tokens.PROCESSING),
    "inconclusive": EdgeStyle(tokens.OTHER, (5, 4), _THIN, mark="circle", mark_colour=tokens.OTHER),
    "no estimate": EdgeStyle(tokens.OTHER, (2, 4), _THIN, mark="triangle-down", mark_colour=tokens.OTHER),
    "not asked": EdgeStyle(tokens.OTHER, (1, 5), _THIN),
}
#: Least |estimate| → width of a line that differs from zero: a small and a medium correlation (Cohen 1988).
WIDTHS = {0.0: 1.6, 0.1: 2.8, 0.3: 4.4}
_WIDTH_KEY = ("if not zero, estimate below .10", ".10 to .30", ".30 and more (on its own scale)")


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """An entry of the key: a sample of a line or of a mark alone, and its meaning in `colour`."""

    meaning: str
    style: EdgeStyle
    line: bool = True
    colour: str = ""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """Entries that begin on a line of their own; `follows` the row before if the picture is wide."""

    entries: tuple[KeyEntry, ...]
    follows: bool = False


class EdgeStyles(Protocol):
    """A way to draw edges."""

    def style(self, edge: TheoryEdge) -> EdgeStyle:
        """Return line and mark of an edge."""

    def key(self, edges: Sequence[TheoryEdge], *, name_pillars: bool) -> tuple[KeyRow, ...]:
        """Return the key to these edges; the colours of the pillars are in it if the panels do not name them."""

    def panel_colour(self, colour: str) -> str:
        """Return the colour of heading and bars of a panel whose own colour is `colour`."""

    def describe(self, edges: Sequence[TheoryEdge]) -> str:
        """Return the edges in words, as text alternative."""


class EvidenceStyles:
    """Draw edges by what is known about them: line by grade, mark by location, colour by pillar."""

    def style(self, edge: TheoryEdge) -> EdgeStyle:
        colour = PILLAR_COLOURS[edge.pillar]
        line = _line(edge.grade, colour)
        return replace(_place(edge.place, colour), colour=line.colour, dash=line.dash, width=line.width)

    def key(self, edges: Sequence[TheoryEdge], *, name_pillars: bool) -> tuple[KeyRow, ...]:
        sample = PILLAR_COLOURS[Pillar.ATTACHMENT]
        lines = tuple(KeyEntry(meaning, _line(grade, sample)) for grade, meaning in GRADES.items())
        places = tuple(KeyEntry(meaning, _place(place, tokens.INK), line=False) for place, meaning in PLACES.items())
        colours = {PILLARS[pillar]: PILLAR_COLOURS[pillar] for pillar in PILLARS}
        pillars = tuple(
            KeyEntry(name, _place(EdgeLocation.MODEL, colour), line=False, colour=colour)
            for name, colour in colours.items()
        )
        rows = (KeyRow(lines), KeyRow(places, follows=True))
        return (*rows, KeyRow(pillars)) if name_pillars else rows

    def panel_colour(self, colour: str) -> str:
        return colour

    def describe(self, edges: Sequence[TheoryEdge]) -> str:
        places = ", ".join(f"{sum(e.place is place for e in edges)} {meaning}" for place, meaning in PLACES.items())
        n_verified = sum(e.grade is not Grade.UNVERIFIED for e in edges)
        evidence = f"{n_verified} have a published or computed figure, {len(edges) - n_verified} have neither"
        return f"{count_edges(edges)}: {places}. {evidence}."


class ResultStyles:
    """Draw edges by what one table says: line, mark and colour by reading, width by the size of the estimate."""

    def __init__(self, estimates: TheoryEstimates) -> None:
        self.results = {result.edge: result for result in estimates.results}

    def style(self, edge: TheoryEdge) -> EdgeStyle:
        shape = READING_STYLES[self.reading(edge)]
        result = self.results.get(edge)
        return shape if result is None or shape.width == _THIN else replace(shape, width=line_width(result))

    def reading(self, edge: TheoryEdge) -> str:
        """Return the reading of an edge; one that no estimator knows has no estimate."""
        return self.results[edge].reading if edge in self.results else "no estimate"

    def key(self, edges: Sequence[TheoryEdge], *, name_pillars: bool) -> tuple[KeyRow, ...]:
        counts = self._counts(edges)
        readings = [
            KeyRow((KeyEntry(f"{reading} ({n}): {READINGS[reading]}", READING_STYLES[reading]),))
            for reading, n in counts.items()
            if n or reading in ("as stated", "opposite", "inconclusive", "no estimate", "not asked")
        ]
        widths = (
            KeyEntry(meaning, replace(READING_STYLES["as stated"], width=width, mark=""))
            for meaning, width in zip(_WIDTH_KEY, WIDTHS.values(), strict=True)
        )
        return (*readings, KeyRow(tuple(widths)))

    def panel_colour(self, colour: str) -> str:
        return tokens.INK

    def describe(self, edges: Sequence[TheoryEdge]) -> str:
        counts = ", ".join(f"{n} {reading}" for reading, n in self._counts(edges).items() if n)
        return f"{count_edges(edges)} by result in one table: {counts}. Associations, no verdict on order or cause."

    def _counts(self, edges: Sequence[TheoryEdge]) -> dict[str, int]:
        readings = [self.reading(edge) for edge in edges]
        return {reading: readings.count(reading) for reading in READINGS}


def line_width(result: EdgeResult) -> float:
    """Return the width of the line of an estimate that differs from zero."""
    size = 0.0 if result.estimate is None else abs(result.estimate.estimate)
    return max(width for least, width in WIDTHS.items() if size >= least)


def count_edges(edges: Sequence[TheoryEdge]) -> str:
    """Return the number of edges in words."""
    return f"{len(edges)} edge{'s' if len(edges) != 1 else ''}"


def _line(grade: Grade, colour: str) -> EdgeStyle:
    """Return the line of a grade: solid in `colour` if verified, grey without any figure."""
    width = 1.6 if grade is Grade.VERIFIED else _THIN
    return EdgeStyle(tokens.OTHER if grade is Grade.UNVERIFIED else colour, _DASHES[grade], width)


def _place(place: EdgeLocation, colour: str) -> EdgeStyle:
    """Return the mark of a location: filled in the model, hollow in studies, a cross if only simulated."""
    mark = "cross" if place is EdgeLocation.SIMULATED else "circle"
    fill = colour if place is EdgeLocation.MODEL else tokens.CARD
    return EdgeStyle(colour, mark=mark, mark_colour=colour, mark_fill=fill)
