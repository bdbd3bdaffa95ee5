"""What is taken out of each person's values before two sessions are compared.

Both forms use every recorded value of the person, not only those that end up in a pair.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

#: fewer values than this leave nothing to look at: one is its own mean, two are their own line
FEWEST_VALUES = {"centred": 2, "detrended": 3}


class Detrending(StrEnum):
    """centred: the person's own mean is taken out. detrended: the person's own straight line over time is."""

    CENTRED = "centred"
    DETRENDED = "detrended"

    @property
    def label(self) -> str:
        return {"centred": "own mean taken out", "detrended": "own line taken out"}[self.value]

    @property
    def formula(self) -> str:
        return {
            "centred": "ỹ(i, t) = y(i, t) − mean of person i",
            "detrended": "ỹ(i, t) = y(i, t) − a(i) − b(i)·time(i, t), a(i) and b(i) by least squares in person i",
        }[self.value]


def take_out(form: Detrending, values: Array, times: Array, person: Indices) -> Array:
    """values (rows,) less the person's own mean or own line; NaN stays NaN.

    A person with too few values (two are needed for the mean's form, three for the line's) or with all values at one
    time becomes NaN: nothing of them can be said in this form.
    """
    there = np.isfinite(values)
    n_persons = int(person.max(initial=-1)) + 1
    who = person[there]

    def sums(x: Array) -> Array:
        return np.asarray(np.bincount(who, weights=x, minlength=n_persons), dtype=np.float64)

    count = np.bincount(who, minlength=n_persons).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        left = values - (sums(values[there]) / count)[person]
        if form is Detrending.CENTRED:
            return np.where((count < FEWEST_VALUES[form])[person], np.nan, left)
        clock = times - (sums(times[there]) / count)[person]
        spread = sums(clock[there] ** 2)
        slope = sums(clock[there] * left[there]) / spread
        left = left - slope[person] * clock
    unusable = (count < FEWEST_VALUES[form]) | ~(spread > 0)
    return np.where(unusable[person], np.nan, left)
