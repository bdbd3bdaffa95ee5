"""Notes on the edges of the theory for a page: result, hypothesis, claims with both sides, and evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from securebase.charts.theory_styles import GRADES, PILLARS, ResultStyles
from securebase.model.theory import Claim, Theory, TheoryEdge
from securebase.study.edges.phrases import READINGS, interval
from securebase.study.edges.result import EdgeEstimate, EdgeResult, TheoryEstimates
from securebase.study.phrases import p_value

_NO_METHOD = "No estimate. No method estimates this edge from a table; it is only simulated."


@dataclass(frozen=True, slots=True)
class ListedEdge:
    """One edge of the list. short: its label with the result in a few words; rows: a term and its text."""

    edge: TheoryEdge
    anchor: str
    label: str
    short: str
    rows: tuple[tuple[str, str], ...]


def edge_notes(
    theory: Theory, edges: Sequence[TheoryEdge], estimates: TheoryEstimates | None = None
) -> dict[str, list[ListedEdge]]:
    """Return the notes of edges under headings: by reading, or by pillar without estimates."""
    if estimates is None:
        return {
            name: [_note(n, e, theory.claims) for n, e in enumerate(edges, start=1) if e.pillar is pillar]
            for pillar, name in PILLARS.items()
            if any(e.pillar is pillar for e in edges)
        }
    styles = ResultStyles(estimates)
    groups: dict[str, list[ListedEdge]] = {reading: [] for reading in READINGS}
    for n, edge in enumerate(edges, start=1):
        groups[styles.reading(edge)].append(_note(n, edge, theory.claims, styles))
    return {f"{reading.capitalize()}: {READINGS[reading]}": notes for reading, notes in groups.items() if notes}


def _note(n: int, edge: TheoryEdge, claims: Mapping[str, Claim], styles: ResultStyles | None = None) -> ListedEdge:
    label = f"{edge.label} ({edge.sign.replace('-', '−')})"
    rows: list[tuple[str, str]] = []
    short = label
    if styles is not None:
        result = styles.results.get(edge)
        rows.append(("In this table", _NO_METHOD if result is None else _result(result)))
        figure = f", {interval(result.estimate)}" if result is not None and result.estimate is not None else ""
        short = f"{label}: {styles.reading(edge)}{figure}"
    rows.append(("Hypothesis", edge.about))
    for claim in (claims[name] for name in edge.claims):
        beyond = " This goes beyond the evidence." if claim.outruns_its_evidence else ""
        rows.append((f"Claim {claim.id}", f"{claim.says[0].upper()}{claim.says[1:]}.{beyond}"))
        if claim.uncertain:
            rows.append(("Other side", claim.uncertain))
    basis = edge.size.basis if edge.size else ""
    evidence = " ".join(text for text in (edge.figure, basis) if text)
    grade = GRADES[edge.grade]
    rows.append(("Evidence", f"{grade[0].upper()}{grade[1:]}. {evidence}".strip()))
    return ListedEdge(edge, f"edge-{n}", label, short, tuple(rows))


def _result(result: EdgeResult) -> str:
    if result.estimate is None:
        return f"No estimate. {result.reason}"
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
