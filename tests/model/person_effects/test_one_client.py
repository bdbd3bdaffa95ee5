"""Person-specific effects of one client: the Laplace approximation against quadrature and importance sampling."""

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
from securebase.model.parameters import Array, Parameters
from securebase.model.person_effects import DeviatingEffects, PersonEffects, estimate_person_effects
from securebase.model.person_effects.one_client import Conditional, find_mode, probability_largest
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Trend
from securebase.model.standardised import Edge

APART = parameter_set().with_trend(Trend.APART)
SPECIFICATION, MEAN = APART.specification, APART.in_score_units()
MECHANISMS: tuple[Edge, ...] = tuple(
    (c, "symptoms")
    for c in ("alliance", "social_support", "interpersonal_stress", "emotional_processing", "interpersonal_skills")
)
EDGES = (*MECHANISMS, ("symptoms", "alliance"))


def simulate_client(u: Array, n: int, seed: int, edges: Sequence[Edge] = EDGES) -> Panel:
    """Simulate weekly scores of a client whose effects deviate by u."""
    parameters = DeviatingEffects(SPECIFICATION, MEAN, edges).parameters(u)
    return simulate_panel(SPECIFICATION, parameters, [np.arange(n, dtype=float)], np.random.default_rng(seed))


def log_prior(effects: DeviatingEffects, u: Array, sd: float) -> float:
    """Return the log prior density, not normalised: a normal and one pseudo-week with the usual shocks.

    The second part is the density of a normal covariance at S0, −½ log|S| − ½ tr(S⁻¹ S0).
    """
    usual, shocks = effects.base.diffusion, effects.parameters(u).diffusion
    week = -0.5 * np.linalg.slogdet(shocks)[1] - 0.5 * np.trace(np.linalg.solve(shocks, usual))
    log_maximum = -0.5 * np.linalg.slogdet(usual)[1] - 0.5 * len(usual)
    return float(week - log_maximum - 0.5 * float(u @ u) / sd**2)


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
def test_one_effect_equals_a_fine_grid(n: int, sd: float) -> None:
    edge = [("alliance", "symptoms")]
    panel = simulate_client(np.array([-0.2]), n, seed=5, edges=edge)
    result = estimate_person_effects(panel, SPECIFICATION, MEAN, edge, sd)
    u = np.linspace(-5 * sd, 5 * sd, 241)
    logs = log_joint(panel, edge, u[:, None], sd)
    w = np.exp(logs - logs.max())
    mass = w.sum() / np.exp(log_joint(None, edge, u[:, None], sd)).sum()
    mean = float(w @ u / w.sum())
    spread = float(np.sqrt(w @ (u - mean) ** 2 / w.sum()))
    # the mode is not the mean where the likelihood is skewed: up to a quarter of a standard deviation
    assert result.deviation[0] == pytest.approx(mean, abs=0.25 * spread)
    assert result.sd[0] == pytest.approx(spread, rel=0.08)
    assert result.log_marginal == pytest.approx(float(np.log(mass) + logs.max()), abs=0.15)
    below = float(w[result.prior_mean[0] + u < 0].sum() / w.sum())
    assert result.sign_probability[0] == pytest.approx(max(below, 1 - below), abs=0.02)
    assert not result.advice


@pytest.mark.parametrize("k", [2, 4])
def test_several_effects_equal_importance_sampling(k: int) -> None:
    edges, sd = EDGES[-k:], 0.15
    panel = simulate_client(np.linspace(-0.2, 0.15, k), 40, seed=8, edges=edges)
    result = estimate_person_effects(panel, SPECIFICATION, MEAN, edges, sd)
    wide = multivariate_t(result.deviation, 1.2 * result.covariance, df=8, seed=1)
    points = wide.rvs(1500)
    logs = log_joint(panel, edges, points, sd) - wide.logpdf(points)
    w = np.exp(logs - logs.max())
    assert (
        w.sum() ** 2 / (w**2).sum() > 750
    )  # the effective sample size; a smaller one would make the comparison meaningless
    mean = w @ points / w.sum()
    spread = np.sqrt(w @ (points - mean) ** 2 / w.sum())
    np.testing.assert_allclose(result.deviation, mean, atol=0.1 * sd)
    np.testing.assert_allclose(result.sd, spread, rtol=0.12)
    proposals = np.random.default_rng(2).normal(size=(1500, k)) * sd
    prior = np.log(np.exp(log_joint(None, edges, proposals, sd) + 0.5 * (proposals**2).sum(axis=1) / sd**2).mean())
    prior += k * (np.log(sd) + 0.5 * np.log(2 * np.pi))
    assert result.log_marginal == pytest.approx(float(np.log(w.mean()) + logs.max() - prior), abs=0.2)


def test_the_data_share_is_the_contraction_and_grows_with_sessions() -> None:
    shares = []
    for n in (6, 16, 60, 200):
        result = estimate_person_effects(simulate_client(np.zeros(6), n, seed=2), SPECIFICATION, MEAN, EDGES, 0.12)
        assert (result.prior_sd < 0.12).all()
        assert (result.prior_sd > 0.11).all()
        np.testing.assert_allclose(result.data_share, np.clip(1 - result.sd**2 / result.prior_sd**2, 0, 1), atol=1e-12)
        shares.append(float(result.data_share.mean()))
    assert shares == sorted(shares)
    assert shares[1] < 0.30 < shares[3]
    # for one effect it is tau² / (tau² + SE²) with SE from the client's scores alone
    edge, panel = [("alliance", "symptoms")], simulate_client(np.zeros(6), 100, seed=2)
    single = estimate_person_effects(panel, SPECIFICATION, MEAN, edge, 0.12)
    h = 1e-3
    at = single.deviation[0]
    log_densities = log_joint(panel, edge, np.array([[at - h], [at], [at + h]]), 0.12)
    before = log_joint(None, edge, np.array([[-h], [0.0], [h]]), 0.12)
    precision, prior = (-(x[0] - 2 * x[1] + x[2]) / h**2 for x in (log_densities, before))
    assert single.data_share[0] == pytest.approx((1 / prior) / (1 / prior + 1 / (precision - prior)), rel=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "sd"), [(14, 0.14), (24, 0.28)])
def test_intervals_cover_and_every_client_converges(n: int, sd: float) -> None:
    """90% intervals of ten effects drawn from the prior cover about 90%."""
    edges = (*MECHANISMS, *((b, a) for a, b in MECHANISMS))
    effects, rng = DeviatingEffects(SPECIFICATION, MEAN, edges), np.random.default_rng(5)
    covered = []
    while len(covered) < 30:
        u = sd * rng.normal(size=10)
        try:
            parameters = effects.parameters(u)
        except UnstableDriftError:
            continue
        panel = simulate_panel(SPECIFICATION, parameters, [np.arange(n, dtype=float)], rng)
        result = estimate_person_effects(panel, SPECIFICATION, MEAN, edges, sd)
        assert not result.advice
        covered.append(np.abs(effects.mean + u - result.mean) < 1.645 * result.sd)
    assert 0.84 < np.mean(covered) < 0.96


def test_many_sessions_recover_the_effects_and_no_session_returns_the_prior() -> None:
    truth = np.array([-0.2, 0.1, -0.1, 0.15, 0.0, -0.2])
    long = estimate_person_effects(simulate_client(truth, 1500, seed=4), SPECIFICATION, MEAN, EDGES, 0.3)
    assert (np.abs(long.deviation - truth) < 3 * long.sd).all()
    assert (long.sd < 0.1).all()
    empty = simulate_client(truth, 3, seed=4)
    empty.scores[:] = np.nan
    nothing = estimate_person_effects(empty, SPECIFICATION, MEAN, EDGES, 0.12)
    np.testing.assert_allclose(nothing.mean, nothing.prior_mean, atol=1e-9)
    np.testing.assert_allclose(nothing.data_share, 0, atol=1e-4)


class SameShocks(DeviatingEffects):
    """The alternative parametrisation: every client has the same diffusion, and P follows."""

    def parameters(self, u: Array) -> Parameters:
        drift = self._drift(u)
        stationary_covariance(drift, self.base.diffusion)
        return replace(self.base, drift=drift)

    def pull_back(self, u: Array, gradient: Parameters) -> Array:
        along = self._derivatives(u) * self._sd[:, None] / self._sd[None, :]
        out: Array = np.einsum("ij,eij->e", gradient.drift, along)
        return out


def test_correlated_shocks_are_no_evidence_of_a_lagged_effect() -> None:
    """Clients with mean lagged effects whose shocks to alliance and symptoms correlate more strongly."""
    edge = [("alliance", "symptoms")]
    diffusion = MEAN.diffusion.copy()
    diffusion[0, 1] = diffusion[1, 0] = -0.5 * np.sqrt(diffusion[0, 0] * diffusion[1, 1])
    correlated = replace(MEAN, diffusion=diffusion)
    times = np.arange(100, dtype=float)
    estimates: dict[type, list[float]] = {DeviatingEffects: [], SameShocks: []}
    for seed in range(8):
        panel = simulate_panel(SPECIFICATION, correlated, [times], np.random.default_rng(seed))
        for kind, values in estimates.items():
            conditional = Conditional(Likelihood(panel, SPECIFICATION), kind(SPECIFICATION, MEAN, edge))
            values.append(0.3 * float(find_mode(conditional, np.zeros(1), np.array([0.3])).v[0]))
    assert np.mean(estimates[DeviatingEffects]) > -0.05
    assert np.mean(estimates[SameShocks]) < -0.08


def test_the_probability_of_being_largest_is_a_relative_frequency() -> None:
    draws = np.array([[1.0, -2.0], [3.0, 0.0], [0.1, 0.2], [-5.0, 1.0]])
    np.testing.assert_allclose(probability_largest(draws), [0.5, 0.5])
    alike = np.random.default_rng(1).normal(size=(40_000, 4))
    np.testing.assert_allclose(probability_largest(alike), 0.25, atol=0.01)


def test_invalid_arguments_are_refused() -> None:
    panel = simulate_client(np.zeros(6), 5, seed=1)
    with pytest.raises(ModelError, match="prior_sd must be greater than 0"):
        estimate_person_effects(panel, SPECIFICATION, MEAN, EDGES, 0.0)
    result: PersonEffects = estimate_person_effects(panel, SPECIFICATION, MEAN, EDGES[:2], 0.12)
    with pytest.raises(ModelError, match="was not estimated"):
        result.index([("symptoms", "alliance")])
    assert result.index([EDGES[1]]) == [1]
    assert result.draws(np.random.default_rng(0), 5).shape == (5, 2)
