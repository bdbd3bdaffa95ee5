"""Only persons with long courses, whose mean and line are known better."""

from __future__ import annotations

import numpy as np

from securebase.study.detrending import Detrending
from securebase.study.estimator import InfluenceEstimate, LagEstimator, Link, estimate_pairs, pairs
from securebase.study.table import SessionTable

FEWEST_VALUES = 8


def estimate(table: SessionTable, link: Link, form: Detrending) -> InfluenceEstimate | None:
    """As `successive`, over persons with at least eight values of each of the two."""
    enough = np.ones(table.n_persons, dtype=bool)
    for name in (link.earlier, link.later):
        there = np.isfinite(table.values[name])
        enough &= np.bincount(table.person[there], minlength=table.n_persons) >= FEWEST_VALUES
    return estimate_pairs(pairs(table.only(enough[table.person]), link, form), form)


ESTIMATOR = LagEstimator(
    "long_courses",
    "long courses only",
    f"Only persons with at least {FEWEST_VALUES} values of each of the two.",
    estimate,
)
