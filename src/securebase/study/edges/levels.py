"""Differences between persons: the correlation of usual levels, corrected for the error of a mean of few ratings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from securebase.model.distributions import t_quantile, t_tail
from securebase.model.theory import TheoryEdge
from securebase.study.detrending import Array
from securebase.study.edges.columns import EdgeTable, require_clients, require_no_copy
from securebase.study.edges.common_course import remove_common_slope
from securebase.study.edges.result import EdgeEstimate, NotEstimableError
from securebase.study.phrases import number

#: clients with both columns, and among them clients with two values of each, without which error cannot be estimated
MIN_CLIENTS, MIN_REPEATED = 60, 30


def estimate_levels(data: EdgeTable, edge: TheoryEdge) -> EdgeEstimate:
    """Correlate the usual levels of two columns over clients who have both, at the same time of the course.

    Means of n ratings vary by more than the levels: by the variance within persons / n, and where both columns are
    rated in the same sessions their means share deviations. Both are subtracted (`corrected_correlation`), after the
    common linear course has been removed from each column. Deviations from the level must be independent between
    sessions: a state that lasts for much of the course counts as level. The interval is that of a jackknife over
    clients. Raises NotEstimableError below `MIN_CLIENTS` with both columns or `MIN_REPEATED` with two values of each.
    """
    columns = data.column(edge.from_construct), data.column(edge.to_construct)
    require_clients(data, columns, 1, MIN_CLIENTS)
    require_clients(data, columns, 2, MIN_REPEATED)
    terms, n_values = _terms(data, *columns)
    require_no_copy(columns, terms[1], terms[2])
    corrected, plain = (_with_error(terms, correlate) for correlate in (corrected_correlation, plain_correlation))
    if not np.isfinite([*corrected, *plain]).all():
        raise NotEstimableError(
            f"“{columns[0]}” or “{columns[1]}” varies between clients no more than measurement error explains."
        )
    passes_one = abs(corrected[0]) >= 1
    r, error = plain if passes_one else corrected
    n = terms.shape[1]
    half_width = t_quantile(0.975, n - 1) * error
    return EdgeEstimate(
        "levels",
        columns,
        r,
        max(-1.0, r - half_width),
        min(1.0, r + half_width),
        float(2 * t_tail(abs(r) / error, n - 1)),
        n,
        n_values,
        "ratings",
        "correlation of person means, not corrected"
        if passes_one
        else "correlation of person means, corrected for unreliability (slow states count as levels)",
        "corrected beyond 1" if passes_one else f"uncorrected {number(plain[0])}",
    )


def _with_error(terms: Array, correlate: Callable[[Array], Array]) -> tuple[float, float]:
    """Return a correlation with its standard error, by a jackknife over clients."""
    total = terms.sum(axis=1, keepdims=True)
    left_out, n = correlate(total - terms), terms.shape[1]
    return float(correlate(total)[0]), float(np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum()))


def corrected_correlation(sums: Array) -> Array:
    """Return the correlation of levels by moments, from sums of `_terms`; NaN if a level varies no more than its error.

    With W the variances and the covariance within persons, pooled over persons, and bars over persons,
    var(level x) = var(mean x) − W_xx · mean(1 / n_x), and cov = cov(mean x, mean y) − W_xy · mean(n_xy / (n_x n_y)).
    """
    n, _, _, _, _, _, squares_x, free_x, squares_y, free_y, products, shared, inverse_x, inverse_y, common = sums
    var_x, var_y, cov = _covariance_of_means(sums)
    var_x = var_x - squares_x / np.maximum(free_x, 1) * inverse_x / n
    var_y = var_y - squares_y / np.maximum(free_y, 1) * inverse_y / n
    return _correlation(var_x, var_y, cov - products / np.maximum(shared, 1) * common / n)


def plain_correlation(sums: Array) -> Array:
    """Return the correlation of the persons' means, from sums of `_terms`; NaN if one of them does not vary."""
    return _correlation(*_covariance_of_means(sums))


def _covariance_of_means(sums: Array) -> tuple[Array, Array, Array]:
    n, x, y, xx, yy, xy = sums[:6]
    return (xx - x * x / n) / (n - 1), (yy - y * y / n) / (n - 1), (xy - x * y / n) / (n - 1)


def _correlation(var_x: Array, var_y: Array, cov: Array) -> Array:
    possible = (var_x > 0) & (var_y > 0)
    return np.where(possible, cov / np.sqrt(np.where(possible, var_x * var_y, 1.0)), np.nan)


def _terms(data: EdgeTable, first: str, second: str) -> tuple[Array, int]:
    """Return what each client with both columns adds to the sums (15, clients), and the number of values.

    1; means of x and y, their squares and product; squares within x and degrees of freedom, the same of y; products
    within the sessions with both, and degrees of freedom; 1 / n_x, 1 / n_y and n_xy / (n_x n_y).
    """
    x, y = (remove_common_slope(data.rows, data.values(name)) for name in (first, second))
    both = np.isfinite(x) & np.isfinite(y)
    n_x, mean_x, squares_x = _moments(data, x, x)
    n_y, mean_y, squares_y = _moments(data, y, y)
    n_xy, _, products = _moments(data, np.where(both, x, np.nan), np.where(both, y, np.nan))
    keep = (n_x > 0) & (n_y > 0)
    n_x, n_y, n_xy, squares_x, squares_y, products = (v[keep] for v in (n_x, n_y, n_xy, squares_x, squares_y, products))
    # centred, so that sums of squares keep their precision
    u, v = (m[keep] - m[keep].mean() for m in (mean_x, mean_y))
    within = [squares_x, n_x - 1, squares_y, n_y - 1, products, np.maximum(n_xy - 1, 0)]
    terms = np.array([np.ones(len(u)), u, v, u * u, v * v, u * v, *within, 1 / n_x, 1 / n_y, n_xy / (n_x * n_y)])
    return terms, int((n_x + n_y).sum())


def _moments(data: EdgeTable, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return number, mean of x, and sum of products around the means, of each person."""
    observed, n_persons = np.isfinite(x) & np.isfinite(y), data.rows.n_persons
    person, x, y = data.rows.person[observed], x[observed], y[observed]
    n = np.bincount(person, minlength=n_persons).astype(float)
    with np.errstate(invalid="ignore"):
        mean_x, mean_y = (np.bincount(person, weights=v, minlength=n_persons) / n for v in (x, y))
    products = np.zeros(n_persons)
    np.add.at(products, person, (x - mean_x[person]) * (y - mean_y[person]))
    return n, mean_x, products
