"""Mediation between persons: of a treatment effect, of change, and of levels in successive parts of the course.

A course is divided in as many parts as a path model has stages, centred at 0, T/k, 2T/k … T. A value of a person is the
mean of the ratings in a part, which halves its error with every fourfold number of ratings. In a trial the cause is the
arm, and every regression is adjusted for the first part of mediators and outcome (analysis of covariance).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from securebase.study.estimator import Array
from securebase.study.mediation.paths import PathEstimate, Stages, build_equations, earlier, estimate_paths
from securebase.study.questions.gain import first_and_last
from securebase.study.table import SessionTable

#: name of the cause in a trial
ARM = "arm"


def estimate_trial(
    table: SessionTable, stages: Stages, arm: Array, end: float, *, given_outcome: bool = False
) -> PathEstimate | None:
    """Estimate the path model of a trial. arm (persons,): 1, 0, or NaN for persons left out.

    given_outcome: adjust each regression for the outcome in the part in which its mediator was rated too, so that an
    outcome that acts on the mediators gives no path.

    Effects of the arm, and of variables on each other, are in SDs of the first part.
    """
    parts = {name: part_means(table, name, len(stages), end) for name in _columns(table, stages)}
    first = {earlier(name): values[:, 0] for name, values in parts.items()}
    used = np.isfinite(arm)
    scales = {name: float(np.nanstd(values[used, 0], ddof=1)) for name, values in parts.items()} | {ARM: 1.0}

    def value(name: str, k: int) -> Array:
        return arm if name == ARM else parts[name][:, k]

    outcome = stages[-1][0]

    def controls(_target: str, k: int) -> Mapping[str, Array]:
        if not given_outcome or k == 0:
            return first
        return first | {f"{outcome}, in part {k + 1}": parts[outcome][:, k]}

    equations = build_equations(stages, value, controls)
    return estimate_paths(stages, equations, np.arange(table.n_persons), table.n_persons, scales=scales)


def estimate_levels(table: SessionTable, stages: Stages, end: float) -> PathEstimate | None:
    """Estimate a path model of levels: the cause in the first part of the course, the outcome in the last one.

    Other columns are adjusted for as they were in the first part.
    """
    parts = {name: part_means(table, name, len(stages), end) for name in table.values}
    named = {name for stage in stages for name in stage}
    others = {name: values[:, 0] for name, values in parts.items() if name not in named}
    equations = build_equations(stages, lambda name, k: parts[name][:, k], lambda _target, _k: others)
    return estimate_paths(stages, equations, np.arange(table.n_persons), table.n_persons, scales=None)


def estimate_change(table: SessionTable, stages: Stages) -> PathEstimate | None:
    """Estimate a path model of changes from first to last rating, adjusted for the time between and for other changes.

    The changes are simultaneous: their order is assumed, not observed.
    """
    ratings = {name: first_and_last(table, name) for name in table.values}
    # with one rating the first is the last
    changes = {name: np.where(time > 0, last - first, np.nan) for name, (first, last, time) in ratings.items()}
    named = {name for stage in stages for name in stage}
    controls: dict[str, Array] = {name: values for name, values in changes.items() if name not in named}
    time = ratings[stages[-1][0]][2]
    # all may be followed for the same time
    if np.nanstd(time) > 1e-9:
        controls["time"] = time

    def same(_target: str, _k: int) -> Mapping[str, Array]:
        return controls

    equations = build_equations(stages, lambda name, _k: changes[name], same)
    return estimate_paths(stages, equations, np.arange(table.n_persons), table.n_persons, scales=None)


def part_means(table: SessionTable, name: str, n_parts: int, end: float) -> Array:
    """Return the mean of a column in each part of the course (persons, parts); NaN without a rating there."""
    values = table.values[name]
    seen = np.isfinite(values) & (table.times <= end + 1e-9)
    # parts are centred at 0, 1, 2 … in units of end / (n_parts − 1); half a unit belongs to the later part
    part = np.floor(table.times / end * (n_parts - 1) + 0.5).astype(np.int64)
    cell = table.person[seen] * n_parts + np.clip(part[seen], 0, n_parts - 1)
    size = table.n_persons * n_parts
    count = np.bincount(cell, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.bincount(cell, weights=values[seen], minlength=size) / count
    return np.asarray(means.reshape(table.n_persons, n_parts))


def _columns(table: SessionTable, stages: Stages) -> tuple[str, ...]:
    return tuple(name for stage in stages for name in stage if name in table.values)
