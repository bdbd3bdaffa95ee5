"""Tracking of one person under known parameters: filtered and smoothed states, forecast, expected course.

No parameter is estimated; only the person's own state, usual level and random slope are inferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np

from securebase.errors import ModelError
from securebase.model.arguments import PANEL_ADVICE, PARAMETERS_ADVICE, check_instance, check_number, check_numbers
from securebase.model.equations import person_covariance, slope_basis, stationary_covariance, trend_mean
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters
from securebase.model.smoothing import Smoothed, elapsed_transitions, forecast, smooth
from securebase.model.specification import Specification

#: half-width of the window of similar first scores, in standard deviations of first scores
SIMILAR_START = 0.5
#: largest step between the times of a forecast, in time units
MAX_STEP = 1.0
#: largest number of such steps; a longer course is given in longer steps
MAX_STEPS = 2000

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(40)


@dataclass(frozen=True, eq=False)
class TrackedCourse:
    """Course of one person: n rows, p constructs, f forecast and e expected times, in score points.

    Every ``*_sd`` is a standard deviation given the parameters; it leaves out the uncertainty of the parameters.

    Attributes
    ----------
    constructs : tuple of str
        Names of the p constructs.
    times : (n,) array, time units
        Times of the rows since the episode began.
    observed : (n, q) array
        Scores, NaN where missing.
    predicted, predicted_sd : (n, p) arrays
        One-step-ahead forecast of each score given all earlier rows; the SD includes measurement error.
    filtered, filtered_sd : (n, p) arrays
        True value of each construct (level, trend and state) given the rows so far.
    smoothed, smoothed_sd : (n, p) arrays
        True value of each construct given all rows.
    usual_level, usual_level_sd : (p,) arrays
        The person's own usual level (trait-like part), without the trend.
    trend : (n, p) array
        Mean trend, plus f(t) times the person's random slope where the model has random slopes.
    state_like, state_like_sd : (n, p) arrays
        Smoothed state: deviation from usual level and trend.
    forecast_times : (f,) array, time units
        Times after the last row.
    forecast, forecast_sd, forecast_score_sd : (f, p) arrays
        Mean and SD of the true values, and SD of a score (with measurement error).
    expected_course_times : (e,) array, time units
        Times of the expected course.
    expected_course, expected_course_sd, expected_course_score_sd : (e,) arrays
        First construct in persons of this model whose first score lies within half an SD of this person's.
    log_likelihood : float
        Log-likelihood of the person's scores.
    course : Smoothed
        The full smoother output.
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
        """Return mean and SD of a score at a time after the last row (default: of the first construct)."""
        k = 0 if construct is None else self._index(construct)
        mean, covariance = forecast(self.course, np.array([time]))
        noise = self.course.parameters.measurement_noise[self.course.specification.construct_of.index(k)]
        return float(mean[0, k]), float(np.sqrt(covariance[0, k, k] + noise))

    def probability_below(self, threshold: float, time: float, construct: str | None = None) -> float:
        """Return the probability that a score at a later time lies below the threshold."""
        return _probability_below(threshold, *self.score_at(time, construct))

    def probability_of_fall(self, points: float, time: float, construct: str | None = None) -> float | None:
        """Return the probability that a later score lies at least `points` below this person's first score.

        With the points of the reliable change index it is the probability of reliable change. None without a first
        score.
        """
        scores = self.observed[:, 0 if construct is None else self._index(construct)]
        answered = scores[np.isfinite(scores)]
        return self.probability_below(float(answered[0]) - points, time, construct) if len(answered) else None

    def _index(self, construct: str) -> int:
        if construct not in self.constructs:
            raise ModelError(
                f"“{construct}” is not tracked", advice=f"The tracked constructs are {', '.join(self.constructs)}."
            )
        return self.constructs.index(construct)


def track(
    panel: Panel,
    specification: Specification,
    parameters: Parameters,
    *,
    until: float | None = None,
    forecast_times: Sequence[float] | Array | None = None,
) -> TrackedCourse:
    """Infer the course of one person from a panel: filter, smooth, and forecast with known parameters.

    The state is z = (s, b) or, with random slopes, (s, b, c). Kalman filter and fixed-interval smoother (de Jong 1988)
    give E(z | scores) and Var(z | scores); the forecast at time t' is μ + m(t') + exp(A (t' − t_n)) s + b + f(t') c,
    with covariance Φ P Φ' + Q for the true value.

    Parameters
    ----------
    panel : Panel
        At most one person, who may have missing scores, a single row, or none.
    specification : Specification
        The model.
    parameters : Parameters
        Its parameters, in points of the panel's scales (e.g. `ParameterSet.in_score_units`).
    until : float, optional, time units
        Last time of the forecast, reached in steps of at most one time unit and at most 2000 steps.
    forecast_times : (f,) array-like, optional, time units
        Times of the forecast in place of `until`; none may lie before the last row.

    Returns
    -------
    course : TrackedCourse

    Raises
    ------
    ModelError
        If the panel has several persons, other constructs or another time unit than the model, a forecast time lies
        before the last row, or the parameters are not a valid model.

    References
    ----------
    de Jong, P. (1988), on smoothing without inverting the covariance of the state.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> known = securebase.parameter_set()
    >>> cohort = securebase.simulate("default", n_clients=1, rng=np.random.default_rng(1))
    >>> rows = securebase.panel(cohort, known.specification.constructs)
    >>> course = securebase.track(rows, known.specification, known.in_score_units(), until=20.0)
    >>> course.smoothed.shape == (len(rows.times), 6)
    True
    >>> bool(course.smoothed_sd[0, 0] < course.filtered_sd[0, 0])
    True
    """
    check_instance(parameters, Parameters, "parameters", advice=PARAMETERS_ADVICE)
    _check(panel, specification, parameters)
    covariates = panel.covariates[0] if panel.covariates is not None and panel.n_persons else None
    course = smooth(specification, parameters, panel.times, panel.scores, inputs=panel.inputs, covariates=covariates)
    ahead = _forecast_times(course.after_time, until, forecast_times)
    mean, covariance = forecast(course, ahead)
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    p = specification.p
    # forecasts of a score are in points of the reference indicator, so they take its error variance
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


def _check(panel: Panel, specification: Specification, parameters: Parameters) -> None:
    check_instance(panel, Panel, "panel", advice=PANEL_ADVICE)
    check_instance(specification, Specification, "specification", advice="Build one with securebase.Specification.")
    if panel.n_persons > 1:
        raise ModelError(
            f"track takes one person (the panel has {panel.n_persons})", advice="Select one with Panel.only."
        )
    if panel.constructs != specification.constructs:
        raise ModelError(
            f"the panel has {', '.join(panel.constructs)} but the model is for {', '.join(specification.constructs)}"
        )
    if np.shape(parameters.level_mean) != (specification.p,):
        raise ModelError(
            f"the parameters have {len(parameters.level_mean)} constructs, the specification {specification.p}",
            advice="Use the specification to which the parameters belong.",
        )
    if panel.days_per_unit != specification.days_per_unit:
        raise ModelError(
            f"the panel counts time in units of {panel.days_per_unit:g} days, the model in units of "
            f"{specification.days_per_unit:g}",
            advice="Build the panel in the model's unit.",
        )


def _forecast_times(begin: float, until: float | None, given: Sequence[float] | Array | None) -> Array:
    """Return the times of the forecast, after `begin`."""
    if given is not None:
        return check_numbers(given, "forecast_times")
    if until is None:
        return np.empty(0)
    check_number(until, "until")
    if not np.isfinite(until):
        raise ModelError(f"until must be finite (got {until:g})")
    if until <= begin:
        return np.empty(0)
    steps = min(int(np.ceil((until - begin) / MAX_STEP - 1e-9)), MAX_STEPS)
    return np.linspace(begin, until, steps + 1)[1:]


def _expected_times(course: Smoothed, ahead: Array) -> Array:
    """Return all row and forecast times, filled up to steps of at most one unit (longer in a very long course)."""
    known = np.unique(np.concatenate([course.times, ahead]))
    if not len(course.times) and len(ahead):
        known = np.union1d(known, course.after_time)
    if len(known) < 2:
        return known
    step = max(MAX_STEP, (known[-1] - known[0]) / MAX_STEPS)
    return np.unique(np.concatenate([known, np.arange(known[0], known[-1], step)]))


def _expected_course(course: Smoothed, times: Array) -> tuple[Array, Array]:
    """Return mean (e,) and variance (e,) of the first construct's true value in persons who began alike.

    The true value η(t) given the first score y is normal with mean E η(t) + β z, where β = cov(η(t), y) / sd(y) and
    z = (y − E y) / sd(y). Over the window of similar first scores z is a truncated standard normal with mean m_w and
    variance v_w, so the moments are E η(t) + β m_w and Var η(t) − β² (1 − v_w), exactly. Without a first score: all
    persons of the model.
    """
    own, column = course.parameters, course.specification.construct_of.index(0)
    scored = (
        np.flatnonzero(np.isfinite(course.observed[:, column])) if len(course.times) else np.empty(0, dtype=np.intp)
    )
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
    if not len(scored):
        return mean, variance
    first = int(scored[0])
    at_first = np.searchsorted(times, course.times[first])
    sd = float(np.sqrt(variance[at_first] + own.measurement_noise[column]))
    # cov(s(t), s(t₁)) = exp(A (t − t₁)) Var s(t₁) for t ≥ t₁, and Var s(t) exp(A (t₁ − t))' before
    between, _ = elapsed_transitions(own, np.abs(times - course.times[first]))
    later = (between @ spread[at_first])[:, 0, 0]
    earlier = (spread @ np.swapaxes(between, 1, 2))[:, 0, 0]
    shared = np.where(times >= course.times[first], later, earlier) + shows @ person @ shows[at_first]
    z = (float(course.observed[first, column]) - mean[at_first]) / sd
    window_mean, window_variance = _window_moments(z - SIMILAR_START, z + SIMILAR_START)
    slope = shared / sd
    return mean + slope * window_mean, variance - slope**2 * (1.0 - window_variance)


def _between_persons(specification: Specification, own: Parameters, times: Array, origin: float) -> tuple[Array, Array]:
    """Return covariance (2, 2) and design [1, f(t)] (e, 2) of the first construct's level and random slope."""
    person, f = person_covariance(own)[[0, -specification.p]][:, [0, -specification.p]], np.zeros(len(times))
    if specification.random_slopes:
        f = slope_basis(specification, own, times, times - origin)
    else:
        person = person * np.array([[1.0, 0.0], [0.0, 0.0]])
    if own.therapist_covariance is not None:
        person = person + own.therapist_covariance[0, 0] * np.array([[1.0, 0.0], [0.0, 0.0]])
    return person, np.column_stack([np.ones(len(times)), f])


def _window_moments(low: float, high: float) -> tuple[float, float]:
    """Return mean and variance of a standard normal truncated to a narrow window.

    Gauss–Legendre quadrature of the density relative to its largest value: it does not underflow far out in the tail.
    """
    z = 0.5 * (high - low) * _NODES + 0.5 * (high + low)
    density = _WEIGHTS * np.exp(-0.5 * (z**2 - (z**2).min()))
    density /= density.sum()
    mean = float(density @ z)
    return mean, float(density @ (z - mean) ** 2)


def _variances(covariance: Array) -> Array:
    return np.clip(np.diagonal(covariance, axis1=1, axis2=2), 0.0, None)


def _probability_below(threshold: float, mean: float, sd: float) -> float:
    return NormalDist(mean, sd).cdf(threshold) if sd > 0 else float(mean < threshold)
