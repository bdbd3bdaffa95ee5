"""Robust standard errors: scores against central differences, and coverage under misspecification."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oracles import small_problems
from securebase.errors import Advice, ModelError
from securebase.model.estimation.result import InternalSolution
from securebase.model.estimation.uncertainty import cluster_scores
from securebase.model.fit import Fit, fit, with_robust_errors
from securebase.model.fit.problem import ContinuousTimeProblem
from securebase.model.fit.transforms import build_transform
from securebase.model.likelihood import Likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Specification, Start, Trend

SPECIFICATION = Specification(("y",))
TRUTH = Parameters(
    drift=np.array([[-0.4]]),
    diffusion=np.array([[0.8]]),
    level_mean=np.array([0.0]),
    level_covariance=np.array([[0.5]]),
    measurement_noise=np.array([0.3]),
)


def as_if_fitted(panel: Panel, specification: Specification, rng: np.random.Generator) -> Fit:
    """Return a fit at an arbitrary point, because derivatives must be right everywhere."""
    transform = build_transform(panel, specification)
    x = rng.normal(size=transform.size) * 0.2 + transform.internal(
        small_problems.parameters(transform.specification, rng)
    )
    return Fit(
        specification=specification,
        parameters=transform.natural(x),
        estimates={},
        log_likelihood=0.0,
        n_parameters=transform.size,
        n_persons=panel.n_persons,
        n_observations=panel.n_observations,
        outcome=Advice("converged", ""),
        internal=InternalSolution(x, np.arange(transform.size), np.eye(transform.size)),
        fingerprints=ContinuousTimeProblem(panel, specification).fingerprints,
    )


@pytest.mark.parametrize("part", ["", "random slopes", "indicators", "covariates", "inputs"])
@pytest.mark.parametrize("trend", [Trend.APART, Trend.CARRIED])
def test_scores_of_persons_equal_central_differences_of_their_log_likelihoods(part: str, trend: Trend) -> None:
    rng = np.random.default_rng(5)
    specification = small_problems.specification_with(2, trend, Start.FREE, part)
    panel = small_problems.panel_for(specification, rng)
    fitted = as_if_fitted(panel, specification, rng)
    assert fitted.internal is not None
    transform, x = build_transform(panel, specification), fitted.internal.x
    likelihood = Likelihood(transform.panel, transform.specification)
    slow = np.empty((panel.n_persons, transform.size))
    for k in range(transform.size):
        step = np.zeros(transform.size)
        step[k] = 1e-5
        up, down = (likelihood.per_person(transform.standard(x + s)) for s in (step, -step))
        slow[:, k] = (up - down) / 2e-5
    assert np.allclose(cluster_scores(fitted, ContinuousTimeProblem(panel, specification)), slow, rtol=1e-6, atol=1e-6)


def test_scores_of_therapists_add_up_to_the_whole_gradient() -> None:
    rng = np.random.default_rng(6)
    specification = small_problems.specification_with(2, Trend.LINEAR, Start.FREE, "therapists")
    panel = small_problems.panel_for(specification, rng, persons=12)
    fitted = as_if_fitted(panel, specification, rng)
    assert fitted.internal is not None
    transform, x = build_transform(panel, specification), fitted.internal.x
    gradient = transform.pull_back(
        x, Likelihood(transform.panel, transform.specification).value_and_gradient(transform.standard(x))[1]
    )
    scores = cluster_scores(fitted, ContinuousTimeProblem(panel, specification))
    assert panel.therapist is not None
    assert len(scores) == len(np.unique(panel.therapist))
    assert np.allclose(scores.sum(axis=0), gradient, rtol=1e-9, atol=1e-9)


def draw(rng: np.random.Generator, *, unequal: bool, n: int = 80, rows: int = 18) -> Panel:
    """Simulate a panel, with person-specific variances if `unequal`.

    Each person's deviations are multiplied by a factor whose mean square is 1, so mean, covariance and drift stay
    correct and only normality is violated.
    """
    panel = simulate_panel(SPECIFICATION, TRUTH, [np.arange(float(rows))] * n, rng)
    if not unequal:
        return panel
    square = rng.gamma(0.5, 2.0, size=n)
    stretch = np.repeat(np.sqrt(square), rows)[:, None]
    return replace(panel, scores=TRUTH.level_mean + stretch * (panel.scores - TRUTH.level_mean))


def covered(result: Fit, truth: dict[str, float]) -> Array:
    inside = []
    for name, value in truth.items():
        interval = result.interval(name)
        inside.append(interval is not None and interval[0] <= value <= interval[1])
    return np.array(inside)


@pytest.mark.slow
def test_robust_intervals_have_nominal_coverage_when_variances_differ_between_persons() -> None:
    truth = {"drift[y,y]": -0.4, "diffusion[y,y]": 0.8, "measurement_noise[y]": 0.3}
    rng = np.random.default_rng(7)
    model_based, sandwich = [], []
    for _ in range(45):
        panel = draw(rng, unequal=True)
        result = fit(panel, SPECIFICATION)
        if result.is_regular:
            model_based.append(covered(result, truth))
            sandwich.append(covered(with_robust_errors(result, panel), truth))
    assert len(model_based) >= 43
    plain, right = np.mean(model_based, axis=0), np.mean(sandwich, axis=0)
    # drift and diffusion suffer most, noise a little
    assert (plain[:2] < 0.82).all(), plain
    assert (right > 0.85).all(), right
    assert (right[:2] - plain[:2] > 0.1).all()


def test_robust_and_model_based_errors_agree_under_a_correct_model() -> None:
    panel = draw(np.random.default_rng(8), unequal=False, n=400)
    result = fit(panel, SPECIFICATION)
    robust = with_robust_errors(result, panel)
    assert robust.standard_error_method == "robust"
    assert "robust" in robust.notes[-1]
    for name, estimate in result.estimates.items():
        assert robust.estimates[name].value == estimate.value
        assert robust.estimates[name].standard_error == pytest.approx(estimate.standard_error, rel=0.2)


def test_units_make_no_difference() -> None:
    panel = draw(np.random.default_rng(9), unequal=True)
    weeks = with_robust_errors(fit(panel, SPECIFICATION), panel)
    rescaled = replace(panel, times=panel.times * 7.0, scores=panel.scores * 10.0)
    days = with_robust_errors(fit(rescaled, SPECIFICATION), rescaled)
    a, b = (f.estimates["drift[y,y]"].standard_error for f in (weeks, days))
    assert a is not None
    assert b == pytest.approx(a / 7.0, rel=1e-4)


def test_fits_without_robust_errors_are_refused() -> None:
    panel = draw(np.random.default_rng(10), unequal=False, n=30)
    result = fit(panel, SPECIFICATION)
    with pytest.raises(ModelError, match="differs from the one that was fitted"):
        with_robust_errors(result, draw(np.random.default_rng(11), unequal=False, n=30))
    with pytest.raises(ModelError, match="converged"):
        with_robust_errors(replace(result, outcome=Advice("not_converged", "It did not.")), panel)
