"""Ordinary least squares with cluster-robust standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Regression:
    """coefficients: (k,); influence: (clusters, k), so that its cross product is the cluster-robust covariance.

    Two regressions on rows of the same persons can be compared through their influences, cluster by cluster.
    """

    coefficients: Array
    influence: Array
    residuals: Array
    n: int
    n_clusters: int

    @property
    def covariance(self) -> Array:
        """(k, k), robust to any dependence within a cluster (CR1: Liang & Zeger 1986, small-sample factor as Stata)."""
        return self.influence.T @ self.influence

    @property
    def standard_errors(self) -> Array:
        return np.sqrt(np.diag(self.covariance))


def regress(y: Array, X: Array, cluster: Indices, n_clusters: int) -> Regression | None:
    """Regress y (n,) on an intercept and X (n, k) by ordinary least squares; clusters are 0 … n_clusters − 1.

    None if the columns of X are collinear, or if fewer than two clusters have rows.
    """
    X = np.column_stack([np.ones(len(y)), X])
    n, k = X.shape
    present = len(np.unique(cluster))
    # columns of unit length, so that the rank does not depend on units of measurement
    scale = np.sqrt((X**2).sum(axis=0))
    if n <= k or present < 2 or not scale.all() or np.linalg.matrix_rank(X / scale, tol=1e-9) < k:
        return None
    bread = np.linalg.inv((X / scale).T @ (X / scale)) / np.outer(scale, scale)
    coefficients = bread @ (X.T @ y)
    residuals = y - X @ coefficients
    scores = np.zeros((n_clusters, k))
    np.add.at(scores, cluster, X * residuals[:, None])
    # CR1: G/(G − 1) · (n − 1)/(n − k)
    small_sample = present / (present - 1) * (n - 1) / (n - k)
    return Regression(coefficients, np.sqrt(small_sample) * scores @ bread, residuals, n, present)
