"""Statistics shared by several targets: arrays hold one value per client (n,); incomplete cases are excluded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from securebase.model.distributions import t_tail
from securebase.study.calibration.samples import Array

NAN = float("nan")


def complete_cases(*columns: Array) -> list[Array]:
    """Return the columns without clients that lack any value."""
    complete = np.all(np.isfinite(np.column_stack(columns)), axis=1)
    return [c[complete] for c in columns]


def correlation(x: Array, y: Array) -> float:
    """Return Pearson's r; NaN if a column is constant or fewer than three clients have both values."""
    x, y = complete_cases(x, y)
    if len(x) < 3 or not (np.ptp(x) > 0 and np.ptp(y) > 0):
        return NAN
    return float(np.corrcoef(x, y)[0, 1])


def residuals(y: Array, *controls: Array) -> Array:
    """Return the residuals of the least-squares regression of y on `controls` with an intercept; NaN where missing."""
    complete = np.all(np.isfinite(np.column_stack([y, *controls])), axis=1)
    residual = np.full(len(y), np.nan)
    X = np.column_stack([np.ones(int(complete.sum())), *(c[complete] for c in controls)])
    residual[complete] = y[complete] - X @ np.linalg.lstsq(X, y[complete], rcond=None)[0].astype(np.float64)
    return residual


def partial_correlation(x: Array, y: Array, *controls: Array) -> float:
    """Return the correlation of x and y given `controls`."""
    x, y, *controls_complete = complete_cases(x, y, *controls)
    return correlation(residuals(x, *controls_complete), residuals(y, *controls_complete))


def r_squared(y: Array, *predictors: Array) -> float:
    """Return R² of the regression of y on `predictors` with an intercept."""
    y, *predictors_complete = complete_cases(y, *predictors)
    if len(y) < len(predictors) + 2 or not np.ptp(y) > 0:
        return NAN
    residual = residuals(y, *predictors_complete)
    return float(1.0 - residual @ residual / ((y - y.mean()) @ (y - y.mean())))


def coefficients(y: Array, *predictors: Array) -> Array:
    """Return the slopes of y on `predictors`, (k,), without the intercept."""
    y, *predictors_complete = complete_cases(y, *predictors)
    X = np.column_stack([np.ones(len(y)), *predictors_complete])
    return np.asarray(np.linalg.lstsq(X, y, rcond=None)[0][1:], dtype=np.float64)


def slope_p_value(y: Array, x: Array, *controls: Array) -> float:
    """Return the two-sided p value of the slope of y on x given `controls`, by Student's t."""
    y, x, *controls_complete = complete_cases(y, x, *controls)
    r = partial_correlation(x, y, *controls_complete) if controls_complete else correlation(x, y)
    df = len(y) - 2 - len(controls_complete)
    # t = r √(df / (1 − r²)), the same as slope ÷ standard error
    return float(2.0 * t_tail(abs(r) * np.sqrt(df / max(1.0 - r**2, 1e-300)), df))


def hedges_g(treated: Array, control: Array) -> float:
    """Return Hedges' g = (mean of control − mean of treated) / pooled SD, corrected for small samples.

    It is positive if treated clients end lower. Hedges (1981), with the approximation 1 − 3 / (4 df − 1).
    """
    (a,), (b,) = complete_cases(treated), complete_cases(control)
    df = len(a) + len(b) - 2
    pooled = np.sqrt(((len(a) - 1) * a.var(ddof=1) + (len(b) - 1) * b.var(ddof=1)) / df)
    return float((b.mean() - a.mean()) / pooled * (1.0 - 3.0 / (4.0 * df - 1.0)))


def intraclass_correlation(y: Array, group: NDArray[np.int64]) -> float:
    """Return the share of the variance of y between groups, at least 0; `group` holds 0 … g − 1.

    One-way random effects with unequal group sizes (Searle 1971).
    """
    observed = np.isfinite(y)
    y, group = y[observed], group[observed]
    count = np.bincount(group).astype(float)
    nonempty = count > 0
    sums = np.bincount(group, weights=y)
    mean = np.divide(sums, count, out=np.zeros_like(sums), where=nonempty)
    n, g = len(y), int(nonempty.sum())
    within = float(((y - mean[group]) ** 2).sum()) / (n - g)
    n0 = (n - float((count**2).sum()) / n) / (g - 1)
    between = max(0.0, (float((count[nonempty] * (mean[nonempty] - y.mean()) ** 2).sum()) / (g - 1) - within) / n0)
    return between / (between + within)
