"""Sentences around the estimates of the theory's edges, and plain values for programs."""

from __future__ import annotations

from typing import Any

from securebase.model.theory import STUDY_METHODS
from securebase.schema import plain_fields, to_plain
from securebase.study.edges.lags import MIN_CLIENTS
from securebase.study.edges.result import EdgeEstimate, EdgeResult, TheoryEstimates
from securebase.study.phrases import number

READINGS = {
    "as stated": "the sign that the theory states",
    "opposite": "the opposite sign",
    "not zero": "not zero, where the theory states no sign",
    "inconclusive": "inconclusive",
}
LEGEND = (
    "Arrows name the hypothesis. Every figure is an association between these columns alone, and no verdict on order "
    "or cause: securebase study tests whether one column tends to come first."
)


def what_to_expect(n_clients: int) -> str:
    """Return how much a table of this size can tell at all."""
    words = (
        "In simulated tables of 200 clients, most true lags of .06 to .10 standard deviations do not differ from zero."
    )
    if n_clients < MIN_CLIENTS:
        return (
            f"{words} This table has {n_clients} clients; no lag is estimated below {MIN_CLIENTS}, so almost every "
            "edge reads “cannot say”."
        )
    if n_clients < 200:
        return f"{words} This table has {n_clients} clients and tells less: most edges read “inconclusive”."
    return (
        f"{words} This table has {n_clients} clients. An inconclusive edge is no evidence that there is no association."
    )


def multiplicity(estimates: TheoryEstimates) -> str:
    """Return how many edges were looked at, and how many estimates have which reading after correction."""
    shown = estimates.estimated
    counts = {reading: sum(r.reading == reading for r in shown) for reading in READINGS}
    readings = ", ".join(f"{n} {READINGS[reading]}" for reading, n in counts.items() if n)
    raw = sum(r.estimate.p_value < 0.05 for r in shown if r.estimate)
    return (
        f"{len(estimates.results)} edges were looked at, {len(shown)} have an estimate. By chance alone about "
        f"{0.05 * len(shown):.0f} of {len(shown)} would have p < .05 ({raw} have). Readings use p values adjusted over "
        f"the {len(shown)} estimates (Holm): {readings or 'none'}."
    )


def interval(estimate: EdgeEstimate) -> str:
    """Return an estimate with its interval: −.13 (−.21 to −.05)."""
    return f"{number(estimate.estimate)} ({number(estimate.lower)} to {number(estimate.upper)})"


def estimates_as_plain(estimates: TheoryEstimates, table: str) -> dict[str, Any]:
    """Return everything as plain values for JSON."""
    return {
        "format": "securebase-theory-estimates",
        "version": 1,
        "table": table,
        "clients": estimates.n_clients,
        "rows": estimates.n_rows,
        "looked_at": len(estimates.results),
        "estimated": len(estimates.estimated),
        "sentences": [what_to_expect(estimates.n_clients), multiplicity(estimates), LEGEND],
        "edges": [_edge_as_plain(result) for result in estimates.results],
    }


def _edge_as_plain(result: EdgeResult) -> dict[str, Any]:
    names = ("label", "from_construct", "to_construct", "moderator", "claims", "sign", "level", "lag", "form")
    return {
        **plain_fields(result.edge, *names),
        "location": result.edge.place.value,
        "expected_method": result.edge.study_method,
        **plain_fields(result, "reading", "reason", "p_adjusted"),
        "result": None if result.estimate is None else to_plain(result.estimate),
    }


def method_heading(method: str, scale: str) -> str:
    """Return the heading of the estimates by one method on one scale."""
    label = STUDY_METHODS[method].label
    return f"{label[0].upper()}{label[1:]}: {scale}"
