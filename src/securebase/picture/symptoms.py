"""The symptoms section: reported scores, change, and, as far as the gate permits, estimate and forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from securebase.measurement.change import SuddenGain, score_change, severity_band, sudden_gains
from securebase.measurement.instrument import Method, Scale
from securebase.picture.course import DatedCourse
from securebase.picture.parts import IntervalEstimate, ScoreForecast, Session, SymptomChange, Symptoms
from securebase.picture.series import HALF_50, HALF_80, HALF_90, PreparedRecord, Series


def symptoms(prepared: PreparedRecord, course: DatedCourse | None) -> Symptoms:
    """Return reported symptoms with the expected course and, once the gate is open, the estimate and forecast."""
    series = prepared.series["symptoms"]
    scale, values = series.scale, series.values
    band = severity_band(scale, values[-1]) if scale and values else None
    part = Symptoms(
        instrument=series.measure[0],
        scale=series.measure[1],
        label=_label(series),
        measure=series.measure_name,
        minimum=series.minimum,
        maximum=series.maximum,
        worse_is_higher=series.worse_is_higher,
        validated=series.validated,
        reported=series.reported,
        remission_below=scale.remission_below if scale else None,
        severity=band.label if band else None,
        change=_change(scale, values) if scale and len(values) > 1 else None,
        notes=series.notes,
    )
    if course is None or not values or not prepared.models_symptoms:
        return part
    part = replace(part, expected=_expected_course(course, series))
    if not prepared.shows_estimates:
        return part
    return replace(
        part,
        estimated=_estimated_course(course, series),
        forecast=_forecast(course, series, prepared.axis),
        remission_chance=_remission_chance(course, scale),
    )


def _label(series: Series) -> str:
    """Return the name of the scores in a sentence: the questionnaire's, or “The symptom score” for the own set."""
    if series.instrument is None:
        return series.measure[1]
    return "The symptom score" if series.instrument.own_wording else series.instrument.name


def sudden_changes(series: Series) -> tuple[SuddenGain, ...]:
    """Return sudden gains and losses, if the scale's measurement error is known."""
    scale = series.scale
    if scale is None or scale.reliable_change is None:
        return ()
    cutoff = scale.reliable_change.points
    return sudden_gains(series.values, cutoff=cutoff, higher_is_worse=series.worse_is_higher)


def band_excess(course: DatedCourse | None, part: Symptoms) -> tuple[float, ...]:
    """Return by how much the filtered score lay on the worse side of the expected band, at each symptom report.

    Filtering uses the reports up to then, so one extreme report does not count twice.
    """
    if course is None or not part.expected:
        return ()
    rows = course.rows("symptoms")
    return excess_over_band(part, course.at[rows], course.tracked.filtered[rows, course.index("symptoms")])


def excess_over_band(
    part: Symptoms, at: Sequence[float] | NDArray[np.float64], scores: NDArray[np.float64]
) -> tuple[float, ...]:
    """Return by how much scores at these days lie on the worse side of the expected band."""
    axis = [e.at for e in part.expected]
    if part.worse_is_higher:
        return tuple(float(v) for v in scores - np.interp(at, axis, [e.high for e in part.expected]))
    return tuple(float(v) for v in np.interp(at, axis, [e.low for e in part.expected]) - scores)


def _change(scale: Scale, values: Sequence[float]) -> SymptomChange:
    """Return the change from the first to the last of at least two values, with the run of equal latest verdicts."""
    first, last = values[0], values[-1]
    since = [score_change(scale, first, value) for value in values[1:]]
    change = since[-1]
    matches = [(c.verdict, c.clinically_significant) == (change.verdict, change.clinically_significant) for c in since]
    running = next((n for n, agrees in enumerate(reversed(matches)) if not agrees), len(matches))
    return SymptomChange(
        first=first,
        last=last,
        points=change.points,
        percent=change.percent,
        threshold=change.threshold,
        verdict=change.verdict,
        basis=change.basis,
        verified=change.verified,
        remission=change.remission,
        response=change.response,
        clinically_significant=change.clinically_significant,
        running=running,
        before=since[-2].verdict if len(since) > 1 else None,
    )


def _expected_course(course: DatedCourse, series: Series) -> tuple[IntervalEstimate, ...]:
    t = course.tracked
    rows = zip(course.expected_at, t.expected_course, t.expected_course_sd, strict=True)
    return tuple(series.interval(at, value, HALF_80 * sd) for at, value, sd in rows)


def _estimated_course(course: DatedCourse, series: Series) -> tuple[IntervalEstimate, ...]:
    t, k = course.tracked, course.index("symptoms")
    rows = zip(course.at, t.smoothed[:, k], t.smoothed_sd[:, k], strict=True)
    return tuple(series.interval(at, value, HALF_90 * sd) for at, value, sd in rows)


def _forecast(course: DatedCourse, series: Series, axis: Sequence[Session]) -> tuple[ScoreForecast, ...]:
    t, k = course.tracked, course.index("symptoms")
    numbers = {round(s.at, 6): s.number for s in axis if not s.held}
    forecasts = []
    for at, value, sd in zip(course.forecast_at, t.forecast[:, k], t.forecast_score_sd[:, k], strict=True):
        inner = series.interval(at, value, HALF_50 * sd)
        outer = series.interval(at, value, HALF_90 * sd)
        session = numbers.get(round(float(at), 6))
        forecasts.append(ScoreForecast(float(at), session, inner.value, inner.low, inner.high, outer.low, outer.high))
    return tuple(forecasts)


def _remission_chance(course: DatedCourse, scale: Scale | None) -> float | None:
    """Return P(score < remission cut-off) at the last forecast time.

    Sum scores are whole numbers, so the limit lies half a point lower (continuity correction).
    """
    t, k = course.tracked, course.index("symptoms")
    if scale is None or scale.remission_below is None or len(t.forecast_times) == 0:
        return None
    limit = scale.remission_below - (0.5 if scale.method is Method.SUM else 0.0)
    return NormalDist(float(t.forecast[-1, k]), float(t.forecast_score_sd[-1, k])).cdf(limit)
