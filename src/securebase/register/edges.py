"""Probes of edges: where an edge is estimated, with columns and sessions, or simulated, with its sign in a cohort."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from securebase.model.mechanism import THERAPY
from securebase.model.parameter_set import parameter_set
from securebase.model.retellings.fitting import MIN_RETELLINGS
from securebase.model.theory import STUDY_METHODS, EdgeLocation, TheoryEdge, theory
from securebase.register.columns import Asked, asked_for
from securebase.register.simulations import simulated_edge
from securebase.register.specimen import SESSIONS
from securebase.study.detrending import MIN_VALUES, Detrending
from securebase.study.estimators.ct_sparse import MIN_RATINGS_RARE, OFTEN

_OFTEN = round(OFTEN * SESSIONS)


@dataclass(frozen=True, slots=True)
class Ratings:
    """Values per client in a course of 16 sessions that an estimator needs of each end, and of the moderator.

    repeated: whether a rating that the table repeats until the next one counts in every session.
    """

    ends: int
    moderator: int = 1
    repeated: bool = False


#: Method of a study → what it needs. A lag needs both columns in at least every second session.
NEEDED: Mapping[str, Ratings] = MappingProxyType(
    {
        "lag": Ratings(_OFTEN),
        "ct_sparse": Ratings(MIN_RATINGS_RARE),
        "same_session": Ratings(MIN_VALUES[Detrending.DETRENDED]),
        "moderation": Ratings(MIN_VALUES[Detrending.DETRENDED]),
        "curvature": Ratings(MIN_VALUES[Detrending.DETRENDED]),
        "levels": Ratings(2, repeated=True),
        "events": Ratings(2),
        "change_scores": Ratings(2),
        "stories": Ratings(MIN_RETELLINGS),
        "arms": Ratings(2),
    }
)


def edges_of(claim: str) -> Iterator[str]:
    """Yield every edge of a claim that is estimated or simulated, in words."""
    for edge in theory().select(claim=claim):
        if words := edge_in_words(edge):
            yield words


def edge_in_words(edge: TheoryEdge) -> str:
    """Return where an edge is estimated or simulated; empty if nowhere."""
    if edge.place is EdgeLocation.MODEL:
        return f"{edge.label}: model, in `fit` and `track`" if _in_the_model(edge) else ""
    estimated = _in_a_study(edge) if edge.study_method else ""
    simulated = simulated_edge(edge)
    lacking = missing_in_words(edge) if simulated and edge.study_method else ""
    return "; ".join(
        filter(None, (estimated, simulated, f"no estimate from one course: needs {lacking}" * bool(lacking)))
    )


def missing_of(claim: str) -> str:
    """Return what the edges of a claim that a study should estimate lack."""
    edges = (edge for edge in theory().select(claim=claim) if edge.study_method)
    lacking = (part for edge in edges for part in missing_in_words(edge).split(", "))
    return ", ".join(dict.fromkeys(filter(None, lacking)))


def missing_in_words(edge: TheoryEdge) -> str:
    """Return what the estimator of an edge lacks; empty if nothing."""
    if edge.study_method not in NEEDED:
        return f"an estimator of {edge.label}"
    lacking = [f"{n} ratings of {name} (now {given})" for name, n, given, _ in _ends(edge) if given < n]
    return ", ".join(lacking)


def _in_the_model(edge: TheoryEdge) -> bool:
    """Return whether the model of the literature set has an effect with the sign of the edge."""
    literature = parameter_set()
    names, p = literature.specification.constructs, literature.parameters
    to = names.index(edge.to_construct)
    therapy = np.zeros(len(names)) if p.therapy_effect is None else p.therapy_effect
    effect = therapy[to] if edge.from_construct == THERAPY else p.drift[to, names.index(edge.from_construct)]
    return bool(effect > 0) if edge.sign == "+" else bool(effect < 0)


def _in_a_study(edge: TheoryEdge) -> str:
    if missing_in_words(edge):
        return ""
    ends = [(n, asked) for _, n, _, asked in _ends(edge) if asked is not None]
    columns = ", ".join(f"`{asked.column.name}`" for _, asked in ends)
    session = max(asked.sessions[n - 1] for n, asked in ends)
    return f"{edge.label}: {STUDY_METHODS[edge.study_method].label} of {columns}; from {session} sessions on"


def _ends(edge: TheoryEdge) -> Sequence[tuple[str, int, int, Asked | None]]:
    """Return name, ratings needed, ratings given and column of each end, and of the moderator.

    Of a rating that the table repeats, only the first counts where the estimator needs new ones.
    """
    needed = NEEDED[edge.study_method]
    ends = dict.fromkeys((edge.from_construct, edge.to_construct), (needed.ends, needed.repeated))
    if edge.moderator:
        ends[edge.moderator] = (needed.moderator, True)
    rows = []
    for name, (n, repeated) in ends.items():
        asked = asked_for(name)
        given = 0 if asked is None else 1 if asked.repeats and not repeated else len(asked.sessions)
        rows.append((name, n, given, asked))
    return rows
