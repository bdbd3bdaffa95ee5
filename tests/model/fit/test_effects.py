"""A specification that names its effects: the other entries of the drift off its diagonal are held at zero."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from securebase.errors import ModelError
from securebase.model.estimation.optimise import hessian
from securebase.model.fit import Fit, compare, fit
from securebase.model.fit.problem import ContinuousTimeProblem
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Specification, Trend

FULL = Specification(("a", "b", "c"), planned_end=9.0)
CHAIN = replace(FULL, effects=(("a", "b"), ("b", "c")))
TRUTH = Parameters(
    drift=np.array([[-0.5, 0.0, 0.0], [0.25, -0.6, 0.0], [0.0, -0.3, -0.7]]),
    diffusion=np.diag([0.8, 0.9, 1.0]),
    level_mean=np.array([1.0, 2.0, 3.0]),
    level_covariance=np.array([[0.7, 0.2, 0.1], [0.2, 0.6, 0.0], [0.1, 0.0, 0.8]]),
    measurement_noise=np.array([0.2, 0.3, 0.2]),
)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return simulate_panel(FULL, TRUTH, [np.arange(10.0)] * 250, np.random.default_rng(3))


@pytest.fixture(scope="module")
def chain(panel: Panel) -> Fit:
    return fit(panel, CHAIN)


def test_the_effects_named_are_recovered_and_the_others_are_zero(chain: Fit) -> None:
    assert chain.outcome.kind == "converged"
    assert chain.parameters is not None
    np.testing.assert_array_equal(chain.parameters.drift == 0, TRUTH.drift == 0)
    for to, origin in (("b", "a"), ("c", "b"), ("a", "a")):
        estimate = chain.estimates[f"drift[{to},{origin}]"]
        true = TRUTH.drift["abc".index(to), "abc".index(origin)]
        assert estimate.standard_error is not None
        assert abs(estimate.value - true) < 3.5 * estimate.standard_error
    held = chain.estimates["drift[a,b]"]
    assert (held.value, held.standard_error) == (0.0, None)
    assert chain.interval("drift[a,b]") is None


def test_it_is_nested_in_the_model_with_every_effect(panel: Panel, chain: Fit) -> None:
    full = fit(panel, FULL)
    assert chain.n_parameters == full.n_parameters - 4
    test = compare(chain, full)
    assert test.df == 4
    # the truth is in the smaller model: χ²(4) exceeds 18.5 once in a thousand tables
    assert 0 <= test.statistic < 18.5
    other = fit(panel, replace(FULL, effects=(("a", "c"),)))
    with pytest.raises(ModelError, match="frees parameters in “effects”"):
        compare(other, chain)


def test_every_effect_named_is_the_default(panel: Panel) -> None:
    every = tuple((a, b) for a in "abc" for b in "abc" if a != b)
    named, default = (fit(panel, replace(FULL, effects=effects)) for effects in (every, None))
    assert named.log_likelihood == default.log_likelihood
    assert named.estimates == default.estimates


def test_the_gradient_is_that_of_the_free_entries(panel: Panel) -> None:
    problem = ContinuousTimeProblem(panel, replace(CHAIN, trend=Trend.CARRIED))
    x = problem.first_start()
    for i in problem.scale.where("drift"):
        step = np.zeros(len(x))
        step[i] = 1e-5
        numeric = (problem(x + step)[0] - problem(x - step)[0]) / 2e-5
        assert problem(x)[1][i] == pytest.approx(numeric, abs=1e-7)
    assert len(problem.scale.where("drift")) == 5
    assert np.isfinite(hessian(problem, x, problem.scale.where("drift"))).all()
