"""The common time course and each person's line, removed from two columns of a panel.

Matrices are persons × rows (N, T), NaN where missing. Rows are sessions of a grid, or a person's own occasions from the
first column on; `times` holds the time of each cell, `slots` the moment of the common course that it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.errors import InputError

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

#: a person's line needs this many values, otherwise their values are dropped
MIN_VALUES = 4
#: moments with fewer persons are joined with the one before
MIN_PERSONS = 10
#: part of the usual gap by which whole multiples may be off, and how much wider than its longest row a grid may be
_WHOLE, _MAX_GRID = 1e-6, 4


@dataclass(frozen=True, eq=False)
class Pair:
    """Two columns y and x (N, T) with the time of each cell, and whether rows are one step apart.

    discrete: column j is session j of everybody. Otherwise the times decide (irregular weeks); they increase along each
    person's rows, and rows beyond a person's last occasion are NaN throughout.
    """

    y: Array
    x: Array
    times: Array
    discrete: bool

    @classmethod
    def of_sessions(cls, y: Array, x: Array) -> Pair:
        """Build a pair whose columns are session numbers."""
        return cls(y, x, np.broadcast_to(np.arange(y.shape[1], dtype=float), y.shape), discrete=True)

    @classmethod
    def of_rows(cls, y: Array, x: Array, person: Indices, times: Array) -> Pair:
        """Build a pair from rows (rows,) of a table; person: 0 … N − 1.

        Where all times are whole multiples of the usual gap apart, columns are sessions; otherwise the times decide.
        Raises InputError if a person has two rows at one time.
        """
        order = np.lexsort((times, person))
        y, x, person, times = y[order], x[order], person[order], times[order]
        n = int(person.max(initial=-1)) + 1
        same_person = np.diff(person) == 0
        repeated = np.flatnonzero(same_person & (np.diff(times) <= 0))
        if len(repeated):
            where = f"person {person[repeated[0]]} has two rows at time {times[repeated[0]]:g}"
            raise InputError(where, advice="Keep one row for each person and time.")
        gaps = np.diff(times)[same_person]
        unit = float(np.median(gaps)) if len(gaps) else 1.0
        steps = (times - (times.min() if len(times) else 0.0)) / unit
        session = np.rint(steps).astype(np.int64)
        row = np.arange(len(person)) - np.searchsorted(person, person)
        is_compact = session.max(initial=0) < _MAX_GRID * (row.max(initial=0) + 1)
        discrete = bool((np.abs(steps - session) < _WHOLE).all() and is_compact)
        column = session if discrete else row

        def matrix(values: Array) -> Array:
            cells = np.full((n, int(column.max(initial=-1)) + 1), np.nan)
            cells[person, column] = values
            return cells

        if discrete:
            return cls.of_sessions(matrix(y), matrix(x))
        return cls(matrix(y), matrix(x), matrix(times), discrete=False)

    @property
    def reversed(self) -> Pair:
        """Return the pair with its columns exchanged."""
        return Pair(self.x, self.y, self.times, self.discrete)


def own_line_residuals(values: Array, times: Array, *, min_values: int = MIN_VALUES) -> Array:
    """Return residuals (N, T) of each person's least-squares line; NaN for persons with fewer than `min_values`."""
    observed = np.isfinite(values) & np.isfinite(times)
    n = observed.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(observed, times, 0.0)
        v = np.where(observed, values, 0.0)
        t = np.where(observed, t - (t.sum(axis=1) / n)[:, None], 0.0)
        v = np.where(observed, v - (v.sum(axis=1) / n)[:, None], 0.0)
        squares = (t**2).sum(axis=1)
        residuals = v - ((t * v).sum(axis=1) / squares)[:, None] * t
    usable = (n >= min_values) & (squares > 0)
    return np.where(observed & usable[:, None], residuals, np.nan)


def adjust_for_common_course(pair: Pair) -> Pair:
    """Return the pair less the common time course of each column; values of persons without a line become NaN.

    The course m and all persons' lines are fitted together by least squares: with H_i the residual maker of person i's
    line and E_i the moments of that person's values, (Σ E_i'H_i E_i) m = Σ E_i'H_i v_i.
    """
    slots = _slots(pair)
    return Pair(_adjust(pair.y, pair.times, slots), _adjust(pair.x, pair.times, slots), pair.times, pair.discrete)


def _adjust(values: Array, times: Array, slots: Indices) -> Array:
    residuals = own_line_residuals(values, times)
    usable = np.isfinite(residuals)
    if not usable.any():
        return np.full_like(residuals, np.nan)
    joined = _join_sparse(slots, usable)
    moments = int(joined.max()) + 1
    persons = np.nonzero(usable)[0]
    # E_i'H_i E_i = E_i'E_i − Σ_c (E_i'q_c)(E_i'q_c)', q_c an orthonormal basis of person i's lines
    level = usable / np.sqrt(np.maximum(usable.sum(axis=1, keepdims=True), 1))
    t = np.where(usable, times, 0.0)
    t = np.where(usable, t - (t.sum(axis=1) / np.maximum(usable.sum(axis=1), 1))[:, None], 0.0)
    slope = t / np.sqrt(np.maximum((t**2).sum(axis=1, keepdims=True), np.finfo(float).tiny))
    normal = np.diag(np.bincount(joined[usable], minlength=moments).astype(float))
    for basis in (level, slope):
        by_moment = np.zeros((len(values), moments))
        np.add.at(by_moment, (persons, joined[usable]), basis[usable])
        normal -= by_moment.T @ by_moment
    course = np.linalg.lstsq(
        normal, np.bincount(joined[usable], weights=residuals[usable], minlength=moments), rcond=1e-10
    )[0]
    return np.where(usable, values - course[joined], np.nan)


def _slots(pair: Pair) -> Indices:
    """Return the moment of each cell: its session, or the time since the person's first row in usual gaps."""
    if pair.discrete:
        return np.broadcast_to(np.arange(pair.y.shape[1]), pair.y.shape)
    known = np.isfinite(pair.times) & (np.isfinite(pair.y) | np.isfinite(pair.x))
    first = np.min(np.where(known, pair.times, np.inf), axis=1, initial=np.inf)
    since = np.where(known, pair.times - first[:, None], 0.0)
    slots: Indices = np.rint(since / usual_gap(pair)).astype(np.int64)
    return slots


def usual_gap(pair: Pair) -> float:
    """Return the median gap between neighbouring rows of a person in which either column has a value."""
    gaps = []
    for y, x, times in zip(pair.y, pair.x, pair.times, strict=True):
        gaps.append(np.diff(times[np.isfinite(y) | np.isfinite(x)]))
    every = np.concatenate(gaps) if gaps else np.zeros(0)
    return (float(np.median(every)) if len(every) else 0.0) or 1.0


def _join_sparse(slots: Indices, usable: NDArray[np.bool_]) -> Indices:
    """Return moments numbered from 0; one with too few persons joins the one before, the first ones the next."""
    # numbered without empty moments, of which a long gap has millions
    moments, number_of = np.unique(slots, return_inverse=True)
    slots = number_of.reshape(slots.shape)
    # each person counts once at a moment
    person = np.broadcast_to(np.arange(len(slots))[:, None], slots.shape)
    once = np.unique(np.stack([slots[usable], person[usable]]), axis=1)[0]
    persons = np.bincount(once, minlength=len(moments))
    number, current = np.zeros(len(persons), dtype=np.int64), 0
    full = False
    for slot, n in enumerate(persons):
        if full and n >= MIN_PERSONS:
            current += 1
        full = full or bool(n >= MIN_PERSONS)
        number[slot] = current
    return number[slots]
