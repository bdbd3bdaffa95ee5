"""One person of a table, tracked with the model of the whole table."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError
from securebase.measurement.change import ScoreChange, score_change
from securebase.measurement.constructs import Direction
from securebase.measurement.instrument import Scale
from securebase.model.fit import Fit
from securebase.model.panel import Panel
from securebase.model.parameters import Parameters
from securebase.model.track import TrackedCourse, track
from securebase.study.models import single_person, standardised_residuals

Array = NDArray[np.float64]

#: a noise variance below this share of its construct's variance around the level counts as zero
_MIN_NOISE_SHARE = 1e-3
#: half the width of an interval of 50% and of 90%, in standard deviations
_Z_50, _Z_90 = NormalDist().inv_cdf(0.75), NormalDist().inv_cdf(0.95)


@dataclass(frozen=True, slots=True)
class ConstructLevel:
    """One construct at the person's last row, in score points with posterior standard deviations.

    usual_level: the person's baseline before any trend. own_course: baseline plus the trend up to now. state_like:
    current deviation from it, relative to this person, not to others. others_level: mean baseline of all persons.
    """

    construct: str
    usual_level: float
    usual_level_sd: float
    others_level: float
    own_course: float
    state_like: float
    state_like_sd: float
    last_score: float | None
    n_scores: int


@dataclass(frozen=True, slots=True)
class PersonForecast:
    """Forecast of one future score of the outcome, if the model holds: mean, 50% and 90% prediction intervals.

    similar_intake: typical trajectory of clients with a similar intake score.
    """

    time: float
    value: float
    lower_50: float
    upper_50: float
    lower_90: float
    upper_90: float
    similar_intake: float | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """Number of persons whose last score of the outcome lies within its prediction interval from earlier rows.

    The fit includes these scores, so this checks the width of the intervals, not prediction for new persons.
    """

    n: int
    within_50: int
    within_90: int


@dataclass(frozen=True, slots=True)
class PersonResult:
    """Results for one person of a table; `levels` and `forecast` are empty if no model could be fitted."""

    person: str
    n_rows: int
    time_unit: str
    first_at: float
    last_at: float
    outcome: str
    outcome_of_fit: str
    advice: str
    by_instrument: bool
    change: ScoreChange | None
    first_score: float | None
    last_score: float | None
    levels: tuple[ConstructLevel, ...] = ()
    forecast: tuple[PersonForecast, ...] = ()


def track_person(
    panel: Panel,
    fitted: Fit,
    person: str,
    *,
    direction: Direction = Direction.HIGHER_IS_WORSE,
    scale: Scale | None = None,
    steps: int = 4,
) -> PersonResult:
    """Track one person with the table's fit. The first construct is the outcome.

    Reliable change is the instrument's own where `scale` is given, and otherwise comes from the fitted measurement
    error. The forecast goes `steps` usual gaps ahead. Raises ModelError for an unknown person.
    """
    if person not in panel.persons:
        examples = ", ".join(panel.persons[:5]) + (", …" if panel.n_persons > 5 else "")
        raise ModelError(f"person “{person}” is not in the table", advice=f"Known persons: {examples}.")
    person_panel = single_person(panel, panel.persons.index(person))
    scores = person_panel.scores[:, person_panel.reference_columns[0]]
    scores = scores[np.isfinite(scores)]
    first, last = (float(scores[0]), float(scores[-1])) if len(scores) else (None, None)
    change = None
    if first is not None and last is not None and len(scores) > 1:
        change = (
            score_change(scale, first, last) if scale else change_from_measurement_error(fitted, first, last, direction)
        )
    levels: tuple[ConstructLevel, ...] = ()
    forecast: tuple[PersonForecast, ...] = ()
    if fitted.parameters is not None:
        gaps = np.diff(person_panel.times) if len(person_panel.times) > 1 else np.array([1.0])
        times = person_panel.times[-1] + float(np.median(gaps)) * np.arange(1, steps + 1)
        tracked = track(person_panel, fitted.specification, fitted.parameters, forecast_times=times)
        levels = _levels(person_panel, tracked, _mean_level(panel, fitted.parameters))
        forecast = _forecast(tracked)
    return PersonResult(
        person=person,
        n_rows=len(person_panel.times),
        time_unit=panel.time_unit,
        first_at=float(person_panel.times[0]),
        last_at=float(person_panel.times[-1]),
        outcome=panel.constructs[0],
        outcome_of_fit=fitted.outcome.kind,
        advice=f"{fitted.outcome.sentence} {fitted.outcome.what_to_do}".strip(),
        by_instrument=scale is not None,
        change=change,
        first_score=first,
        last_score=last,
        levels=levels,
        forecast=forecast,
    )


def change_from_measurement_error(fitted: Fit, first: float, last: float, direction: Direction) -> ScoreChange:
    """Compare a change with the fitted measurement error: 1.96 √(2 r), with r the error variance."""
    points = last - first
    percent = 100.0 * points / first if first > 0 else None
    if fitted.parameters is None:
        return ScoreChange(
            points, percent, None, "unknown", "no model was fitted, so the measurement error is unknown", False
        )
    noise = float(fitted.parameters.measurement_noise[0])
    # stationary variance of the state, q / (−2a), if the construct were alone
    total = noise + float(fitted.parameters.diffusion[0, 0]) / max(-2.0 * float(fitted.parameters.drift[0, 0]), 1e-9)
    if noise < _MIN_NOISE_SHARE * total:
        basis = "the model estimates no measurement error in this column, which is implausible"
        return ScoreChange(points, percent, None, "unknown", basis, False)
    threshold = 1.96 * float(np.sqrt(2.0 * noise))
    basis = "1.96 √2 times the fitted measurement error of this table; no published criterion"
    if abs(points) < threshold:
        return ScoreChange(points, percent, threshold, "within_error", basis, False)
    if direction is Direction.UNKNOWN:
        return ScoreChange(points, percent, threshold, "unknown", basis, False)
    better = (points < 0) == (direction is Direction.HIGHER_IS_WORSE)
    return ScoreChange(points, percent, threshold, "improved" if better else "worse", basis, False)


def last_score_coverage(panel: Panel, fitted: Fit) -> Coverage | None:
    """Return the coverage of one-row-ahead intervals at the last score of each person with two or more.

    None if there is no such person, or no fit.
    """
    if fitted.parameters is None:
        return None
    name = fitted.specification.scores[panel.reference_columns[0]]
    residuals = standardised_residuals(panel, fitted.specification, fitted.parameters)[name]
    last = np.abs([values[-1].value for values in residuals if len(values) > 1])
    if not len(last):
        return None
    return Coverage(len(last), int((last <= _Z_50).sum()), int((last <= _Z_90).sum()))


def _mean_level(panel: Panel, parameters: Parameters) -> Array:
    """Return the mean usual level (p,) of the table's persons, at the mean of the covariates."""
    if parameters.covariate_effect is None or panel.covariates is None:
        return parameters.level_mean
    mean: Array = parameters.level_mean + parameters.covariate_effect @ panel.covariates.mean(axis=0)
    return mean


def _levels(person_panel: Panel, tracked: TrackedCourse, mean_level: Array) -> tuple[ConstructLevel, ...]:
    levels = []
    for k, name in enumerate(person_panel.constructs):
        scores = person_panel.scores[:, person_panel.reference_columns[k]]
        scores = scores[np.isfinite(scores)]
        levels.append(
            ConstructLevel(
                construct=name,
                usual_level=float(tracked.usual_level[k]),
                usual_level_sd=float(tracked.usual_level_sd[k]),
                others_level=float(mean_level[k]),
                own_course=float(tracked.usual_level[k] + tracked.trend[-1, k]),
                state_like=float(tracked.state_like[-1, k]),
                state_like_sd=float(tracked.state_like_sd[-1, k]),
                last_score=float(scores[-1]) if len(scores) else None,
                n_scores=len(scores),
            )
        )
    return tuple(levels)


def _forecast(tracked: TrackedCourse) -> tuple[PersonForecast, ...]:
    times, typical = tracked.expected_course_times, tracked.expected_course
    return tuple(
        PersonForecast(
            time=float(t),
            value=float(v),
            lower_50=float(v - _Z_50 * sd),
            upper_50=float(v + _Z_50 * sd),
            lower_90=float(v - _Z_90 * sd),
            upper_90=float(v + _Z_90 * sd),
            similar_intake=float(np.interp(t, times, typical)) if len(times) else None,
        )
        for t, v, sd in zip(
            tracked.forecast_times, tracked.forecast[:, 0], tracked.forecast_score_sd[:, 0], strict=True
        )
    )
