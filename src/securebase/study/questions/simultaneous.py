"""Simultaneous intervals of estimates of the same persons, by the largest t (Hothorn, Bretz & Westfall 2008)."""

from __future__ import annotations

import numpy as np

from securebase.study.estimator import Array

#: draws of the largest t; the standard error of the .95 quantile is about .01
_DRAWS = 20_000


def draw_largest_t(influences: Array, df: int) -> Array:
    """Return draws of the largest absolute t of estimates with these influences (estimates, persons), none all zero.

    Estimates are taken as jointly normal with the covariance that their influences have, up to a common χ² of `df`.
    The .95 quantile is the half-width of intervals that hold together, in standard errors.
    """
    rng = np.random.default_rng(1)
    directions = influences / np.sqrt((influences**2).sum(axis=1))[:, None]
    eigenvalues, vectors = np.linalg.eigh(directions @ directions.T)
    root = vectors * np.sqrt(np.maximum(eigenvalues, 0.0))
    normal = rng.standard_normal((_DRAWS, len(root))) @ root.T
    result: Array = np.abs(normal).max(axis=1) / np.sqrt(rng.chisquare(df, _DRAWS) / df)
    return result
