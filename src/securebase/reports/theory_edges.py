"""Notes on the edges of the theory for a page: result, hypothesis, claims with both sides, and evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from securebase.charts.theory_styles import GRADES, ResultStyles, count_edges
from securebase.model.theory import Claim, Theory, TheoryEdge
from securebase.study.edges.phrases import READINGS, interval
from securebase.study.edges.result import EdgeEstimate, EdgeResult, TheoryEstimates
from securebase.study.phrases import p_value

#: term of what is not known about a claim
OTHER_SIDE = "Other side"
_NO_METHOD = "No estimate. No method estimates this edge from a table; it is only simulated."


@dataclass(frozen=True, slots=True)
class TheoryNote:
    """The note on one edge. reading, figure: its result in a few words, empty without a table; rows: term and text."""

    edge: TheoryEdge
    anchor: str
    label: str
    reading: str
    figure: str
    rows: tuple[tuple[str, str], ...]

    @property
    def short(self) -> str:
        """Return the label with the result in a few words."""
        return f"{self.label}: {self.result}" if self.reading else self.label

    @property
    def result(self) -> str:
        return f"{self.reading}, {self.figure}" if self.figure else self.reading


@dataclass(frozen=True, slots=True)
class NoteGroup:
    """The notes of one panel of the graph. counts: the number of its edges, by reading if they have one."""

    name: str
    counts: str
    notes: tuple[TheoryNote, ...]


def edge_notes(
    theory: Theory, edges: Sequence[TheoryEdge], estimates: TheoryEstimates | None = None
) -> dict[TheoryEdge, TheoryNote]:
    """Return the note on each edge."""
    styles = None if estimates is None else ResultStyles(estimates)
    return {edge: _note(n, edge, theory.claims, styles) for n, edge in enumerate(edges, start=1)}


def group_notes(name: str, notes: Sequence[TheoryNote]) -> NoteGroup:
    """Return notes as a group, sorted by reading in the order of READINGS."""
    order = ["", *READINGS]
    readings = [note.reading for note in notes]
    counts = ", ".join(f"{readings.count(reading)} {reading}" for reading in READINGS if reading in readings)
    in_order = tuple(sorted(notes, key=lambda note: order.index(note.reading)))
    return NoteGroup(name, f"{count_edges([n.edge for n in notes])}{f': {counts}' if counts else ''}", in_order)


def _note(n: int, edge: TheoryEdge, claims: Mapping[str, Claim], styles: ResultStyles | None) -> TheoryNote:
    rows: list[tuple[str, str]] = []
    reading = figure = ""
    if styles is not None:
        result = styles.results.get(edge)
        rows.append(("In this table", _NO_METHOD if result is None else _result(result)))
        figure = interval(result.estimate) if result is not None and result.estimate is not None else ""
        reading = styles.reading(edge)
    rows.append(("Hypothesis", edge.about))
    for claim in (claims[name] for name in edge.claims):
        beyond = " This goes beyond the evidence." if claim.outruns_its_evidence else ""
        rows.append((f"Claim {claim.id}", f"{claim.says[0].upper()}{claim.says[1:]}.{beyond}"))
        if claim.uncertain:
            rows.append((OTHER_SIDE, claim.uncertain))
    basis = edge.size.basis if edge.size else ""
    evidence = " ".join(text for text in (edge.figure, basis) if text)
    grade = GRADES[edge.grade]
    rows.append(("Evidence", f"{grade[0].upper()}{grade[1:]}. {evidence}".strip()))
    label = f"{edge.label} ({edge.sign.replace('-', '−')})"
    return TheoryNote(edge, f"edge-{n}", label, reading, figure, tuple(rows))


def _result(result: EdgeResult) -> str:
    if result.estimate is None:
        return f"{result.reading.capitalize()}. {result.reason}"
    words = f"{result.reading.capitalize()}. {_estimate(result.estimate, result.p_adjusted)}"
    return f"{words} The lag has no estimate: {result.reason}" if result.reason else words


def _estimate(estimate: EdgeEstimate, p_adjusted: float | None) -> str:
    adjusted = "" if p_adjusted is None else f", adjusted {p_value(p_adjusted).removeprefix('p ').removeprefix('= ')}"
    remark = f" ({estimate.remark})" if estimate.remark else ""
    value, _, limits = interval(estimate).partition(" (")
    return (
        f"{value}{remark}, 95% interval {limits.removesuffix(')')}; {p_value(estimate.p_value)}{adjusted}. "
        f"{estimate.scale[0].upper()}{estimate.scale[1:]}. "
        f"{estimate.n_clients:,} clients, {estimate.n_values:,} {estimate.counted}."
    )
