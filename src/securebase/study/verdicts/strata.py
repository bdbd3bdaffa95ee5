"""Least squares beside strata of occasions, with one person left out at a time, and a test of assignment by chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase.model.distributions import f_tail, t_tail
from securebase.study.verdicts.course import Array, Indices

#: more different values than this are doses, whose previous one is a term instead of a stratum
_MAX_LEVELS = 5


@dataclass(frozen=True, eq=False)
class StratifiedFit:
    """Coefficients with their covariance (CR3)."""

    coefficients: Array
    covariance: Array

    def p(self, n: float) -> float:
        """Return the p value of the first coefficient for n persons, 1 if it has no error."""
        variance = self.covariance[0, 0]
        if not variance > 0:
            return 1.0
        return 2.0 * float(t_tail(abs(self.coefficients[0]) / np.sqrt(variance), max(n - 1.0, 1.0)))


@dataclass(frozen=True, eq=False)
class Strata:
    """Stratum of each row, and terms (rows, k) that are not constant within strata: the previous dose.

    A person has at most one row in a stratum.
    """

    number: Indices
    terms: Array

    @classmethod
    def single(cls, rows: int) -> Strata:
        return cls(np.zeros(rows, dtype=np.int64), np.empty((rows, 0)))

    @property
    def size(self) -> Array:
        """Number of rows in the stratum of each row."""
        return np.bincount(self.number)[self.number].astype(float)

    def sums(self, values: Array) -> Array:
        """Return the sum of values (rows,) in each stratum."""
        return np.bincount(self.number, weights=values).astype(float)

    def centre(self, values: Array) -> Array:
        """Return values (rows, k) less their mean in the stratum."""
        means = [self.sums(column)[self.number] / self.size for column in values.T]
        return values - np.array(means).reshape(values.T.shape).T


def strata_of(occasion: Indices, previous: Array) -> Strata:
    """Return strata of occasions, apart for each previously assigned value; many values are doses, a term instead."""
    is_dose = len(np.unique(previous)) > _MAX_LEVELS
    cells = np.stack([np.zeros_like(previous) if is_dose else previous, occasion])
    number = np.unique(cells, axis=1, return_inverse=True)[1].ravel()
    return Strata(number, previous[:, None] if is_dose else np.empty((len(previous), 0)))


def residual(values: Array, terms: Array, strata: Strata) -> Array:
    """Return what strata and terms (rows, k) leave over of values (rows, m)."""
    values, terms = strata.centre(values), strata.centre(terms)
    return np.asarray(values - terms @ np.linalg.lstsq(terms, values, rcond=1e-10)[0], dtype=np.float64)


def identifying_number(values: Array, terms: Array, strata: Strata, person: Indices) -> float:
    """Return the number of persons (Kish) on whom the values that strata and terms leave over rest."""
    h = np.bincount(person, weights=residual(values[:, None], terms, strata)[:, 0] ** 2)
    total = float(h.sum())
    if not total > 1e-12 * max(float((values**2).sum()), 1e-300):
        return 0.0
    return total**2 / float((h**2).sum())


def regress_within_strata(y: Array, X: Array, strata: Strata, person: Indices) -> StratifiedFit:
    """Return least-squares coefficients beside strata, and their covariance from those without each person in turn."""
    X, y = strata.centre(X), strata.centre(y[:, None])[:, 0]
    scale = np.sqrt((X**2).sum(axis=0))
    X = X / np.where(scale > 0, scale, 1.0)
    # without one of its n rows, a stratum's sum of products falls by n/(n − 1) times the product of that row
    weight = strata.size / np.maximum(strata.size - 1.0, 1.0)
    rows = np.split(np.arange(len(y)), np.flatnonzero(np.diff(person)) + 1)
    moments = np.array([(weight[i, None] * X[i]).T @ X[i] for i in rows])
    products = np.array([(weight[i] * y[i]) @ X[i] for i in rows])
    inverse = np.linalg.pinv(X.T @ X - moments, rcond=1e-10, hermitian=True)
    coefficients = np.linalg.pinv(X.T @ X, rcond=1e-10, hermitian=True) @ X.T @ y
    changes = (inverse @ (X.T @ y - products)[:, :, None])[:, :, 0] - coefficients
    unit = np.where(scale > 0, scale, 1.0)
    return StratifiedFit(coefficients / unit, (changes / unit).T @ (changes / unit))


def chance_p(assigned: Array, others: Array, strata: Strata, person: Indices) -> float:
    """Return the p value of the hypothesis that the assigned values (rows,) have nothing to do with others (rows, k).

    The larger of two: by the variance of persons' sums of products (Hotelling), which allows for dependence within
    persons, and by that over permutations within strata (as in the Cochran–Mantel–Haenszel test), which holds where
    others are rare events.
    """
    chance = residual(assigned[:, None], strata.terms, strata)
    rest = residual(others, strata.terms, strata)
    present, row_person = np.unique(person, return_inverse=True)
    n = len(present)
    if n < 2:
        return 1.0
    sums = np.zeros((n, rest.shape[1]))
    np.add.at(sums, row_person, chance * rest)
    clustered = np.atleast_2d(np.cov(sums.T)) * n
    variance = strata.sums(chance[:, 0] ** 2)[strata.number] / np.maximum(strata.size - 1.0, 1.0)
    permuted = (variance[:, None] * rest).T @ rest
    return max(_wald(sums.sum(axis=0), clustered, n), _wald(sums.sum(axis=0), permuted, n))


def _wald(total: Array, covariance: Array, n: int) -> float:
    """Return Hotelling's p value of a sum over n persons with its covariance, 1 if nothing varies."""
    scale = np.sqrt(np.diag(covariance))
    varies = scale > 0
    k = int(varies.sum())
    if not k or n <= k:
        return 1.0
    z = total[varies] / scale[varies]
    correlation = covariance[np.ix_(varies, varies)] / np.outer(scale[varies], scale[varies])
    statistic = float(z @ np.linalg.pinv(correlation, rcond=1e-10, hermitian=True) @ z)
    return f_tail(statistic * (n - k) / (k * (n - 1)), (k, n - k))
