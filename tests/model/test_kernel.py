"""Input checks of the compiled kernel, and its agreement with the readable one."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from oracles import small_problems
from securebase.model.kernel import compiled, readable
from securebase.model.kernel.readable import Inputs, Layout
from securebase.model.likelihood import Likelihood
from securebase.model.specification import Start, Trend

pytestmark = pytest.mark.skipif(not compiled.AVAILABLE, reason="no compiled kernel was built here")


def sound() -> tuple[Layout, Inputs]:
    rng = np.random.default_rng(1)
    specification = small_problems.specification(2, Trend.NONE, Start.FREE)
    prepared = Likelihood(small_problems.panel(2, rng), specification)
    inputs, _ = prepared._inputs(small_problems.parameters(specification, rng), prepared._rows)
    return prepared.layout, inputs


def test_arrays_of_inconsistent_shape_are_refused() -> None:
    layout, inputs = sound()
    compiled.evaluate(layout, inputs)
    beyond = layout.gap_index.copy()
    beyond[beyond >= 0] = len(inputs.transition)
    for wrong, message in (
        (replace(layout, gap_index=beyond), inputs),
        (replace(layout, gap_index=layout.gap_index[:-1]), inputs),
        (replace(layout, gap_index=np.full_like(layout.gap_index, -1)), inputs),
        (replace(layout, order=layout.order + 1), inputs),
        (replace(layout, order=layout.order[::-1].copy()), inputs),
        (replace(layout, starts=layout.starts + 1), inputs),
        (layout, replace(inputs, start_mean=np.zeros(3))),
        (layout, replace(inputs, level_root=np.eye(3))),
        (layout, replace(inputs, noise=np.zeros(0))),
    ):
        with pytest.raises((ValueError, IndexError)):
            compiled.evaluate(wrong, message)


def test_memory_order_makes_no_difference() -> None:
    layout, inputs = sound()
    turned = replace(
        inputs, residual=np.asfortranarray(inputs.residual), shock_covariance=np.asfortranarray(inputs.shock_covariance)
    )
    np.testing.assert_array_equal(
        compiled.evaluate(layout, turned).transition, compiled.evaluate(layout, inputs).transition
    )


def test_without_the_gradient_the_value_is_the_same() -> None:
    layout, inputs = sound()
    for kernel in (compiled, readable):
        short = kernel.evaluate(layout, inputs, gradient=False)
        np.testing.assert_array_equal(short.log_likelihood, kernel.evaluate(layout, inputs).log_likelihood)
        assert not short.residual.any()


def test_very_long_courses_and_very_many_persons_are_evaluated() -> None:
    rng = np.random.default_rng(2)
    specification = small_problems.specification(1, Trend.LINEAR, Start.STATIONARY)
    parameters = small_problems.parameters(specification, rng)
    for persons, longest in ((2, 3000), (3000, 3)):
        prepared = Likelihood(small_problems.panel(1, rng, persons=persons, longest=longest), specification)
        inputs, _ = prepared._inputs(parameters, prepared._rows)
        first, second = compiled.evaluate(prepared.layout, inputs), readable.evaluate(prepared.layout, inputs)
        np.testing.assert_allclose(first.log_likelihood, second.log_likelihood, rtol=1e-10)
        np.testing.assert_allclose(first.noise, second.noise, rtol=1e-9)


@pytest.mark.parametrize("p", [6, 8])
def test_large_models_with_random_slopes_agree_with_the_readable_kernel(p: int) -> None:
    rng = np.random.default_rng(p)
    specification = small_problems.specification(p, Trend.APART, Start.STATIONARY, random_slopes=True)
    prepared = Likelihood(small_problems.panel(p, rng, persons=11, longest=6), specification)
    inputs, _ = prepared._inputs(small_problems.parameters(specification, rng), prepared._rows)
    first, second = compiled.evaluate(prepared.layout, inputs), readable.evaluate(prepared.layout, inputs)
    # one score for each construct has no loading to estimate
    for name in {field.name for field in fields(first)} - {"loading"}:
        np.testing.assert_allclose(getattr(first, name), getattr(second, name), rtol=1e-8, atol=1e-8, err_msg=name)


def test_the_number_of_threads_respects_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert compiled.allowed_threads() == 1
    for nothing in ("", "many", "0"):
        monkeypatch.setenv("OMP_NUM_THREADS", nothing)
        assert compiled.allowed_threads() >= 1
