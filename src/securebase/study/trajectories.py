"""Data of a study's plots: courses, both levels, residuals. Kept out of the JSON, because they show single persons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from securebase.study.detrending import Detrending, detrend
from securebase.study.table import SessionTable

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One person's observed values of one construct, in order of time."""

    times: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MeanPoint:
    """Mean of all persons around one time, with the number of persons and its 95% interval."""

    time: float
    mean: float
    lower: float
    upper: float
    n: int


@dataclass(frozen=True, slots=True)
class Residual:
    """A standardised one-step-ahead residual at its time."""

    time: float
    value: float


@dataclass(frozen=True, slots=True)
class Trajectories:
    """Plot data by construct.

    individual, means, residuals: construct → courses, mean course, residuals. between, within: process → points
    (process, outcome), one per person or per session.
    """

    individual: Mapping[str, tuple[Trajectory, ...]] = field(default_factory=dict)
    means: Mapping[str, tuple[MeanPoint, ...]] = field(default_factory=dict)
    between: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    within: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    residuals: Mapping[str, tuple[Residual, ...]] = field(default_factory=dict)


def trajectories(
    table: SessionTable, outcome: str, processes: tuple[str, ...], residuals: Mapping[str, tuple[Residual, ...]]
) -> Trajectories:
    names = (outcome, *processes)
    return Trajectories(
        individual={name: _individual(table, name) for name in names},
        means={name: _means(table, name) for name in names},
        between={name: _between(table, name, outcome) for name in processes},
        within={name: _within(table, name, outcome) for name in processes},
        residuals=residuals,
    )


def _individual(table: SessionTable, name: str) -> tuple[Trajectory, ...]:
    observed = np.isfinite(table.values[name])
    times, values, person = table.times[observed], table.values[name][observed], table.person[observed]
    ends = np.flatnonzero(np.diff(person, append=-1))
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else np.empty(0, dtype=np.int64)
    return tuple(
        Trajectory(tuple(times[a : b + 1].tolist()), tuple(values[a : b + 1].tolist()))
        for a, b in zip(starts, ends, strict=True)
    )


def _means(table: SessionTable, name: str, bins: int = 20, min_persons: int = 5) -> tuple[MeanPoint, ...]:
    """Return means over bins of time: single times where there are few, else equal steps up to the 95th percentile.

    Bins with fewer than five persons are omitted, because the mean of the last to stay is not the mean course.
    """
    observed = np.isfinite(table.values[name])
    times, values, person = table.times[observed], table.values[name][observed], table.person[observed]
    if not len(times):
        return ()
    unique = np.unique(times)
    if len(unique) > bins:
        edges = np.linspace(unique[0], float(np.quantile(times, 0.95)), bins + 1)
        index = np.clip(np.digitize(times, edges) - 1, 0, bins)
    else:
        index = np.searchsorted(unique, times)
    points = []
    for b in range(int(index.max()) + 1):
        inside = index == b
        n = len(np.unique(person[inside]))
        if n < min_persons or (len(unique) > bins and b == bins):
            continue
        x = values[inside]
        half_width = 1.96 * float(np.std(x, ddof=1)) / np.sqrt(n)
        mean = float(x.mean())
        points.append(MeanPoint(float(times[inside].mean()), mean, mean - half_width, mean + half_width, n))
    return tuple(points)


def _between(table: SessionTable, process: str, outcome: str) -> tuple[tuple[float, float], ...]:
    complete = np.isfinite(table.values[process]) & np.isfinite(table.values[outcome])
    person = table.person[complete]
    count = np.bincount(person, minlength=table.n_persons)
    with np.errstate(invalid="ignore"):
        x, y = (
            np.bincount(person, weights=table.values[name][complete], minlength=table.n_persons) / count
            for name in (process, outcome)
        )
    return tuple(zip(x[count > 0].tolist(), y[count > 0].tolist(), strict=True))


def _within(table: SessionTable, process: str, outcome: str) -> tuple[tuple[float, float], ...]:
    x, y = (detrend(Detrending.CENTRED, table.values[name], table.times, table.person) for name in (process, outcome))
    complete = np.isfinite(x) & np.isfinite(y)
    return tuple(zip(x[complete].tolist(), y[complete].tolist(), strict=True))
