"""Contributions of constructs and their uncertainty, against the decomposition and Monte Carlo draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from securebase.errors import ModelError
from securebase.model.decomposition import TermKind, decompose
from securebase.model.equations import stationary_covariance
from securebase.model.parameter_set import parameter_set
from securebase.model.parameters import Array, Parameters
from securebase.model.person_effects import DeviatingEffects, contributions, estimate_person_effects
from securebase.model.simulate import simulate_panel
from securebase.model.smoothing import smooth
from securebase.model.specification import Trend

EDGES = (("alliance", "symptoms"), ("social_support", "symptoms"), ("symptoms", "alliance"))


@pytest.mark.parametrize("random_slopes", [False, True])
@pytest.mark.parametrize("trend", [Trend.CARRIED, Trend.APART])
def test_the_mean_is_the_decomposition_under_the_clients_drift(trend: Trend, random_slopes: bool) -> None:
    source = (parameter_set().with_random_slopes() if random_slopes else parameter_set()).with_trend(trend)
    assert source.specification.random_slopes is random_slopes
    specification, mean = source.specification, source.in_score_units()
    times = np.cumsum([0.0, 1.0, 0.7, 1.4, 1.0, 2.0, 1.0, 1.0])
    panel = simulate_panel(specification, mean, [times], np.random.default_rng(4))
    panel.scores[3, 0] = panel.scores[2, 2] = np.nan
    effects = estimate_person_effects(panel, specification, mean, EDGES, 0.12)
    result = contributions(
        specification, mean, effects, panel.times, panel.scores, construct="symptoms", first=1, last=6
    )
    split = decompose(smooth(specification, effects.parameters, panel.times, panel.scores), "symptoms", 1, 6)
    expected = [t.value for t in split.terms if t.kind is TermKind.FROM_CONSTRUCT]
    np.testing.assert_allclose(result.mean, expected, atol=1e-9)
    assert (result.begin, result.end) == (split.begin, split.end)
    joint = result.total(("alliance", "social_support"))
    assert joint[0] == pytest.approx(sum(expected[:2]))
    assert joint[1] == pytest.approx(float(np.sqrt(result.covariance[:2, :2].sum())))


def test_the_sd_equals_that_of_drawn_effects_and_states() -> None:
    source = parameter_set()
    specification, mean = source.specification, source.in_score_units()
    panel = simulate_panel(specification, mean, [np.arange(14.0)], np.random.default_rng(6))
    person_effects = estimate_person_effects(panel, specification, mean, EDGES, 0.12)
    result = contributions(specification, mean, person_effects, panel.times, panel.scores, construct="symptoms")
    rng, effects = np.random.default_rng(0), DeviatingEffects(specification, mean, EDGES)
    middles, states = [], []
    for u in person_effects.draws(rng, 100) - effects.mean:
        drawn_effects = replace(person_effects, mean=effects.mean + u, covariance=np.zeros((3, 3)))
        conditional = contributions(specification, mean, drawn_effects, panel.times, panel.scores, construct="symptoms")
        middles.append(conditional.mean)
        states.append(conditional.covariance)
    total = np.cov(np.array(middles).T) + np.mean(states, axis=0)
    np.testing.assert_allclose(result.sd, np.sqrt(np.diag(total)), rtol=0.25)
    np.testing.assert_allclose(result.mean, np.mean(middles, axis=0), atol=0.35 * result.sd.max())


def test_the_sd_from_states_equals_that_of_states_drawn_given_the_scores() -> None:
    """The error of the smoothed sums over drawn courses has the stated standard deviation."""
    source = parameter_set().with_trend(Trend.APART)
    specification, mean = source.specification, source.in_score_units()
    times, rng = np.arange(6.0), np.random.default_rng(2)
    first = simulate_panel(specification, mean, [times], rng)
    effects = estimate_person_effects(first, specification, mean, EDGES[:1], 0.12)
    result = contributions(specification, mean, effects, times, first.scores, construct="symptoms")
    phi = smooth(specification, effects.parameters, times, first.scores).transition
    errors = []
    for _ in range(500):
        course = smooth(specification, effects.parameters, times, first.scores * np.nan)
        truth = _states(course.transition, effects.parameters, rng, len(times))
        b = rng.multivariate_normal(np.zeros(6), mean.level_covariance)
        noise = rng.normal(size=(6, 6)) * np.sqrt(mean.measurement_noise)
        scores = mean.level_mean + course.trend + truth + b + noise
        smoothed = smooth(specification, effects.parameters, times, scores).smoothed[:, :6]
        errors.append([sum(phi[j][0, i] * (truth[j, i] - smoothed[j, i]) for j in range(5)) for i in range(1, 6)])
    np.testing.assert_allclose(np.sqrt(np.diag(result.from_states)), np.std(errors, axis=0), rtol=0.12)


def _states(phi: Array, effects: Parameters, rng: np.random.Generator, n: int) -> Array:
    P = stationary_covariance(effects.drift, effects.diffusion)
    s = [rng.multivariate_normal(np.zeros(6), P)]
    for j in range(n - 1):
        s.append(phi[j] @ s[-1] + rng.multivariate_normal(np.zeros(6), P - phi[j] @ P @ phi[j].T))
    return np.array(s)


def test_invalid_requests_are_refused() -> None:
    source = parameter_set()
    specification, mean = source.specification, source.in_score_units()
    panel = simulate_panel(specification, mean, [np.arange(5.0)], np.random.default_rng(6))
    effects = estimate_person_effects(panel, specification, mean, EDGES, 0.12)
    with pytest.raises(ModelError, match="unknown construct"):
        contributions(specification, mean, effects, panel.times, panel.scores, construct="weather")
    with pytest.raises(ModelError, match="do not exist in a course"):
        contributions(specification, mean, effects, panel.times, panel.scores, construct="symptoms", first=3, last=1)
    pushed = replace(specification, inputs=("homework",))
    with pytest.raises(ModelError, match="no inputs"):
        contributions(pushed, mean, effects, panel.times, panel.scores, construct="symptoms")
