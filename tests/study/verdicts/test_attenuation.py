from __future__ import annotations

import numpy as np
from scipy.linalg import solve_discrete_lyapunov

from securebase.study.verdicts.attenuation import attenuation
from securebase.study.verdicts.course import Pair, adjust_for_common_course
from securebase.study.verdicts.within import fit_within

from .tiny_truths import pair


def loops(data: Pair, theta: np.ndarray, scale: np.ndarray) -> tuple[float, float, float]:
    """Return centred and detrended coefficient and the expected difference, person by person with dense matrices."""
    A = np.array([[np.tanh(theta[0]), theta[2]], [theta[3], np.tanh(theta[1])]])
    s, r = np.exp(theta[4:6]), np.tanh(theta[6])
    P = solve_discrete_lyapunov(A, np.array([[s[0] ** 2, r * s[0] * s[1]], [r * s[0] * s[1], s[1] ** 2]]))
    T, result, expected = data.y.shape[1], [], []
    V = np.zeros((2 * T, 2 * T))
    for a in range(T):
        for b in range(a + 1):
            G = np.linalg.matrix_power(A, a - b) @ P
            for i in range(2):
                for j in range(2):
                    V[i * T + a, j * T + b] = V[j * T + b, i * T + a] = G[i, j]
    V *= np.outer(np.repeat(scale, T), np.repeat(scale, T))
    V += np.diag(np.repeat(scale**2 * np.exp(2 * theta[7:9]), T))
    for degree in (0, 1):
        rows, own, lagged = [], np.zeros((2, 2)), np.zeros(2)
        for y, x in zip(data.y, data.x, strict=True):
            if min(np.isfinite(y).sum(), np.isfinite(x).sum()) < 4:
                continue
            H, parts = np.zeros((2 * T, 2 * T)), []
            for c, v in enumerate((y, x)):
                known = np.flatnonzero(np.isfinite(v))
                D = np.vander(known.astype(float), degree + 1)
                H[np.ix_(c * T + known, c * T + known)] = np.eye(len(known)) - D @ np.linalg.pinv(D)
                parts.append(np.where(np.isfinite(v), v, 0.0))
            left, S = H @ np.concatenate(parts), H @ V @ H.T
            for t in range(1, T):
                if np.isfinite([y[t], y[t - 1], x[t - 1]]).all():
                    rows.append((left[t], left[T + t - 1], left[t - 1]))
                    before = [T + t - 1, t - 1]
                    own += S[np.ix_(before, before)]
                    lagged += S[t, before]
        table = np.array(rows)
        result.append(float(np.linalg.lstsq(table[:, 1:], table[:, 0], rcond=None)[0][0]))
        expected.append(float(np.linalg.solve(own, lagged)[0]))
    return result[0], result[1], expected[1] - expected[0]


def test_the_coefficients_are_those_of_explicit_loops() -> None:
    data = pair("true_lag", np.random.default_rng(1), 30, T=8)
    within = fit_within(adjust_for_common_course(data))
    result = attenuation(data, within)
    assert result is not None
    expected = loops(data, within.theta, within.scale)
    np.testing.assert_allclose((result.centred, result.detrended, result.expected_difference), expected, rtol=1e-7)
    back = attenuation(data.reversed, within.exchanged)
    assert back is not None
    refitted = attenuation(data.reversed, fit_within(adjust_for_common_course(data.reversed)))
    assert refitted is not None
    np.testing.assert_allclose(back.statistic, refitted.statistic, atol=1e-3)


def test_even_real_times_give_the_same_as_sessions() -> None:
    data = pair("true_lag", np.random.default_rng(2), 30, T=8)
    within = fit_within(adjust_for_common_course(Pair(data.y, data.x, 7 * data.times, discrete=False)))
    by_time = attenuation(Pair(data.y, data.x, 7 * data.times, discrete=False), within)
    by_session = attenuation(data, fit_within(adjust_for_common_course(data)))
    assert by_time is not None
    assert by_session is not None
    np.testing.assert_allclose(by_time.detrended, by_session.detrended)
    np.testing.assert_allclose(by_time.expected_difference, by_session.expected_difference, atol=0.01)


def trend_only(rng: np.random.Generator, N: int) -> Pair:
    """Return two columns without any link that share a trend of everybody's own pace."""
    pace = rng.normal(0.2, 0.1, size=(N, 1)) * np.arange(16)
    return Pair.of_sessions(-pace + rng.normal(size=(N, 16)), pace + rng.normal(size=(N, 16)))


def test_a_shared_trend_attenuates_and_a_true_lag_does_not() -> None:
    rng = np.random.default_rng(3)
    trend = trend_only(rng, 60)
    result = attenuation(trend, fit_within(adjust_for_common_course(trend)))
    assert result is not None
    assert result.weaker
    assert result.nothing_left
    weaker = 0
    for _ in range(12):
        data = pair("true_lag", rng, 60)
        flat = Pair.of_sessions(data.y - np.linspace(0, 1.5, 16) ** 2, data.x - np.linspace(0, 1.5, 16) ** 2)
        result = attenuation(flat, fit_within(adjust_for_common_course(flat)))
        assert result is not None
        weaker += result.weaker
    assert weaker <= 2
