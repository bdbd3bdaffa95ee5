from __future__ import annotations

import numpy as np
from scipy.linalg import solve_discrete_lyapunov

from securebase.study.verdicts.attenuation import Attenuation, Coefficient, Persistence, attenuation
from securebase.study.verdicts.course import Pair, adjust_for_common_course
from securebase.study.verdicts.within import fit_within

from .tiny_truths import pair


def read_attenuation(data: Pair) -> Attenuation:
    adjusted = adjust_for_common_course(data)
    result = attenuation(data, adjusted, fit_within(adjusted))
    assert result is not None
    return result


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
    adjusted = adjust_for_common_course(data)
    within = fit_within(adjusted)
    # with the pair as observed in both places, the loops are exact
    result = attenuation(data, data, within)
    assert result is not None
    expected = loops(data, within.theta, within.scale)
    readings = (result.centred.estimate, result.detrended.estimate, result.expected_difference)
    np.testing.assert_allclose(readings, expected, rtol=1e-7)
    back = attenuation(data.reversed, adjusted.reversed, within.exchanged)
    assert back is not None
    np.testing.assert_allclose(back.statistic, read_attenuation(data.reversed).statistic, atol=1e-3)


def test_even_real_times_give_the_same_as_sessions() -> None:
    data = pair("true_lag", np.random.default_rng(2), 30, T=8)
    by_time = read_attenuation(Pair(data.y, data.x, 7 * data.times, discrete=False))
    by_session = read_attenuation(data)
    np.testing.assert_allclose(by_time.detrended.estimate, by_session.detrended.estimate)
    np.testing.assert_allclose(by_time.expected_difference, by_session.expected_difference, atol=0.01)


def trend_only(rng: np.random.Generator, N: int) -> Pair:
    """Return two columns without any link that share a trend of everybody's own pace."""
    pace = rng.normal(0.2, 0.1, size=(N, 1)) * np.arange(16)
    return Pair.of_sessions(-pace + rng.normal(size=(N, 16)), pace + rng.normal(size=(N, 16)))


def test_a_shared_trend_attenuates() -> None:
    result = read_attenuation(trend_only(np.random.default_rng(3), 60))
    assert result.weaker
    assert result.persistence is Persistence.ATTENUATES


def test_a_true_lag_persists_beside_a_common_course() -> None:
    rng = np.random.default_rng(3)
    course = np.linspace(0, 1.5, 16) ** 2
    readings = []
    for _ in range(12):
        data = pair("true_lag", rng, 60)
        readings.append(read_attenuation(Pair.of_sessions(data.y - course, data.x - course)).persistence)
    assert readings.count(Persistence.PERSISTS) >= 10
    assert Persistence.ATTENUATES not in readings


def test_a_common_course_that_bends_attenuates() -> None:
    """Lines alone leave a bend that both columns share; the common course takes it out."""
    rng = np.random.default_rng(4)
    bend = 3.0 * np.exp(-np.arange(16) / 2.0)
    data = Pair.of_sessions(bend + rng.normal(size=(60, 16)), -bend + rng.normal(size=(60, 16)))
    assert read_attenuation(data).persistence is Persistence.ATTENUATES


def test_what_remains_is_told_by_the_difference_and_by_what_is_left() -> None:
    def remains(centred: float, detrended: float, statistic: float, p: float, error: float = 0.03) -> Persistence:
        coefficients = Coefficient(centred, 0.03), Coefficient(detrended, error)
        return Attenuation(*coefficients, 0.0, statistic, p, 60).persistence

    assert remains(-0.3, -0.05, 5.0, 0.001) is Persistence.ATTENUATES
    assert remains(-0.3, -0.05, 1.0, 0.3) is Persistence.INCONCLUSIVE  # no difference told
    assert remains(-0.3, -0.13, 5.0, 0.001) is Persistence.PERSISTS  # weaker, but not gone
    assert remains(-0.3, -0.05, 5.0, 0.001, error=0.12) is Persistence.INCONCLUSIVE  # most of it may be left
    assert remains(-0.3, 0.3, 5.0, 0.001) is Persistence.ATTENUATES  # nothing of this sign is left
    assert remains(-0.05, -0.3, 5.0, 0.001) is Persistence.INCONCLUSIVE  # nothing to persist
