"""One person left out at a time, without computing anything anew: does one of them decide what is said?

Removing the rows of one person changes the cross products of a regression by that person's own, so that every
coefficient and every robust standard error without one person follows from sums over persons that are made once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

#: cross products scaled to a diagonal of one with a smaller eigenvalue than this cannot be told apart from singular
_SINGULAR = 1e-12


@dataclass(frozen=True, eq=False)
class LeftOut:
    """The first coefficient after the intercept without each cluster in turn, its standard error and how many clusters
    are left; (clusters,), NaN where the cluster has no rows or where nothing can be estimated without it."""

    coefficient: Array
    standard_error: Array
    n_clusters: Array


@dataclass(frozen=True, eq=False)
class WithoutOne:
    """A lag without each person in turn, (persons,): in points, its p, and standardised; NaN as in `LeftOut`.

    `present`: who has rows at all; leaving out anybody else changes nothing.
    """

    raw: Array
    p_value: Array
    estimate: Array
    present: NDArray[np.bool_]


def leave_one_out(y: Array, X: Array, cluster: Indices, n_clusters: int) -> LeftOut:
    """What `regress` would say of the first column of X (n, k) without each cluster, in O(clusters · k⁴).

    With A = X′X, A_g = X_g′X_g, residual scores s_g = X_g′e_g and B_g = (A − A_g)⁻¹, leaving out g moves the
    coefficients by −B_g s_g, and the scores of every other cluster h become s_h + A_h B_g s_g.
    """
    X = np.column_stack([np.ones(len(y)), X])
    scale = np.sqrt((X**2).sum(axis=0))
    X = X / scale
    n, k = X.shape
    size = np.bincount(cluster, minlength=n_clusters).astype(float)
    own = _sums(np.einsum("ni,nj->nij", X, X).reshape(n, k * k), cluster, n_clusters).reshape(-1, k, k)
    total = own.sum(axis=0)
    whole = np.linalg.solve(total, X.T @ y)
    scores = _sums(X * (y - X @ whole)[:, None], cluster, n_clusters)

    left = total - own
    usable = (size > 0) & (np.linalg.eigvalsh(left)[:, 0] > _SINGULAR)
    bread = np.full_like(left, np.nan)
    bread[usable] = np.linalg.inv(left[usable])
    moved = np.einsum("gij,gj->gi", bread, scores)
    row = bread[:, 1, :]

    # Σ_h (row · (s_h + A_h moved))² over all h, from sums over h that do not depend on g; then less the term of g
    ss = scores.T @ scores
    sa = np.einsum("hi,hjl->ijl", scores, own)
    aa = (own.reshape(-1, k * k).T @ own.reshape(-1, k * k)).reshape(k, k, k, k)
    pairs = np.einsum("gi,gj->gij", row, row)
    squares = np.einsum("gij,ij->g", pairs, ss) + 2 * np.einsum("gij,gl,ijl->g", pairs, moved, sa, optimize=True)
    squares += np.einsum("gij,gl,gm,iljm->g", pairs, moved, moved, aa, optimize=True)
    squares -= np.einsum("gi,gi->g", row, scores + np.einsum("gij,gj->gi", own, moved)) ** 2

    clusters = np.where(size > 0, (size > 0).sum() - 1.0, np.nan)
    rows = n - size
    with np.errstate(invalid="ignore", divide="ignore"):
        small_sample = clusters / (clusters - 1) * (rows - 1) / (rows - k)
        error = np.sqrt(small_sample * np.maximum(squares, 0.0))
    enough = (clusters > 1) & (rows > k)
    coefficient = np.where(enough, whole[1] - moved[:, 1], np.nan)
    return LeftOut(coefficient / scale[1], np.where(enough, error, np.nan) / scale[1], clusters)


def without_one(y: Array, X: Array, cluster: Indices, n_clusters: int) -> WithoutOne:
    """`leave_one_out` read as a lag: `X`'s first column is the earlier one, y the later one."""
    found = leave_one_out(y, X, cluster, n_clusters)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = np.asarray(2 * stats.t.sf(np.abs(found.coefficient) / found.standard_error, found.n_clusters - 1))
        standard = _spread(X[:, 0], cluster, n_clusters) / _spread(y, cluster, n_clusters)
    present = np.bincount(cluster, minlength=n_clusters) > 0
    return WithoutOne(found.coefficient, p, found.coefficient * standard, present)


def _spread(x: Array, cluster: Indices, n_clusters: int) -> Array:
    """Standard deviation of x without each cluster."""
    x = x - x.mean()
    n, own = len(x) - np.bincount(cluster, minlength=n_clusters), np.bincount(cluster, x, n_clusters)
    squares = (x**2).sum() - np.bincount(cluster, x**2, n_clusters)
    spread: Array = np.sqrt(np.maximum((squares - own**2 / n) / (n - 1), 0.0))
    return spread


def _sums(values: Array, cluster: Indices, n_clusters: int) -> Array:
    """Column sums (clusters, columns)."""
    return np.stack([np.bincount(cluster, column, n_clusters) for column in values.T], axis=1)
