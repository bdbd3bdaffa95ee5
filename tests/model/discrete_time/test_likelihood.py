"""The discrete-time likelihood against a dense normal and central differences, for both kernels."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from oracles import dense_waves, small_waves
from securebase.errors import ModelError
from securebase.model.discrete_time import DiscreteTimeLikelihood, DiscreteTimeParameters, discrete_time_specification
from securebase.model.discrete_time.likelihood import expand_waves, start_covariance
from securebase.model.kernel import compiled
from securebase.model.panel import Panel

KERNELS = ["readable", *(["compiled"] if compiled.AVAILABLE else [])]


@pytest.fixture(params=KERNELS, autouse=True)
def kernel(request, monkeypatch):
    monkeypatch.setenv("SECUREBASE_KERNEL", request.param)


@pytest.mark.parametrize("p", [1, 2, 3])
@pytest.mark.parametrize("model", small_waves.MODELS)
def test_the_log_likelihood_equals_that_of_a_dense_normal(p, model):
    for seed in range(3):
        rng = np.random.default_rng([p, seed])
        specification = small_waves.specification(model, p, waves=5, first_wave=seed)
        panel, q = small_waves.panel(specification, rng), small_waves.parameters(specification, rng)
        expected = dense_waves.log_likelihoods(panel, specification, q)
        likelihood = DiscreteTimeLikelihood(panel, specification)
        assert likelihood.value(q) == pytest.approx(sum(expected), rel=1e-9)
        assert likelihood.per_person(q) == pytest.approx(expected, rel=1e-9)


def moved(q: DiscreteTimeParameters, name: str, index: tuple[int, ...], by: float) -> DiscreteTimeParameters:
    value = getattr(q, name).copy()
    value[index] += by
    if name.endswith("covariance") and index[-1] != index[-2]:
        value[*index[:-2], index[-1], index[-2]] += by
    return replace(q, **{name: value})


@pytest.mark.parametrize("model", small_waves.MODELS)
def test_the_gradient_equals_central_differences(model):
    rng = np.random.default_rng(7)
    specification = small_waves.specification(model, 2, waves=4)
    panel, q = small_waves.panel(specification, rng), small_waves.parameters(specification, rng)
    likelihood = DiscreteTimeLikelihood(panel, specification)
    value, gradient = likelihood.value_and_gradient(q)
    assert value == pytest.approx(likelihood.value(q), rel=1e-12)
    checked = 0
    for field in fields(q):
        if getattr(q, field.name) is None:
            assert getattr(gradient, field.name) is None
            continue
        for index in np.ndindex(getattr(q, field.name).shape):
            is_covariance = field.name.endswith("covariance")
            if is_covariance and index[-1] > index[-2]:
                continue
            ends = [likelihood.value(moved(q, field.name, index, by)) for by in (1e-5, -1e-5)]
            derivative = getattr(gradient, field.name)[index] * (2 if is_covariance and index[-1] != index[-2] else 1)
            assert derivative == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-6, abs=2e-6)
            checked += 1
    assert checked == specification.n_parameters


def test_a_missed_wave_is_stepped_through():
    specification = small_waves.specification("ri-clpm", 1, waves=4)
    q = small_waves.parameters(specification, np.random.default_rng(1))
    gap = Panel(("a",), ("a",), np.array([0, 2]), np.array([1.0, 4.0]), np.array([[0.3], [1.0]]), np.array([1, 4]))
    assert len(expand_waves(gap, specification).times) == 4
    assert DiscreteTimeLikelihood(gap, specification).value(q) == pytest.approx(
        dense_waves.log_likelihoods(gap, specification, q)[0], rel=1e-9
    )


def test_rows_with_the_same_number_form_one_wave():
    specification = small_waves.specification("ri-clpm", 2, waves=3)
    nan = np.nan
    scores = np.array([[1.0, nan], [5.0, 2.0], [nan, nan], [3.0, nan]])
    twice = Panel(("a",), ("a", "b"), np.array([0, 4]), np.array([1.0, 1.5, 2.0, 3.0]), scores, np.array([1, 1, 2, 3]))
    assert expand_waves(twice, specification).scores == pytest.approx(
        np.array([[1.0, 2.0], [nan, nan], [3.0, nan]]), nan_ok=True
    )


def test_rows_without_a_wave_number_are_refused():
    bare = Panel(("a",), ("a",), np.array([0, 2]), np.array([1.0, 4.0]), np.ones((2, 1)), np.array([-1, -1]))
    with pytest.raises(ModelError, match="number in every row"):
        discrete_time_specification(bare, "clpm")


def test_mismatched_panels_and_parameters_are_refused():
    rng = np.random.default_rng(0)
    specification = small_waves.specification("ri-clpm", 2, waves=4)
    panel, q = small_waves.panel(specification, rng), small_waves.parameters(specification, rng)
    with pytest.raises(ModelError, match="the panel has waves 1 to 4, the model 1 to 3"):
        DiscreteTimeLikelihood(panel, replace(specification, waves=3))
    with pytest.raises(ModelError, match="the panel has the constructs"):
        DiscreteTimeLikelihood(panel, replace(specification, constructs=("a", "z")))
    with pytest.raises(ModelError, match="level_covariance"):
        DiscreteTimeLikelihood(panel, specification).value(replace(q, level_covariance=None))
    with pytest.raises(ModelError, match="equal over waves"):
        replace(specification, start="stationary")


def test_unstable_lags_have_no_stationary_start():
    specification = small_waves.specification("var", 2, waves=4)
    q = small_waves.parameters(specification, np.random.default_rng(0))
    with pytest.raises(ModelError, match="the lags are unstable"):
        start_covariance(replace(q, lags=1.1 * np.eye(2)[None]))
