"""Lags adjusted for the common time course: the mean course of all persons, whatever its shape."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from securebase.study.detrending import Array, Detrending, detrend
from securebase.study.estimator import InfluenceEstimate, LagEstimator, Link, estimate_pairs, session_pairs
from securebase.study.table import SessionTable

#: times with fewer persons share one time effect with their neighbours
_MIN_PERSONS = 10
_MAX_ROUNDS, _TOLERANCE = 200, 1e-10


def estimate(table: SessionTable, link: Link, detrending: Detrending) -> InfluenceEstimate | None:
    """Estimate as `successive_sessions`, on values adjusted for a mean at every time step.

    Time effects are estimated together with the person's mean or trend: two-way least squares by alternating
    projections, repeated until nothing changes.
    """
    step = time_steps(table)
    if step is None:
        return None
    values = dict(table.values)
    for name in (link.earlier, link.later):
        values[name] = remove_common_course(detrending, table.values[name], table, step)
    return estimate_pairs(session_pairs(replace(table, values=values), link, detrending), detrending)


def time_steps(table: SessionTable) -> NDArray[np.int64] | None:
    """Return the time step (rows,) of each row: times in usual gaps, rounded; sparse steps join those before."""
    first, second = table.successive()
    if not len(first):
        return None
    usual_gap = float(np.median(table.times[second] - table.times[first]))
    _, index = np.unique(np.round(table.times / usual_gap), return_inverse=True)
    sizes = np.bincount(index)
    joined, n_rows = np.zeros(len(sizes), dtype=np.int64), 0
    step = 0
    for i, size in enumerate(sizes):
        joined[i] = step
        n_rows += int(size)
        if n_rows >= _MIN_PERSONS:
            step, n_rows = step + 1, 0
    if n_rows:
        joined[joined == step] = max(step - 1, 0)
    return joined[index]


def remove_common_course(detrending: Detrending, values: Array, table: SessionTable, step: NDArray[np.int64]) -> Array:
    """Subtract a mean for every time step from values (rows,), estimated together with the person's mean or trend."""
    n_steps = int(step.max()) + 1
    adjusted = values.copy()
    for _ in range(_MAX_ROUNDS):
        deviations = detrend(detrending, adjusted, table.times, table.person)
        usable = np.isfinite(deviations)
        sums = np.bincount(step[usable], weights=deviations[usable], minlength=n_steps)
        count = np.bincount(step[usable], minlength=n_steps)
        course = np.where(count > 0, sums / np.maximum(count, 1), 0.0)
        adjusted = adjusted - course[step]
        if np.abs(course).max(initial=0.0) < _TOLERANCE * max(float(np.nanstd(values)), 1e-300):
            break
    return adjusted


ESTIMATOR = LagEstimator(
    "common_time_course",
    "adjusted for the common time course",
    "The mean course of all persons, of any shape, is removed together with each person’s mean or trend, so that "
    "shared curvature cannot appear as a lag.",
    estimate,
)
