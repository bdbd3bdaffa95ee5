"""A marginal regression under two working correlations: the choice that decided the verdict in Gonçalves et al. 2019.

Generalised estimating equations (Liang & Zeger 1986) for a straight-line model. With every two sessions of a client
correlated alike (exchangeable), what differs between clients still speaks through the coefficient; with a correlation
that fades by the session (autoregressive), mostly what moves from session to session does.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from securebase.study.calibration.samples import Array

_ITERATIONS = 4


class WorkingCorrelation(StrEnum):
    """exchangeable: r between any two sessions. fading: r to the power of the sessions between them."""

    EXCHANGEABLE = "exchangeable"
    FADING = "fading"

    def matrix(self, r: float, sessions: int) -> Array:
        """(sessions, sessions) working correlation."""
        apart = np.abs(np.subtract.outer(np.arange(sessions), np.arange(sessions)))
        found: Array = np.where(apart == 0, 1.0, r if self is WorkingCorrelation.EXCHANGEABLE else np.power(r, apart))
        return found


def marginal_effect(y: Array, x: Array, working: WorkingCorrelation) -> float:
    """Slope of y on x, both (n, T), NaN where missing, with intercept; r by moments from residuals, four rounds.

    A session counts where both are there; a client needs at least two of them.
    """
    there = np.isfinite(y) & np.isfinite(x)
    there &= (there.sum(axis=1) >= 2)[:, None]
    beta = _solve(y, x, there, np.eye(y.shape[1]))
    for _ in range(_ITERATIONS):
        left = np.where(there, y - beta[0] - beta[1] * x, np.nan)
        beta = _solve(y, x, there, working.matrix(_correlation(left, working), y.shape[1]))
    return float(beta[1])


def _correlation(left: Array, working: WorkingCorrelation) -> float:
    """Mean product of standardised residuals, over all pairs of a client's sessions or over neighbouring ones."""
    z = np.nan_to_num(left / np.nanstd(left))
    there = np.isfinite(left).astype(float)
    if working is WorkingCorrelation.FADING:
        total, count = float((z[:, 1:] * z[:, :-1]).sum()), float((there[:, 1:] * there[:, :-1]).sum())
    else:
        total = float((z.sum(axis=1) ** 2 - (z**2).sum(axis=1)).sum())
        count = float((there.sum(axis=1) ** 2 - there.sum(axis=1)).sum())
    return float(np.clip(total / count, 0.0, 0.99))


def _solve(y: Array, x: Array, there: NDArray[np.bool_], R: Array) -> Array:
    """(X' V⁻¹ X)⁻¹ X' V⁻¹ y, summed over clients (2,). Clients who answered at the same sessions share one inverse."""
    bread, meat = np.zeros((2, 2)), np.zeros(2)
    patterns, index = np.unique(there, axis=0, return_inverse=True)
    for k, pattern in enumerate(patterns):
        if not pattern.any():
            continue
        weight = np.linalg.inv(R[np.ix_(pattern, pattern)])
        rows = np.flatnonzero(index.ravel() == k)
        X = np.stack([np.ones((len(rows), int(pattern.sum()))), x[rows][:, pattern]], axis=2)
        bread += np.einsum("nta,ts,nsb->ab", X, weight, X)
        meat += np.einsum("nta,ts,ns->a", X, weight, y[rows][:, pattern])
    return np.asarray(np.linalg.solve(bread, meat), dtype=np.float64)
