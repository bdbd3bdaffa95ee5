from __future__ import annotations

import numpy as np

from securebase.study.verdicts.likelihood_ratio import ratio_test


def test_the_statistic_of_a_parabola_is_its_wald_statistic() -> None:
    H, centre = np.array([[4.0, 1.5], [1.5, 2.0]]), np.array([-0.7, 0.4])

    def objective(x: np.ndarray) -> tuple[float, np.ndarray]:
        return 0.5 * float((x - centre) @ H @ (x - centre)), H @ (x - centre)

    test = ratio_test(objective, [np.ones(2)], 0)
    np.testing.assert_allclose(test.z, centre[0] / np.sqrt(np.linalg.inv(H)[0, 0]), atol=1e-4)
    np.testing.assert_allclose(test.theta, centre, atol=1e-3)
    assert test.regular


def test_both_fits_find_the_better_of_two_valleys() -> None:
    """The restricted fit begins in the worse valley of b, and reaches the better one from the full fit."""

    def objective(x: np.ndarray) -> tuple[float, np.ndarray]:
        a, b = x
        # valleys near b = ±2, the one at +2 lower
        value = 0.5 * (a - 1.0) ** 2 + (b**2 - 4.0) ** 2 / 8.0 - 0.3 * b
        return value, np.array([a - 1.0, b * (b**2 - 4.0) / 2.0 - 0.3])

    test = ratio_test(objective, [np.array([0.5, -2.0]), np.array([0.5, 2.0])], 0)
    assert test.theta[1] > 0
    np.testing.assert_allclose(test.z, 1.0, atol=1e-3)


def test_a_function_without_a_minimum_is_not_regular() -> None:
    def objective(x: np.ndarray) -> tuple[float, np.ndarray]:
        return float(-x[0] - 0.5 * x[1] ** 2), np.array([-1.0, -x[1]])

    assert not ratio_test(objective, [np.ones(2)], 0).regular
