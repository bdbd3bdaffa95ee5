r"""The persons that an association rests on: their identifying number, their changes, and standard errors for few.

With r_it the residual of the earlier column on each person's line and on the later column's own past, and
h_i = Σ_t r_it², the identifying n is Kish's (Σ h_i)² / Σ h_i²: N where all persons contribute alike, the number of
switchers where only they do. The standard error leaves out one person at a time (CR3): influence
I_i / (1 − h_i / Σ h), with n − 1 degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from securebase.model.distributions import t_quantile, t_tail
from securebase.study.verdicts.course import Array, Pair, own_line_residuals

#: smallest identifying n, and smallest number of persons whose values go up as well as down
MIN_IDENTIFYING = 20.0
MIN_RETURNERS = 20
#: rows of the regression that a person needs on average
MIN_ROWS = 3.0
#: correlation of the detrended columns above which one is a copy of the other
MAX_CORRELATION = 0.95


class Refusal(StrEnum):
    """Reason why a pair is refused."""

    COPY = "copy"
    HARDLY_VARIES = "hardly_varies"
    ONE_WAY = "one_way"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Association:
    """Within-person association of the earlier x with the later y, both less each person's line.

    lag 0: of the same row, coefficient of x alone. lag 1: of the next row, beside y's own past. standard_error: CR3.
    """

    lag: int
    estimate: float
    standard_error: float
    p: float
    n_persons: int
    n_rows: int
    n_identifying: float

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95% interval."""
        half = t_quantile(0.975, max(self.n_identifying - 1.0, 1.0)) * self.standard_error
        return self.estimate - half, self.estimate + half


@dataclass(frozen=True, slots=True)
class Movement:
    """Changes of one column from one known value of a person to the next.

    movers: persons with a change. returners: persons with changes in both directions.
    """

    changes: int
    movers: int
    returners: int


def association(pair: Pair, lag: int) -> Association:
    """Return the association of x with y at lag 0 or 1; estimate NaN and p 1 where nothing varies."""
    y, x = (own_line_residuals(values, pair.times) for values in (pair.y, pair.x))
    if lag == 0:
        later, earlier, past = y, x, np.zeros_like(y)
    else:
        later, earlier, past = y[:, 1:], x[:, :-1], y[:, :-1]
    used = np.isfinite(later) & np.isfinite(earlier) & np.isfinite(past)
    person = np.nonzero(used)[0]
    r, v = _without(earlier[used], past[used]), _without(later[used], past[used])
    h = np.bincount(person, weights=r**2, minlength=len(y))
    total, n_persons = float(h.sum()), len(np.unique(person))
    if not total > 1e-12 * max(float((earlier[used] ** 2).sum()), 1e-300) or n_persons < 2:
        return Association(lag, float("nan"), float("nan"), 1.0, n_persons, len(r), 0.0)
    estimate = float(r @ v) / total
    scores = np.bincount(person, weights=r * (v - estimate * r), minlength=len(y)) / total
    with np.errstate(divide="ignore", invalid="ignore"):
        influence = np.where(h < total, scores / (1.0 - h / total), np.inf)
    standard_error = float(np.sqrt((influence**2).sum()))
    n = total**2 / float((h**2).sum())
    p = 2.0 * float(t_tail(abs(estimate) / standard_error, max(n - 1.0, 1.0))) if standard_error > 0 else 1.0
    return Association(lag, estimate, standard_error, p, n_persons, len(r), n)


def movement(values: Array) -> Movement:
    """Count changes of a column (N, T)."""
    changes, movers, returners = 0, 0, 0
    for row in values:
        steps = np.diff(row[np.isfinite(row)])
        changes += int((steps != 0).sum())
        movers += bool((steps != 0).any())
        returners += bool((steps > 0).any() and (steps < 0).any())
    return Movement(changes, movers, returners)


def refusal(pair: Pair) -> Refusal | None:
    """Return why the pair cannot be judged, or None. The pair is as observed: a course removed makes every value move.

    Both columns must be processes: at least 20 persons identify each lag, at least 20 and half of those who move
    return, and persons have three rows on average.
    """
    if _correlation(pair) > MAX_CORRELATION:
        return Refusal.COPY
    lags = [association(pair, 1), association(pair.reversed, 1)]
    if any(lag.n_identifying < MIN_IDENTIFYING for lag in lags):
        return Refusal.HARDLY_VARIES
    for column in (pair.x, pair.y):
        moved = movement(column)
        if moved.returners < max(MIN_RETURNERS, 0.5 * moved.movers):
            return Refusal.ONE_WAY
    if any(lag.n_rows < MIN_ROWS * lag.n_persons for lag in lags):
        return Refusal.SHORT
    return None


def _without(values: Array, past: Array) -> Array:
    """Return the residual of values on the past, one coefficient for all persons; both have mean 0 within persons."""
    squares = float(past @ past)
    return values - (float(past @ values) / squares) * past if squares > 0 else values


def _correlation(pair: Pair) -> float:
    """Return the absolute correlation of the detrended columns."""
    y, x = (own_line_residuals(values, pair.times) for values in (pair.y, pair.x))
    used = np.isfinite(y) & np.isfinite(x)
    size = float(np.sqrt((y[used] ** 2).sum() * (x[used] ** 2).sum()))
    return abs(float(y[used] @ x[used])) / size if size > 0 else 0.0
