"""The sections of a client picture, computed from the record and, if the gate permits, from the tracked course."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist

import msgspec
import numpy as np

from securebase.measurement.catalogue import instruments
from securebase.measurement.change import SuddenGain, score_change, severity_band, sudden_gains
from securebase.measurement.constructs import Direction, construct
from securebase.measurement.instrument import Instrument, Method, ReliableChange, Scale, reliable_change_points
from securebase.model.parameter_set import ParameterSet
from securebase.model.track import TrackedCourse
from securebase.picture.course import DatedCourse
from securebase.picture.parts import (
    GateLevel,
    IntervalEstimate,
    MechanismSeries,
    ReportedScore,
    ScoreForecast,
    Session,
    SymptomChange,
    Symptoms,
)
from securebase.records.episode import EpisodeRecord, ScoreRecord

_NORMAL = NormalDist()
#: Half widths of intervals in standard deviations.
HALF_50, HALF_80, HALF_90 = (_NORMAL.inv_cdf(0.5 + share / 2) for share in (0.5, 0.8, 0.9))
Measure = tuple[str, str]


def find_scale(measure: Measure, parameter_set: ParameterSet) -> tuple[Instrument, Scale] | None:
    """Return the instrument and scale of the catalogue, or None for a measure of an imported table.

    If the instrument gives no reliable change, it is computed from the SD and reliability of the parameter set and
    takes their verification status.
    """
    instrument = instruments().get(measure[0])
    scale = next((s for s in instrument.scales if s.id == measure[1]), None) if instrument else None
    if instrument is None or scale is None:
        return None
    unit = parameter_set.scales.get(measure)
    if scale.reliable_change is None and unit is not None:
        points = reliable_change_points(unit.sd, unit.reliability)
        basis = f"computed from a spread of {unit.sd:g} and a reliability of {unit.reliability:g}"
        scale = msgspec.structs.replace(scale, reliable_change=ReliableChange(basis, unit.verified, points))
    return instrument, scale


def reported_scores(scores: Sequence[ScoreRecord]) -> tuple[ReportedScore, ...]:
    return tuple(ReportedScore(s.at, s.value, s.session) for s in scores)


def measure_scores(record: EpisodeRecord, name: str, measure: Measure) -> tuple[ScoreRecord, ...]:
    return record.scores(name, instrument=measure[0], scale=measure[1])


def _label(instrument: Instrument | None, measure: Measure) -> str:
    """Return the name of the scores in a sentence: the questionnaire's, or “The symptom score” for the own set."""
    if instrument is None:
        return measure[1]
    return "The symptom score" if instrument.own_wording else instrument.name


def measure_name(instrument: Instrument | None, measure: Measure) -> str:
    """Return the instrument's name, preceded by “check-in” for the product's own sets."""
    if instrument is None:
        return measure[1]
    return f"check-in {instrument.name[0].lower()}{instrument.name[1:]}" if instrument.own_wording else instrument.name


def bounds(scale: Scale | None, values: Sequence[float]) -> tuple[float, float]:
    if scale is not None:
        return scale.minimum, scale.maximum
    return (min(values), max(values)) if values else (0.0, 1.0)


def symptoms(
    record: EpisodeRecord,
    parameter_set: ParameterSet,
    course: DatedCourse | None,
    axis: Sequence[Session],
    level: GateLevel,
) -> Symptoms:
    """Return reported symptoms with the expected course and, once the gate is open, the estimate and forecast."""
    measure = record.symptom_measure
    instrument, scale = find_scale(measure, parameter_set) or (None, None)
    reports = reported_scores(record.symptom_scores)
    low, high = bounds(scale, [r.value for r in reports])
    part = Symptoms(
        instrument=measure[0],
        scale=measure[1],
        label=_label(instrument, measure),
        measure=measure_name(instrument, measure),
        minimum=low,
        maximum=high,
        worse_is_higher=scale is None or scale.direction is not Direction.HIGHER_IS_BETTER,
        validated=instrument is not None and instrument.validated,
        reported=reports,
        remission_below=scale.remission_below if scale else None,
    )
    if scale and reports:
        band = severity_band(scale, reports[-1].value)
        part = replace(part, severity=band.label if band else None)
    if scale and len(reports) > 1:
        part = replace(part, change=_change(scale, [r.value for r in reports]))
    if course is None or not reports:
        return part
    part = replace(part, expected=_expected_course(course, low, high))
    if level >= GateLevel.COHORT:
        forecast = _forecast(course, axis, low, high)
        part = replace(part, estimated=_estimated_course(course, low, high), forecast=forecast)
        part = replace(part, remission_chance=_remission_chance(course, scale))
    return part


def sudden_changes(scale: Scale | None, reports: Sequence[ReportedScore]) -> tuple[SuddenGain, ...]:
    """Return sudden gains and losses, if the scale's measurement error is known."""
    if scale is None or scale.reliable_change is None:
        return ()
    worse = scale.direction is not Direction.HIGHER_IS_BETTER
    return sudden_gains([r.value for r in reports], cutoff=scale.reliable_change.points, higher_is_worse=worse)


def band_excess(course: DatedCourse | None, part: Symptoms) -> tuple[float, ...]:
    """Return by how much the filtered score lay on the worse side of the expected band, at each symptom report.

    Filtering uses the reports up to then, so one extreme report does not count twice.
    """
    if course is None or not part.expected:
        return ()
    rows = course.rows("symptoms")
    at = course.at[rows]
    filtered = course.tracked.filtered[rows, course.index("symptoms")]
    axis = [e.at for e in part.expected]
    if part.worse_is_higher:
        return tuple(float(v) for v in filtered - np.interp(at, axis, [e.high for e in part.expected]))
    return tuple(float(v) for v in np.interp(at, axis, [e.low for e in part.expected]) - filtered)


def mechanism(
    record: EpisodeRecord,
    name: str,
    measure: Measure,
    parameter_set: ParameterSet,
    course: DatedCourse | None,
    *,
    level: GateLevel,
) -> MechanismSeries:
    """Return one mechanism as reported, with its usual level once the gate is open."""
    _, scale = find_scale(measure, parameter_set) or (None, None)
    scores = measure_scores(record, name, measure)
    low, high = bounds(scale, [s.value for s in scores])
    spec = construct(name)
    show = course is not None and level >= GateLevel.COHORT and bool(scores)
    return MechanismSeries(
        construct=name,
        label=spec.label,
        minimum=low,
        maximum=high,
        better_is_higher=spec.direction is Direction.HIGHER_IS_BETTER,
        reported=reported_scores(scores),
        usual=usual_level(course.tracked, course.at[-1], name, low, high) if course is not None and show else None,
    )


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


def clip_interval(at: float, value: float, half: float, low: float, high: float) -> IntervalEstimate:
    """Return the interval value ± half, clipped to the range of the scale."""
    clipped = [min(max(v, low), high) for v in (value, value - half, value + half)]
    return IntervalEstimate(float(at), *(float(v) for v in clipped))


def _expected_course(course: DatedCourse, low: float, high: float) -> tuple[IntervalEstimate, ...]:
    t = course.tracked
    rows = zip(course.expected_at, t.expected_course, t.expected_course_sd, strict=True)
    return tuple(clip_interval(at, value, HALF_80 * sd, low, high) for at, value, sd in rows)


def _estimated_course(course: DatedCourse, low: float, high: float) -> tuple[IntervalEstimate, ...]:
    t, k = course.tracked, course.index("symptoms")
    rows = zip(course.at, t.smoothed[:, k], t.smoothed_sd[:, k], strict=True)
    return tuple(clip_interval(at, value, HALF_90 * sd, low, high) for at, value, sd in rows)


def _forecast(course: DatedCourse, axis: Sequence[Session], low: float, high: float) -> tuple[ScoreForecast, ...]:
    t, k = course.tracked, course.index("symptoms")
    numbers = {round(s.at, 6): s.number for s in axis if not s.held}
    forecasts = []
    for at, value, sd in zip(course.forecast_at, t.forecast[:, k], t.forecast_score_sd[:, k], strict=True):
        inner = clip_interval(at, value, HALF_50 * sd, low, high)
        outer = clip_interval(at, value, HALF_90 * sd, low, high)
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


def usual_level(tracked: TrackedCourse, at: float, name: str, low: float, high: float) -> IntervalEstimate:
    """Return the usual level at the end of the course, mean trend included, with its 90% interval."""
    k = tracked.constructs.index(name)
    value = tracked.usual_level[k] + tracked.trend[-1, k]
    return clip_interval(at, value, HALF_90 * tracked.usual_level_sd[k], low, high)
