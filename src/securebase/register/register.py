"""The register: one row for each kind of support of each claim. Everything that can be computed is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from securebase.model.theory import theory
from securebase.register.analyses import analyses_of, find_result
from securebase.register.edges import edges_of, missing_of
from securebase.register.places import measures_of, tools_of
from securebase.register.row import RegisterRow, RowKind
from securebase.register.simulations import simulations_of
from securebase.register.statements import statement_of


def mechanisms_of(_: str) -> Iterable[str]:
    """Yield the four mechanisms of a client, and the words that abstain from a ranking (S82)."""
    mechanisms, verdict = (find_result("client page", key) for key in ("mechanisms", "hypotheses.verdict"))
    if len(mechanisms or []) == 4 and verdict:
        yield f"{', '.join(m['label'] for m in mechanisms)} (`client page`); ranking of 26 sessions: “{verdict}”"


#: Kind of support → probe: the places of a claim, in words, that were found by running them.
PROBES: Mapping[RowKind, Callable[[str], Iterable[str]]] = MappingProxyType(
    {
        RowKind.MEASURE: measures_of,
        RowKind.EDGE: edges_of,
        RowKind.TOOL: tools_of,
        RowKind.ANALYSIS: analyses_of,
        RowKind.SIMULATION: simulations_of,
        RowKind.STATEMENT: statement_of,
        RowKind.CORE: mechanisms_of,
    }
)


def register() -> tuple[RegisterRow, ...]:
    """Return all rows, claim by claim. Takes some ten seconds: it simulates cohorts and analyses them."""
    return tuple(probe(claim.id, RowKind(kind)) for claim in theory().claims.values() for kind in claim.needs)


def probe(claim: str, kind: RowKind) -> RegisterRow:
    """Return the row of one kind of support of a claim. An open row of edges says what it lacks."""
    shown_by = tuple(PROBES[kind](claim))
    lacks = missing_of(claim) if kind is RowKind.EDGE and not shown_by else ""
    return RegisterRow(claim, kind, shown_by, lacks)
