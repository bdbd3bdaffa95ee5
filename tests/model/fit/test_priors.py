"""Regularised fits: the parameter set in other units, the prior's gradient by hand, and small samples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oracles import dense_normal, small_problems
from securebase.errors import InputError, ModelError
from securebase.model.equations import stationary_covariance, trend_mean
from securebase.model.fit import ShrinkagePrior, fit, in_panel_units
from securebase.model.fit.priors import data_shares, prior_moments
from securebase.model.fit.transforms import build_transform
from securebase.model.panel import Panel
from securebase.model.parameter_set import parameter_set
from securebase.model.parameters import Parameters
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Specification, Start, Trend

SET = parameter_set()


def literature(trend: Trend, n: int, rows: int, *, stretch: float = 3.0, shift: float = 10.0) -> Panel:
    """Simulate a panel from the set, in points of 3 around 10."""
    specification = SET.with_trend(trend)
    simulated = simulate_panel(
        specification.specification, specification.parameters, [np.arange(float(rows))] * n, np.random.default_rng(4)
    )
    return replace(simulated, scores=shift + stretch * simulated.scores)


@pytest.mark.parametrize("trend", [Trend.CARRIED, Trend.APART])
def test_a_set_converted_to_panel_units_keeps_its_moments(trend: Trend) -> None:
    panel = literature(trend, 3000, 2)
    specification = replace(SET.with_trend(trend).specification, planned_end=16.0)
    converted, original = in_panel_units(panel, specification, SET), SET.with_trend(trend).parameters
    assert np.allclose(converted.drift, original.drift, rtol=0.08, atol=0.02)
    P, Q = (stationary_covariance(a.drift, a.diffusion) for a in (converted, original))
    assert np.allclose(P, 9.0 * Q, rtol=0.1, atol=0.2)
    times = np.linspace(0.0, 16.0, 9)
    mean = converted.level_mean + trend_mean(specification, converted, times)
    expected = 10.0 + 3.0 * (original.level_mean + trend_mean(SET.with_trend(trend).specification, original, times))
    assert np.abs(mean - expected).max() < 0.3
    assert np.allclose(converted.measurement_noise, 9.0 * original.measurement_noise, rtol=0.1)


def test_the_course_is_the_same_in_days_and_by_another_planned_end() -> None:
    panel = literature(Trend.APART, 200, 8)
    specification = replace(SET.with_trend(Trend.APART).specification, planned_end=8.0)
    weeks = in_panel_units(panel, specification, SET)
    slow = replace(panel, times=panel.times * 7.0, time_unit="day", days_per_unit=1.0)
    in_days = replace(specification, time_unit="day", days_per_unit=1.0, planned_end=112.0)
    days = in_panel_units(slow, in_days, SET)
    assert np.allclose(days.drift * 7.0, weeks.drift)
    times = np.linspace(0.0, 8.0, 5)
    assert np.allclose(trend_mean(specification, weeks, times), trend_mean(in_days, days, times * 7.0))


@pytest.mark.parametrize("trend", list(Trend))
@pytest.mark.parametrize("part", small_problems.PARTS)
def test_a_set_can_be_converted_for_every_part_of_the_model(trend: Trend, part: str) -> None:
    """The converted set has every part that the specification needs."""
    rng = np.random.default_rng(8)
    plain = small_problems.specification_with(2, trend, Start.FREE, part)
    names = {"c0": "symptoms", "c1": "alliance"}
    specification = replace(
        plain,
        constructs=tuple(names.values()),
        indicators=tuple((i, names[c]) for i, c in plain.indicators),
    )
    panel = replace(small_problems.panel_for(plain, rng), constructs=specification.constructs)
    converted = in_panel_units(panel, specification, SET)
    transform = build_transform(panel, specification)
    centre, precision = prior_moments(transform, ShrinkagePrior("literature", converted))
    assert len(centre) == len(precision) == transform.size
    assert np.isfinite(centre).all()
    assert (precision > 0).all()
    assert np.isfinite(dense_normal.log_likelihood(panel, specification, converted))


def test_a_stronger_prior_moves_estimates_nearer_to_the_set() -> None:
    panel = literature(Trend.APART, 60, 8)
    specification = replace(SET.with_trend(Trend.APART).specification, planned_end=8.0)
    centre = in_panel_units(panel, specification, SET)
    away, shares = [], []
    at, precision = prior_moments(build_transform(panel, specification), ShrinkagePrior("literature", centre))
    for strength in (0.3, 3.0, 300.0):
        result = fit(panel, specification, prior=ShrinkagePrior("literature", centre, strength))
        assert result.outcome.kind == "regularised"
        assert not result.is_regular
        assert result.internal is not None
        away.append(float(precision @ (result.internal.x - at) ** 2))
        shares.append(result.data_share["drift[symptoms,alliance]"])
    assert away[0] > away[1] > away[2]
    assert shares[0] > shares[1] > shares[2]
    assert away[2] < 0.05 * away[0]


def test_six_constructs_of_sixty_persons_with_eight_rows_can_be_fitted() -> None:
    panel = literature(Trend.CARRIED, 60, 8)
    specification = replace(SET.specification, planned_end=8.0)
    result = fit(panel, specification, prior=ShrinkagePrior("literature", in_panel_units(panel, specification, SET)))
    assert result.outcome.kind == "regularised"
    assert result.gradient_norm is not None
    assert result.gradient_norm < 1e-6
    assert min(result.hessian_eigenvalues) > 0
    assert "literature" in result.outcome.sentence
    assert set(result.data_share) == set(result.estimates) - {f"start_mean[{c}]" for c in specification.constructs}
    # every row informs the levels, cross effects are hardly informed at all
    assert result.data_share["level_mean[symptoms]"] > 0.5 > result.data_share["drift[symptoms,alliance]"]


def test_two_persons_need_a_prior_and_hardly_change_it() -> None:
    panel = literature(Trend.CARRIED, 2, 8)
    specification = replace(SET.specification, planned_end=8.0)
    assert fit(panel, specification).outcome.kind == "not_enough_data"
    result = fit(panel, specification, prior=ShrinkagePrior("literature", in_panel_units(panel, specification, SET)))
    assert result.outcome.kind == "regularised"
    shares = [share for name, share in result.data_share.items() if name.startswith("drift")]
    # points are scaled by two persons' first scores, so shares of single effects vary
    assert float(np.mean(shares)) < 0.15
    assert max(shares) < 0.3


def test_the_data_share_of_a_normal_mean_equals_a_hand_calculation() -> None:
    """Prior N(0, 1/2) and four scores of variance 1: precision 4 of 6 from the data."""
    share = data_shares(np.eye(1), np.array([[1.0 / 6.0]]), np.array([2.0]))
    assert share[0] == pytest.approx(4.0 / 6.0)
    assert data_shares(np.eye(1), np.array([[0.25]]), np.zeros(1))[0] == 1.0


def test_gradients_of_likelihood_and_prior_cancel_at_the_estimate() -> None:
    specification = Specification(("y",))
    truth = Parameters(*(np.array(v) for v in ([[-0.5]], [[0.6]], [0.0], [[0.5]], [0.3])))
    panel = simulate_panel(specification, truth, [np.arange(6.0)] * 30, np.random.default_rng(3))
    centre = replace(truth, level_mean=np.array([1.0]))
    result = fit(panel, specification, prior=ShrinkagePrior("a set", centre, 4.0))
    transform = build_transform(panel, specification)
    at, precision = prior_moments(transform, ShrinkagePrior("a set", centre, 4.0))
    assert result.internal is not None
    x = result.internal.x
    for k in range(transform.size):
        step = np.zeros(transform.size)
        step[k] = 1e-5
        up, down = (dense_normal.log_likelihood(panel, specification, transform.natural(x + s)) for s in (step, -step))
        assert (up - down) / 2e-5 == pytest.approx(precision[k] * (x - at)[k], abs=2e-4)


def test_constructs_unknown_to_the_set_are_refused() -> None:
    panel = replace(literature(Trend.CARRIED, 5, 3), constructs=("x", *SET.specification.constructs[1:]))
    with pytest.raises(ModelError, match="has no values for “x”"):
        in_panel_units(panel, replace(SET.specification, constructs=panel.constructs), SET)
    with pytest.raises(InputError, match=r"prior strength must be greater than 0 \(got 0\)"):
        ShrinkagePrior("a set", SET.parameters, 0.0)
