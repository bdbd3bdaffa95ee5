"""Lags that skip sessions at which neither construct was recorded."""

from __future__ import annotations

import numpy as np

from securebase.study.detrending import Detrending
from securebase.study.estimator import InfluenceEstimate, LagEstimator, Link, estimate_pairs, session_pairs
from securebase.study.table import SessionTable


def estimate(table: SessionTable, link: Link, detrending: Detrending) -> InfluenceEstimate | None:
    """Estimate as `successive_sessions`, over rows with at least one of the two constructs."""
    recorded = np.isfinite(table.values[link.earlier]) | np.isfinite(table.values[link.later])
    return estimate_pairs(session_pairs(table.select(recorded), link, detrending), detrending)


ESTIMATOR = LagEstimator(
    "skip_empty_sessions",
    "empty sessions skipped",
    "Sessions without a value of either column are skipped: more pairs, some of them further apart.",
    estimate,
)
