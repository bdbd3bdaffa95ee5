"""Takes away most of the bias that short courses put into lagged effects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase.study.detrending import Detrending
from securebase.study.estimator import InfluenceEstimate, LagEstimator, Link, Pairs, pairs, report
from securebase.study.regression import Regression, regress
from securebase.study.table import SessionTable

_FEWEST_PERSONS, _FEWEST_PAIRS = 10, 30


def estimate(table: SessionTable, link: Link, form: Detrending) -> InfluenceEstimate | None:
    """Half-panel jackknife (Dhaene & Jochmans 2015): twice the whole less the mean of the two halves.

    Taking out a mean or a line from T values biases a lag by about c/T (Nickell 1981), and by twice that in half of
    the values, so that the combination is free of c/T. Wider intervals are its price.
    """
    second = _second_half(table)
    halves = [pairs(table.only(~second), link, form), pairs(table.only(second), link, form)]
    both = np.intersect1d(halves[0].person, halves[1].person)
    whole = pairs(table, link, form)
    parts = [_fit(p.only(np.isin(p.person, both))) for p in (whole, *halves)]
    if any(part is None for part in parts):
        return None
    fits = [part for part in parts if part is not None]
    coefficients = 2 * fits[0].coefficients - 0.5 * (fits[1].coefficients + fits[2].coefficients)
    influence = 2 * fits[0].influence - 0.5 * (fits[1].influence + fits[2].influence)
    used = whole.only(np.isin(whole.person, both))
    spread = [float(np.std(x, ddof=1)) for x in (used.earlier, used.own_past, used.later)]
    return report(
        form,
        raw=float(coefficients[1]),
        influence=influence[:, 1],
        own_past=float(coefficients[2]),
        own_past_influence=influence[:, 2],
        spread=(spread[0], spread[1], spread[2]),
        n_pairs=len(used.later),
        n_persons=len(both),
    )


def _fit(used: Pairs) -> Regression | None:
    if len(used.later) < _FEWEST_PAIRS or len(np.unique(used.person)) < _FEWEST_PERSONS:
        return None
    return regress(used.later, np.column_stack([used.earlier, used.own_past]), used.person, used.n_persons)


def _second_half(table: SessionTable) -> NDArray[np.bool_]:
    """(rows,) true in the second half of each person's rows; an odd row belongs to the first half."""
    count = np.bincount(table.person, minlength=table.n_persons)
    place = np.arange(table.n_rows) - (np.cumsum(count) - count)[table.person]
    return place >= ((count + 1) // 2)[table.person]


ESTIMATOR = LagEstimator(
    "half_panel",
    "corrected for short courses",
    "Half-panel jackknife: twice the estimate less the mean of those from the first and from the second half of each "
    "course. It removes most of the bias that taking out a mean or a line brings into short courses, and costs "
    "precision.",
    estimate,
)
