"""What the plots of a study draw: courses, both levels, residuals. Kept out of the JSON, as they are single persons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from securebase.study.detrending import Detrending, take_out
from securebase.study.table import SessionTable

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trajectory:
    """One person's values of one construct, in order of time, nothing missing."""

    times: tuple[float, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class MeanPoint:
    """Mean of all persons around one time, with how many persons and its 95% interval."""

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
    """construct → courses and mean course; (process, outcome) → points between and within; construct → residuals."""

    courses: Mapping[str, tuple[Trajectory, ...]] = field(default_factory=dict)
    means: Mapping[str, tuple[MeanPoint, ...]] = field(default_factory=dict)
    between: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    within: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    residuals: Mapping[str, tuple[Residual, ...]] = field(default_factory=dict)


def courses(
    table: SessionTable, outcome: str, processes: tuple[str, ...], residuals: Mapping[str, tuple[Residual, ...]]
) -> Trajectories:
    """Everything the plots need, by construct (and by process for the points of process against outcome)."""
    names = (outcome, *processes)
    return Trajectories(
        courses={name: _courses(table, name) for name in names},
        means={name: _means(table, name) for name in names},
        between={name: _between(table, name, outcome) for name in processes},
        within={name: _within(table, name, outcome) for name in processes},
        residuals=residuals,
    )


def _courses(table: SessionTable, name: str) -> tuple[Trajectory, ...]:
    there = np.isfinite(table.values[name])
    times, values, who = table.times[there], table.values[name][there], table.person[there]
    ends = np.flatnonzero(np.diff(who, append=-1))
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else np.empty(0, dtype=np.int64)
    return tuple(
        Trajectory(tuple(times[a : b + 1].tolist()), tuple(values[a : b + 1].tolist()))
        for a, b in zip(starts, ends, strict=True)
    )


def _means(table: SessionTable, name: str, bins: int = 20, fewest: int = 5) -> tuple[MeanPoint, ...]:
    """Means over bins of time: single times where there are few of them, else equal steps up to the 95th percentile.

    Bins with fewer than five persons are left out: a mean of the last ones to stay is no course.
    """
    there = np.isfinite(table.values[name])
    times, values, who = table.times[there], table.values[name][there], table.person[there]
    if not len(times):
        return ()
    unique = np.unique(times)
    if len(unique) > bins:
        edges = np.linspace(unique[0], float(np.quantile(times, 0.95)), bins + 1)
        place = np.clip(np.digitize(times, edges) - 1, 0, bins)
    else:
        place = np.searchsorted(unique, times)
    points = []
    for b in range(int(place.max()) + 1):
        inside = place == b
        n = len(np.unique(who[inside]))
        if n < fewest or (len(unique) > bins and b == bins):
            continue
        x = values[inside]
        half = 1.96 * float(np.std(x, ddof=1)) / np.sqrt(n)
        points.append(MeanPoint(float(times[inside].mean()), float(x.mean()), x.mean() - half, x.mean() + half, n))
    return tuple(points)


def _between(table: SessionTable, process: str, outcome: str) -> tuple[tuple[float, float], ...]:
    both = np.isfinite(table.values[process]) & np.isfinite(table.values[outcome])
    who = table.person[both]
    count = np.bincount(who, minlength=table.n_persons)
    with np.errstate(invalid="ignore"):
        x, y = (
            np.bincount(who, weights=table.values[name][both], minlength=table.n_persons) / count
            for name in (process, outcome)
        )
    return tuple(zip(x[count > 0].tolist(), y[count > 0].tolist(), strict=True))


def _within(table: SessionTable, process: str, outcome: str) -> tuple[tuple[float, float], ...]:
    x, y = (take_out(Detrending.CENTRED, table.values[name], table.times, table.person) for name in (process, outcome))
    both = np.isfinite(x) & np.isfinite(y)
    return tuple(zip(x[both].tolist(), y[both].tolist(), strict=True))
