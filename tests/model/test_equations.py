"""Transitions, shock covariances, mean courses and their adjoints against slow, obvious versions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm, solve_continuous_lyapunov

from oracles import dense_normal, small_problems
from securebase.errors import ModelError
from securebase.model import equations
from securebase.model.parameters import Array
from securebase.model.specification import Start, Trend

#: numerically hard drifts: defective, nearly defective, oscillating, slow, unstable
HARD = {
    "defective": np.array([[-0.5, 1.0], [0.0, -0.5]]),
    "nearly defective": np.array([[-0.5, 1.0], [1e-9, -0.5]]),
    "equal and apart": -0.4 * np.eye(2),
    "nearly equal": np.diag([-0.4, -0.4 - 1e-11]),
    "turning": np.array([[-0.1, 2.0], [-2.0, -0.1]]),
    "slow": np.diag([-1e-9, -0.5]),
    "standing still": np.zeros((2, 2)),
    "growing": np.array([[0.2, 0.1], [0.0, -0.4]]),
    "balanced": np.diag([0.3, -0.3]),
    "three in a chain": np.array([[-0.3, 1.0, 0.0], [0.0, -0.3, 1.0], [0.0, 0.0, -0.3]]),
    "fast and long": np.diag([-40.0, -0.01]),
}
GAPS = np.array([0.01, 0.5, 1.0, 3.0, 17.0])


@pytest.mark.parametrize("name", HARD)
def test_transitions_of_difficult_drifts_equal_the_matrix_exponential(name: str) -> None:
    drift = HARD[name]
    diffusion = small_problems.covariance(len(drift), np.random.default_rng(1))
    Phi, Q = equations.transitions(drift, diffusion, GAPS)
    for phi, q, gap in zip(Phi, Q, GAPS, strict=True):
        np.testing.assert_allclose(phi, expm(drift * gap), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(q, by_quadrature(drift, diffusion, gap), rtol=1e-9, atol=1e-11)


def by_quadrature(drift: Array, diffusion: Array, gap: float) -> Array:
    """∫ exp(A v) GG' exp(A' v) dv by Gauss–Legendre quadrature on pieces short enough for the fastest decay."""
    pieces = int(np.ceil(gap * np.abs(drift).sum(axis=1).max() / 2)) + 1
    nodes, weights = np.polynomial.legendre.leggauss(20)
    length, total = gap / pieces, np.zeros_like(diffusion)
    for piece in range(pieces):
        for node, weight in zip(nodes, weights, strict=True):
            Phi = expm(drift * length * (piece + (node + 1) / 2))
            total = total + 0.5 * length * weight * Phi @ diffusion @ Phi.T
    return total


@settings(max_examples=60)
@given(st.integers(1, 5), st.integers(0, 10**6))
def test_eigenvectors_and_doubling_agree_forward_and_in_reverse(p: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    drift, diffusion = small_problems.stable_drift(p, rng), small_problems.covariance(p, rng)
    gaps = rng.uniform(0.05, 6.0, size=4)
    fast = equations.discretise_by_eigenvectors(drift, diffusion, gaps)
    slow = equations.discretise_by_doubling(drift, diffusion, gaps)
    assert fast.eigen is not None
    assert slow.eigen is None
    close = {"rtol": 1e-9, "atol": 1e-10}
    np.testing.assert_allclose(fast.transition, slow.transition, **close)
    np.testing.assert_allclose(fast.shock_covariance, slow.shock_covariance, **close)
    transition_bar, shocks_bar = rng.normal(size=(2, 4, p, p))
    shocks_bar = shocks_bar + shocks_bar.transpose(0, 2, 1)
    for first, second in zip(
        fast.reverse(transition_bar, shocks_bar), slow.reverse(transition_bar, shocks_bar), strict=True
    ):
        np.testing.assert_allclose(first, second, rtol=1e-8, atol=1e-9 * np.abs(second).max())


@pytest.mark.parametrize("nearness", 10.0 ** -np.arange(1, 12))
def test_doubling_is_used_where_eigenvectors_lose_precision(nearness: float) -> None:
    """The drift approaches a defective one: the tables chosen by `discretise` stay those of doubling."""
    for chain in (HARD["defective"], HARD["three in a chain"]):
        drift = chain + nearness * np.random.default_rng(7).normal(size=chain.shape)
        diffusion = np.eye(len(chain))
        tables = equations.discretise(drift, diffusion, GAPS)
        doubled = equations.discretise_by_doubling(drift, diffusion, GAPS)
        np.testing.assert_allclose(tables.transition, doubled.transition, rtol=1e-10, atol=1e-11)
        np.testing.assert_allclose(tables.shock_covariance, doubled.shock_covariance, rtol=1e-10, atol=1e-11)
        bar = np.ones_like(tables.transition)
        for first, second in zip(tables.reverse(bar, bar), doubled.reverse(bar, bar), strict=True):
            np.testing.assert_allclose(first, second, rtol=1e-10, atol=1e-10 * np.abs(second).max())


@pytest.mark.parametrize("name", [n for n in HARD if n != "fast and long"])
def test_the_adjoint_agrees_with_central_differences(name: str) -> None:
    drift, rng = HARD[name], np.random.default_rng(2)
    p, gaps = len(drift), GAPS[:4]
    diffusion = small_problems.covariance(p, rng)
    transition_bar, shocks_bar = rng.normal(size=(2, 4, p, p))
    shocks_bar = shocks_bar + shocks_bar.transpose(0, 2, 1)

    def value(A: Array, G: Array) -> float:
        # one method at all points, so that the differences are smooth
        tables = equations.discretise_by_doubling(A, G, gaps)
        Phi, Q = tables.transition, tables.shock_covariance
        return float((Phi * transition_bar).sum() + (Q * shocks_bar).sum())

    drift_bar, diffusion_bar = equations.discretise(drift, diffusion, gaps).reverse(transition_bar, shocks_bar)
    for _ in range(5):
        move, spread = rng.normal(size=(2, p, p))
        spread, h = spread + spread.T, 1e-4
        expected = (
            value(drift + h * move, diffusion + h * spread) - value(drift - h * move, diffusion - h * spread)
        ) / (2 * h)
        assert (drift_bar * move).sum() + (diffusion_bar * spread).sum() == pytest.approx(expected, rel=1e-6, abs=2e-6)


@settings(max_examples=30)
@given(st.integers(1, 6), st.integers(0, 10**6))
def test_the_stationary_covariance_is_invariant_under_a_transition(p: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    drift, diffusion = small_problems.stable_drift(p, rng), small_problems.covariance(p, rng)
    P = equations.stationary_covariance(drift, diffusion)
    np.testing.assert_allclose(P, solve_continuous_lyapunov(drift, -diffusion), rtol=1e-9, atol=1e-11)
    Phi, Q = equations.transitions(drift, diffusion, np.array([0.7]))
    np.testing.assert_allclose(Phi[0] @ P @ Phi[0].T + Q[0], P, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("drift", [HARD["growing"], HARD["standing still"], HARD["balanced"], np.full((2, 2), np.nan)])
def test_an_unstable_drift_has_no_stationary_covariance(drift: Array) -> None:
    with pytest.raises(ModelError, match="not stable"):
        equations.stationary_covariance(drift, np.eye(2))


@pytest.mark.parametrize("trend", list(Trend))
def test_the_mean_course_equals_the_oracles(trend: Trend) -> None:
    rng = np.random.default_rng(3)
    specification = small_problems.specification(2, trend, Start.STATIONARY)
    parameters = small_problems.parameters(specification, rng)
    times = np.array([0.4, 1.0, 2.5, 9.0])
    expected = dense_normal.mean_course(specification, parameters, times, None, None) - parameters.level_mean
    np.testing.assert_allclose(equations.trend_mean(specification, parameters, times), expected, rtol=1e-10, atol=1e-12)


def test_a_carried_course_satisfies_its_differential_equation() -> None:
    """dm/dt = A m + B, by a difference over a short time, and m = start_mean where it began."""
    rng = np.random.default_rng(4)
    specification = small_problems.specification(3, Trend.CARRIED, Start.STATIONARY)
    q = small_problems.parameters(specification, rng)
    h = 1e-5
    m = equations.trend_mean(specification, q, np.array([2.0 - h, 2.0, 2.0 + h]), began=0.5)
    assert q.therapy_effect is not None
    np.testing.assert_allclose((m[2] - m[0]) / (2 * h), q.drift @ m[1] + q.therapy_effect, rtol=1e-7)
    np.testing.assert_allclose(equations.trend_mean(specification, q, np.array([0.5, 1.0]))[0], q.start_mean)


def test_the_change_of_the_trend_apart_is_complete_at_the_planned_end() -> None:
    specification = small_problems.specification(2, Trend.APART, Start.STATIONARY)
    q = small_problems.parameters(specification, np.random.default_rng(5))
    ends = equations.trend_mean(specification, q, np.array([0.0, specification.planned_end]))
    np.testing.assert_allclose(ends, [np.zeros(2), q.change], atol=1e-14)


def test_a_missing_part_is_named() -> None:
    specification = small_problems.specification(2, Trend.NONE, Start.STATIONARY)
    q = small_problems.parameters(specification, np.random.default_rng(6))
    with pytest.raises(ModelError, match="slope"):
        equations.trend_mean(small_problems.specification(2, Trend.LINEAR, Start.STATIONARY), q, np.arange(3.0))
