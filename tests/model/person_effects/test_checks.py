"""The checks beside an effect, against simulations in which each must pass or must fail."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm

from securebase.model.equations import stationary_covariance
from securebase.model.panel import Panel
from securebase.model.parameter_set import parameter_set
from securebase.model.parameters import Trend
from securebase.model.person_effects import checks, estimate_person_effects
from securebase.model.person_effects.one_client import PersonEffects, probability_largest
from securebase.model.simulate import simulate_panel
from securebase.model.smoothing import smooth

APART = parameter_set().with_trend(Trend.APART)
SPECIFICATION, MEAN = APART.specification, APART.in_score_units()
EDGES = tuple((c, "symptoms") for c in SPECIFICATION.constructs[1:])
TIMES = np.arange(20.0)


def test_a_hidden_cause_of_the_strength_named_gives_the_whole_effect() -> None:
    """Alliance that does nothing, and a cause that goes with both that strongly: the effect is found."""
    needed = checks.required_confounding(SPECIFICATION, MEAN, ("alliance", "symptoms"))
    assert 0.25 < needed < 0.45
    rng, n = np.random.default_rng(1), 400_000
    # in the scale where everything else known is taken out
    cause, rest = rng.normal(size=n), np.sqrt(1 - needed**2)
    alliance = needed * cause + rest * rng.normal(size=n)
    symptoms = -needed * cause + rest * rng.normal(size=n)
    found = float(np.corrcoef(alliance, symptoms)[0, 1])
    # what the model's own effect of -.10 gives in the same scale, from simulated weeks
    P = stationary_covariance(MEAN.drift, MEAN.diffusion)
    draws = rng.multivariate_normal(np.zeros(6), P, size=n)
    phi = expm(MEAN.drift)
    Q = P - phi @ P @ phi.T
    later = draws @ phi[0] + np.sqrt(Q[0, 0]) * rng.normal(size=n)
    others = np.delete(draws, 1, axis=1)
    both = np.column_stack([draws[:, 1], later])
    left = both - others @ np.linalg.lstsq(others, both, rcond=None)[0]
    assert found == pytest.approx(float(np.corrcoef(left.T)[0, 1]), abs=0.01)


def test_no_effect_needs_no_cause_and_a_larger_one_a_stronger_cause() -> None:
    alone = replace(MEAN, drift=np.diag(np.diag(MEAN.drift)), diffusion=np.diag(np.diag(MEAN.diffusion)))
    assert checks.required_confounding(SPECIFICATION, alone, EDGES[0]) == 0
    pushed = MEAN.drift.copy()
    pushed[0, 1] *= 2
    stronger = replace(MEAN, drift=pushed)
    weaker = checks.required_confounding(SPECIFICATION, MEAN, EDGES[0])
    assert checks.required_confounding(SPECIFICATION, stronger, EDGES[0]) > weaker


def test_the_future_foretells_the_past_as_often_as_chance_and_more_under_a_shared_trend() -> None:
    false, trended = 0, 0
    for seed in range(120):
        rng = np.random.default_rng(seed)
        panel = simulate_panel(SPECIFICATION, MEAN, [TIMES], rng)
        z, pairs = checks.negative_control(
            smooth(SPECIFICATION, MEAN, panel.times, panel.scores), "symptoms", "alliance"
        )
        assert pairs == len(TIMES) - 1
        false += abs(z) > 1.96
        # a trend of this client's own in both, which the model has not
        drift = np.linspace(0, 1, len(TIMES))
        panel.scores[:, 0] -= 8 * drift
        panel.scores[:, 1] += 5 * drift
        z, _ = checks.negative_control(smooth(SPECIFICATION, MEAN, panel.times, panel.scores), "symptoms", "alliance")
        trended += abs(z) > 1.96
    assert false / 120 < 0.11
    assert trended / 120 > 0.4
    empty = smooth(SPECIFICATION, MEAN, TIMES, np.full((20, 6), np.nan))
    assert checks.negative_control(empty, "symptoms", "alliance") == (0.0, 0)


def test_a_decoy_is_a_decoy() -> None:
    """Someone else's reports in place of the client's own: about as many do as well as there would be by chance, and
    hardly any where this client's effect is real and strong.
    """
    own, panel = _client(0)
    others = simulate_panel(SPECIFICATION, MEAN, [TIMES] * 19, np.random.default_rng(99))
    made = [
        checks.replace_scores(panel, others.scores[others.rows_of(i)], ["alliance", "social_support"])
        for i in range(19)
    ]
    np.testing.assert_array_equal(made[0].scores[:, 0], panel.scores[:, 0])
    np.testing.assert_array_equal(made[0].scores[:, 1], others.scores[:20, 1])
    found = checks.one_step_effects([panel, *made], SPECIFICATION, MEAN, own)
    # one step is close to the whole climb
    np.testing.assert_allclose(found[0], own.mean, atol=0.6 * own.sd.max())
    counted = checks.count_extreme_decoys(np.array([-0.1, 0.2]), np.array([[-0.2, 0.1], [0.3, 0.2], [-0.1, -0.5]]))
    np.testing.assert_array_equal(counted, [2, 1])


def test_a_gap_in_the_clients_reports_is_a_gap_in_the_decoy() -> None:
    _, panel = _client(1)
    panel.scores[4, 1] = np.nan
    made = checks.replace_scores(panel, np.ones_like(panel.scores), ["alliance"])
    assert np.isnan(made.scores[4, 1])
    assert made.scores[5, 1] == 1


def test_the_chance_of_telling_grows_with_what_is_to_come() -> None:
    own, _ = _client(0)
    rng = np.random.default_rng(0)
    soon, late = (checks.probability_of_resolution(own, EDGES, more, 0.8, rng) for more in (0.2, 50.0))
    assert soon < 0.1 < late
    assert checks.probability_of_resolution(own, EDGES, 0.0, 0.8, rng) == float(
        probability_largest(own.draws(rng, 4000)).max() >= 0.8
    )


def _client(seed: int) -> tuple[PersonEffects, Panel]:
    panel = simulate_panel(SPECIFICATION, MEAN, [TIMES], np.random.default_rng(seed))
    return estimate_person_effects(panel, SPECIFICATION, MEAN, EDGES, 0.14), panel
