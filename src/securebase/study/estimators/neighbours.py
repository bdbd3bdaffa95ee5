"""Only sessions that follow each other without a gap."""

from __future__ import annotations

import numpy as np

from securebase.study.detrending import Detrending
from securebase.study.estimator import InfluenceEstimate, LagEstimator, Link, estimate_pairs, pairs
from securebase.study.table import SessionTable

#: gaps up to this many usual gaps count as none
_SLACK = 1.5


def estimate(table: SessionTable, link: Link, form: Detrending) -> InfluenceEstimate | None:
    """As `successive`, without pairs further apart than one and a half times the usual (median) gap."""
    found = pairs(table, link, form)
    first, second = table.successive()
    if not len(first):
        return None
    usual = float(np.median(table.times[second] - table.times[first]))
    return estimate_pairs(found.only(found.gap <= _SLACK * usual), form)


ESTIMATOR = LagEstimator(
    "neighbours",
    "no gap between the two sessions",
    "Only pairs of sessions at most one and a half times the usual distance apart; with session numbers, only numbers "
    "that follow each other directly.",
    estimate,
)
