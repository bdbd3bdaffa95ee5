"""The linear course that all persons share."""

from __future__ import annotations

import numpy as np

from securebase.study.detrending import Array, Detrending, detrend
from securebase.study.table import SessionTable


def remove_common_slope(rows: SessionTable, values: Array) -> Array:
    """Return values (rows,) without the common linear course, whose slope is estimated within persons."""
    deviation = detrend(Detrending.CENTRED, values, rows.times, rows.person)
    times = detrend(Detrending.CENTRED, np.where(np.isfinite(values), rows.times, np.nan), rows.times, rows.person)
    usable = np.isfinite(deviation)
    squares = float((times[usable] ** 2).sum())
    slope = float((times[usable] * deviation[usable]).sum()) / squares if squares else 0.0
    return np.asarray(values - slope * rows.times)
