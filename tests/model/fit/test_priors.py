"""A fit drawn towards a parameter set: the set's own moments in other units, the pull by hand, and little data."""

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
from securebase.model.parameters import Parameters, Specification, Start, Trend
from securebase.model.simulate import simulate_panel

SET = parameter_set()


def literature(trend: Trend, n: int, rows: int, *, stretch: float = 3.0, shift: float = 10.0) -> Panel:
    """Drawn from the set itself, in points of 3 around 10."""
    of = SET.with_trend(trend)
    drawn = simulate_panel(of.specification, of.parameters, [np.arange(float(rows))] * n, np.random.default_rng(4))
    return replace(drawn, scores=shift + stretch * drawn.scores)


@pytest.mark.parametrize("trend", [Trend.CARRIED, Trend.APART])
def test_a_set_in_a_panels_units_has_the_moments_it_states(trend: Trend) -> None:
    panel = literature(trend, 3000, 2)
    of = replace(SET.with_trend(trend).specification, planned_end=16.0)
    found, stated = in_panel_units(panel, of, SET), SET.with_trend(trend).parameters
    assert np.allclose(found.drift, stated.drift, rtol=0.08, atol=0.02)
    P, Q = (stationary_covariance(a.drift, a.diffusion) for a in (found, stated))
    assert np.allclose(P, 9.0 * Q, rtol=0.1, atol=0.2)
    times = np.linspace(0.0, 16.0, 9)
    mean = found.level_mean + trend_mean(of, found, times)
    expected = 10.0 + 3.0 * (stated.level_mean + trend_mean(SET.with_trend(trend).specification, stated, times))
    assert np.abs(mean - expected).max() < 0.3
    assert np.allclose(found.measurement_noise, 9.0 * stated.measurement_noise, rtol=0.1)


def test_the_course_is_the_same_in_days_and_by_another_planned_end() -> None:
    panel = literature(Trend.APART, 200, 8)
    of = replace(SET.with_trend(Trend.APART).specification, planned_end=8.0)
    weeks = in_panel_units(panel, of, SET)
    slow = replace(panel, times=panel.times * 7.0, time_unit="day", days_per_unit=1.0)
    in_days = replace(of, time_unit="day", days_per_unit=1.0, planned_end=112.0)
    days = in_panel_units(slow, in_days, SET)
    assert np.allclose(days.drift * 7.0, weeks.drift)
    times = np.linspace(0.0, 8.0, 5)
    assert np.allclose(trend_mean(of, weeks, times), trend_mean(in_days, days, times * 7.0))


@pytest.mark.parametrize("trend", list(Trend))
@pytest.mark.parametrize("part", small_problems.PARTS)
def test_a_set_can_be_read_for_every_part_of_the_model(trend: Trend, part: str) -> None:
    """Whatever a specification has, what is made for it is a valid model with all its parts."""
    rng = np.random.default_rng(8)
    plain = small_problems.full(2, trend, Start.FREE, part)
    names = {"c0": "symptoms", "c1": "alliance"}
    of = replace(
        plain,
        constructs=tuple(names.values()),
        indicators=tuple((i, names[c]) for i, c in plain.indicators),
    )
    panel = replace(small_problems.panel_for(plain, rng), constructs=of.constructs)
    made = in_panel_units(panel, of, SET)
    own = build_transform(panel, of)
    centre, precision = prior_moments(own, ShrinkagePrior("literature", made))
    assert len(centre) == len(precision) == own.size
    assert np.isfinite(centre).all()
    assert (precision > 0).all()
    assert np.isfinite(dense_normal.log_likelihood(panel, of, made))


def test_more_strength_means_nearer_to_the_set_and_none_of_it_is_regular() -> None:
    panel = literature(Trend.APART, 60, 8)
    of = replace(SET.with_trend(Trend.APART).specification, planned_end=8.0)
    centre = in_panel_units(panel, of, SET)
    away, shares = [], []
    at, precision = prior_moments(build_transform(panel, of), ShrinkagePrior("literature", centre))
    for strength in (0.3, 3.0, 300.0):
        found = fit(panel, of, prior=ShrinkagePrior("literature", centre, strength))
        assert found.outcome.kind == "regularised"
        assert not found.is_regular
        assert found.internal is not None
        away.append(float(precision @ (found.internal.x - at) ** 2))
        shares.append(found.data_share["drift[symptoms,alliance]"])
    assert away[0] > away[1] > away[2]
    assert shares[0] > shares[1] > shares[2]
    assert away[2] < 0.05 * away[0]


def test_six_constructs_eight_rows_and_sixty_persons_end_well() -> None:
    panel = literature(Trend.CARRIED, 60, 8)
    of = replace(SET.specification, planned_end=8.0)
    found = fit(panel, of, prior=ShrinkagePrior("literature", in_panel_units(panel, of, SET)))
    assert found.outcome.kind == "regularised"
    assert found.gradient_norm is not None
    assert found.gradient_norm < 1e-6
    assert min(found.hessian_eigenvalues) > 0
    assert "literature" in found.outcome.sentence
    assert set(found.data_share) == set(found.estimates) - {f"start_mean[{c}]" for c in of.constructs}
    # usual levels are seen in every row, pushes of one construct on another hardly at all
    assert found.data_share["level_mean[symptoms]"] > 0.5 > found.data_share["drift[symptoms,alliance]"]


def test_two_persons_are_refused_alone_and_hardly_move_a_set() -> None:
    panel = literature(Trend.CARRIED, 2, 8)
    of = replace(SET.specification, planned_end=8.0)
    assert fit(panel, of).outcome.kind == "not_enough_data"
    found = fit(panel, of, prior=ShrinkagePrior("literature", in_panel_units(panel, of, SET)))
    assert found.outcome.kind == "regularised"
    shares = [share for name, share in found.data_share.items() if name.startswith("drift")]
    # points are those of two persons' first scores, so single pushes take more or less from 96 scores
    assert float(np.mean(shares)) < 0.15
    assert max(shares) < 0.3


def test_the_share_from_data_is_that_of_a_normal_mean_by_hand() -> None:
    """Prior N(0, 1/2), four scores of variance 1: the data's precision 4 of 6 in all."""
    share = data_shares(np.eye(1), np.array([[1.0 / 6.0]]), np.array([2.0]))
    assert share[0] == pytest.approx(4.0 / 6.0)
    assert data_shares(np.eye(1), np.array([[0.25]]), np.zeros(1))[0] == 1.0


def test_the_end_is_where_the_data_and_the_prior_pull_alike() -> None:
    one = Specification(("y",))
    truth = Parameters(*(np.array(v) for v in ([[-0.5]], [[0.6]], [0.0], [[0.5]], [0.3])))
    panel = simulate_panel(one, truth, [np.arange(6.0)] * 30, np.random.default_rng(3))
    centre = replace(truth, level_mean=np.array([1.0]))
    found = fit(panel, one, prior=ShrinkagePrior("a set", centre, 4.0))
    own = build_transform(panel, one)
    at, precision = prior_moments(own, ShrinkagePrior("a set", centre, 4.0))
    assert found.internal is not None
    x = found.internal.x
    for k in range(own.size):
        step = np.zeros(own.size)
        step[k] = 1e-5
        up, down = (dense_normal.log_likelihood(panel, one, own.natural(x + s)) for s in (step, -step))
        assert (up - down) / 2e-5 == pytest.approx(precision[k] * (x - at)[k], abs=2e-4)


def test_what_a_set_does_not_know_is_refused() -> None:
    panel = replace(literature(Trend.CARRIED, 5, 3), constructs=("x", *SET.specification.constructs[1:]))
    with pytest.raises(ModelError, match="has no values for “x”"):
        in_panel_units(panel, replace(SET.specification, constructs=panel.constructs), SET)
    with pytest.raises(InputError, match=r"prior strength must be greater than 0 \(got 0\)"):
        ShrinkagePrior("a set", SET.parameters, 0.0)
