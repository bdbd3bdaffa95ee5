from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from oracles import dense_verdicts
from securebase.model.kernel import compiled
from securebase.study.verdicts import dynamics
from securebase.study.verdicts.course import Pair
from securebase.study.verdicts.likelihood import RestrictedLikelihood

KERNELS = ["readable", pytest.param("compiled", marks=pytest.mark.skipif(not compiled.AVAILABLE, reason="not built"))]


def pair(rng: np.random.Generator, *, discrete: bool, N: int = 12, T: int = 9) -> Pair:
    y, x = rng.normal(size=(2, N, T)) + rng.normal(size=(2, N, 1)) * np.arange(T)
    for column in (y, x):
        column[rng.random(column.shape) < 0.2] = np.nan
    y[0, 3:] = np.nan
    y[1, 6:], x[1, 6:] = np.nan, np.nan
    x[2, :2], y[2, :2] = np.nan, np.nan
    times = np.cumsum(rng.uniform(0.3, 3.0, y.shape), axis=1)
    return Pair.of_sessions(y, x) if discrete else Pair(y, x, times, discrete=False)


def parameters(rng: np.random.Generator, *, discrete: bool, private: bool) -> np.ndarray:
    theta = dynamics.start(discrete=discrete) + rng.normal(scale=0.2, size=dynamics.N_SHARED)
    return np.concatenate([theta, rng.normal(scale=0.5, size=dynamics.N_PRIVATE)]) if private else theta


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("discrete", [False, True])
def test_the_restricted_likelihood_is_that_of_dense_matrices(
    monkeypatch: pytest.MonkeyPatch, kernel: str, private: bool, discrete: bool
) -> None:
    monkeypatch.setenv("SECUREBASE_KERNEL", kernel)
    rng = np.random.default_rng(1)
    data = pair(rng, discrete=discrete)
    likelihood = RestrictedLikelihood(data, private=private)
    theta = parameters(rng, discrete=discrete, private=private)
    usable = np.isfinite(data.y).sum(axis=1) >= 4
    assert likelihood.n_persons == usable.sum() < len(data.y)
    unit = likelihood.unit
    times = np.array([t - t.mean() for t in data.times[usable]]) / unit
    own = np.tanh(theta[:2]) if discrete else np.log(1 / (1 + np.exp(-theta[:2])))
    A = np.array([[own[0], theta[2]], [theta[3], own[1]]])
    sd, r = np.exp(theta[4:6]), np.tanh(theta[6])
    Q = np.array([[sd[0] ** 2, r * sd[0] * sd[1]], [r * sd[0] * sd[1], sd[1] ** 2]])
    own_parts = (np.exp(theta[9:11]), 1 / (1 + np.exp(-theta[11:13]))) if private else None
    expected = dense_verdicts.restricted_log_likelihood(
        data.y[usable] / likelihood.scale[0],
        data.x[usable] / likelihood.scale[1],
        times,
        A,
        Q,
        np.exp(2 * theta[7:9]),
        own_parts,
        discrete=discrete,
    )

    assert abs(likelihood.log_likelihood(theta) - expected) < 1e-7


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("discrete", [False, True])
def test_the_gradient_is_that_of_differences(
    monkeypatch: pytest.MonkeyPatch, kernel: str, private: bool, discrete: bool
) -> None:
    monkeypatch.setenv("SECUREBASE_KERNEL", kernel)
    rng = np.random.default_rng(2)
    likelihood = RestrictedLikelihood(pair(rng, discrete=discrete), private=private)
    theta = parameters(rng, discrete=discrete, private=private)
    gradient = likelihood.objective(theta)[1]
    for k in range(len(theta)):
        step = 1e-4 * np.eye(len(theta))[k]
        difference = (likelihood.objective(theta + step)[0] - likelihood.objective(theta - step)[0]) / 2e-4
        assert abs(difference - gradient[k]) < 1e-5 * max(1.0, abs(difference))


@pytest.mark.skipif(not compiled.AVAILABLE, reason="no compiled kernel was built here")
@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("discrete", [False, True])
def test_both_kernels_agree(monkeypatch: pytest.MonkeyPatch, private: bool, discrete: bool) -> None:
    rng = np.random.default_rng(3)
    data, theta = pair(rng, discrete=discrete, N=30), parameters(rng, discrete=discrete, private=private)
    results = []
    for kernel in ("readable", "compiled"):
        monkeypatch.setenv("SECUREBASE_KERNEL", kernel)
        results.append(RestrictedLikelihood(data, private=private).objective(theta))
    np.testing.assert_allclose(results[0][0], results[1][0], atol=1e-8)
    np.testing.assert_allclose(results[0][1], results[1][1], atol=1e-6)


def test_transitions_are_those_of_the_matrix_exponential_over_long_gaps_too() -> None:
    rng = np.random.default_rng(4)
    gaps = np.array([0.0, 1e-6, 0.5, 1.0, 7.0, 60.0, 900.0])
    for effects in ((0.3, -0.4), (0.5, 0.4), (0.0, 0.0), (1e-9, 0.2)):
        theta = parameters(rng, discrete=False, private=False)
        theta[[dynamics.X_TO_Y, dynamics.Y_TO_X]] = effects
        if effects == (0.0, 0.0):
            theta[1] = theta[0]
        m = dynamics.matrices(theta[None], gaps, discrete=False)
        for gap, transition, shocks in zip(gaps, m.transition[0], m.shocks[0], strict=True):
            expected = expm(m.drift[0] * gap)
            np.testing.assert_allclose(transition, expected, atol=1e-12)
            np.testing.assert_allclose(shocks, m.stationary[0] - expected @ m.stationary[0] @ expected.T, atol=1e-12)
