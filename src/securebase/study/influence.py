"""Leave-one-person-out influence in closed form: verdicts that depend on a single person.

Removing the rows of one person subtracts that person's cross products from those of the regression, so that every
coefficient and every robust standard error without one person follows from sums over persons that are computed once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.model.distributions import t_tail

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

#: cross products scaled to a diagonal of one with a smaller eigenvalue count as singular
_MIN_EIGENVALUE = 1e-12


@dataclass(frozen=True, eq=False)
class LeaveOneOutCoefficients:
    """The first slope without each cluster in turn, its standard error and the number of remaining clusters.

    Each (clusters,), NaN where the cluster has no rows or where nothing can be estimated without it.
    """

    coefficient: Array
    standard_error: Array
    n_clusters: Array


@dataclass(frozen=True, eq=False)
class LeaveOneOutLags:
    """A lag without each person in turn, each (persons,): raw coefficient in points, its p, and standardised estimate.

    `present`: persons with rows; leaving out anyone else changes nothing. NaN as in `LeaveOneOutCoefficients`.
    """

    raw: Array
    p_value: Array
    estimate: Array
    present: NDArray[np.bool_]


def leave_one_out(y: Array, X: Array, cluster: Indices, n_clusters: int) -> LeaveOneOutCoefficients:
    """Return leave-one-cluster-out estimates of the first coefficient of X (n, k) in `regress`, in O(clusters · k⁴).

    With A = X′X, A_g = X_g′X_g, residual scores s_g = X_g′e_g and B_g = (A − A_g)⁻¹, leaving out g moves the
    coefficients by −B_g s_g, and the scores of every other cluster h become s_h + A_h B_g s_g.
    """
    X = np.column_stack([np.ones(len(y)), X])
    scale = np.sqrt((X**2).sum(axis=0))
    X = X / scale
    n, k = X.shape
    size = np.bincount(cluster, minlength=n_clusters).astype(float)
    cross = _sum_by_cluster(np.einsum("ni,nj->nij", X, X).reshape(n, k * k), cluster, n_clusters).reshape(-1, k, k)
    total = cross.sum(axis=0)
    coefficients = np.linalg.solve(total, X.T @ y)
    scores = _sum_by_cluster(X * (y - X @ coefficients)[:, None], cluster, n_clusters)

    remaining = total - cross
    usable = (size > 0) & (np.linalg.eigvalsh(remaining)[:, 0] > _MIN_EIGENVALUE)
    bread = np.full_like(remaining, np.nan)
    bread[usable] = np.linalg.inv(remaining[usable])
    shift = np.einsum("gij,gj->gi", bread, scores)
    row = bread[:, 1, :]

    # Σ_h (row · (s_h + A_h shift))² over all h, from sums over h that do not depend on g; then less the term of g
    ss = scores.T @ scores
    sa = np.einsum("hi,hjl->ijl", scores, cross)
    aa = (cross.reshape(-1, k * k).T @ cross.reshape(-1, k * k)).reshape(k, k, k, k)
    products = np.einsum("gi,gj->gij", row, row)
    squares = np.einsum("gij,ij->g", products, ss) + 2 * np.einsum("gij,gl,ijl->g", products, shift, sa, optimize=True)
    squares += np.einsum("gij,gl,gm,iljm->g", products, shift, shift, aa, optimize=True)
    squares -= np.einsum("gi,gi->g", row, scores + np.einsum("gij,gj->gi", cross, shift)) ** 2

    clusters = np.where(size > 0, (size > 0).sum() - 1.0, np.nan)
    rows = n - size
    with np.errstate(invalid="ignore", divide="ignore"):
        small_sample = clusters / (clusters - 1) * (rows - 1) / (rows - k)
        error = np.sqrt(small_sample * np.maximum(squares, 0.0))
    estimable = (clusters > 1) & (rows > k)
    coefficient = np.where(estimable, coefficients[1] - shift[:, 1], np.nan)
    return LeaveOneOutCoefficients(coefficient / scale[1], np.where(estimable, error, np.nan) / scale[1], clusters)


def leave_one_out_lags(y: Array, X: Array, cluster: Indices, n_clusters: int) -> LeaveOneOutLags:
    """Return `leave_one_out` as lags: the first column of `X` is the earlier construct, y the later one."""
    coefficients = leave_one_out(y, X, cluster, n_clusters)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.abs(coefficients.coefficient) / coefficients.standard_error
        p = np.asarray(2 * t_tail(t, coefficients.n_clusters - 1))
        scale = _leave_one_out_sd(X[:, 0], cluster, n_clusters) / _leave_one_out_sd(y, cluster, n_clusters)
    present = np.bincount(cluster, minlength=n_clusters) > 0
    return LeaveOneOutLags(coefficients.coefficient, p, coefficients.coefficient * scale, present)


def _leave_one_out_sd(x: Array, cluster: Indices, n_clusters: int) -> Array:
    """Return the standard deviation of x without each cluster."""
    x = x - x.mean()
    n = len(x) - np.bincount(cluster, minlength=n_clusters)
    sums = np.bincount(cluster, x, n_clusters)
    squares = (x**2).sum() - np.bincount(cluster, x**2, n_clusters)
    # x has mean 0, so the sum without a cluster is minus the cluster's own
    sd: Array = np.sqrt(np.maximum((squares - sums**2 / n) / (n - 1), 0.0))
    return sd


def _sum_by_cluster(values: Array, cluster: Indices, n_clusters: int) -> Array:
    """Return column sums (clusters, columns)."""
    return np.stack([np.bincount(cluster, column, n_clusters) for column in values.T], axis=1)
