"""Lags over adjacent sessions only, without a gap between them."""

from __future__ import annotations

import numpy as np

from securebase.study.detrending import Detrending
from securebase.study.estimator import InfluenceEstimate, LagEstimator, Link, estimate_pairs, session_pairs
from securebase.study.table import SessionTable

#: longest gap that counts as adjacent, in usual (median) gaps
_MAX_GAP_RATIO = 1.5


def estimate(table: SessionTable, link: Link, detrending: Detrending) -> InfluenceEstimate | None:
    """Estimate as `successive_sessions`, without pairs further apart than 1.5 times the usual (median) gap."""
    pairs = session_pairs(table, link, detrending)
    first, second = table.successive()
    if not len(first):
        return None
    usual_gap = float(np.median(table.times[second] - table.times[first]))
    return estimate_pairs(pairs.select(pairs.gap <= _MAX_GAP_RATIO * usual_gap), detrending)


ESTIMATOR = LagEstimator(
    "adjacent_sessions",
    "adjacent sessions only",
    "Sessions at most 1.5 times the usual interval apart; with session numbers, consecutive numbers only.",
    estimate,
)
