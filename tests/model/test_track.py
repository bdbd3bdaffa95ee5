"""Tracking one person: every field, the expected course against brute force, and little or no data."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest
from scipy.stats import truncnorm

from oracles import dense_normal, small_problems
from securebase.errors import ModelError
from securebase.model.likelihood import log_likelihood
from securebase.model.observations import panel as observed_panel
from securebase.model.panel import Panel
from securebase.model.parameter_set import ParameterSet, parameter_set
from securebase.model.parameters import Array, Parameters
from securebase.model.simulate import draw_true_values, simulate, simulate_panel
from securebase.model.specification import Specification, Start, Trend
from securebase.model.track import MAX_STEPS, track

SPECIFICATION = Specification(("symptoms", "alliance"), trend=Trend.CARRIED)
PARAMETERS = Parameters(
    drift=np.array([[-0.7, -0.3], [-0.1, -0.5]]),
    diffusion=np.array([[1.5, -0.2], [-0.2, 0.6]]),
    level_mean=np.array([11.0, 6.5]),
    level_covariance=np.array([[9.0, -1.0], [-1.0, 1.5]]),
    measurement_noise=np.array([2.5, 0.4]),
    start_mean=np.array([3.0, -0.5]),
    therapy_effect=np.array([-1.0, 0.4]),
)


def person(times: Array, scores: Array, constructs: tuple[str, ...] = SPECIFICATION.constructs) -> Panel:
    n = len(times)
    return Panel(("a",), constructs, np.array([0, n]), np.asarray(times, float), scores, np.arange(n))


@pytest.fixture
def course() -> Panel:
    times = np.array([0.0, 1.0, 2.2, 3.0, 5.0])
    panel = simulate_panel(SPECIFICATION, PARAMETERS, [times], np.random.default_rng(5))
    panel.scores[1, 1] = panel.scores[3, 0] = np.nan
    return panel


@pytest.fixture(scope="module")
def literature() -> ParameterSet:
    return parameter_set()


def test_components_add_up_and_filtered_estimates_ignore_later_scores(course: Panel) -> None:
    full = track(course, SPECIFICATION, PARAMETERS, until=9.5)
    assert np.allclose(full.usual_level + full.trend + full.state_like, full.smoothed)
    assert np.allclose(full.filtered[-1], full.smoothed[-1])
    assert (full.smoothed_sd <= full.filtered_sd + 1e-12).all()
    assert (full.filtered_sd < full.predicted_sd).all()
    assert full.log_likelihood == pytest.approx(log_likelihood(course, SPECIFICATION, PARAMETERS))
    for n in range(1, 5):
        truncated = track(person(course.times[:n], course.scores[:n]), SPECIFICATION, PARAMETERS)
        assert np.allclose(truncated.predicted, full.predicted[:n])
        assert np.allclose(truncated.filtered, full.filtered[:n])


def test_one_step_predictions_are_conditionals_of_the_joint_normal(course: Panel) -> None:
    mean, covariance, _ = dense_normal.joint_moments(SPECIFICATION, PARAMETERS, course.times)
    y = course.scores.ravel()
    tracked = track(course, SPECIFICATION, PARAMETERS)
    for j in range(5):
        before = np.flatnonzero(np.isfinite(y[: 2 * j]))
        now = np.array([2 * j, 2 * j + 1])
        gain = covariance[np.ix_(now, before)] @ np.linalg.inv(covariance[np.ix_(before, before)])
        spread = covariance[np.ix_(now, now)] - gain @ covariance[np.ix_(before, now)]
        assert np.allclose(tracked.predicted[j], mean[now] + gain @ (y[before] - mean[before]), atol=1e-9)
        assert np.allclose(tracked.predicted_sd[j], np.sqrt(np.diag(spread)), atol=1e-9)


def test_the_forecast_starts_at_the_last_estimate_and_widens_to_the_stationary_spread(course: Panel) -> None:
    ahead = np.array([5.0 + 1e-9, 6.0, 8.25, 400.0])
    tracked = track(course, SPECIFICATION, PARAMETERS, forecast_times=ahead)
    assert np.allclose(tracked.forecast[0], tracked.filtered[-1], atol=1e-6)
    assert np.allclose(tracked.forecast_sd[0], tracked.filtered_sd[-1], atol=1e-6)
    assert np.allclose(tracked.forecast_score_sd**2, tracked.forecast_sd**2 + PARAMETERS.measurement_noise)
    settled = tracked.usual_level - np.linalg.solve(PARAMETERS.drift, PARAMETERS.therapy_effect)
    assert np.allclose(tracked.forecast[-1], settled)
    P = dense_normal.joint_moments(SPECIFICATION, replace(PARAMETERS, level_covariance=np.zeros((2, 2))), np.zeros(1))[
        1
    ]
    lasting = np.diag(P) - PARAMETERS.measurement_noise
    assert np.allclose(tracked.forecast_sd[-1] ** 2, tracked.usual_level_sd**2 + lasting)


@pytest.mark.parametrize("first_is_missing", [False, True])
def test_the_expected_course_includes_the_variance_of_random_slopes(first_is_missing: bool) -> None:
    """Against the joint normal given a first score y, with y averaged over the window of similar first scores."""
    rng = np.random.default_rng(8)
    specification = small_problems.specification(2, Trend.APART, Start.STATIONARY, random_slopes=True)
    parameters = small_problems.parameters(specification, rng)
    times = np.array([0.5, 1.5, 3.0, 4.5])
    scores = rng.normal(size=(4, 2))
    if first_is_missing:
        scores[0, 0] = np.nan
    panel = person(times, scores, specification.constructs)
    tracked = track(panel, specification, parameters)
    positions = np.searchsorted(tracked.expected_course_times, times)
    mean, covariance, _ = dense_normal.joint_moments(specification, parameters, times)
    still = dense_normal.joint_moments(specification, replace(parameters, measurement_noise=np.zeros(2)), times)[1]
    first = 2 if first_is_missing else 0
    sd = np.sqrt(covariance[first, first])
    y = scores[first // 2, 0] + sd * ((np.arange(4000) + 0.5) / 4000 - 0.5)
    weight = np.exp(-0.5 * ((y - mean[first]) / sd) ** 2)
    weight /= weight.sum()
    level_indices = np.arange(0, 8, 2)
    slope = still[level_indices, first] / sd**2
    given_y = mean[level_indices] + np.multiply.outer(y - mean[first], slope)
    expected = weight @ given_y
    variance = weight @ (given_y - expected) ** 2 + np.diag(still)[level_indices] - slope**2 * sd**2
    np.testing.assert_allclose(tracked.expected_course[positions], expected, atol=1e-5)
    np.testing.assert_allclose(tracked.expected_course_sd[positions], np.sqrt(variance), atol=1e-5)


def test_until_adds_steps_of_at_most_one_unit_up_to_that_time(course: Panel) -> None:
    tracked = track(course, SPECIFICATION, PARAMETERS, until=8.5)
    assert np.allclose(tracked.forecast_times, [5.875, 6.75, 7.625, 8.5])
    assert set(course.times) | set(tracked.forecast_times) <= set(tracked.expected_course_times)
    assert np.diff(tracked.expected_course_times).max() <= 1.0
    assert len(track(course, SPECIFICATION, PARAMETERS, until=5.0).forecast_times) == 0
    assert len(track(course, SPECIFICATION, PARAMETERS).forecast_times) == 0


def test_probabilities_agree_with_the_forecast_distribution_of_a_score(course: Panel) -> None:
    tracked = track(course, SPECIFICATION, PARAMETERS, forecast_times=[7.5])
    score = NormalDist(tracked.forecast[0, 0], tracked.forecast_score_sd[0, 0])
    assert tracked.probability_below(10.0, 7.5) == pytest.approx(score.cdf(10.0))
    first = course.scores[0, 0]
    assert tracked.probability_of_fall(6.0, 7.5) == pytest.approx(score.cdf(first - 6.0))
    predictive = NormalDist(tracked.forecast[0, 1], tracked.forecast_score_sd[0, 1])
    assert tracked.probability_below(6.0, 7.5, "alliance") == pytest.approx(predictive.cdf(6.0))
    with pytest.raises(ModelError, match="“hope” is not tracked"):
        tracked.probability_below(6.0, 7.5, "hope")
    with pytest.raises(ModelError, match="the last row at 5"):
        tracked.probability_below(6.0, 4.0)


@pytest.mark.parametrize("start", list(Start))
@pytest.mark.parametrize("first_score", [14.0, 22.0, 1.0])
def test_the_expected_course_equals_the_mean_of_simulated_persons_with_a_similar_start(
    start: Start, first_score: float
) -> None:
    """Simulate many people and keep those within half a standard deviation of this first score."""
    specification = replace(SPECIFICATION, start=start)
    parameters = PARAMETERS
    if start is Start.FREE:
        parameters = replace(PARAMETERS, start_covariance=np.array([[6.0, -0.5], [-0.5, 0.5]]))
    times = np.array([0.0, 1.0, 2.0, 6.0])
    scores = np.full((4, 2), np.nan)
    scores[1] = first_score, 7.0  # the first row has no score, so people are compared at the second
    tracked = track(person(times, scores), specification, parameters)
    n, rng = 120_000, np.random.default_rng(11)
    true = draw_true_values(specification, parameters, [times] * n, rng)[:, :, 0]
    observed = true[:, 1] + rng.standard_normal(n) * np.sqrt(parameters.measurement_noise[0])
    alike = np.abs(observed - first_score) <= 0.5 * observed.std()
    assert alike.sum() > 400
    at = np.searchsorted(tracked.expected_course_times, times)
    error = true[alike].std(axis=0) / np.sqrt(alike.sum())
    assert (np.abs(true[alike].mean(axis=0) - tracked.expected_course[at]) < 4 * error).all()
    assert np.allclose(true[alike].std(axis=0), tracked.expected_course_sd[at], rtol=4 / np.sqrt(2 * alike.sum()))
    noise = parameters.measurement_noise[0]
    assert np.allclose(tracked.expected_course_score_sd**2, tracked.expected_course_sd**2 + noise)


def test_the_expected_course_is_exact_for_extreme_first_scores() -> None:
    """One construct at one time: the true value given a score in the window, by the truncated normal."""
    specification = Specification(("symptoms",), trend=Trend.NONE)
    parameters = Parameters(
        drift=np.array([[-0.5]]),
        diffusion=np.array([[1.0]]),
        level_mean=np.array([10.0]),
        level_covariance=np.array([[3.0]]),
        measurement_noise=np.array([1.0]),
    )
    for first in (10.0, 14.0, 27.0):
        tracked = track(person(np.zeros(1), np.array([[first]]), ("symptoms",)), specification, parameters)
        sd = np.sqrt(5.0)
        z = (first - 10.0) / sd
        window = truncnorm(z - 0.5, z + 0.5)
        slope = 4.0 / sd
        assert tracked.expected_course[0] == pytest.approx(10.0 + slope * window.mean(), rel=1e-6)
        assert tracked.expected_course_sd[0] ** 2 == pytest.approx(4.0 - slope**2 * (1 - window.var()), rel=1e-6)


def test_a_panel_of_one_row_and_an_empty_panel_can_be_tracked(literature: ParameterSet) -> None:
    specification, parameters = literature.specification, literature.in_score_units()
    scores = np.full((1, 6), np.nan)
    scores[0, 0] = 8.0
    single = track(person(np.zeros(1), scores, specification.constructs), specification, parameters, until=16.0)
    none = track(person(np.zeros(0), np.empty((0, 6)), specification.constructs), specification, parameters, until=16.0)
    assert none.smoothed.shape == (0, 6)
    assert np.allclose(none.usual_level, parameters.level_mean)
    assert np.allclose(none.usual_level_sd**2, np.diag(parameters.level_covariance))
    assert none.probability_of_fall(2.0, 16.0) is None
    assert none.log_likelihood == 0.0
    # without data the forecast and the course of everyone are the same thing
    assert none.expected_course_times[0] == 0.0
    assert np.allclose(none.forecast[:, 0], none.expected_course[1:])
    # a first score above the mean of 6.5 raises what is expected of this person, by less than its distance
    later = none.forecast[:, 0]
    assert (single.forecast[:, 0] > later).all()
    assert (single.forecast[:, 0] < later + 1.5).all()
    assert single.usual_level_sd[0] < none.usual_level_sd[0]
    assert np.isfinite(single.forecast_score_sd).all()


def test_both_trends_can_be_tracked(literature: ParameterSet) -> None:
    times = np.arange(8.0)
    rng = np.random.default_rng(2)
    panel = simulate_panel(literature.specification, literature.in_score_units(), [times], rng)
    ends = {}
    for trend in (Trend.CARRIED, Trend.APART):
        reading = literature.with_trend(trend)
        tracked = track(panel, reading.specification, reading.in_score_units(), until=16.0)
        assert np.allclose(tracked.usual_level + tracked.trend + tracked.state_like, tracked.smoothed)
        ends[trend] = tracked.forecast[-1, 0]
    assert ends[Trend.CARRIED] == pytest.approx(ends[Trend.APART], abs=0.4)


def test_invalid_panels_are_refused(course: Panel) -> None:
    two = simulate_panel(SPECIFICATION, PARAMETERS, [[0.0], [0.0]], np.random.default_rng(1))
    with pytest.raises(ModelError, match=r"one person \(the panel has 2\)"):
        track(two, SPECIFICATION, PARAMETERS)
    with pytest.raises(ModelError, match="but the model is for"):
        track(course, replace(SPECIFICATION, constructs=("alliance", "symptoms")), PARAMETERS)
    with pytest.raises(ModelError, match="units of 7 days, the model in units of 1"):
        track(course, replace(SPECIFICATION, days_per_unit=1.0), PARAMETERS)


@pytest.mark.parametrize("kept_by", ["the model", "a clinic"])
def test_forecast_intervals_have_their_nominal_coverage(literature: ParameterSet, kept_by: str) -> None:
    """5% false rupture alerts and 90% of last scores within their interval.

    Also with rounded, bounded and missing answers and postponed sessions. All people share one mean course, as in the
    set (see `limits`).
    """
    specification, parameters = literature.specification, literature.in_score_units()
    rng, n = np.random.default_rng(1), 120
    if kept_by == "the model":
        rows = simulate_panel(specification, parameters, [np.arange(16.0)] * n, rng)
    else:
        rows = observed_panel(simulate("one_pace", n_clients=n, rng=rng, dropout=0.0))
    low, inside = [], []
    for i in range(n):
        indices = rows.rows_of(i)
        times, scores = rows.times[indices], rows.scores[indices]
        full = track(person(times, scores, rows.constructs), specification, parameters)
        ratings = (full.observed - full.predicted)[2:, 1] / full.predicted_sd[2:, 1]
        low += list(ratings[np.isfinite(ratings)] < -1.645)
        half = track(person(times[:8], scores[:8], rows.constructs), specification, parameters)
        mean, sd = half.score_at(float(times[-1]))
        if np.isfinite(scores[-1, 0]):
            inside.append(abs(scores[-1, 0] - mean) < 1.645 * sd)
    assert abs(np.mean(low) - 0.05) < 3.5 * np.sqrt(0.05 * 0.95 / len(low))
    assert abs(np.mean(inside) - 0.90) < 3.5 * np.sqrt(0.9 * 0.1 / len(inside))


def test_an_outlying_time_does_not_slow_tracking() -> None:
    """A typing error in a time (sessions 1 to 6, then 99999999) must not exhaust the memory."""
    times = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 100_000.0, 99_999_999.0])
    panel = person(times, np.full((len(times), 2), 9.0))
    tracked = track(panel, SPECIFICATION, PARAMETERS, forecast_times=[100_000_007.0])
    assert len(tracked.expected_course_times) <= MAX_STEPS + len(times) + 2
    assert set(times) <= set(tracked.expected_course_times)
    assert np.isfinite(tracked.expected_course).all()
    assert len(track(panel, SPECIFICATION, PARAMETERS, until=200_000_000.0).forecast_times) == MAX_STEPS
