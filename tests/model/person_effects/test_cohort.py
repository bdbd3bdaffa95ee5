"""Heterogeneity of effects: recovery of a known standard deviation, covariates, quadrature and the boundary."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from securebase.errors import ModelError
from securebase.model.likelihood import Likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters
from securebase.model.person_effects import DeviatingEffects, fit_person_effects
from securebase.model.person_effects.cohort import single_person_panel
from securebase.model.person_effects.cohort_effects import CohortOutcome
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Specification

SPECIFICATION = Specification(("symptoms", "alliance"))
P = np.array([[1.0, -0.2], [-0.2, 1.0]])
DRIFT = np.array([[-0.7, -0.2], [-0.1, -0.6]])
MEAN = Parameters(
    drift=DRIFT,
    diffusion=-(DRIFT @ P + P @ DRIFT.T),
    level_mean=np.zeros(2),
    level_covariance=np.array([[1.0, -0.2], [-0.2, 1.0]]),
    measurement_noise=np.array([0.1, 0.1]),
)
EDGE = (("alliance", "symptoms"),)


def cohort(u: Array, n: int, seed: int, edges: tuple[tuple[str, str], ...] = EDGE) -> Panel:
    """Simulate persons with these deviations (N, k) and n weekly rows each."""
    effects, rng = DeviatingEffects(SPECIFICATION, MEAN, edges), np.random.default_rng(seed)
    parts = [
        simulate_panel(SPECIFICATION, effects.parameters(deviations), [np.arange(n, dtype=float)], rng).scores
        for deviations in u
    ]
    N = len(u)
    return Panel(
        tuple(str(i) for i in range(N)),
        SPECIFICATION.constructs,
        np.arange(N + 1) * n,
        np.tile(np.arange(n, dtype=float), N),
        np.vstack(parts),
        np.tile(np.arange(n), N),
    )


def test_a_single_person_panel_has_all_rows_of_the_person() -> None:
    panel = cohort(np.zeros((3, 1)), 4, seed=1)
    second = single_person_panel(panel, 1)
    np.testing.assert_array_equal(second.scores, panel.scores[4:8])
    assert second.persons == ("1",)


def by_grid(panel: Panel) -> tuple[float, float, float]:
    """Return mean deviation, SD and log-likelihood at the maximum of the marginal likelihood, on a fine grid of u."""
    effects, likelihood = DeviatingEffects(SPECIFICATION, MEAN, EDGE), Likelihood(panel, SPECIFICATION)
    grid = np.linspace(-0.55, 0.75, 66)
    logs = np.array([likelihood.per_person(effects.parameters(np.array([u]))) for u in grid])

    def value(x: Array) -> float:
        prior = np.exp(-0.5 * ((grid - x[0]) / x[1]) ** 2) / (x[1] * np.sqrt(2 * np.pi)) * (grid[1] - grid[0])
        return -float((np.log(prior @ np.exp(logs - logs.max(axis=0))) + logs.max(axis=0)).sum())

    optimum = minimize(value, [0.0, 0.2], method="Nelder-Mead")
    return float(optimum.x[0]), float(optimum.x[1]), -float(optimum.fun)


def test_a_known_mean_and_sd_are_recovered_and_quadrature_agrees() -> None:
    rng = np.random.default_rng(12)
    u = 0.05 + 0.2 * rng.normal(size=(30, 1))
    panel = cohort(u, 30, seed=3)
    result = fit_person_effects(panel, SPECIFICATION, MEAN, EDGE)
    assert result.outcome is CohortOutcome.CONVERGED
    sd, mean = result.between_sd[0], result.mean[0]
    assert sd.standard_error is not None
    assert mean.standard_error is not None
    assert abs(sd.value - u.std()) < 2.5 * sd.standard_error
    average = DeviatingEffects(SPECIFICATION, MEAN, EDGE).mean[0]
    assert abs(mean.value - average - u.mean()) < 2.5 * mean.standard_error
    # quadrature is the sum over a fine grid, and Laplace lies within a standard error of both
    grid_mean, grid_sd, grid_value = by_grid(panel)
    checked = result.by_quadrature
    assert checked is not None
    assert checked.mean - average == pytest.approx(grid_mean, abs=0.005)
    assert checked.between_sd == pytest.approx(grid_sd, abs=0.005)
    assert checked.log_likelihood == pytest.approx(grid_value, abs=0.05)
    assert mean.value - average == pytest.approx(grid_mean, abs=mean.standard_error)
    assert sd.value == pytest.approx(grid_sd, abs=sd.standard_error)
    far = abs(sd.value - grid_sd) > 0.5 * sd.standard_error
    assert far == any(a.kind == "approximation" for a in result.advice)
    # the advice warns that one common effect is an average that holds for few
    assert result.p_homogeneous < 0.01
    assert any(a.kind == "heterogeneous" for a in result.advice)
    client_means = np.array([c.mean[0] for c in result.clients])
    assert np.corrcoef(client_means, u[:, 0])[0, 1] > 0.6
    assert client_means.std() < u.std()


def test_homogeneous_clients_end_at_the_boundary_with_advice() -> None:
    outcomes = []
    for seed in range(3):
        result = fit_person_effects(cohort(np.zeros((14, 1)), 12, seed=seed), SPECIFICATION, MEAN, EDGE)
        outcomes.append(result.outcome)
        assert result.converged
        assert result.log_likelihood >= result.log_likelihood_homogeneous - 1e-4
        if result.outcome is CohortOutcome.BOUNDARY:
            assert result.between_sd[0].value == 0
            assert result.between_sd[0].standard_error is None
            assert result.clients == ()
            assert "boundary of zero" in result.advice[0].sentence
            assert result.p_homogeneous == 1.0
    assert CohortOutcome.BOUNDARY in outcomes


@pytest.mark.slow
def test_covariates_and_two_standard_deviations_are_recovered() -> None:
    rng = np.random.default_rng(5)
    z = rng.normal(size=(40, 1))
    u = np.hstack([0.12 * z + 0.1 * rng.normal(size=(40, 1)), 0.18 * rng.normal(size=(40, 1))])
    edges = (("alliance", "symptoms"), ("symptoms", "alliance"))
    panel = cohort(u, 30, seed=9, edges=edges)
    result = fit_person_effects(panel, SPECIFICATION, MEAN, edges, covariates=z, names=["distance"])
    assert result.converged
    first, second = result.coefficients
    assert first.name == "distance on alliance to symptoms"
    assert first.standard_error is not None
    assert second.standard_error is not None
    assert abs(first.value - 0.12) < 2.5 * first.standard_error
    assert first.value > 2 * first.standard_error
    assert abs(second.value) < 2.5 * second.standard_error
    assert result.between_sd[0].value == pytest.approx(0.1, abs=0.1)
    assert result.between_sd[1].value == pytest.approx(0.18, abs=0.1)
    assert result.by_quadrature is None


def test_too_few_persons_and_mismatched_covariates_are_refused() -> None:
    panel = cohort(np.zeros((3, 1)), 4, seed=1)
    with pytest.raises(ModelError, match="too few"):
        fit_person_effects(panel, SPECIFICATION, MEAN, EDGE)
    with pytest.raises(ModelError, match="covariates"):
        fit_person_effects(panel, SPECIFICATION, MEAN, EDGE, covariates=np.zeros((2, 1)), names=["a"])
