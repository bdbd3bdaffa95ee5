"""Within-person centring and detrending, applied to each person's values before sessions are compared.

Both methods use every recorded value of the person, not only those that enter a pair of sessions.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

#: With fewer values every deviation would be 0, because one value equals its mean and two values lie on their line.
MIN_VALUES = {"centred": 2, "detrended": 3}


class Detrending(StrEnum):
    """centred: deviations from the person's mean. detrended: deviations from the person's linear trend over time."""

    CENTRED = "centred"
    DETRENDED = "detrended"

    @property
    def label(self) -> str:
        return {"centred": "within-person centred", "detrended": "detrended within person"}[self.value]

    @property
    def formula(self) -> str:
        return {
            "centred": "ỹ(i, t) = y(i, t) − mean of person i",
            "detrended": "ỹ(i, t) = y(i, t) − a(i) − b(i)·time(i, t), a(i) and b(i) by least squares in person i",
        }[self.value]


def detrend(method: Detrending, values: Array, times: Array, person: Indices) -> Array:
    """Return deviations (rows,) of values from each person's mean or linear trend; NaN stays NaN.

    Persons with too few values (`MIN_VALUES`), or with all values at one time when detrending, become NaN: their mean
    or trend is not identified.
    """
    observed = np.isfinite(values)
    n_persons = int(person.max(initial=-1)) + 1
    observed_person = person[observed]

    def sum_by_person(x: Array) -> Array:
        return np.asarray(np.bincount(observed_person, weights=x, minlength=n_persons), dtype=np.float64)

    count = np.bincount(observed_person, minlength=n_persons).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        deviations = values - (sum_by_person(values[observed]) / count)[person]
        if method is Detrending.CENTRED:
            return np.where((count < MIN_VALUES[method])[person], np.nan, deviations)
        centred_times = times - (sum_by_person(times[observed]) / count)[person]
        time_squares = sum_by_person(centred_times[observed] ** 2)
        slope = sum_by_person(centred_times[observed] * deviations[observed]) / time_squares
        deviations = deviations - slope[person] * centred_times
    unusable = (count < MIN_VALUES[method]) | ~(time_squares > 0)
    return np.where(unusable[person], np.nan, deviations)
