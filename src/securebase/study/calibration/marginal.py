"""Marginal regression under two working correlations, a choice that decided the result of Gonçalves et al. (2019).

Generalised estimating equations (Liang & Zeger 1986) for a linear model. Under an exchangeable working correlation (r
between any two sessions) differences between clients still influence the coefficient; under an autoregressive one (r
to the power of the lag) it reflects mostly change from session to session.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from securebase.study.calibration.samples import Array

_ITERATIONS = 4


class WorkingCorrelation(StrEnum):
    """Working correlation of two sessions: r for all pairs (exchangeable), or r^lag (autoregressive)."""

    EXCHANGEABLE = "exchangeable"
    AUTOREGRESSIVE = "autoregressive"

    def matrix(self, r: float, sessions: int) -> Array:
        """Return the working correlation, (sessions, sessions)."""
        lag = np.abs(np.subtract.outer(np.arange(sessions), np.arange(sessions)))
        R: Array = np.where(lag == 0, 1.0, r if self is WorkingCorrelation.EXCHANGEABLE else np.power(r, lag))
        return R


def marginal_effect(y: Array, x: Array, working: WorkingCorrelation) -> float:
    """Return the slope of y on x with an intercept, by generalised estimating equations.

    y, x: (n, T), NaN where missing. r is estimated by moments from the residuals, in four iterations that start from
    independence. A session counts if both values are observed; a client needs at least two such sessions.
    """
    observed = np.isfinite(y) & np.isfinite(x)
    observed &= (observed.sum(axis=1) >= 2)[:, None]
    beta = _solve(y, x, observed, np.eye(y.shape[1]))
    for _ in range(_ITERATIONS):
        residual = np.where(observed, y - beta[0] - beta[1] * x, np.nan)
        beta = _solve(y, x, observed, working.matrix(_correlation(residual, working), y.shape[1]))
    return float(beta[1])


def _correlation(residual: Array, working: WorkingCorrelation) -> float:
    """Return the mean product of standardised residuals over pairs of a client's sessions, all or adjacent ones."""
    z = np.nan_to_num(residual / np.nanstd(residual))
    observed = np.isfinite(residual).astype(float)
    if working is WorkingCorrelation.AUTOREGRESSIVE:
        total, count = float((z[:, 1:] * z[:, :-1]).sum()), float((observed[:, 1:] * observed[:, :-1]).sum())
    else:
        total = float((z.sum(axis=1) ** 2 - (z**2).sum(axis=1)).sum())
        count = float((observed.sum(axis=1) ** 2 - observed.sum(axis=1)).sum())
    return float(np.clip(total / count, 0.0, 0.99))


def _solve(y: Array, x: Array, observed: NDArray[np.bool_], R: Array) -> Array:
    """Return (Σ X' R⁻¹ X)⁻¹ Σ X' R⁻¹ y, (2,), summed over clients."""
    bread, meat = np.zeros((2, 2)), np.zeros(2)
    # clients with the same missing-data pattern share one inverse
    patterns, index = np.unique(observed, axis=0, return_inverse=True)
    for k, pattern in enumerate(patterns):
        if not pattern.any():
            continue
        weight = np.linalg.inv(R[np.ix_(pattern, pattern)])
        rows = np.flatnonzero(index.ravel() == k)
        X = np.stack([np.ones((len(rows), int(pattern.sum()))), x[rows][:, pattern]], axis=2)
        bread += np.einsum("nta,ts,nsb->ab", X, weight, X)
        meat += np.einsum("nta,ts,ns->a", X, weight, y[rows][:, pattern])
    return np.asarray(np.linalg.solve(bread, meat), dtype=np.float64)
