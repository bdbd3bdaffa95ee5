"""The course that all persons share is taken out as well, whatever its shape."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from securebase.study.detrending import Array, Detrending, take_out
from securebase.study.estimator import InfluenceEstimate, LagEstimator, Link, estimate_pairs, pairs
from securebase.study.table import SessionTable

#: times at which fewer persons were seen share one step of the course with their neighbours
_FEWEST_PERSONS = 10
_MOST_ROUNDS, _SETTLED = 200, 1e-10


def estimate(table: SessionTable, link: Link, form: Detrending) -> InfluenceEstimate | None:
    """As `successive`, on values less a mean for every step of time, estimated together with the person's own mean or
    line (two-way least squares, by taking out one after the other until nothing changes)."""
    step = steps_of(table)
    if step is None:
        return None
    values = {
        name: less_course(form, table.values[name], table, step) if name in (link.earlier, link.later) else column
        for name, column in table.values.items()
    }
    return estimate_pairs(pairs(replace(table, values=values), link, form), form)


def steps_of(table: SessionTable) -> NDArray[np.int64] | None:
    """(rows,) step of the common course: times in usual gaps, rounded; sparse ones joined with those before them."""
    first, second = table.successive()
    if not len(first):
        return None
    usual = float(np.median(table.times[second] - table.times[first]))
    _, place = np.unique(np.round(table.times / usual), return_inverse=True)
    sizes = np.bincount(place)
    joined, filled = np.zeros(len(sizes), dtype=np.int64), 0
    step = 0
    for i, size in enumerate(sizes):
        joined[i] = step
        filled += int(size)
        if filled >= _FEWEST_PERSONS:
            step, filled = step + 1, 0
    if filled:
        joined[joined == step] = max(step - 1, 0)
    return joined[place]


def less_course(form: Detrending, values: Array, table: SessionTable, step: NDArray[np.int64]) -> Array:
    """values (rows,) less a mean for every step, estimated together with the person's own mean or line of `form`."""
    there = np.isfinite(values)
    count = np.bincount(step[there], minlength=int(step.max()) + 1)
    left = values.copy()
    for _ in range(_MOST_ROUNDS):
        own = take_out(form, left, table.times, table.person)
        usable = np.isfinite(own)
        sums = np.bincount(step[usable], weights=own[usable], minlength=len(count))
        used = np.bincount(step[usable], minlength=len(count))
        course = np.where(used > 0, sums / np.maximum(used, 1), 0.0)
        left = left - course[step]
        if np.abs(course).max(initial=0.0) < _SETTLED * max(float(np.nanstd(values)), 1e-300):
            break
    return left


ESTIMATOR = LagEstimator(
    "common_course",
    "the common course taken out too",
    "The mean course of all persons, whatever its shape, is taken out together with each person’s own mean or line, so "
    "that a bend which all share cannot pass for a lag.",
    estimate,
)
