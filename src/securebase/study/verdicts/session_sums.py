"""Sums over the sessions of a person, and their t tests over persons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.model.distributions import t_tail
from securebase.study.verdicts.course import Array


@dataclass(frozen=True, slots=True)
class Contrast:
    """Mean over persons of one sum: t statistic, two-sided p, and persons with any term."""

    statistic: float
    p: float
    n_persons: int

    def p_towards(self, sign: float) -> float:
        """Return p if the mean has this sign, otherwise 1."""
        return self.p if self.statistic * sign > 0 else 1.0


def contrast(terms: Array, used: NDArray[np.bool_]) -> Contrast:
    """Test persons' sums of terms (persons, sessions), 0 where not used."""
    sums = terms.sum(axis=1)[used.any(axis=1)]
    n = len(sums)
    if n < 3 or not sums.std() > 0:
        return Contrast(float("nan"), 1.0, n)
    statistic = float(sums.mean() / (sums.std(ddof=1) / np.sqrt(n)))
    return Contrast(statistic, 2.0 * float(t_tail(abs(statistic), n - 1)), n)


def deviation(ratings: Array) -> Array:
    """Return each rating less the mean of the person's earlier ones; NaN at the first."""
    known = np.isfinite(ratings)
    k = np.cumsum(known, axis=1) - known
    total = np.cumsum(np.where(known, ratings, 0.0), axis=1) - np.where(known, ratings, 0.0)
    return np.where(k > 0, ratings - total / np.maximum(k, 1), np.nan)


def centre(values: Array, used: NDArray[np.bool_]) -> Array:
    """Return values less their mean over persons at each session, 0 where not used."""
    counted = np.where(used, values, 0.0)
    return np.where(used, counted - counted.sum(axis=0) / np.maximum(used.sum(axis=0), 1), 0.0)
