"""The few statistics that targets share. One value a client (n,); clients with a missing value are left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from securebase.study.calibration.samples import Array

NAN = float("nan")


def complete_cases(*columns: Array) -> list[Array]:
    """The same columns without the clients that lack any of them."""
    there = np.all(np.isfinite(np.column_stack(columns)), axis=1)
    return [c[there] for c in columns]


def correlation(x: Array, y: Array) -> float:
    """Pearson's r, NaN where one of the two does not vary or fewer than three clients have both."""
    x, y = complete_cases(x, y)
    if len(x) < 3 or not (np.ptp(x) > 0 and np.ptp(y) > 0):
        return NAN
    return float(np.corrcoef(x, y)[0, 1])


def residuals(y: Array, *given: Array) -> Array:
    """Return y less its least-squares prediction from `given` with an intercept; NaN where a value is missing."""
    there = np.all(np.isfinite(np.column_stack([y, *given])), axis=1)
    left = np.full(len(y), np.nan)
    X = np.column_stack([np.ones(int(there.sum())), *(g[there] for g in given)])
    left[there] = y[there] - X @ np.linalg.lstsq(X, y[there], rcond=None)[0].astype(np.float64)
    return left


def partial_correlation(x: Array, y: Array, *given: Array) -> float:
    """Correlation of x and y with `given` held constant in both."""
    x, y, *given_too = complete_cases(x, y, *given)
    return correlation(residuals(x, *given_too), residuals(y, *given_too))


def r_squared(y: Array, *given: Array) -> float:
    """R² of y on `given` with an intercept."""
    y, *given_too = complete_cases(y, *given)
    if len(y) < len(given) + 2 or not np.ptp(y) > 0:
        return NAN
    left = residuals(y, *given_too)
    return float(1.0 - left @ left / ((y - y.mean()) @ (y - y.mean())))


def coefficients(y: Array, *given: Array) -> Array:
    """Slopes of y on `given` (k,), without the intercept."""
    y, *given_too = complete_cases(y, *given)
    X = np.column_stack([np.ones(len(y)), *given_too])
    return np.asarray(np.linalg.lstsq(X, y, rcond=None)[0][1:], dtype=np.float64)


def slope_p_value(y: Array, x: Array, *given: Array) -> float:
    """Two-sided p of the slope of y on x with `given` held constant, by Student's t."""
    y, x, *given_too = complete_cases(y, x, *given)
    r = partial_correlation(x, y, *given_too) if given_too else correlation(x, y)
    df = len(y) - 2 - len(given_too)
    return float(2.0 * stats.t.sf(abs(r) * np.sqrt(df / max(1.0 - r**2, 1e-300)), df))


def hedges_g(treated: Array, control: Array) -> float:
    """(mean of control − mean of treated) / pooled SD, with Hedges' factor for small samples: above 0 where treated
    clients end lower. Hedges (1981), with the approximation 1 − 3 / (4 df − 1).
    """
    (a,), (b,) = complete_cases(treated), complete_cases(control)
    df = len(a) + len(b) - 2
    pooled = np.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / df)
    return float((b.mean() - a.mean()) / pooled * (1.0 - 3.0 / (4.0 * df - 1.0)))


def intraclass_correlation(y: Array, group: NDArray[np.int64]) -> float:
    """Share of the variance of y that lies between groups: one-way random effects, unequal sizes (Searle 1971), not
    below 0. Groups are 0 … g − 1.
    """
    there = np.isfinite(y)
    y, group = y[there], group[there]
    count = np.bincount(group).astype(float)
    used = count > 0
    sums = np.bincount(group, weights=y)
    mean = np.divide(sums, count, out=np.zeros_like(sums), where=used)
    n, g = len(y), int(used.sum())
    within = float(((y - mean[group]) ** 2).sum()) / (n - g)
    n0 = (n - float((count**2).sum()) / n) / (g - 1)
    between = max(0.0, (float((count[used] * (mean[used] - y.mean()) ** 2).sum()) / (g - 1) - within) / n0)
    return between / (between + within)
