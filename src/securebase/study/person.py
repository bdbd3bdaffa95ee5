"""One person of a table, seen through the model of the whole table."""

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
from securebase.study.models import one_person, standardised_residuals

Array = NDArray[np.float64]

#: a noise variance below this share of its construct's variance around the level is as good as none
_NO_NOISE = 1e-3
#: half the width of an interval of 50% and of 90%, in standard deviations
_HALF, _NINE_TENTHS = NormalDist().inv_cdf(0.75), NormalDist().inv_cdf(0.95)


@dataclass(frozen=True, slots=True)
class ConstructLevel:
    """One construct at the person's last row, in score points with standard deviations of what is uncertain.

    `usual_level` is the person's own, before any trend; `own_course` the same with the trend up to now; `state_like`
    the movement around it (lower or higher than usual for this person, not than others).
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
    """The next scores of the outcome if the model holds: mean, intervals of 50% and of 90% of a score, and the mean of
    people who began alike."""

    time: float
    value: float
    lower_50: float
    upper_50: float
    lower_90: float
    upper_90: float
    began_alike: float | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many persons' last score of the outcome lay within the interval that their earlier rows gave for it.

    The fit has seen these scores too, so this is a look at the width of the intervals, not a test on new people.
    """

    n: int
    within_50: int
    within_90: int


@dataclass(frozen=True, slots=True)
class Followed:
    """What can be said of one person of a table. `levels` and `forecast` are empty where no model could be fitted."""

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


def follow(
    panel: Panel,
    fitted: Fit,
    person: str,
    *,
    direction: Direction = Direction.HIGHER_IS_WORSE,
    scale: Scale | None = None,
    steps: int = 4,
) -> Followed:
    """Follow one person with the table's fit. The first construct is the outcome.

    Reliable change is the instrument's own where `scale` is given, and otherwise comes from the fitted error of
    measurement. The forecast goes `steps` usual gaps ahead. Raises ModelError where nobody has this name.
    """
    if person not in panel.persons:
        some = ", ".join(panel.persons[:5]) + (", …" if panel.n_persons > 5 else "")
        raise ModelError(f"there is no person “{person}” in the table", advice=f"There are, for example: {some}.")
    own = one_person(panel, panel.persons.index(person))
    scores = own.scores[:, own.leading[0]]
    scores = scores[np.isfinite(scores)]
    first, last = (float(scores[0]), float(scores[-1])) if len(scores) else (None, None)
    change = None
    if first is not None and last is not None and len(scores) > 1:
        change = score_change(scale, first, last) if scale else change_by_noise(fitted, first, last, direction)
    levels: tuple[ConstructLevel, ...] = ()
    ahead: tuple[PersonForecast, ...] = ()
    if fitted.parameters is not None:
        gaps = np.diff(own.times) if len(own.times) > 1 else np.array([1.0])
        times = own.times[-1] + float(np.median(gaps)) * np.arange(1, steps + 1)
        tracked = track(own, fitted.specification, fitted.parameters, forecast_times=times)
        levels = _levels(own, tracked, _others_level(panel, fitted.parameters))
        ahead = _forecast(tracked)
    return Followed(
        person=person,
        n_rows=len(own.times),
        time_unit=panel.time_unit,
        first_at=float(own.times[0]),
        last_at=float(own.times[-1]),
        outcome=panel.constructs[0],
        outcome_of_fit=fitted.outcome.kind,
        advice=f"{fitted.outcome.sentence} {fitted.outcome.what_to_do}".strip(),
        by_instrument=scale is not None,
        change=change,
        first_score=first,
        last_score=last,
        levels=levels,
        forecast=ahead,
    )


def change_by_noise(fitted: Fit, first: float, last: float, direction: Direction) -> ScoreChange:
    """Change against the error of measurement that the model found: 1.96 √(2 r), with r the variance of the error."""
    points = last - first
    percent = 100.0 * points / first if first > 0 else None
    if fitted.parameters is None:
        return ScoreChange(points, percent, None, "unknown", "no model was fitted, so the error is not known", False)
    noise = float(fitted.parameters.measurement_noise[0])
    movement = noise + float(fitted.parameters.diffusion[0, 0]) / max(-2.0 * float(fitted.parameters.drift[0, 0]), 1e-9)
    if noise < _NO_NOISE * movement:
        basis = "the model found no error of measurement in this column, which is not believable"
        return ScoreChange(points, percent, None, "unknown", basis, False)
    threshold = 1.96 * float(np.sqrt(2.0 * noise))
    basis = "1.96 √2 times the fitted error of measurement of this table; no published criterion"
    if abs(points) < threshold:
        return ScoreChange(points, percent, threshold, "within_error", basis, False)
    if direction is Direction.UNKNOWN:
        return ScoreChange(points, percent, threshold, "unknown", basis, False)
    better = (points < 0) == (direction is Direction.HIGHER_IS_WORSE)
    return ScoreChange(points, percent, threshold, "improved" if better else "worse", basis, False)


def last_scores_within(panel: Panel, fitted: Fit) -> Coverage | None:
    """Coverage of the intervals one row ahead, at the last score of each person with two or more; None without any,
    and without a fit."""
    if fitted.parameters is None:
        return None
    name = fitted.specification.scores[panel.leading[0]]
    outcome = standardised_residuals(panel, fitted.specification, fitted.parameters)[name]
    last = np.abs([own[-1].value for own in outcome if len(own) > 1])
    if not len(last):
        return None
    return Coverage(len(last), int((last <= _HALF).sum()), int((last <= _NINE_TENTHS).sum()))


def _others_level(panel: Panel, parameters: Parameters) -> Array:
    """(p,): the mean usual level of the table's persons; covariates as they are on average."""
    if parameters.covariate_effect is None or panel.covariates is None:
        return parameters.level_mean
    mean: Array = parameters.level_mean + parameters.covariate_effect @ panel.covariates.mean(axis=0)
    return mean


def _levels(own: Panel, tracked: TrackedCourse, others: Array) -> tuple[ConstructLevel, ...]:
    levels = []
    for k, name in enumerate(own.constructs):
        there = own.scores[:, own.leading[k]]
        there = there[np.isfinite(there)]
        levels.append(
            ConstructLevel(
                construct=name,
                usual_level=float(tracked.usual_level[k]),
                usual_level_sd=float(tracked.usual_level_sd[k]),
                others_level=float(others[k]),
                own_course=float(tracked.usual_level[k] + tracked.trend[-1, k]),
                state_like=float(tracked.state_like[-1, k]),
                state_like_sd=float(tracked.state_like_sd[-1, k]),
                last_score=float(there[-1]) if len(there) else None,
                n_scores=len(there),
            )
        )
    return tuple(levels)


def _forecast(tracked: TrackedCourse) -> tuple[PersonForecast, ...]:
    times, alike = tracked.expected_course_times, tracked.expected_course
    return tuple(
        PersonForecast(
            time=float(t),
            value=float(v),
            lower_50=float(v - _HALF * sd),
            upper_50=float(v + _HALF * sd),
            lower_90=float(v - _NINE_TENTHS * sd),
            upper_90=float(v + _NINE_TENTHS * sd),
            began_alike=float(np.interp(t, times, alike)) if len(times) else None,
        )
        for t, v, sd in zip(
            tracked.forecast_times, tracked.forecast[:, 0], tracked.forecast_score_sd[:, 0], strict=True
        )
    )
