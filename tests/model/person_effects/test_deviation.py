"""A person-specific drift: invariants, changes, and the derivative with respect to the deviations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm, logm

from securebase.errors import ModelError
from securebase.model.equations import UnstableDriftError, stationary_covariance
from securebase.model.likelihood import Likelihood
from securebase.model.panel import Panel
from securebase.model.parameter_set import parameter_set
from securebase.model.parameters import Array
from securebase.model.person_effects import DeviatingEffects
from securebase.model.specification import Trend
from securebase.model.standardised import standardised_effects

EDGES = (("alliance", "symptoms"), ("social_support", "symptoms"), ("symptoms", "alliance"))


def problem(n: int = 9, trend: Trend = Trend.CARRIED) -> tuple[Panel, DeviatingEffects]:
    source = parameter_set().with_trend(trend)
    mean = source.in_score_units()
    rng = np.random.default_rng(3)
    scores = mean.level_mean + rng.normal(size=(n, 6)) * np.sqrt(np.diag(mean.level_covariance))
    scores[2, 1] = np.nan
    times = np.cumsum(rng.uniform(0.5, 1.5, n))
    panel = Panel(("a",), source.specification.constructs, np.array([0, n]), times, scores, np.arange(n))
    return panel, DeviatingEffects(source.specification, mean, EDGES)


def test_without_deviation_the_parameters_are_those_of_the_mean() -> None:
    _, effects = problem()
    parameters = effects.parameters(np.zeros(3))
    np.testing.assert_allclose(parameters.drift, effects.base.drift, atol=1e-12)
    np.testing.assert_allclose(parameters.diffusion, effects.base.diffusion, atol=1e-12)
    np.testing.assert_allclose(effects.mean, [-0.10, -0.07, -0.08], atol=1e-12)


def test_a_deviation_changes_its_weekly_effect_alone_and_keeps_the_stationary_covariance() -> None:
    _, effects = problem()
    u = np.array([-0.15, 0.1, 0.05])
    deviated = effects.parameters(u)
    P = stationary_covariance(deviated.drift, deviated.diffusion)
    np.testing.assert_allclose(P, effects.stationary, rtol=1e-10)
    change = standardised_effects(deviated.drift, P) - standardised_effects(effects.base.drift, effects.stationary)
    expected = np.zeros((6, 6))
    expected[0, 1], expected[0, 2], expected[1, 0] = u
    np.testing.assert_allclose(change, expected, atol=1e-12)


def test_the_matrix_logarithm_equals_scipy_also_for_fast_processes() -> None:
    _, effects = problem()
    u = np.array([0.1, -0.2, 0.1])
    sd = np.sqrt(np.diag(effects.stationary))
    phi = expm(effects.parameters(u).drift) * sd[None, :] / sd[:, None]
    np.testing.assert_allclose(effects.parameters(u).drift, np.real(logm(phi)) * sd[:, None] / sd[None, :], atol=1e-11)
    fast = replace(effects.base, drift=effects.base.drift * 6.0, diffusion=effects.base.diffusion * 6.0)
    quick = DeviatingEffects(parameter_set().specification, fast, EDGES)
    u = np.array([0.003, -0.002, 0.001])
    h = np.array([1e-6, 0.0, 0.0])
    by_difference = (quick.parameters(u + h).drift - quick.parameters(u - h).drift) / 2e-6
    weight = replace(fast, drift=np.ones((6, 6)), diffusion=np.zeros((6, 6)))
    assert quick.pull_back(u, weight)[0] == pytest.approx(by_difference.sum(), rel=1e-5)


@pytest.mark.parametrize("trend", [Trend.CARRIED, Trend.APART])
def test_the_gradient_equals_central_differences(trend: Trend) -> None:
    panel, effects = problem(trend=trend)
    likelihood = Likelihood(panel, parameter_set().with_trend(trend).specification)

    def value(u: Array) -> float:
        return likelihood.value(effects.parameters(u))

    u = np.array([-0.12, 0.07, 0.04])
    _, gradient = likelihood.value_and_gradient(effects.parameters(u))
    pulled = effects.pull_back(u, gradient)
    h = 1e-5
    differences = [(value(u + h * e) - value(u - h * e)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(pulled, differences, rtol=1e-6, atol=1e-6)


def test_the_shock_penalty_is_zero_at_the_usual_shocks_and_its_gradient_equals_differences() -> None:
    _, effects = problem()
    usual = effects.base.diffusion
    value, slope = effects.shock_penalty(np.zeros(3), usual)
    assert value == pytest.approx(0, abs=1e-9)
    np.testing.assert_allclose(slope, 0, atol=1e-9)
    u, h = np.array([-0.15, 0.1, 0.05]), 1e-5
    value, slope = effects.shock_penalty(u, usual)
    assert value < 0
    differences = [
        (effects.shock_penalty(u + h * e, usual)[0] - effects.shock_penalty(u - h * e, usual)[0]) / (2 * h)
        for e in np.eye(3)
    ]
    np.testing.assert_allclose(slope, differences, rtol=1e-6, atol=1e-8)


def test_unstable_effects_and_unknown_edges_are_refused() -> None:
    _, effects = problem()
    with pytest.raises(UnstableDriftError):
        effects.parameters(np.array([-3.0, 0.0, 0.0]))
    specification, mean = parameter_set().specification, parameter_set().in_score_units()
    with pytest.raises(ModelError, match="is not an edge"):
        DeviatingEffects(specification, mean, [("alliance", "weather")])
    with pytest.raises(ModelError, match="duplicates"):
        DeviatingEffects(specification, mean, [EDGES[0], EDGES[0]])
    turning = replace(
        mean,
        drift=np.array([[-0.5, 4.0], [-4.0, -0.5]]),
        diffusion=np.eye(2),
        level_mean=np.zeros(2),
        level_covariance=np.eye(2),
        measurement_noise=np.ones(2),
        start_mean=np.zeros(2),
        therapy_effect=np.zeros(2),
    )
    with pytest.raises(ModelError, match="so fast"):
        DeviatingEffects(replace(specification, constructs=("a", "b")), turning, [("a", "b")])
