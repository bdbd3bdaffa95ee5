from __future__ import annotations

import numpy as np
from scipy.stats import ttest_1samp

from oracles import dense_verdicts
from securebase.study.verdicts.course import Pair
from securebase.study.verdicts.reversal import MIN_JOINT, time_reversal


def hidden_factor(rng: np.random.Generator, N: int, T: int) -> tuple[np.ndarray, np.ndarray]:
    """Return two columns that one autoregressive factor moves in the same week."""
    factor = np.zeros((N, T + 30))
    for t in range(1, T + 30):
        factor[:, t] = 0.7 * factor[:, t - 1] + rng.normal(size=N)
    factor = factor[:, 30:]
    return -0.8 * factor + rng.normal(size=(N, T)), factor + 0.5 * rng.normal(size=(N, T))


def test_the_statistic_is_that_of_explicit_loops() -> None:
    rng = np.random.default_rng(1)
    y, x = hidden_factor(rng, 30, 10)
    y[rng.random(y.shape) < 0.2] = np.nan
    y[0, 4:] = np.nan
    times = np.cumsum(rng.uniform(0.5, 2.0, y.shape), axis=1)
    result = time_reversal(Pair(y, x, times, discrete=False))
    expected = dense_verdicts.antisymmetry(y, x, times, MIN_JOINT)
    reference = ttest_1samp(expected, 0.0)
    np.testing.assert_allclose([result.statistic, result.p], [reference.statistic, reference.pvalue], rtol=1e-10)
    assert result.n_persons == len(expected) < 30


def test_columns_exchanged_change_the_sign_alone() -> None:
    y, x = hidden_factor(np.random.default_rng(2), 20, 8)
    pair = Pair.of_sessions(y, x)
    np.testing.assert_allclose(time_reversal(pair.reversed).statistic, -time_reversal(pair).statistic)


def test_a_factor_of_the_same_week_is_symmetric() -> None:
    rng = np.random.default_rng(3)
    statistics = [time_reversal(Pair.of_sessions(*hidden_factor(rng, 60, 16))).statistic for _ in range(200)]
    assert abs(np.mean(statistics)) < 0.25
    assert (np.abs(statistics) > 1.96).mean() < 0.1


def test_a_true_lag_supports_its_own_direction_and_sign() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(100, 16))
    y = rng.normal(size=(100, 16))
    y[:, 1:] -= 0.5 * x[:, :-1]
    result = time_reversal(Pair.of_sessions(y, x))
    assert result.p < 1e-6
    assert result.supports(-0.5, from_x=True)
    assert not result.supports(0.5, from_x=True)
    assert result.supports(0.5, from_x=False)


def test_too_few_persons_give_no_statistic() -> None:
    y, x = hidden_factor(np.random.default_rng(5), 2, 16)
    result = time_reversal(Pair.of_sessions(y, x))
    assert np.isnan(result.statistic)
    assert result.p == 1.0
