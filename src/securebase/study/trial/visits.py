"""Visits of a trial: each person's rating before treatment, between, and at the planned end.

The planned end is given, or the median of the persons' last ratings among those who stayed longer than half as long as
the longest. A person's rating at a visit is the last one in its window, so that no rating before a dropout is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.errors import InputError
from securebase.study.table import SessionTable

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

#: the window of the planned end, as a share of the time until then: session 16 of 16 is rarely in the same week
_END_WINDOW = 0.15
#: visits after the first rating; more would need a larger covariance matrix than most trials can estimate
_MAX_VISITS = 6
#: persons in the smallest arm for each visit
_PERSONS_PER_VISIT = 6
#: persons of an arm with a rating at a visit, below which the visit joins the next
_MIN_RATED = 4


@dataclass(frozen=True, slots=True)
class PlannedCourse:
    """Times of a trial in the units of its table. given: whether the planned end was stated, not read from the table.

    start: of the table; first_until: the last time that counts as before treatment; end: the planned one.
    """

    start: float
    first_until: float
    end: float
    given: bool

    @property
    def end_from(self) -> float:
        return self.end - _END_WINDOW * (self.end - self.start)

    @property
    def end_until(self) -> float:
        return self.end + _END_WINDOW * (self.end - self.start)


def planned_course(table: SessionTable, outcome: str, planned: float | None) -> PlannedCourse:
    """Return the times of a trial. Raises InputError where the planned end is not within the table."""
    rated = np.isfinite(table.values[outcome])
    times, person = table.times[rated], table.person[rated]
    start = float(table.times.min())
    earlier, later = table.successive()
    gap = float(np.median(table.times[later] - table.times[earlier])) if len(earlier) else 0.0
    last = np.full(table.n_persons, -np.inf)
    np.maximum.at(last, person, times)
    last = last[np.isfinite(last)]
    longest = float(np.quantile(last, 0.95))
    if not longest > start + gap / 2:
        raise InputError(
            f"“{outcome}” is rated only once by almost everybody", advice="Use a table with ratings over time."
        )
    if planned is None:
        stayed = last[last >= start + (longest - start) / 2]
        return PlannedCourse(start, start + gap / 2, float(np.median(stayed)), given=False)
    if not start + gap / 2 < planned <= float(last.max()):
        raise InputError(
            f"the planned end must be after the first ratings and no later than the last one, at {last.max():g} "
            f"(got {planned:g})",
            advice="Give the time of the planned end in the units of the time column.",
        )
    return PlannedCourse(start, start + gap / 2, planned, given=True)


def trial_visits(table: SessionTable, column: str, course: PlannedCourse, arm: Indices) -> Array:
    """Return ratings (persons, visits), NaN where missing, at as many visits as the arms can carry.

    The first is before treatment, the last at the planned end. arm (persons,): −1 for none.
    """
    rated = np.isfinite(table.values[column])
    between = rated & (table.times > course.first_until) & (table.times <= course.end_until)
    numbers = np.bincount(table.person[between], minlength=table.n_persons)
    usual = int(np.median(numbers[numbers > 0])) if numbers.any() else 1
    smallest = int(np.bincount(arm[arm >= 0]).min())
    visits = max(1, min(_MAX_VISITS, usual, smallest // _PERSONS_PER_VISIT))
    values = _last_in_windows(table, column, course, visits)
    while visits > 1 and not _rated_enough(values, arm):
        visits -= 1
        values = _last_in_windows(table, column, course, visits)
    return values


def _last_in_windows(table: SessionTable, column: str, course: PlannedCourse, visits: int) -> Array:
    """Return the first rating before treatment, and the last rating in each window until the planned end."""
    inner = np.linspace(course.first_until, course.end_from, visits)
    edges = np.array([course.start, *inner, course.end_until])
    values, times = table.values[column], table.times
    result = np.full((table.n_persons, visits + 1), np.nan)
    for row in np.flatnonzero(np.isfinite(values) & (times <= course.end_until)):
        # (edge, next edge], the first window with its left edge
        visit = max(int(np.searchsorted(edges, times[row])) - 1, 0)
        if visit > 0 or np.isnan(result[table.person[row], 0]):
            result[table.person[row], visit] = values[row]
    return result


def _rated_enough(values: Array, arm: Indices) -> bool:
    counts = [np.isfinite(values[arm == a]).sum(axis=0) for a in np.unique(arm[arm >= 0])]
    return bool((np.array(counts) >= _MIN_RATED).all())
