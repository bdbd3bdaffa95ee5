"""Two columns of one session: their association within persons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase.model.distributions import t_quantile, t_tail
from securebase.model.theory import TheoryEdge
from securebase.study.detrending import Detrending, detrend
from securebase.study.edges.columns import EdgeTable
from securebase.study.edges.common_course import remove_common_slope
from securebase.study.edges.result import EdgeEstimate, NotEstimableError
from securebase.study.regression import regress

#: clients with two sessions or more in which both columns have a value
MIN_CLIENTS = 60


def estimate_same_session(data: EdgeTable, edge: TheoryEdge) -> EdgeEstimate:
    """Estimate the correlation of both columns around each person's mean and the common course, in sessions with both.

    Of several columns of one construct, the pair with most common sessions is used. Raises NotEstimableError below
    `MIN_CLIENTS`.
    """
    pairs = [(a, b) for a in data.candidates(edge.from_construct) for b in data.candidates(edge.to_construct)]
    first, second = max(pairs, key=lambda pair: int(_both(data, *pair).sum()))
    rows = data.rows.select(_both(data, first, second))
    x, y = (
        detrend(Detrending.CENTRED, remove_common_slope(rows, rows.values[name]), rows.times, rows.person)
        for name in (first, second)
    )
    usable = np.isfinite(x)
    x, y, person = x[usable], y[usable], rows.person[usable]
    n = len(np.unique(person))
    if n < MIN_CLIENTS:
        raise NotEstimableError(
            f"“{first}” and “{second}” have values in the same session twice for {n} clients, {MIN_CLIENTS} are needed "
            f"({MIN_CLIENTS - n} more)."
        )
    if not (np.std(x) > 0 and np.std(y) > 0):
        raise NotEstimableError(f"“{first}” or “{second}” never changes within a client.")
    fitted = regress(y / np.std(y), (x / np.std(x))[:, None], person, rows.n_persons)
    if fitted is None:
        raise NotEstimableError(f"“{first}” and “{second}” never change within a client.")
    r, error = float(fitted.coefficients[1]), float(fitted.standard_errors[1])
    half_width = t_quantile(0.975, n - 1) * error
    return EdgeEstimate(
        "same_session",
        (first, second),
        r,
        max(-1.0, r - half_width),
        min(1.0, r + half_width),
        float(2 * t_tail(abs(r) / error, n - 1)),
        n,
        len(x),
        "sessions",
        "correlation within persons in the same session, without the common course (order not known)",
    )


def _both(data: EdgeTable, first: str, second: str) -> NDArray[np.bool_]:
    both: NDArray[np.bool_] = np.isfinite(data.values(first)) & np.isfinite(data.values(second))
    return both
