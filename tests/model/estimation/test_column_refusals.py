"""Columns that time or other columns determine are refused before a fit; an unbounded likelihood ends one at once."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from securebase.model.discrete_time import discrete_time_specification, fit_discrete_time
from securebase.model.estimation.optimise import bfgs
from securebase.model.estimation.refusals import check_information
from securebase.model.fit import fit
from securebase.model.panel import Panel
from securebase.model.specification import Specification

Array = NDArray[np.float64]
N, T = 30, 8


def build_panel(*columns: Array, times: Array | None = None) -> Panel:
    """Return a panel of columns (N, T) with the constructs y, x, z, s."""
    names = ("y", "x", "z", "s")[: len(columns)]
    return Panel(
        tuple(f"p{i}" for i in range(N)),
        names,
        np.arange(0, N * T + 1, T),
        np.tile(np.arange(T, dtype=float), N) if times is None else times.ravel(),
        np.column_stack([c.ravel() for c in columns]),
        np.tile(np.arange(T), N),
    )


@pytest.fixture
def draws() -> list[Array]:
    rng = np.random.default_rng(4)
    return [rng.normal(size=(N, T)) for _ in range(4)]


def reason(*columns: Array, times: Array | None = None) -> str:
    panel = build_panel(*columns, times=times)
    advice = next(check_information(panel.constructs, panel), None)
    return "" if advice is None else advice.sentence


def test_a_copy_or_linear_function_is_named_with_its_source(draws):
    y, x, z, _ = draws
    offsets = np.random.default_rng(5).normal(size=(N, 1))
    for copy in (x, 10 - x, 3 * x - 2, np.round(2 * x, 1), x + offsets, x + offsets * np.arange(T)):
        assert reason(y, x, copy) == "“z” is a copy or a linear function of “x”."
    assert reason(y, x, z, x + z) == "“s” is a copy or a linear function of “x” and “z”."
    assert reason(y, y) == "“x” is a copy or a linear function of “y”."


def test_what_resembles_a_copy_is_accepted(draws):
    y, x, z, noise = draws
    assert reason(y, x, z) == ""
    assert reason(y, x, x + 0.05 * noise) == ""
    assert reason(y, x, np.where(np.arange(T) < 3, np.nan, x) + 0.05 * noise) == ""
    assert reason(y, x**2) == ""


def test_missing_cells_do_not_hide_a_copy(draws):
    y, x, *_ = draws
    gaps = np.random.default_rng(6).random((N, T)) < 0.3
    assert reason(np.where(gaps, np.nan, y), x, -x) == "“z” is a copy or a linear function of “x”."


def test_a_straight_line_over_irregular_times_is_refused(draws):
    times = np.cumsum(np.random.default_rng(7).uniform(0.5, 2.0, (N, T)), axis=1)
    assert reason(draws[0], 5 - 0.3 * times, times=times) == "“x” is a straight line over time in every person."
    assert reason(draws[0], 5 - 0.3 * times + 0.05 * draws[1], times=times) == ""


def test_few_rows_are_never_called_a_copy():
    """With as few residual degrees of freedom as columns, any column is a linear function of the others."""
    y, x = np.full((2, N, T), np.nan)
    y[0, :4], x[0, :4] = [1, 3, 2, 5], [2, 2, 4, 1]
    assert reason(y, x) == ""


def test_both_kinds_of_model_refuse_a_copy(draws):
    panel = build_panel(draws[0], draws[1], -draws[1])
    fits = (
        fit(panel, Specification(panel.constructs, trend="none")),
        fit_discrete_time(panel, discrete_time_specification(panel, "var")),
    )
    for fitted in fits:
        assert (fitted.outcome.kind, fitted.log_likelihood, fitted.estimates) == ("not_enough_data", None, {})
        assert "copy" in fitted.outcome.sentence


def test_a_course_that_all_persons_share_is_refused(draws):
    course = np.tile(np.sin(np.arange(T)), (N, 1)) + np.arange(N)[:, None]
    assert reason(draws[0], course) == "“x” takes the same course in every person."
    assert reason(draws[0], course + 0.1 * draws[1]) == ""
    assert reason(draws[0], course * np.linspace(1, 2, N)[:, None]) == ""


def test_an_unbounded_likelihood_ends_the_search_with_its_reason(draws):
    """Alternation between two values is a rule that no refusal looks for: the likelihood has no maximum."""
    x = np.linspace(1, 2, N)[:, None] * (-1.0) ** np.arange(T)
    steps: list[int] = []
    specification = Specification(("y", "x"), trend="carried", planned_end=7.0)
    fitted = fit(build_panel(draws[0], x), specification, progress=lambda step, _: steps.append(step))
    assert fitted.outcome.kind == "not_converged"
    assert "likelihood has no maximum" in fitted.outcome.sentence
    assert len(steps) < 200


def test_a_search_without_a_minimum_ends_after_few_evaluations():
    """On a slope without end each line search takes 40 evaluations, so their number is limited; a floor ends it."""
    evaluations: list[float] = []

    def slope(x: Array) -> tuple[float, Array]:
        evaluations.append(float(x.sum()))
        return float(x.sum()), np.ones(2)

    bfgs(slope, np.zeros(2), tolerance=1e-6)
    assert len(evaluations) < 400
    evaluations.clear()
    end, steps = bfgs(slope, np.zeros(2), tolerance=1e-6, floor=-1e3)
    assert (end.value < -1e3, steps) == (True, 1)
