"""Lags of persons with many observations only, whose mean and trend are estimated more precisely."""

from __future__ import annotations

import numpy as np

from securebase.study.detrending import Detrending
from securebase.study.estimator import InfluenceEstimate, LagEstimator, Link, estimate_pairs, session_pairs
from securebase.study.table import SessionTable

MIN_OBSERVATIONS = 8


def estimate(table: SessionTable, link: Link, detrending: Detrending) -> InfluenceEstimate | None:
    """Estimate as `successive_sessions`, over persons with at least eight values of both constructs."""
    included = np.ones(table.n_persons, dtype=bool)
    for name in (link.earlier, link.later):
        observed = np.isfinite(table.values[name])
        included &= np.bincount(table.person[observed], minlength=table.n_persons) >= MIN_OBSERVATIONS
    return estimate_pairs(session_pairs(table.select(included[table.person]), link, detrending), detrending)


ESTIMATOR = LagEstimator(
    "min_observations",
    "long courses only",
    f"Persons with at least {MIN_OBSERVATIONS} values of both columns.",
    estimate,
)
