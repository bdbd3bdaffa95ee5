"""Likelihood-ratio tests: nesting, degrees of freedom counted by hand, and level under the null."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2

from securebase.errors import ModelError
from securebase.model.fit import Fit, compare, fit
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Specification, Start, Trend

SPECIFICATION = Specification(("y",))
TRUTH = Parameters(
    drift=np.array([[-0.4]]),
    diffusion=np.array([[0.8]]),
    level_mean=np.array([2.0]),
    level_covariance=np.array([[0.7]]),
    measurement_noise=np.array([0.4]),
)


def draw(
    seed: int, *, n: int = 120, rows: int = 8, spec: Specification = SPECIFICATION, truth: Parameters = TRUTH
) -> Panel:
    therapist = np.arange(n) // 4
    return simulate_panel(spec, truth, [np.arange(float(rows))] * n, np.random.default_rng(seed), therapist=therapist)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return draw(1)


@pytest.fixture(scope="module")
def plain(panel: Panel) -> Fit:
    return fit(panel, SPECIFICATION)


def test_aic_and_bic_by_hand(plain: Fit) -> None:
    k, n, value = 5, 120, plain.log_likelihood
    assert value is not None
    assert plain.n_parameters == k
    assert plain.aic == pytest.approx(2 * k - 2 * value)
    assert plain.bic == pytest.approx(k * np.log(n) - 2 * value)
    assert plain.condition == pytest.approx(plain.hessian_eigenvalues[-1] / plain.hessian_eigenvalues[0])
    assert plain.condition >= 1


def test_the_statistic_is_twice_the_difference_and_p_follows_chi_square(panel: Panel, plain: Fit) -> None:
    line = fit(panel, replace(SPECIFICATION, trend=Trend.LINEAR))
    comparison = compare(plain, line)
    assert line.log_likelihood is not None
    assert plain.log_likelihood is not None
    assert comparison.statistic == pytest.approx(2 * (line.log_likelihood - plain.log_likelihood))
    assert comparison.df == 1
    assert comparison.p == pytest.approx(chi2.sf(comparison.statistic, 1))
    assert not comparison.is_upper_bound


def test_a_free_start_adds_its_covariance_to_the_degrees_of_freedom(panel: Panel, plain: Fit) -> None:
    assert compare(plain, fit(panel, replace(SPECIFICATION, start=Start.FREE))).df == 1


def test_a_variance_at_the_boundary_halves_p(panel: Panel, plain: Fit) -> None:
    """Half of all samples end at a variance of zero with p = 1, the others have half the p of χ²(1).

    Therapists are assigned at random, so their true variance is zero.
    """
    comparison = compare(plain, fit(panel, replace(SPECIFICATION, therapists=True)))
    assert "½χ²(0) + ½χ²(1)" in comparison.reference
    assert comparison.df == 1
    expected = 1.0 if comparison.statistic == 0 else 0.5 * chi2.sf(comparison.statistic, 1)
    assert comparison.p == pytest.approx(expected)


def test_several_variances_at_the_boundary_give_an_upper_bound() -> None:
    two = Specification(("y", "z"))
    wide = Parameters(
        drift=np.diag([-0.6, -0.5]),
        diffusion=np.diag([0.6, 0.5]),
        level_mean=np.zeros(2),
        level_covariance=np.array([[0.7, 0.2], [0.2, 0.6]]),
        measurement_noise=np.array([0.2, 0.2]),
    )
    truth = replace(wide, therapist_covariance=np.diag([0.4, 0.4]))
    rows = draw(3, n=160, spec=replace(two, therapists=True), truth=truth)
    comparison = compare(fit(rows, two), fit(rows, replace(two, therapists=True)))
    assert comparison.is_upper_bound
    assert comparison.df == 3
    assert comparison.p == pytest.approx(chi2.sf(comparison.statistic, 3))
    assert "≤" in comparison.sentence or "<" in comparison.sentence


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"trend": Trend.APART}, "rate of change is undefined"),
        ({"time_unit": "day"}, "time unit"),
        ({"planned_end": 9.0}, "planned end"),
    ],
)
def test_models_that_are_not_nested_are_refused(
    panel: Panel, plain: Fit, change: dict[str, object], reason: str
) -> None:
    changed = replace(plain, specification=replace(SPECIFICATION, **change), n_parameters=7)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=reason):
        compare(plain, changed)


def test_models_in_the_wrong_order_are_refused(panel: Panel, plain: Fit) -> None:
    line = fit(panel, replace(SPECIFICATION, trend=Trend.LINEAR))
    with pytest.raises(ModelError, match="not a special case"):
        compare(line, plain)


def test_fits_of_other_data_are_refused(plain: Fit) -> None:
    with pytest.raises(ModelError, match="different data"):
        compare(plain, fit(draw(2), replace(SPECIFICATION, trend=Trend.LINEAR)))


def test_fits_with_other_reliabilities_are_refused(panel: Panel, plain: Fit) -> None:
    with pytest.raises(ModelError, match="reliabilities"):
        compare(plain, fit(panel, replace(SPECIFICATION, trend=Trend.LINEAR), reliability={"y": 0.8}))


def test_an_irregular_fit_is_refused(panel: Panel, plain: Fit) -> None:
    line = fit(panel, replace(SPECIFICATION, trend=Trend.LINEAR))
    bad = replace(line, outcome=replace(line.outcome, kind="indefinite"))
    with pytest.raises(ModelError, match="needs two fits that converged"):
        compare(plain, bad)


def test_a_larger_model_that_fits_worse_is_refused(panel: Panel, plain: Fit) -> None:
    line = fit(panel, replace(SPECIFICATION, trend=Trend.LINEAR))
    assert line.log_likelihood is not None
    with pytest.raises(ModelError, match="several starts"):
        compare(plain, replace(line, log_likelihood=line.log_likelihood - 50.0))


@pytest.mark.slow
def test_the_mixture_reference_keeps_its_level_under_the_smaller_model() -> None:
    """Without therapist effects p < .2 in a fifth of samples, and half of all samples end at a variance of zero.

    χ²(1) alone would reject half as often.
    """
    mixture, single_chi2, at_zero = [], [], 0
    for seed in range(40):
        rows = draw(1000 + seed, n=80, rows=14)
        small, shared = fit(rows, SPECIFICATION), fit(rows, replace(SPECIFICATION, therapists=True))
        comparison = compare(small, shared)
        mixture.append(comparison.p)
        single_chi2.append(chi2.sf(comparison.statistic, 1))
        at_zero += comparison.statistic < 1e-6
    # 99.9% binomial bands around 20 and 8 of 40
    assert 10 <= at_zero <= 30
    assert 1 <= np.sum(np.array(mixture) < 0.2) <= 17
    assert np.sum(np.array(single_chi2) < 0.2) < np.sum(np.array(mixture) < 0.2)
