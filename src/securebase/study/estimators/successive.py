"""The estimator that the report leads with: successive sessions of a person, whatever lies between them."""

from __future__ import annotations

from securebase.study.detrending import Detrending
from securebase.study.estimator import InfluenceEstimate, LagEstimator, Link, estimate_pairs, pairs
from securebase.study.table import SessionTable


def estimate(table: SessionTable, link: Link, form: Detrending) -> InfluenceEstimate | None:
    """later(t′) on earlier and later's own past, both in one form, over every two sessions that follow each other."""
    return estimate_pairs(pairs(table, link, form), form)


ESTIMATOR = LagEstimator(
    "successive",
    "successive sessions",
    "Lag 1 is the person's next session in the table, even where a session number in between is missing. A pair counts "
    "where all three values are there.",
    estimate,
)
