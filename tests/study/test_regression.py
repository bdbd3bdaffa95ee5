"""Least squares with robust errors, against the sandwich written out person by person."""

import numpy as np

from securebase.study.regression import regress


def test_equals_the_sandwich_written_out():
    rng = np.random.default_rng(1)
    cluster = rng.integers(0, 12, 90)
    X, y = rng.normal(size=(90, 2)), rng.normal(size=90)
    found = regress(y, X, cluster, 12)
    D = np.column_stack([np.ones(90), X])
    b = np.linalg.lstsq(D, y, rcond=None)[0]
    bread, meat = np.linalg.inv(D.T @ D), np.zeros((3, 3))
    for g in np.unique(cluster):
        score = D[cluster == g].T @ (y - D @ b)[cluster == g]
        meat += np.outer(score, score)
    G = len(np.unique(cluster))
    expected = G / (G - 1) * 89 / 87 * bread @ meat @ bread
    np.testing.assert_allclose(found.coefficients, b, atol=1e-12)
    np.testing.assert_allclose(found.covariance, expected, atol=1e-12)
    assert (found.n, found.n_clusters) == (90, G)


def test_every_row_its_own_cluster_is_the_heteroscedastic_error():
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=50), rng.normal(size=50)
    found = regress(y, x[:, None], np.arange(50), 50)
    D = np.column_stack([np.ones(50), x])
    bread = np.linalg.inv(D.T @ D)
    hc1 = 50 / 48 * bread @ (D.T * found.residuals**2) @ D @ bread
    np.testing.assert_allclose(found.covariance, hc1, atol=1e-12)


def test_columns_that_cannot_be_told_apart_are_refused():
    x = np.arange(20.0)
    cluster = np.arange(20) // 4
    assert regress(x, np.column_stack([x, 2 * x]), cluster, 5) is None
    assert regress(x, np.zeros((20, 1)), cluster, 5) is None
    assert regress(x, x[:, None], np.zeros(20, dtype=np.int64), 1) is None


def test_scale_of_a_column_does_not_decide_whether_it_counts():
    rng = np.random.default_rng(3)
    x, y, cluster = rng.normal(size=40), rng.normal(size=40), np.arange(40) // 4
    plain, tiny = regress(y, x[:, None], cluster, 10), regress(y, 1e-12 * x[:, None], cluster, 10)
    np.testing.assert_allclose(tiny.coefficients[1] * 1e-12, plain.coefficients[1], rtol=1e-9)
