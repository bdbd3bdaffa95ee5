"""Two columns of one session: their association within persons."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase.model.distributions import t_quantile, t_tail
from securebase.model.theory import TheoryEdge
from securebase.study.detrending import Array, Detrending, Indices, detrend
from securebase.study.edges.columns import EdgeTable, require_no_copy
from securebase.study.edges.common_course import remove_common_slope
from securebase.study.edges.result import EdgeEstimate, NotEstimableError
from securebase.study.regression import regress
from securebase.study.table import SessionTable

#: in the order in which they are tried: what is correlated, in words
_SCALES = {
    Detrending.DETRENDED: "correlation within persons in the same session, detrended (order not known)",
    Detrending.CENTRED: "correlation within persons in the same session, adjusted for the common course only: clients "
    "may improve at one pace in both (order not known)",
}
#: clients with two sessions or more in which both columns have a value
MIN_CLIENTS = 60


def estimate_same_session(data: EdgeTable, edge: TheoryEdge) -> EdgeEstimate:
    """Estimate the correlation of both columns around each person's line, in sessions with both.

    With too few clients with three such sessions it is that around each person's mean and the common course.
    Of several columns of one construct, the pair with most common sessions is used. Raises NotEstimableError below
    `MIN_CLIENTS`.
    """
    pairs = [(a, b) for a in data.candidates(edge.from_construct) for b in data.candidates(edge.to_construct)]
    first, second = max(pairs, key=lambda pair: int(_both(data, *pair).sum()))
    rows = data.rows.select(_both(data, first, second))
    for detrending in _SCALES:
        x, y, person = deviations(rows, (first, second), detrending)
        n = len(np.unique(person))
        if n >= MIN_CLIENTS:
            break
    else:
        raise NotEstimableError(
            f"{n} clients have “{first}” and “{second}” in the same session at least twice; {MIN_CLIENTS} are needed "
            f"({MIN_CLIENTS - n} more)."
        )
    require_no_copy((first, second), x, y)
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
        _SCALES[detrending],
    )


def deviations(rows: SessionTable, columns: tuple[str, str], detrending: Detrending) -> tuple[Array, Array, Indices]:
    """Return deviations of two columns from the common course and each person's mean or line, and the person.

    (n,) each, over the rows with both. Raises NotEstimableError if a column has none, so that rounding errors alone are
    left.
    """
    both = rows.select(np.isfinite(rows.values[columns[0]]) & np.isfinite(rows.values[columns[1]]))
    x, y = (
        detrend(detrending, remove_common_slope(both, both.values[name]), both.times, both.person) for name in columns
    )
    usable = np.isfinite(x)
    for name, rest in zip(columns, (x[usable], y[usable]), strict=True):
        if len(rest) and np.std(rest) <= 1e-9 * np.std(both.values[name]):
            raise NotEstimableError(f"“{name}” never departs from a line over time within a client.")
    return x[usable], y[usable], both.person[usable]


def _both(data: EdgeTable, first: str, second: str) -> NDArray[np.bool_]:
    both: NDArray[np.bool_] = np.isfinite(data.values(first)) & np.isfinite(data.values(second))
    return both
