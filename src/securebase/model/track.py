"""`track`: one person's course seen through a cohort's model. Nothing is estimated but this person's own values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

from securebase.errors import ModelError
from securebase.model.equations import person_covariance, slope_basis, stationary_covariance, trend_mean
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters, Specification
from securebase.model.smoothing import Smoothed, elapsed_transitions, forecast, smooth

#: people began alike if their first scores differ by at most this many standard deviations of first scores
SIMILAR_START = 0.5
#: longest step between the times at which a course ahead is given, in time units
MAX_STEP = 1.0
#: most such steps: a course that lasts longer is given in fewer, longer ones
MAX_STEPS = 2000

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)


@dataclass(frozen=True, eq=False)
class TrackedCourse:
    """A tracked course: n rows, p constructs, f forecast times, e times of the expected course; all in score points.

    predicted: the next score one step ahead, given all earlier rows; its sd includes measurement error. filtered,
    smoothed: what the constructs truly are at each row (level, trend and movement), given the rows so far, given all.
    usual_level (p,): the person's own level (trait-like), without the trend; trend (n, p): the mean one, and what a
    change of this person's own adds where the model has it; state_like: movement around level and trend. forecast: true
    values, with forecast_sd; forecast_score_sd is that of a score. expected_course: the first construct's true value in
    people of this model who began within half a standard deviation of this person's first score;
    expected_course_score_sd is that of their scores. Standard deviations count what is uncertain about this person, not
    about the parameters.
    """

    constructs: tuple[str, ...]
    times: Array
    observed: Array
    predicted: Array
    predicted_sd: Array
    filtered: Array
    filtered_sd: Array
    smoothed: Array
    smoothed_sd: Array
    usual_level: Array
    usual_level_sd: Array
    trend: Array
    state_like: Array
    state_like_sd: Array
    forecast_times: Array
    forecast: Array
    forecast_sd: Array
    forecast_score_sd: Array
    expected_course_times: Array
    expected_course: Array
    expected_course_sd: Array
    expected_course_score_sd: Array
    log_likelihood: float
    course: Smoothed = field(repr=False)

    def score_at(self, time: float, construct: str | None = None) -> tuple[float, float]:
        """Mean and standard deviation of a score at a time after the last row (default: of the first construct)."""
        k = 0 if construct is None else self._index(construct)
        mean, covariance = forecast(self.course, np.array([time]))
        noise = self.course.parameters.measurement_noise[self.course.specification.construct_of.index(k)]
        return float(mean[0, k]), float(np.sqrt(covariance[0, k, k] + noise))

    def probability_below(self, threshold: float, time: float, construct: str | None = None) -> float:
        """Chance that a score at a later time lies below the threshold."""
        return _below(threshold, *self.score_at(time, construct))

    def probability_of_fall(self, points: float, time: float, construct: str | None = None) -> float | None:
        """Chance that a score at a later time lies at least `points` below this person's first score.

        With the points of reliable change it is the chance of reliable change. None where there is no first score.
        """
        scores = self.observed[:, 0 if construct is None else self._index(construct)]
        given = scores[np.isfinite(scores)]
        return self.probability_below(float(given[0]) - points, time, construct) if len(given) else None

    def _index(self, construct: str) -> int:
        if construct not in self.constructs:
            raise ModelError(f"“{construct}” is not tracked", advice=f"Tracked are {', '.join(self.constructs)}.")
        return self.constructs.index(construct)


def track(
    panel: Panel,
    specification: Specification,
    parameters: Parameters,
    *,
    until: float | None = None,
    forecast_times: Sequence[float] | Array | None = None,
) -> TrackedCourse:
    """Track the one person in the panel, who may have missing scores, a single row, or none yet.

    Times are in the model's unit. The forecast runs to `until` in steps of at most one unit (longer
    ones beyond `MAX_STEPS`), or to `forecast_times`
    alone where they are given. Raises ModelError for more than one person, other constructs or another unit of time.
    """
    _check(panel, specification)
    x = panel.covariates[0] if panel.covariates is not None and panel.n_persons else None
    course = smooth(specification, parameters, panel.times, panel.scores, inputs=panel.inputs, covariates=x)
    ahead = _ahead(course.after_time, until, forecast_times)
    mean, covariance = forecast(course, ahead)
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    p = specification.p
    # of several indicators the first is what a construct's score means
    noise = parameters.measurement_noise[[specification.construct_of.index(c) for c in range(p)]]
    predicted, predicted_covariance = course.true_values(course.predicted, course.predicted_covariance)
    filtered, filtered_covariance = course.true_values(course.filtered, course.filtered_covariance)
    smoothed, smoothed_covariance = course.true_values(course.smoothed, course.smoothed_covariance)
    expected_times = _expected_times(course, ahead)
    expected, expected_variance = _expected_course(course, expected_times)
    return TrackedCourse(
        constructs=specification.constructs,
        times=panel.times,
        observed=panel.scores,
        predicted=predicted,
        predicted_sd=np.sqrt(_variances(predicted_covariance) + noise),
        filtered=filtered,
        filtered_sd=np.sqrt(_variances(filtered_covariance)),
        smoothed=smoothed,
        smoothed_sd=np.sqrt(_variances(smoothed_covariance)),
        usual_level=parameters.level_mean + course.covariate_contribution + course.after[p : 2 * p],
        usual_level_sd=np.sqrt(np.clip(np.diag(course.after_covariance)[p : 2 * p], 0.0, None)),
        trend=course.person_trend - course.covariate_contribution,
        state_like=course.smoothed[:, :p],
        state_like_sd=np.sqrt(_variances(course.smoothed_covariance)[:, :p]),
        forecast_times=ahead,
        forecast=mean,
        forecast_sd=np.sqrt(variance),
        forecast_score_sd=np.sqrt(variance + noise),
        expected_course_times=expected_times,
        expected_course=expected,
        expected_course_sd=np.sqrt(expected_variance),
        expected_course_score_sd=np.sqrt(expected_variance + noise[0]),
        log_likelihood=course.log_likelihood,
        course=course,
    )


def _check(panel: Panel, specification: Specification) -> None:
    if panel.n_persons > 1:
        raise ModelError(f"one person can be tracked at a time, and the panel has {panel.n_persons}")
    if panel.constructs != specification.constructs:
        raise ModelError(
            f"the panel has {', '.join(panel.constructs)} but the model is for {', '.join(specification.constructs)}"
        )
    if panel.days_per_unit != specification.days_per_unit:
        raise ModelError(
            f"the panel counts time in units of {panel.days_per_unit:g} days, the model in units of "
            f"{specification.days_per_unit:g}",
            advice="Make the panel in the model's unit.",
        )


def _ahead(begin: float, until: float | None, given: Sequence[float] | Array | None) -> Array:
    """Times of the forecast, after `begin`."""
    if given is not None:
        return np.asarray(given, dtype=np.float64)
    if until is None or until <= begin:
        return np.empty(0)
    steps = min(int(np.ceil((until - begin) / MAX_STEP - 1e-9)), MAX_STEPS)
    return np.linspace(begin, until, steps + 1)[1:]


def _expected_times(course: Smoothed, ahead: Array) -> Array:
    """Every row and forecast time, with steps of at most one unit between (longer ones in a very long course)."""
    known = np.unique(np.concatenate([course.times, ahead]))
    if not len(course.times) and len(ahead):
        known = np.union1d(known, course.after_time)
    if len(known) < 2:
        return known
    step = max(MAX_STEP, (known[-1] - known[0]) / MAX_STEPS)
    return np.unique(np.concatenate([known, np.arange(known[0], known[-1], step)]))


def _expected_course(course: Smoothed, times: Array) -> tuple[Array, Array]:
    """Mean (e,) and variance (e,) of the first construct's true value in people of this model who began alike.

    The course x(t) given a first score y is normal; y itself is spread over the half-SD window around this person's
    first score as it is among all people. Both moments are exact. Without a first score: all people.
    """
    own, column = course.parameters, course.specification.construct_of.index(0)
    there = np.flatnonzero(np.isfinite(course.observed[:, column])) if len(course.times) else np.empty(0, dtype=np.intp)
    origin = float(course.times[0]) if len(course.times) else course.after_time
    start = own.start_covariance
    P = stationary_covariance(own.drift, own.diffusion) if start is None else start
    mean = own.level_mean[0] + course.covariate_contribution[0]
    mean = mean + trend_mean(course.specification, own, times, began=origin)[:, 0]
    phi, gathered = elapsed_transitions(own, times - origin)
    if course.specification.free_start_mean and own.start_mean is not None and own.therapy_effect is None:
        mean = mean + phi[:, 0] @ own.start_mean
    spread = phi @ P @ np.swapaxes(phi, 1, 2) + gathered
    person, shows = _between_persons(course.specification, own, times, origin)
    variance = spread[:, 0, 0] + np.einsum("ei,ij,ej->e", shows, person, shows)
    if not len(there):
        return mean, variance
    first = int(there[0])
    at_first = np.searchsorted(times, course.times[first])
    sd = float(np.sqrt(variance[at_first] + own.measurement_noise[column]))
    # cov(x(t), x(first)): forwards through the drift from the first score, backwards for rows before it
    between, _ = elapsed_transitions(own, np.abs(times - course.times[first]))
    later = (between @ spread[at_first])[:, 0, 0]
    earlier = (spread @ np.swapaxes(between, 1, 2))[:, 0, 0]
    shared = np.where(times >= course.times[first], later, earlier) + shows @ person @ shows[at_first]
    z = (float(course.observed[first, column]) - mean[at_first]) / sd
    window_mean, window_variance = _window_moments(z - SIMILAR_START, z + SIMILAR_START)
    slope = shared / sd
    return mean + slope * window_mean, variance - slope**2 * (1.0 - window_variance)


def _between_persons(of: Specification, own: Parameters, times: Array, origin: float) -> tuple[Array, Array]:
    """Of the first construct: covariance (2, 2) of level and own change between persons, and how they show (e, 2)."""
    person, f = person_covariance(own)[[0, -of.p]][:, [0, -of.p]], np.zeros(len(times))
    if of.random_slopes:
        f = slope_basis(of, own, times, times - origin)
    else:
        person = person * np.array([[1.0, 0.0], [0.0, 0.0]])
    if own.therapist_covariance is not None:
        person = person + own.therapist_covariance[0, 0] * np.array([[1.0, 0.0], [0.0, 0.0]])
    return person, np.column_stack([np.ones(len(times)), f])


def _window_moments(low: float, high: float) -> tuple[float, float]:
    """Mean and variance of a standard normal within a narrow window, by Gauss–Legendre: safe however far out it is."""
    z = 0.5 * (high - low) * _NODES + 0.5 * (high + low)
    density = _WEIGHTS * np.exp(-0.5 * (z**2 - (z**2).min()))
    density /= density.sum()
    mean = float(density @ z)
    return mean, float(density @ (z - mean) ** 2)


def _variances(covariance: Array) -> Array:
    return np.clip(np.diagonal(covariance, axis1=1, axis2=2), 0.0, None)


def _below(threshold: float, mean: float, sd: float) -> float:
    return NormalDist(mean, sd).cdf(threshold) if sd > 0 else float(mean < threshold)
