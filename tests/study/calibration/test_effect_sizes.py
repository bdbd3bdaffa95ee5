"""The shared statistics compared with hand-computed examples and explicit loops."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from securebase.study.calibration.effect_sizes import (
    coefficients,
    correlation,
    hedges_g,
    intraclass_correlation,
    partial_correlation,
    r_squared,
    residuals,
    slope_p_value,
)
from securebase.study.calibration.marginal import WorkingCorrelation, marginal_effect

NAN = np.nan


def test_correlation_excludes_incomplete_cases() -> None:
    assert correlation(np.array([1.0, 2.0, NAN, 4.0]), np.array([2.0, 4.0, 9.0, 8.0])) == pytest.approx(1.0)
    assert np.isnan(correlation(np.array([1.0, 1.0, 1.0]), np.array([1.0, 2.0, 3.0])))
    assert np.isnan(correlation(np.array([1.0, NAN, 2.0]), np.array([1.0, 2.0, 3.0])))


def test_residuals_of_a_least_squares_line() -> None:
    residual = residuals(np.array([1.0, 2.0, 6.0, NAN]), np.array([0.0, 1.0, 2.0, 3.0]))
    # the line through (0, 1), (1, 2), (2, 6) is 0.5 + 2.5 x
    assert residual[:3] == pytest.approx([0.5, -1.0, 0.5])
    assert np.isnan(residual[3])


def test_partial_correlation_equals_the_textbook_formula() -> None:
    rng = np.random.default_rng(1)
    z = rng.standard_normal(200)
    x, y = z + rng.standard_normal(200), z + rng.standard_normal(200)
    rxy, rxz, ryz = correlation(x, y), correlation(x, z), correlation(y, z)
    expected = (rxy - rxz * ryz) / np.sqrt((1 - rxz**2) * (1 - ryz**2))
    assert partial_correlation(x, y, z) == pytest.approx(expected)


def test_r_squared_of_one_predictor_is_the_squared_correlation() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal(50), rng.standard_normal(50)
    assert r_squared(y, x) == pytest.approx(correlation(x, y) ** 2)
    assert coefficients(y, x)[0] == pytest.approx(correlation(x, y) * y.std() / x.std())


def test_slope_p_value_equals_students_t_test() -> None:
    rng = np.random.default_rng(4)
    x, z = rng.standard_normal(40), rng.standard_normal(40)
    y = 0.3 * x + z + rng.standard_normal(40)
    assert slope_p_value(y, x) == pytest.approx(stats.linregress(x, y).pvalue)
    X = np.column_stack([np.ones(40), x, z])
    beta = np.linalg.lstsq(X, y, rcond=None)[0]
    residual = y - X @ beta
    se = np.sqrt(residual @ residual / 37 * np.linalg.inv(X.T @ X)[1, 1])
    assert slope_p_value(y, x, z) == pytest.approx(2 * stats.t.sf(abs(beta[1]) / se, 37))


def test_hedges_g_by_hand() -> None:
    # means 2 and 5, both variances 1, df 4: d = 3, factor 1 − 3/15 = .8
    assert hedges_g(np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0, NAN])) == pytest.approx(3.0 * 0.8)


def test_intraclass_correlation_by_hand() -> None:
    # groups (1, 3), (5, 7): within mean square 2, between mean square 16, n0 = 2: between (16 − 2) / 2 = 7
    y, group = np.array([1.0, 3.0, 5.0, 7.0, NAN]), np.array([0, 0, 1, 1, 1])
    assert intraclass_correlation(y, group) == pytest.approx(7 / 9)
    assert intraclass_correlation(np.array([1.0, 3.0, 1.0, 3.0]), group[:4]) == 0.0


def panel(n: int = 12, sessions: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    x = rng.standard_normal((n, sessions)) + rng.standard_normal((n, 1))
    y = 0.5 * x + rng.standard_normal((n, sessions)) + rng.standard_normal((n, 1))
    y[rng.random(y.shape) < 0.2] = NAN
    return y, x


@pytest.mark.parametrize("working", list(WorkingCorrelation))
def test_marginal_effect_is_generalised_least_squares_by_client(working: WorkingCorrelation) -> None:
    y, x = panel()
    r = None
    beta = np.zeros(2)
    for iteration in range(5):
        bread, meat, included = np.zeros((2, 2)), np.zeros(2), []
        for i in range(len(y)):
            sessions = [t for t in range(y.shape[1]) if np.isfinite(y[i, t])]
            if len(sessions) < 2:
                continue
            V = np.array(
                [[1.0 if s == t else _working_correlation(working, r, s, t) for s in sessions] for t in sessions]
            )
            X = np.array([[1.0, x[i, t]] for t in sessions])
            bread += X.T @ np.linalg.inv(V) @ X
            meat += X.T @ np.linalg.inv(V) @ y[i, sessions]
            included.append((i, sessions))
        beta = np.linalg.solve(bread, meat)
        if iteration == 4:
            break
        residual = {(i, t): y[i, t] - beta[0] - beta[1] * x[i, t] for i, sessions in included for t in sessions}
        spread = np.std(list(residual.values()))
        products = [
            residual[i, s] * residual[i, t] / spread**2
            for i, sessions in included
            for s in sessions
            for t in sessions
            if (abs(s - t) == 1 if working is WorkingCorrelation.AUTOREGRESSIVE else s != t)
        ]
        r = float(np.clip(np.mean(products), 0.0, 0.99))
    assert marginal_effect(y, x, working) == pytest.approx(beta[1])


def _working_correlation(working: WorkingCorrelation, r: float | None, s: int, t: int) -> float:
    if r is None:
        return 0.0
    return r if working is WorkingCorrelation.EXCHANGEABLE else r ** abs(s - t)
