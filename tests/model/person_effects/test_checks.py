"""Sensitivity checks of an effect, on simulations in which each must pass or must fail."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm

from securebase.model.equations import stationary_covariance
from securebase.model.panel import Panel
from securebase.model.parameter_set import parameter_set
from securebase.model.person_effects import checks, estimate_person_effects
from securebase.model.person_effects.one_client import PersonEffects, probability_largest
from securebase.model.simulate import simulate_panel
from securebase.model.smoothing import smooth
from securebase.model.specification import Trend

APART = parameter_set().with_trend(Trend.APART)
SPECIFICATION, MEAN = APART.specification, APART.in_score_units()
EDGES = tuple((c, "symptoms") for c in SPECIFICATION.constructs[1:])
TIMES = np.arange(20.0)


def test_a_confounder_of_the_required_strength_explains_the_whole_effect() -> None:
    """A common cause of that strength induces the full effect of an alliance that has none."""
    needed = checks.required_confounding(SPECIFICATION, MEAN, ("alliance", "symptoms"))
    assert 0.25 < needed < 0.45
    rng, n = np.random.default_rng(1), 400_000
    # on the scale of partial correlations given the other constructs
    cause, residual_sd = rng.normal(size=n), np.sqrt(1 - needed**2)
    alliance = needed * cause + residual_sd * rng.normal(size=n)
    symptoms = -needed * cause + residual_sd * rng.normal(size=n)
    correlation = float(np.corrcoef(alliance, symptoms)[0, 1])
    # the partial correlation that the model's own effect of -.10 gives, from simulated weeks
    P = stationary_covariance(MEAN.drift, MEAN.diffusion)
    draws = rng.multivariate_normal(np.zeros(6), P, size=n)
    phi = expm(MEAN.drift)
    Q = P - phi @ P @ phi.T
    later = draws @ phi[0] + np.sqrt(Q[0, 0]) * rng.normal(size=n)
    regressors = np.delete(draws, 1, axis=1)
    variables = np.column_stack([draws[:, 1], later])
    partialled = variables - regressors @ np.linalg.lstsq(regressors, variables, rcond=None)[0]
    assert correlation == pytest.approx(float(np.corrcoef(partialled.T)[0, 1]), abs=0.01)


def test_a_larger_effect_requires_a_stronger_confounder() -> None:
    alone = replace(MEAN, drift=np.diag(np.diag(MEAN.drift)), diffusion=np.diag(np.diag(MEAN.diffusion)))
    assert checks.required_confounding(SPECIFICATION, alone, EDGES[0]) == 0
    pushed = MEAN.drift.copy()
    pushed[0, 1] *= 2
    stronger = replace(MEAN, drift=pushed)
    weaker = checks.required_confounding(SPECIFICATION, MEAN, EDGES[0])
    assert checks.required_confounding(SPECIFICATION, stronger, EDGES[0]) > weaker


def test_the_negative_control_keeps_its_level_and_detects_a_shared_trend() -> None:
    false, trended = 0, 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        panel = simulate_panel(SPECIFICATION, MEAN, [TIMES], rng)
        z, pairs = checks.negative_control(
            smooth(SPECIFICATION, MEAN, panel.times, panel.scores), "symptoms", "alliance"
        )
        assert pairs == len(TIMES) - 1
        false += abs(z) > 1.96
        # a trend of this client in both constructs that the model does not contain
        drift = np.linspace(0, 1, len(TIMES))
        panel.scores[:, 0] -= 8 * drift
        panel.scores[:, 1] += 5 * drift
        z, _ = checks.negative_control(smooth(SPECIFICATION, MEAN, panel.times, panel.scores), "symptoms", "alliance")
        trended += abs(z) > 1.96
    assert false / 120 < 0.11
    assert trended / 120 > 0.4
    empty = smooth(SPECIFICATION, MEAN, TIMES, np.full((20, 6), np.nan))
    assert checks.negative_control(empty, "symptoms", "alliance") == (0.0, 0)


def test_decoys_replace_only_the_named_scores() -> None:
    """Decoys carry another person's reports of the process, and one Newton step approximates their effects."""
    person_effects, panel = _client(0)
    donors = simulate_panel(SPECIFICATION, MEAN, [TIMES] * 19, np.random.default_rng(99))
    decoys = [
        checks.replace_scores(panel, donors.scores[donors.rows_of(i)], ["alliance", "social_support"])
        for i in range(19)
    ]
    np.testing.assert_array_equal(decoys[0].scores[:, 0], panel.scores[:, 0])
    np.testing.assert_array_equal(decoys[0].scores[:, 1], donors.scores[:20, 1])
    effects = checks.one_step_effects([panel, *decoys], SPECIFICATION, MEAN, person_effects)
    # one step is close to the full optimisation
    np.testing.assert_allclose(effects[0], person_effects.mean, atol=0.6 * person_effects.sd.max())
    counted = checks.count_extreme_decoys(np.array([-0.1, 0.2]), np.array([[-0.2, 0.1], [0.3, 0.2], [-0.1, -0.5]]))
    np.testing.assert_array_equal(counted, [2, 1])


def test_missing_reports_stay_missing_in_a_decoy() -> None:
    _, panel = _client(1)
    panel.scores[4, 1] = np.nan
    decoy = checks.replace_scores(panel, np.ones_like(panel.scores), ["alliance"])
    assert np.isnan(decoy.scores[4, 1])
    assert decoy.scores[5, 1] == 1


def test_the_probability_of_resolution_grows_with_further_sessions() -> None:
    effects, _ = _client(0)
    rng = np.random.default_rng(0)
    soon, late = (checks.probability_of_resolution(effects, EDGES, n_futures, 0.8, rng) for n_futures in (0.2, 50.0))
    assert soon < 0.1 < late
    assert checks.probability_of_resolution(effects, EDGES, 0.0, 0.8, rng) == float(
        probability_largest(effects.draws(rng, 4000)).max() >= 0.8
    )


def _client(seed: int) -> tuple[PersonEffects, Panel]:
    panel = simulate_panel(SPECIFICATION, MEAN, [TIMES], np.random.default_rng(seed))
    return estimate_person_effects(panel, SPECIFICATION, MEAN, EDGES, 0.14), panel
