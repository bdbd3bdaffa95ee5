"""Discrete-time models behind the protocol of the engine: gradient, named variances and scores of persons."""

from __future__ import annotations

import numpy as np
import pytest

from oracles import small_waves
from securebase.model.discrete_time import fit_discrete_time
from securebase.model.discrete_time.problem import DiscreteTimeProblem
from securebase.model.estimation.uncertainty import add_robust_errors, cluster_scores


@pytest.mark.parametrize("model", small_waves.MODELS)
def test_the_internal_gradient_equals_central_differences(model: str) -> None:
    rng = np.random.default_rng(4)
    specification = small_waves.specification(model, 2, 4)
    problem = DiscreteTimeProblem(small_waves.panel(specification, rng), specification)
    x = problem.scale.internal(small_waves.parameters(specification, rng))
    _, gradient = problem(x)
    for i in range(len(x)):
        h = np.zeros(len(x))
        h[i] = 1e-5
        expected = (problem(x + h)[0] - problem(x - h)[0]) / 2e-5
        assert gradient[i] == pytest.approx(expected, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("model", small_waves.MODELS)
def test_a_diagonal_root_alone_sets_the_variance_of_its_name(model: str) -> None:
    """Towards −∞ the entry leaves a variance only to the entries before it; those are set to 0 here."""
    rng = np.random.default_rng(5)
    specification = small_waves.specification(model, 2, 4, first_wave=3)
    scale = DiscreteTimeProblem(small_waves.panel(specification, rng), specification).scale
    names = list(scale.natural(np.zeros(scale.size)).named(specification))
    variances = [n for n in names if "covariance" in n and len(set(n.rstrip("]").split("[")[1].split(","))) == 1]
    assert sorted(scale.variances.values()) == sorted(variances)
    for i, name in scale.variances.items():
        x = np.zeros(scale.size)
        x[i] = -20.0
        named = scale.natural(x).named(specification)
        assert [n for n in variances if named[n] < 1e-12] == [name]


def test_scores_of_persons_equal_differences_of_their_log_likelihoods() -> None:
    specification = small_waves.specification("clpm, equal lags", 2, 4)
    q = small_waves.parameters(specification, np.random.default_rng(6))
    panel = small_waves.draw_panel(specification, q, np.random.default_rng(6), 120, 0.1)
    result, problem = fit_discrete_time(panel, specification), DiscreteTimeProblem(panel, specification)
    assert result.internal is not None
    scale, x = problem.scale, result.internal.x
    slow = np.empty((panel.n_persons, scale.size))
    for k in range(scale.size):
        step = np.zeros(scale.size)
        step[k] = 1e-5
        up, down = (problem.likelihood.per_person(scale.standard(x + s)) for s in (step, -step))
        slow[:, k] = (up - down) / 2e-5
    assert np.allclose(cluster_scores(result, problem), slow, rtol=1e-6, atol=1e-6)
    # the model is true, so robust errors differ from model-based ones by chance alone
    robust = add_robust_errors(result, problem)
    ratios = [robust.estimates[name].standard_error / e.standard_error for name, e in result.estimates.items()]
    assert 0.7 < min(ratios) < max(ratios) < 1.4
