"""The leading estimator of the report: lags over successive sessions of a person, whatever lies between them."""

from __future__ import annotations

from securebase.study.detrending import Detrending
from securebase.study.estimator import InfluenceEstimate, LagEstimator, Link, estimate_pairs, session_pairs
from securebase.study.table import SessionTable


def estimate(table: SessionTable, link: Link, detrending: Detrending) -> InfluenceEstimate | None:
    """Regress later(t′) on earlier and later's own past, detrended alike, over all pairs of successive sessions."""
    return estimate_pairs(session_pairs(table, link, detrending), detrending)


ESTIMATOR = LagEstimator(
    "successive_sessions",
    "successive sessions",
    "Each person’s next session in the table, even if session numbers in between are missing; a pair needs all three "
    "values.",
    estimate,
)
