"""Lags corrected for most of the bias of short courses: the half-panel jackknife."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase.study.detrending import Detrending
from securebase.study.estimator import (
    InfluenceEstimate,
    LagEstimator,
    Link,
    SessionPairs,
    session_pairs,
    standardise,
)
from securebase.study.regression import Regression, regress
from securebase.study.table import SessionTable

_MIN_PERSONS, _MIN_PAIRS = 10, 30


def estimate(table: SessionTable, link: Link, detrending: Detrending) -> InfluenceEstimate | None:
    """Estimate by the half-panel jackknife (Dhaene & Jochmans 2015): twice the whole less the mean of both halves.

    Removing a mean or a trend from T values biases a lag by about c/T (Nickell 1981), and in half of the values by
    2c/T. The combination is free of the c/T term, at the cost of wider intervals.
    """
    second_half = _in_second_half(table)
    halves = [
        session_pairs(table.select(~second_half), link, detrending),
        session_pairs(table.select(second_half), link, detrending),
    ]
    in_both = np.intersect1d(halves[0].person, halves[1].person)
    full_panel = session_pairs(table, link, detrending)
    parts = [_fit(pairs.select(np.isin(pairs.person, in_both))) for pairs in (full_panel, *halves)]
    if any(part is None for part in parts):
        return None
    fits = [part for part in parts if part is not None]
    coefficients = 2 * fits[0].coefficients - 0.5 * (fits[1].coefficients + fits[2].coefficients)
    influence = 2 * fits[0].influence - 0.5 * (fits[1].influence + fits[2].influence)
    pairs = full_panel.select(np.isin(full_panel.person, in_both))
    sds = [float(np.std(x, ddof=1)) for x in (pairs.earlier, pairs.own_past, pairs.later)]
    return standardise(
        detrending,
        raw=float(coefficients[1]),
        influence=influence[:, 1],
        own_past=float(coefficients[2]),
        own_past_influence=influence[:, 2],
        sds=(sds[0], sds[1], sds[2]),
        n_pairs=len(pairs.later),
        n_persons=len(in_both),
    )


def _fit(pairs: SessionPairs) -> Regression | None:
    if len(pairs.later) < _MIN_PAIRS or len(np.unique(pairs.person)) < _MIN_PERSONS:
        return None
    return regress(pairs.later, np.column_stack([pairs.earlier, pairs.own_past]), pairs.person, pairs.n_persons)


def _in_second_half(table: SessionTable) -> NDArray[np.bool_]:
    """Return (rows,) true in the second half of each person's rows; an odd row belongs to the first half."""
    count = np.bincount(table.person, minlength=table.n_persons)
    position = np.arange(table.n_rows) - (np.cumsum(count) - count)[table.person]
    return position >= ((count + 1) // 2)[table.person]


ESTIMATOR = LagEstimator(
    "half_panel_jackknife",
    "half-panel jackknife",
    "Twice the estimate minus the mean of the estimates from the first and second half of each course: removes most of "
    "the bias of centring or detrending short courses, at the cost of precision.",
    estimate,
)
