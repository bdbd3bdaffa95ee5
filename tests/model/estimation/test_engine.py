"""The engine with a model of its own: independent normal scores, whose estimates and errors have closed forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pytest
from scipy.stats import norm

from securebase.errors import Advice, ModelError
from securebase.model.estimation.blocks import ParameterBlock, VarianceBlock
from securebase.model.estimation.engine import estimate
from securebase.model.estimation.optimise import Optimum
from securebase.model.estimation.problem import Problem
from securebase.model.estimation.refusals import check_variation
from securebase.model.estimation.result import FitResult
from securebase.model.estimation.scale import InternalScale
from securebase.model.estimation.uncertainty import add_robust_errors, draw_from
from securebase.model.panel import Panel
from securebase.model.parameters import Array


@dataclass(frozen=True, eq=False)
class NormalParameters:
    mean: Array
    measurement_noise: Array

    def named(self, _specification: object) -> dict[str, float]:
        return {"mean[y]": float(self.mean[0]), "measurement_noise[y]": float(self.measurement_noise[0])}


class NormalScale(InternalScale[NormalParameters]):
    def factor(self, name: str) -> Array:
        return self.spread if name == "mean" else self.spread**2

    def relocate(self, scaled: NormalParameters) -> NormalParameters:
        return replace(scaled, mean=self.location + scaled.mean)


@dataclass(frozen=True, eq=False)
class NormalLikelihood:
    scores: Array

    def value(self, parameters: NormalParameters) -> float:
        return self.value_and_gradient(parameters)[0]

    def value_and_gradient(self, parameters: NormalParameters) -> tuple[float, NormalParameters]:
        residual, variance = self.scores - parameters.mean, parameters.measurement_noise
        value = -0.5 * float((np.log(2.0 * np.pi * variance) + residual**2 / variance).sum())
        slope = 0.5 * (residual**2 / variance**2 - 1.0 / variance)
        return value, NormalParameters((residual / variance).sum(axis=0), slope.sum(axis=0))


class NormalProblem(Problem[NormalParameters, FitResult]):
    n_parameters = 2

    @cached_property
    def scale(self) -> NormalScale:
        scores = self.panel.scores
        location, spread = scores.mean(axis=0), scores.std(axis=0)
        blocks = (ParameterBlock("mean", (1,)), VarianceBlock("measurement_noise", (1,)))
        panel = replace(self.panel, scores=(scores - location) / spread)
        return NormalScale(panel, None, NormalParameters, blocks, location, spread)

    @property
    def fingerprints(self) -> dict[str, str]:
        return {"scores": self.panel.fingerprint}

    def likelihood_of(self, panel: Panel) -> NormalLikelihood:
        return NormalLikelihood(panel.scores)

    def refusals(self) -> Iterator[Advice]:
        yield from check_variation("y", self.panel.scores[:, 0], "Leave it out.")

    def first_start(self) -> Array:
        return np.array([0.7, -0.9])

    def fallback_start(self) -> Array | None:
        return None

    def remedies(self) -> dict[str, str]:
        return {}

    def result(self, plain: FitResult, parameters: NormalParameters | None, optimum: Optimum | None) -> FitResult:
        assert (parameters is None) == (optimum is None) == (plain.outcome.kind == "not_enough_data")
        return plain


def panel(scores: Array) -> Panel:
    """Return one row for each person."""
    n = len(scores)
    persons = tuple(str(i) for i in range(n))
    return Panel(persons, ("y",), np.arange(n + 1), np.zeros(n), scores[:, None], np.full(n, -1))


N = 60
SCORES = np.random.default_rng(3).gamma(2.0, 4.0, size=N)


def test_estimates_errors_and_log_likelihood_have_their_closed_forms() -> None:
    result = estimate(NormalProblem(panel(SCORES)))
    mean, variance = SCORES.mean(), SCORES.var()
    assert (result.outcome.kind, result.held, result.n_parameters) == ("converged", (), 2)
    assert result.estimates["mean[y]"].value == pytest.approx(mean, rel=1e-6)
    assert result.estimates["measurement_noise[y]"].value == pytest.approx(variance, rel=1e-6)
    assert result.estimates["mean[y]"].standard_error == pytest.approx(np.sqrt(variance / N), rel=1e-6)
    assert result.estimates["measurement_noise[y]"].standard_error == pytest.approx(variance * np.sqrt(2 / N), rel=1e-6)
    assert result.log_likelihood == pytest.approx(norm.logpdf(SCORES, mean, np.sqrt(variance)).sum(), rel=1e-12)


def test_robust_errors_have_their_closed_forms() -> None:
    problem = NormalProblem(panel(SCORES))
    robust = add_robust_errors(estimate(problem), problem)
    deviation = SCORES - SCORES.mean()
    of_mean, of_variance = deviation, deviation**2 - SCORES.var()
    for name, influence in (("mean[y]", of_mean), ("measurement_noise[y]", of_variance)):
        expected = np.sqrt((influence**2).sum() / N / (N - 1))
        assert robust.estimates[name].standard_error == pytest.approx(expected, rel=1e-6)
    assert robust.standard_error_method == "robust"
    with pytest.raises(ModelError, match="differs from the one that was fitted"):
        add_robust_errors(robust, NormalProblem(panel(SCORES + 1.0)))


def test_several_starts_are_compared_and_counted() -> None:
    one, several = (
        estimate(NormalProblem(panel(SCORES)), starts=starts, rng=np.random.default_rng(1)) for starts in (1, 3)
    )
    assert several.log_likelihood == pytest.approx(one.log_likelihood, rel=1e-12)
    assert several.notes == ("All 3 starts reached the same log-likelihood.",)


def test_draws_have_the_spread_of_the_standard_errors() -> None:
    problem = NormalProblem(panel(SCORES))
    result = estimate(problem)
    means = [float(q.mean[0]) for q in draw_from(result, problem, 400, np.random.default_rng(2))]
    assert np.mean(means) == pytest.approx(SCORES.mean(), abs=0.3)
    assert np.std(means) == pytest.approx(result.estimates["mean[y]"].standard_error, rel=0.15)


def test_progress_is_the_log_likelihood_in_points() -> None:
    values: list[float] = []
    result = estimate(NormalProblem(panel(SCORES)), progress=lambda _, value: values.append(value))
    assert values == sorted(values)
    assert values[-1] == pytest.approx(result.log_likelihood, abs=1e-6)


def test_a_refused_problem_is_never_laid_out() -> None:
    problem = NormalProblem(panel(np.ones(N)))
    result = estimate(problem)
    assert (result.outcome.kind, result.outcome.what_to_do) == ("not_enough_data", "Leave it out.")
    assert (result.estimates, result.log_likelihood) == ({}, None)
    assert "scale" not in vars(problem)
