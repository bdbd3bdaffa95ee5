"""The closed-form second derivatives along the covariance of person effects, against differences of the gradient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oracles import small_problems
from securebase.model.estimation.optimise import Iterate, forward_difference_hessian, hessian
from securebase.model.fit.priors import ShrinkagePrior
from securebase.model.fit.problem import ContinuousTimeProblem
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Specification, Start, Trend


def problem(specification: Specification, *, missing: float, prior: bool = False) -> ContinuousTimeProblem:
    """Return 60 persons, who share one pattern of times and missing scores if none is missing."""
    rng = np.random.default_rng(5)
    parameters = small_problems.parameters(specification, rng)
    n, rows = 60, 4
    panel = simulate_panel(
        specification,
        parameters,
        [np.arange(float(rows))] * n,
        rng,
        covariates=rng.normal(size=(n, len(specification.covariates))) if specification.covariates else None,
        therapist=np.arange(n) // 5 if specification.therapists else None,
    )
    scores = np.where(rng.random(panel.scores.shape) < missing, np.nan, panel.scores)
    panel = replace(panel, scores=scores)
    return ContinuousTimeProblem(panel, specification, prior=ShrinkagePrior("truth", parameters) if prior else None)


@pytest.mark.parametrize("part", ["", "random slopes", "indicators", "covariates"])
@pytest.mark.parametrize("missing", [0.0, 0.2])
@pytest.mark.parametrize("trend", [Trend.LINEAR, Trend.APART])
def test_it_agrees_with_differences_of_the_gradient(trend: Trend, missing: float, part: str) -> None:
    at_hand = problem(small_problems.specification_with(2, trend, Start.STATIONARY, part), missing=missing, prior=True)
    if not missing and part != "covariates":
        assert not at_hand.likelihood._rows.is_uncompressed
    x = at_hand.log_prior.mean + 0.1 * np.random.default_rng(1).normal(size=at_hand.scale.size)
    known = at_hand.known_hessian(x)
    assert known is not None
    positions, block = known
    assert len(positions) == len(at_hand.scale.where("level_covariance"))
    np.testing.assert_allclose(block, hessian(at_hand, x, positions), atol=1e-7 * np.abs(block).max())


def test_the_whole_hessian_is_the_same_with_fewer_evaluations() -> None:
    at_hand = problem(small_problems.specification_with(2, Trend.APART, Start.STATIONARY, "random slopes"), missing=0.2)
    x = at_hand.first_start()
    calls = []

    def function(at: np.ndarray) -> tuple[float, np.ndarray]:
        calls.append(at)
        return at_hand(at)

    free = np.arange(at_hand.scale.size)[1::2]
    known = at_hand.known_hessian(x)
    short, n_short = hessian(function, x, free, known=known), len(calls)
    plain = hessian(function, x, free)
    np.testing.assert_allclose(short, plain, atol=1e-7 * np.abs(plain).max())
    assert n_short == len(calls) - n_short - 2 * np.isin(free, at_hand.scale.where("level_covariance")).sum()
    point = Iterate(x, *at_hand(x))
    np.testing.assert_allclose(
        forward_difference_hessian(at_hand, point, known), forward_difference_hessian(at_hand, point), atol=2e-3
    )


def test_therapists_have_none() -> None:
    with_therapists = problem(
        small_problems.specification_with(2, Trend.LINEAR, Start.STATIONARY, "therapists"), missing=0.0
    )
    assert with_therapists.known_hessian(with_therapists.first_start()) is None
