from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.linalg import block_diag, expm, solve_continuous_lyapunov, solve_discrete_lyapunov

from securebase.model.kernel import compiled
from securebase.study.verdicts import dynamics
from securebase.study.verdicts.course import Pair
from securebase.study.verdicts.mixed_cause import Factor
from securebase.study.verdicts.panel import StateLikelihood
from securebase.study.verdicts.straight_line import Bends, bends_likelihood
from securebase.study.verdicts.third_column import ThirdColumn
from securebase.study.verdicts.within import LagDirection

KERNELS = ["readable", pytest.param("compiled", marks=pytest.mark.skipif(not compiled.AVAILABLE, reason="not built"))]
SHARED = np.array([0.3, 0.5, -0.2, 0.1, -0.4, -0.3, 0.3, -0.6, -0.8])
#: lag → covariance of the states of all columns at a row with those an earlier row
Lagged = Callable[[float], np.ndarray]


def data(rng: np.random.Generator, *, discrete: bool, N: int = 8, T: int = 9) -> tuple[Pair, np.ndarray]:
    y, x, z = rng.normal(size=(3, N, T)) + rng.normal(size=(3, N, 1)) * np.arange(T)
    for column in (y, x, z):
        column[rng.random(column.shape) < 0.2] = np.nan
    y[0, 6:], x[1, :2], y[1, :2] = np.nan, np.nan, np.nan
    z[2, 3:] = np.nan
    times = np.cumsum(rng.uniform(0.3, 3.0, y.shape), axis=1)
    return Pair.of_sessions(y, x) if discrete else Pair(y, x, times, discrete=False), z


def dense(
    pair: Pair,
    columns: list[np.ndarray],
    scale: np.ndarray,
    unit: float,
    lagged: Lagged,
    noise: np.ndarray,
    *,
    span: float = 0,
) -> float:
    """Return −½ Σ_i [log|V| + log|D'V⁻¹D| + w'(…)w]; span: of a bend beside each line."""
    total = 0.0
    enough = (np.isfinite(pair.y).sum(axis=1) >= 4) & (np.isfinite(pair.x).sum(axis=1) >= 4)
    for i in np.flatnonzero(enough):
        rows = np.isfinite(pair.y[i]) | np.isfinite(pair.x[i])
        if pair.discrete:
            known = np.flatnonzero(rows)
            rows[known[0] : known[-1] + 1] = True
        cells, bases = [], []
        for c, values in enumerate(columns):
            known = np.flatnonzero(np.isfinite(values[i]) & rows)
            if np.isfinite(values[i]).sum() < 4:
                continue
            t = pair.times[i, known] / unit
            cells += [(c, s, v / scale[c]) for s, v in zip(t, values[i, known], strict=True)]
            bend = [np.exp(-(t - t.min()) / span)] if span else []
            bases.append(np.column_stack([np.ones(len(t)), t, *bend]))
        w, D = np.array([v for _, _, v in cells]), block_diag(*bases)
        V = np.array([[(lagged(s - t) if s >= t else lagged(t - s).T)[c, d] for d, t, _ in cells] for c, s, _ in cells])
        V += np.diag([noise[c] for c, _, _ in cells])
        inverse = np.linalg.inv(V)
        F = D.T @ inverse @ D
        R = inverse - inverse @ D @ np.linalg.inv(F) @ D.T @ inverse
        total -= 0.5 * (np.linalg.slogdet(V)[1] + np.linalg.slogdet(F)[1] + w @ R @ w)
    return total


def lagged_states(A: np.ndarray, Q: np.ndarray, *, discrete: bool) -> Lagged:
    P = solve_discrete_lyapunov(A, Q) if discrete else solve_continuous_lyapunov(A, -Q)
    return lambda d: np.asarray((np.linalg.matrix_power(A, round(d)) if discrete else expm(A * d)) @ P)


def shared(theta: np.ndarray, *, discrete: bool) -> tuple[Lagged, np.ndarray]:
    own = np.tanh(theta[:2]) if discrete else np.log(1 / (1 + np.exp(-theta[:2])))
    s, r = np.exp(theta[4:6]), np.tanh(theta[6])
    A = np.array([[own[0], theta[2]], [theta[3], own[1]]])
    Q = np.array([[s[0] ** 2, r * s[0] * s[1]], [r * s[0] * s[1], s[1] ** 2]])
    return lagged_states(A, Q, discrete=discrete), np.exp(2 * theta[7:9])


def check(
    likelihood: StateLikelihood,
    thetas: list[np.ndarray],
    expected: list[float],
    penalty: Callable[[np.ndarray], np.ndarray],
    tolerance: float = 1e-5,
) -> None:
    """Compare differences, since constants are left out, and the gradient with that of differences."""
    values = [-likelihood.objective(theta)[0] - penalty(theta[None])[0] for theta in thetas]
    np.testing.assert_allclose(values[1] - values[0], expected[1] - expected[0], atol=tolerance)
    gradient = likelihood.objective(thetas[1])[1]
    for k, step in enumerate(1e-4 * np.eye(len(thetas[1]))):
        difference = (likelihood.objective(thetas[1] + step)[0] - likelihood.objective(thetas[1] - step)[0]) / 2e-4
        assert abs(difference - gradient[k]) < 2e-4 * max(1.0, abs(difference))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("discrete", [True, False])
def test_the_likelihood_beside_a_third_column_is_that_of_dense_matrices(
    monkeypatch: pytest.MonkeyPatch, kernel: str, discrete: bool
) -> None:
    monkeypatch.setenv("SECUREBASE_KERNEL", kernel)
    pair, z = data(np.random.default_rng(1), discrete=discrete)
    model = ThirdColumn(discrete=discrete)
    likelihood = StateLikelihood(pair, model, z)
    rng = np.random.default_rng(2)
    thetas = [model.start(SHARED) + 0.1 * rng.normal(size=20) for _ in range(2)]
    expected = []
    for theta in thetas:
        own = np.tanh(theta[:3]) if discrete else np.log(1 / (1 + np.exp(-theta[:3])))
        A = np.array(
            [
                [own[0], theta[3], theta[4], theta[18]],
                [theta[5], own[1], theta[6], theta[19]],
                [theta[7], theta[8], own[2], 0],
                [0, 0, 1, 0 if discrete else -1],
            ]
        )
        yx, yz, xz = np.tanh(theta[12:15])
        # the correlation of x and z from their partial one beside y
        R = np.array([[1, yx, yz], [yx, 1, yx * yz + xz * np.sqrt((1 - yx**2) * (1 - yz**2))], [yz, 0, 1]])
        R[2, 1] = R[1, 2]
        s = np.exp(theta[9:12])
        Q = np.zeros((4, 4))
        Q[:3, :3] = R * np.outer(s, s)
        noise = np.exp(2 * theta[15:18])
        lag = lagged_states(A, Q, discrete=discrete)
        expected.append(dense(pair, [pair.y, pair.x, z], likelihood.scale, likelihood.unit, lag, noise))
    check(likelihood, thetas, expected, model.penalty)


@pytest.mark.parametrize("discrete", [True, False])
def test_the_likelihood_beside_bends_is_that_with_a_third_basis(discrete: bool) -> None:
    pair, _ = data(np.random.default_rng(3), discrete=discrete, N=10)
    likelihood = bends_likelihood(pair)
    span = max(np.ptp(t[np.isfinite(y) | np.isfinite(x)]) for y, x, t in zip(pair.y, pair.x, pair.times, strict=True))
    thetas = [SHARED, SHARED + 0.2 * np.random.default_rng(4).normal(size=9)]
    expected = [
        dense(
            pair,
            [pair.y, pair.x],
            likelihood.scale,
            likelihood.unit,
            *shared(theta, discrete=discrete),
            span=span / likelihood.unit,
        )
        for theta in thetas
    ]
    # the bends have a large variance, not an infinite one
    check(likelihood, thetas, expected, lambda theta: dynamics.penalty(theta, discrete=discrete), tolerance=0.01)


def test_a_bend_less_its_line_is_nearly_a_parabola() -> None:
    t = np.arange(16.0)
    line = np.column_stack([np.ones(16), t])
    bend, square = (v - line @ np.linalg.lstsq(line, v, rcond=None)[0] for v in (np.exp(-t / 15), t**2))
    assert abs(np.corrcoef(bend, square)[0, 1]) > 0.99


@pytest.mark.parametrize("direction", LagDirection)
@pytest.mark.parametrize("discrete", [True, False])
def test_the_likelihood_beside_a_factor_is_that_of_dense_matrices(discrete: bool, direction: LagDirection) -> None:
    pair, _ = data(np.random.default_rng(5), discrete=discrete)
    model = Factor(direction, discrete=discrete)
    likelihood = StateLikelihood(pair, model)
    rng = np.random.default_rng(6)
    thetas = [np.concatenate([SHARED[[0, 1, 2, 4, 5, 6, 7, 8]], [0.8, -0.6, 0.7]]) + 0.1 * rng.normal(size=11)]
    thetas.append(thetas[0] + 0.2 * rng.normal(size=11))
    expected = []
    for theta in thetas:
        both = np.array([*theta[:2], 0, 0, *theta[3:8]])
        both[direction.position] = theta[2]
        states, noise = shared(both, discrete=discrete)
        square, psi = np.outer(theta[8:10], theta[8:10]), 1 / (1 + np.exp(-theta[10]))

        def lag(d: float, states: Lagged = states, square: np.ndarray = square, psi: float = psi) -> np.ndarray:
            return states(d) + square * psi**d

        expected.append(dense(pair, [pair.y, pair.x], likelihood.scale, likelihood.unit, lag, noise))
    check(likelihood, thetas, expected, model.penalty)


def test_unstable_dynamics_have_no_likelihood() -> None:
    pair, z = data(np.random.default_rng(7), discrete=True)
    model = ThirdColumn(discrete=True)
    theta = model.start(SHARED)
    theta[:2], theta[3], theta[5] = 3.0, 0.5, 0.5
    assert StateLikelihood(pair, model, z).objective(theta)[0] == np.inf
    assert Bends(8.0, discrete=True).penalty(np.array([[3, 3, 0.5, 0.5, 0, 0, 0, 0, 0]])) == -np.inf
