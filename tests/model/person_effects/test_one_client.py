"""One client's own effects: the mode and its normal, against quadrature and importance sampling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_t

from securebase.errors import ModelError
from securebase.model.equations import UnstableDriftError, stationary_covariance
from securebase.model.likelihood import Likelihood
from securebase.model.panel import Panel
from securebase.model.parameter_set import parameter_set
from securebase.model.parameters import Array, Parameters, Trend
from securebase.model.person_effects import DeviatingEffects, PersonEffects, estimate_person_effects
from securebase.model.person_effects.one_client import Conditional, find_mode, probability_largest
from securebase.model.simulate import simulate_panel
from securebase.model.standardised import Edge

APART = parameter_set().with_trend(Trend.APART)
SPECIFICATION, MEAN = APART.specification, APART.in_score_units()
MECHANISMS: tuple[Edge, ...] = tuple(
    (c, "symptoms")
    for c in ("alliance", "social_support", "interpersonal_stress", "emotional_processing", "interpersonal_skills")
)
EDGES = (*MECHANISMS, ("symptoms", "alliance"))


def drawn(u: Array, n: int, seed: int, edges: Sequence[Edge] = EDGES) -> Panel:
    """Weekly scores of a client whose effects deviate by u."""
    own = DeviatingEffects(SPECIFICATION, MEAN, edges).parameters(u)
    return simulate_panel(SPECIFICATION, own, [np.arange(n, dtype=float)], np.random.default_rng(seed))


def log_prior(effects: DeviatingEffects, u: Array, sd: float) -> float:
    """Normal, and one more week with the usual shocks: the density of a normal's covariance at S0, written out. Not
    normalised.
    """
    usual, shocks = effects.base.diffusion, effects.parameters(u).diffusion
    week = -0.5 * np.linalg.slogdet(shocks)[1] - 0.5 * np.trace(np.linalg.solve(shocks, usual))
    most = -0.5 * np.linalg.slogdet(usual)[1] - 0.5 * len(usual)
    return float(week - most - 0.5 * float(u @ u) / sd**2)


def log_joint(panel: Panel | None, edges: Sequence[Edge], points: Array, sd: float) -> Array:
    """Return log p(y | u) + log p(u), not normalised, at every row of points; without a panel the prior alone."""
    effects = DeviatingEffects(SPECIFICATION, MEAN, edges)
    likelihood = None if panel is None else Likelihood(panel, SPECIFICATION)
    out = []
    for u in points:
        try:
            value = log_prior(effects, u, sd) + (likelihood.value(effects.parameters(u)) if likelihood else 0.0)
        except ModelError:
            value = -np.inf
        out.append(value)
    return np.array(out)


@pytest.mark.parametrize(("n", "sd"), [(16, 0.12), (60, 0.3)])
def test_one_effect_is_what_a_fine_grid_gives(n: int, sd: float) -> None:
    edge = [("alliance", "symptoms")]
    panel = drawn(np.array([-0.2]), n, seed=5, edges=edge)
    found = estimate_person_effects(panel, SPECIFICATION, MEAN, edge, sd)
    u = np.linspace(-5 * sd, 5 * sd, 241)
    logs = log_joint(panel, edge, u[:, None], sd)
    w = np.exp(logs - logs.max())
    mass = w.sum() / np.exp(log_joint(None, edge, u[:, None], sd)).sum()
    mean = float(w @ u / w.sum())
    spread = float(np.sqrt(w @ (u - mean) ** 2 / w.sum()))
    # the mode is not the mean where the likelihood is skewed: up to a quarter of a standard deviation
    assert found.deviation[0] == pytest.approx(mean, abs=0.25 * spread)
    assert found.sd[0] == pytest.approx(spread, rel=0.08)
    assert found.log_marginal == pytest.approx(float(np.log(mass) + logs.max()), abs=0.15)
    below = float(w[found.prior_mean[0] + u < 0].sum() / w.sum())
    assert found.sign_probability[0] == pytest.approx(max(below, 1 - below), abs=0.02)
    assert not found.advice


@pytest.mark.parametrize("k", [2, 4])
def test_several_effects_are_what_importance_sampling_gives(k: int) -> None:
    edges, sd = EDGES[-k:], 0.15
    panel = drawn(np.linspace(-0.2, 0.15, k), 40, seed=8, edges=edges)
    found = estimate_person_effects(panel, SPECIFICATION, MEAN, edges, sd)
    wide = multivariate_t(found.deviation, 1.2 * found.covariance, df=8, seed=1)
    points = wide.rvs(1500)
    logs = log_joint(panel, edges, points, sd) - wide.logpdf(points)
    w = np.exp(logs - logs.max())
    assert w.sum() ** 2 / (w**2).sum() > 750  # the effective number of draws, without which nothing is compared
    mean = w @ points / w.sum()
    spread = np.sqrt(w @ (points - mean) ** 2 / w.sum())
    np.testing.assert_allclose(found.deviation, mean, atol=0.1 * sd)
    np.testing.assert_allclose(found.sd, spread, rtol=0.12)
    around = np.random.default_rng(2).normal(size=(1500, k)) * sd
    prior = np.log(np.exp(log_joint(None, edges, around, sd) + 0.5 * (around**2).sum(axis=1) / sd**2).mean())
    prior += k * (np.log(sd) + 0.5 * np.log(2 * np.pi))
    assert found.log_marginal == pytest.approx(float(np.log(w.mean()) + logs.max() - prior), abs=0.2)


def test_the_share_is_the_contraction_and_grows_with_sessions() -> None:
    shares = []
    for n in (6, 16, 60, 200):
        found = estimate_person_effects(drawn(np.zeros(6), n, seed=2), SPECIFICATION, MEAN, EDGES, 0.12)
        assert (found.prior_sd < 0.12).all()
        assert (found.prior_sd > 0.11).all()
        np.testing.assert_allclose(found.data_share, np.clip(1 - found.sd**2 / found.prior_sd**2, 0, 1), atol=1e-12)
        shares.append(float(found.data_share.mean()))
    assert shares == sorted(shares)
    assert shares[1] < 0.30 < shares[3]
    # for one effect it is tau² / (tau² + SE²) with SE from the client's scores alone
    edge, panel = [("alliance", "symptoms")], drawn(np.zeros(6), 100, seed=2)
    one = estimate_person_effects(panel, SPECIFICATION, MEAN, edge, 0.12)
    h = 1e-3
    at = one.deviation[0]
    around = log_joint(panel, edge, np.array([[at - h], [at], [at + h]]), 0.12)
    before = log_joint(None, edge, np.array([[-h], [0.0], [h]]), 0.12)
    precision, prior = (-(x[0] - 2 * x[1] + x[2]) / h**2 for x in (around, before))
    assert one.data_share[0] == pytest.approx((1 / prior) / (1 / prior + 1 / (precision - prior)), rel=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "sd"), [(14, 0.14), (24, 0.28)])
def test_intervals_cover_and_every_client_settles(n: int, sd: float) -> None:
    """Ten effects drawn from the prior, as a client page estimates them: 90% intervals hold about nine times in ten."""
    edges = (*MECHANISMS, *((b, a) for a, b in MECHANISMS))
    effects, rng = DeviatingEffects(SPECIFICATION, MEAN, edges), np.random.default_rng(5)
    held = []
    while len(held) < 30:
        u = sd * rng.normal(size=10)
        try:
            own = effects.parameters(u)
        except UnstableDriftError:
            continue
        panel = simulate_panel(SPECIFICATION, own, [np.arange(n, dtype=float)], rng)
        found = estimate_person_effects(panel, SPECIFICATION, MEAN, edges, sd)
        assert not found.advice
        held.append(np.abs(effects.mean + u - found.mean) < 1.645 * found.sd)
    assert 0.84 < np.mean(held) < 0.96


def test_many_sessions_recover_the_own_effect_and_none_leave_the_prior() -> None:
    truth = np.array([-0.2, 0.1, -0.1, 0.15, 0.0, -0.2])
    long = estimate_person_effects(drawn(truth, 1500, seed=4), SPECIFICATION, MEAN, EDGES, 0.3)
    assert (np.abs(long.deviation - truth) < 3 * long.sd).all()
    assert (long.sd < 0.1).all()
    empty = drawn(truth, 3, seed=4)
    empty.scores[:] = np.nan
    nothing = estimate_person_effects(empty, SPECIFICATION, MEAN, EDGES, 0.12)
    np.testing.assert_allclose(nothing.mean, nothing.prior_mean, atol=1e-9)
    np.testing.assert_allclose(nothing.data_share, 0, atol=1e-4)


class SameShocks(DeviatingEffects):
    """The other choice, for comparison: every client has the same diffusion, and P follows."""

    def parameters(self, u: Array) -> Parameters:
        drift = self._drift(u)
        stationary_covariance(drift, self.base.diffusion)
        return replace(self.base, drift=drift)

    def pull_back(self, u: Array, gradient: Parameters) -> Array:
        along = self._derivatives(u) * self._sd[:, None] / self._sd[None, :]
        out: Array = np.einsum("ij,eij->e", gradient.drift, along)
        return out


def test_what_comes_together_is_no_evidence_that_one_comes_before_the_other() -> None:
    """Clients with the mean lags whose shocks to alliance and symptoms go together more than in others."""
    edge = [("alliance", "symptoms")]
    diffusion = MEAN.diffusion.copy()
    diffusion[0, 1] = diffusion[1, 0] = -0.5 * np.sqrt(diffusion[0, 0] * diffusion[1, 1])
    together = replace(MEAN, diffusion=diffusion)
    times = np.arange(100, dtype=float)
    found: dict[type, list[float]] = {DeviatingEffects: [], SameShocks: []}
    for seed in range(8):
        panel = simulate_panel(SPECIFICATION, together, [times], np.random.default_rng(seed))
        for kind, values in found.items():
            conditional = Conditional(Likelihood(panel, SPECIFICATION), kind(SPECIFICATION, MEAN, edge))
            values.append(0.3 * float(find_mode(conditional, np.zeros(1), np.array([0.3])).v[0]))
    assert np.mean(found[DeviatingEffects]) > -0.05
    assert np.mean(found[SameShocks]) < -0.08


def test_the_chance_of_being_largest_is_counted() -> None:
    draws = np.array([[1.0, -2.0], [3.0, 0.0], [0.1, 0.2], [-5.0, 1.0]])
    np.testing.assert_allclose(probability_largest(draws), [0.5, 0.5])
    alike = np.random.default_rng(1).normal(size=(40_000, 4))
    np.testing.assert_allclose(probability_largest(alike), 0.25, atol=0.01)


def test_what_cannot_be_estimated_is_refused() -> None:
    panel = drawn(np.zeros(6), 5, seed=1)
    with pytest.raises(ModelError, match="prior_sd must be greater than 0"):
        estimate_person_effects(panel, SPECIFICATION, MEAN, EDGES, 0.0)
    found: PersonEffects = estimate_person_effects(panel, SPECIFICATION, MEAN, EDGES[:2], 0.12)
    with pytest.raises(ModelError, match="was not estimated"):
        found.index([("symptoms", "alliance")])
    assert found.index([EDGES[1]]) == [1]
    assert found.draws(np.random.default_rng(0), 5).shape == (5, 2)
