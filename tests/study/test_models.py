"""Fitted models in a study: effects, their errors, residuals; and one person tracked."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.linalg import expm

from securebase.errors import Advice, InputError, ModelError
from securebase.measurement.catalogue import instrument
from securebase.measurement.constructs import Direction
from securebase.model.equations import stationary_covariance
from securebase.model.fit import fit
from securebase.model.observations import panel
from securebase.model.parameters import Parameters
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Specification, Start, Trend
from securebase.study import models
from securebase.study.models import (
    ALTERNATIVE_TREND,
    RANDOM_SLOPES,
    effects,
    fit_models,
    residual_rows,
    single_person,
    specification_for,
    standardised_residuals,
)
from securebase.study.parts import ModelSummary, NotFitted
from securebase.study.person import Coverage, last_score_coverage, track_person
from securebase.study.trajectories import Residual
from study_tables import cohort, draw_table

SPECIFICATION = Specification(("y", "x"), time_unit="session")
TRUTH = Parameters(
    drift=np.array([[-0.6, -0.25], [0.1, -0.5]]),
    diffusion=np.array([[0.8, 0.1], [0.1, 0.7]]),
    level_mean=np.array([3.0, 5.0]),
    level_covariance=np.array([[0.8, -0.2], [-0.2, 0.6]]),
    measurement_noise=np.array([0.3, 0.25]),
)


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(1)
    return simulate_panel(SPECIFICATION, TRUTH, [np.arange(20.0)] * 120, rng)


@pytest.fixture(scope="module")
def fitted(rows):
    return fit(rows, SPECIFICATION)


def test_effects_are_standardised_transitions_over_one_unit(fitted):
    p = fitted.parameters
    d = np.sqrt(np.diag(stationary_covariance(p.drift, p.diffusion)))
    expected = np.diag(1 / d) @ expm(p.drift) @ np.diag(d)
    estimates = {(e.later, e.earlier): e.estimate for e in effects(fitted)}
    names = fitted.specification.constructs
    for k, later in enumerate(names):
        for j, earlier in enumerate(names):
            assert estimates[later, earlier] == pytest.approx(expected[k, j], abs=1e-12)


def test_effects_over_two_units_are_the_squared_transition(fitted):
    once, twice = effects(fitted), effects(fitted, 2.0)
    step = np.array([e.estimate for e in once]).reshape(2, 2)
    np.testing.assert_allclose([e.estimate for e in twice], (step @ step).ravel(), atol=1e-12)


def test_delta_method_errors_equal_the_spread_over_drawn_estimates(fitted):
    rng = np.random.default_rng(2)
    names = list(fitted.estimates)
    centre = np.array([e.value for e in fitted.estimates.values()])
    small = 0.05  # the delta method is exact in the limit of small errors
    draws = rng.multivariate_normal(centre, np.nan_to_num(fitted.covariance) * small**2, size=4000)
    spread = []
    for draw in draws:
        v = dict(zip(names, draw, strict=True))
        A = np.array([[v["drift[y,y]"], v["drift[y,x]"]], [v["drift[x,y]"], v["drift[x,x]"]]])
        cross = v["diffusion[x,y]"]
        Q = np.array([[v["diffusion[y,y]"], cross], [cross, v["diffusion[x,x]"]]])
        d = np.sqrt(np.diag(stationary_covariance(A, Q)))
        spread.append(expm(A) * d[None, :] / d[:, None])
    errors = np.std(spread, axis=0) / small
    for e in effects(fitted):
        k, j = fitted.specification.constructs.index(e.later), fitted.specification.constructs.index(e.earlier)
        assert e.standard_error == pytest.approx(errors[k, j], rel=0.06)


def test_effects_at_the_edge_of_stability_have_no_interval(fitted):
    edge = {"drift[y,y]": -5e-9, "drift[y,x]": 0.0, "drift[x,y]": 0.0}
    estimates = {
        name: replace(estimate, value=edge.get(name, estimate.value)) for name, estimate in fitted.estimates.items()
    }
    rows = effects(replace(fitted, estimates=estimates))
    assert len(rows) == 4
    assert {(e.lower, e.upper) for e in rows} == {(None, None)}


def test_residuals_of_the_true_model_are_white_noise(rows):
    for row in residual_rows(standardised_residuals(rows, SPECIFICATION, TRUTH)):
        assert row.n == 2400
        assert row.mean == pytest.approx(0.0, abs=0.08)
        assert row.sd == pytest.approx(1.0, abs=0.06)
        assert row.autocorrelation == pytest.approx(0.0, abs=0.08)
        assert row.beyond == pytest.approx(0.05, abs=0.02)


def test_residuals_of_a_wrong_model_are_autocorrelated(rows):
    wrong = Parameters(
        drift=np.diag([-5.0, -5.0]),
        diffusion=np.diag([8.0, 8.0]),
        level_mean=TRUTH.level_mean,
        level_covariance=TRUTH.level_covariance,
        measurement_noise=TRUTH.measurement_noise,
    )
    first, _ = residual_rows(standardised_residuals(rows, SPECIFICATION, wrong))
    assert first.autocorrelation > 0.2


def test_residual_rows_by_hand():
    persons = [(Residual(0, 1.0), Residual(1, -1.0)), (Residual(0, 2.0), Residual(1, -2.0), Residual(2, 2.0))]
    (row,) = residual_rows({"y": persons})
    assert (row.n, row.mean, row.beyond) == (5, pytest.approx(0.4), pytest.approx(0.6))
    assert row.autocorrelation == pytest.approx(-1.0, abs=0.05)


def test_models_include_the_alternative_trend_and_random_slopes(rows):
    summaries, residuals, checks = fit_models(rows, Trend.NONE, Start.STATIONARY, lambda _: None)
    assert checks is None
    assert [m.trend for m in summaries] == ["none", ALTERNATIVE_TREND[Trend.NONE].value, RANDOM_SLOPES]
    assert all(isinstance(m, ModelSummary) and m.converged for m in summaries[:2])
    assert {k: len(v) for k, v in residuals.items()} == {"y": 2400, "x": 2400}
    assert summaries[1].log_likelihood >= summaries[0].log_likelihood  # an additional linear trend cannot fit worse
    assert summaries[0].aic == pytest.approx(2 * 14 - 2 * summaries[0].log_likelihood)


def test_a_model_with_too_little_data_is_listed_as_not_fitted():
    few = panel(cohort(draw_table(1, n=3, sessions=4)))
    summaries, residuals, checks = fit_models(few, Trend.CARRIED, Start.STATIONARY, lambda _: None)
    assert checks is None
    assert all(isinstance(m, NotFitted) and m.reason for m in summaries)
    assert residuals == {}


def test_a_fit_that_did_not_end_regularly_has_no_numbers(rows, fitted, monkeypatch):
    ended = replace(fitted, outcome=Advice("not_converged", "The search ended early.", "Use fewer constructs."))
    monkeypatch.setattr(models, "fit", lambda *_: ended)
    summaries, residuals, checks = fit_models(rows, Trend.NONE, Start.STATIONARY, lambda _: None)
    reason = "The search ended early. Use fewer constructs."
    assert summaries == tuple(NotFitted(name, reason) for name in ("none", "linear", RANDOM_SLOPES))
    assert not residuals
    assert checks is None


def test_a_person_is_tracked_with_the_model_of_the_table(rows, fitted):
    result = track_person(rows, fitted, rows.persons[7])
    scores = single_person(rows, 7).scores[:, 0]
    assert (result.first_score, result.last_score) == (scores[0], scores[-1])
    assert result.change.threshold == pytest.approx(1.96 * np.sqrt(2 * fitted.parameters.measurement_noise[0]))
    level = result.levels[0]
    # the person's mean, shrunk towards the mean of all persons
    assert (
        min(scores.mean(), level.others_level) - 0.05
        <= level.usual_level
        <= max(scores.mean(), level.others_level) + 0.05
    )
    widths = [f.upper_90 - f.lower_90 for f in result.forecast]
    assert [f.time for f in result.forecast] == [20.0, 21.0, 22.0, 23.0]
    assert widths == sorted(widths)
    assert all(f.lower_90 < f.lower_50 < f.value < f.upper_50 < f.upper_90 for f in result.forecast)


def test_forecast_intervals_have_nominal_coverage(rows, fitted):
    """Intervals of the last score, from the rows before it, have nominal coverage, as `last_score_coverage` counts."""
    within_50 = within_90 = 0
    for i, name in enumerate(rows.persons):
        person_panel = single_person(rows, i)
        shorter = type(person_panel)(
            (name,),
            person_panel.constructs,
            np.array([0, 19]),
            person_panel.times[:19],
            person_panel.scores[:19],
            person_panel.wave[:19],
            "session",
            7.0,
        )
        forecast = track_person(shorter, fitted, name, steps=1).forecast[0]
        within_50 += forecast.lower_50 <= person_panel.scores[19, 0] <= forecast.upper_50
        within_90 += forecast.lower_90 <= person_panel.scores[19, 0] <= forecast.upper_90
    assert 0.38 <= within_50 / rows.n_persons <= 0.62
    assert 0.84 <= within_90 / rows.n_persons <= 0.96
    assert last_score_coverage(rows, fitted) == Coverage(rows.n_persons, within_50, within_90)


def test_direction_of_the_score_determines_the_verdict(rows, fitted):
    worse = {p: track_person(rows, fitted, p).change.verdict for p in rows.persons}
    better = {
        p: track_person(rows, fitted, p, direction=Direction.HIGHER_IS_BETTER).change.verdict for p in rows.persons
    }
    swap = {"improved": "worse", "worse": "improved", "within_error": "within_error"}
    assert better == {p: swap[v] for p, v in worse.items()}
    assert set(worse.values()) == {"improved", "worse", "within_error"}


def test_reliable_change_of_the_instrument_is_used(rows, fitted):
    scale = instrument("phq9").scales[0]
    result = track_person(rows, fitted, rows.persons[0], scale=scale)
    assert result.by_instrument
    assert result.change.threshold == scale.reliable_change.points


def test_an_unknown_person_raises(rows, fitted):
    with pytest.raises(ModelError, match="person “nobody” is not in the table"):
        track_person(rows, fitted, "nobody")


def test_a_specification_needs_a_panel():
    with pytest.raises(InputError, match=r"panel must be a Panel \(got Cohort\)"):
        specification_for(cohort(draw_table(1, n=3, sessions=4)))


def test_planned_end_is_the_90th_percentile_of_the_last_times():
    small_panel = panel(cohort(draw_table(1, n=10, sessions=12)))
    assert specification_for(small_panel, Trend.APART, Start.STATIONARY).planned_end == pytest.approx(11.0)
