"""Variances at zero: a singular covariance is held there without being changed, and random slopes end regularly."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import securebase as sb
from securebase.model.estimation.blocks import CovarianceBlock
from securebase.model.estimation.boundary import _hold_variance
from securebase.study.models import specification_for


@pytest.mark.parametrize("k", range(4))
@pytest.mark.parametrize("units", [np.ones(4), np.array([1.0, 1.0, 0.1, 0.1])])
def test_holding_a_root_that_is_zero_leaves_the_covariance_as_it_was(k: int, units: np.ndarray) -> None:
    block = CovarianceBlock("level_covariance", 4, units=units)
    x = np.random.default_rng(k).normal(size=block.size)
    (root,) = block.positions
    x[root[k, k]] = np.log(1e-9)
    problem: Any = SimpleNamespace(scale=SimpleNamespace(roots=(root,)))
    singular, held = block.value(x), dict[int, str]()
    _hold_variance(problem, x, int(root[k, k]), held, "the k-th")
    assert block.value(x) == pytest.approx(singular, abs=1e-4)
    assert [held[int(root[k, k])], *x[root[k + 1 :, k]]] == ["the k-th", *[0.0] * (3 - k)]
    assert set(held) == {int(i) for i in root[k:, k]}


def test_a_later_root_that_absorbs_an_earlier_one_is_set_free() -> None:
    """Of two rows of which one has no variance of its own, either can be held at zero, but not both."""
    block = CovarianceBlock("level_covariance", 2)
    (root,) = block.positions
    x, held = np.array([np.log(1e-9), 0.7, np.log(1e-9)]), {2: "the second"}
    _hold_variance(SimpleNamespace(scale=SimpleNamespace(roots=(root,))), x, 0, held, "the first")  # type: ignore[arg-type]
    assert held == {0: "the first", 1: ""}
    assert block.value(x)[1, 1] == pytest.approx(0.49)


@pytest.mark.parametrize("scenario", ["default", "one_mechanism"])
def test_random_slopes_that_hardly_differ_end_at_a_boundary(scenario: str) -> None:
    """They were called indefinite while a slope per week was compared with the variance of a level."""
    cohort = sb.simulate(scenario, n_clients=60, rng=np.random.default_rng(3), sessions=12)
    panel = sb.panel(cohort, ("symptoms", "alliance"))
    fitted = sb.fit(panel, specification_for(panel, "linear", random_slopes=True))
    assert fitted.outcome.kind == "boundary"
    assert any(name.startswith("change_covariance[") for name in fitted.held)
    assert min(fitted.hessian_eigenvalues) > 0
