"""Least squares with robust errors compared with the sandwich estimator written out."""

import numpy as np

from securebase.study.regression import regress


def test_covariance_equals_the_sandwich_written_out():
    rng = np.random.default_rng(1)
    cluster = rng.integers(0, 12, 90)
    X, y = rng.normal(size=(90, 2)), rng.normal(size=90)
    regression = regress(y, X, cluster, 12)
    D = np.column_stack([np.ones(90), X])
    b = np.linalg.lstsq(D, y, rcond=None)[0]
    bread, meat = np.linalg.inv(D.T @ D), np.zeros((3, 3))
    for g in np.unique(cluster):
        score = D[cluster == g].T @ (y - D @ b)[cluster == g]
        meat += np.outer(score, score)
    G = len(np.unique(cluster))
    expected = G / (G - 1) * 89 / 87 * bread @ meat @ bread
    np.testing.assert_allclose(regression.coefficients, b, atol=1e-12)
    np.testing.assert_allclose(regression.covariance, expected, atol=1e-12)
    assert (regression.n, regression.n_clusters) == (90, G)


def test_single_row_clusters_give_the_hc1_covariance():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=50), rng.normal(size=50)
    regression = regress(y, x[:, None], np.arange(50), 50)
    D = np.column_stack([np.ones(50), x])
    bread = np.linalg.inv(D.T @ D)
    hc1 = 50 / 48 * bread @ (D.T * regression.residuals**2) @ D @ bread
    np.testing.assert_allclose(regression.covariance, hc1, atol=1e-12)


def test_collinear_columns_and_a_single_cluster_give_none():
    x = np.arange(20.0)
    cluster = np.arange(20) // 4
    assert regress(x, np.column_stack([x, 2 * x]), cluster, 5) is None
    assert regress(x, np.zeros((20, 1)), cluster, 5) is None
    assert regress(x, x[:, None], np.zeros(20, dtype=np.int64), 1) is None


def test_rank_does_not_depend_on_the_scale_of_a_column():
    rng = np.random.default_rng(3)
    x, y, cluster = rng.normal(size=40), rng.normal(size=40), np.arange(40) // 4
    plain, tiny = regress(y, x[:, None], cluster, 10), regress(y, 1e-12 * x[:, None], cluster, 10)
    np.testing.assert_allclose(tiny.coefficients[1] * 1e-12, plain.coefficients[1], rtol=1e-9)
