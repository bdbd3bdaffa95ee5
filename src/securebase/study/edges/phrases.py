"""Sentences around the estimates of the theory's edges, and plain values for programs."""

from __future__ import annotations

from typing import Any

from securebase.exchange.grid import pluralise
from securebase.model.theory import STUDY_METHODS
from securebase.schema import plain_fields, to_plain
from securebase.study.edges.lags import MIN_CLIENTS
from securebase.study.edges.result import EdgeEstimate, EdgeResult, TheoryEstimates
from securebase.study.phrases import number

#: Kind of pair → share of true lags of .10 and of .06 that differ from zero in tables of 200 clients with 16 sessions.
#: From the benchmark of sparse columns, which a test compares. Simulated: no clinic has checked it.
DETECTED = {"both weekly": (0.94, 0.55), "rare and weekly": (0.15, 0.13), "both rare": (0.04, 0.01)}
#: Reading of an edge → its meaning, in order. “Differs from zero” is by the p value adjusted over all estimates.
READINGS = {
    "as stated": "differs from zero, with the sign of the theory",
    "together": "the same, but within the session, because the lag has no estimate",
    "opposite": "differs from zero, with the other sign",
    "not zero": "differs from zero; the theory gives no sign",
    "inconclusive": "cannot be distinguished from zero",
    "no estimate": "asked too rarely or of too few clients, or only simulated",
    "not asked": "the table has no column for one of its ends",
}
LEGEND = (
    "Arrows show the hypothesis. Every figure is an association between these columns alone and no verdict on order "
    "or cause: securebase study tests whether one column tends to come first."
)


def what_to_expect(n_clients: int, *, simulated: bool = False) -> str:
    """Return the power of a table of this size, in words."""
    (weekly, weekly_small), (one_rare, one_rare_small), (rare, rare_small) = DETECTED.values()
    clients = pluralise(n_clients, "simulated client" if simulated else "client")
    words = (
        "In simulated tables of 200 clients with 16 sessions, the power to detect a lag of .10 (.06) standard "
        f"deviations is {weekly:.0%} ({weekly_small:.0%}) if both columns are rated at every session, {one_rare:.0%} "
        f"({one_rare_small:.0%}) if one is rated two to four times, and {rare:.0%} ({rare_small:.0%}) if both are "
        f"(docs/benchmarks.md, sparse columns). This table has {clients}"
    )
    if n_clients < MIN_CLIENTS:
        return f"{words}; no lag is estimated below {MIN_CLIENTS}, so almost no edge has an estimate."
    if n_clients < 200:
        return f"{words} and less power: expect most edges to be inconclusive."
    return f"{words}. An inconclusive edge is not evidence of no association."


def multiplicity(estimates: TheoryEstimates) -> str:
    """Return how many edges were examined, and how many estimates have each reading after correction."""
    shown = estimates.estimated
    if not shown:
        return f"Edges examined: {len(estimates.results)}. None has an estimate."
    counts = {reading: sum(r.reading == reading for r in shown) for reading in READINGS}
    readings = ", ".join(f"{n} {reading}" for reading, n in counts.items() if n)
    n_session = sum(bool(r.reason) for r in shown)
    within = f", {n_session} of them within the session instead of the lag" if n_session else ""
    raw = sum(r.estimate.p_value < 0.05 for r in shown if r.estimate)
    return (
        f"{len(estimates.results)} edges were examined; {len(shown)} have an estimate{within}. "
        f"By chance alone, about {0.05 * len(shown):.0f} of {len(shown)} would "
        f"have p < .05 ({raw} do). Readings use p values adjusted over the {len(shown)} estimates (Holm): "
        f"{readings}."
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
        "simulated": estimates.simulated,
        "looked_at": len(estimates.results),
        "estimated": len(estimates.estimated),
        "sentences": [
            what_to_expect(estimates.n_clients, simulated=estimates.simulated),
            multiplicity(estimates),
            LEGEND,
        ],
        "edges": [_edge_as_plain(result) for result in estimates.results],
    }


def _edge_as_plain(result: EdgeResult) -> dict[str, Any]:
    names = ("id", "label", "from_construct", "to_construct", "moderator", "claims", "sign", "level", "lag", "form")
    return {
        **plain_fields(result.edge, *names),
        "location": result.edge.place.value,
        "expected_method": result.edge.study_method,
        **plain_fields(result, "reading", "reason", "p_adjusted"),
        "result": None if result.estimate is None else to_plain(result.estimate),
    }


def by_method(estimates: TheoryEstimates) -> list[tuple[str, list[EdgeResult]]]:
    """Return the edges with an estimate by method and scale, with a heading, in the order of STUDY_METHODS."""
    order = list(STUDY_METHODS)
    groups: dict[tuple[int, str], list[EdgeResult]] = {}
    for result in estimates.estimated:
        if result.estimate is not None:
            groups.setdefault((order.index(result.estimate.method), result.estimate.scale), []).append(result)
    headings = {key: f"{STUDY_METHODS[order[key[0]]].label}: {key[1]}" for key in groups}
    return [(headings[key][0].upper() + headings[key][1:], groups[key]) for key in sorted(groups)]


def by_reason(estimates: TheoryEstimates) -> list[tuple[str, list[EdgeResult]]]:
    """Return the edges without the intended estimate by reason, in the order of the theory."""
    groups: dict[str, list[EdgeResult]] = {}
    for result in estimates.with_reason:
        groups.setdefault(result.reason, []).append(result)
    return list(groups.items())
