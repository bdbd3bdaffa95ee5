"""The sections of a client picture, each from the record and, where the gate allows, from the tracked course."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist

import numpy as np

from securebase.measurement.catalogue import instruments
from securebase.measurement.change import SuddenGain, reliable_change_points, score_change, severity_band, sudden_gains
from securebase.measurement.constructs import Direction, construct
from securebase.measurement.instrument import Instrument, Method, ReliableChange, Scale
from securebase.model.parameter_set import ParameterSet
from securebase.model.track import TrackedCourse
from securebase.picture.course import DatedCourse
from securebase.picture.parts import (
    GateLevel,
    MechanismSeries,
    Ranged,
    Reported,
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


def scale_of(measure: Measure, parameter_set: ParameterSet) -> tuple[Instrument, Scale] | None:
    """The instrument and scale on the shelf, or None where a table brought its own.

    Where the instrument knows no reliable change, it is computed from the spread and reliability that the parameter
    set assumes, and carries that it is not verified.
    """
    instrument = instruments().get(measure[0])
    scale = next((s for s in instrument.scales if s.id == measure[1]), None) if instrument else None
    if instrument is None or scale is None:
        return None
    unit = parameter_set.scales.get(measure)
    if scale.reliable_change is None and unit is not None:
        points = reliable_change_points(unit.sd, unit.reliability)
        basis = f"computed from a spread of {unit.sd:g} and a reliability of {unit.reliability:g}"
        scale = replace(scale, reliable_change=ReliableChange(points, basis, unit.verified))
    return instrument, scale


def reported(scores: Sequence[ScoreRecord]) -> tuple[Reported, ...]:
    return tuple(Reported(s.at, s.value, s.session) for s in scores)


def scores_of(record: EpisodeRecord, name: str, measure: Measure) -> tuple[ScoreRecord, ...]:
    return record.scores(name, instrument=measure[0], scale=measure[1])


def _label(instrument: Instrument | None, measure: Measure) -> str:
    """What the scores are called in a sentence: the questionnaire's name, or plainly the symptom score."""
    if instrument is None:
        return measure[1]
    return "The symptom score" if instrument.own_wording else instrument.name


def measure_name(instrument: Instrument | None, measure: Measure) -> str:
    """The instrument's name; the product's own sets are known by when they are asked."""
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
    """Symptoms as reported; the expected path from the first report on; own estimate and forecast from the gate on."""
    measure = record.symptom_measure
    known = scale_of(measure, parameter_set)
    instrument, scale = known if known else (None, None)
    given = reported(record.symptom_scores)
    low, high = bounds(scale, [r.value for r in given])
    part = Symptoms(
        instrument=measure[0],
        scale=measure[1],
        label=_label(instrument, measure),
        measure=measure_name(instrument, measure),
        minimum=low,
        maximum=high,
        worse_is_higher=scale is None or scale.direction is not Direction.HIGHER_IS_BETTER,
        validated=instrument is not None and instrument.validated,
        reported=given,
        remission_below=scale.remission_below if scale else None,
    )
    if scale and given:
        band = severity_band(scale, given[-1].value)
        part = replace(part, severity=band.label if band else None)
    if scale and len(given) > 1:
        part = replace(part, change=_change(scale, [r.value for r in given]))
    if course is None or not given:
        return part
    part = replace(part, expected=_expected(course, low, high))
    if level >= GateLevel.COHORT:
        ahead = _forecast(course, axis, low, high)
        part = replace(part, estimated=_estimated(course, low, high), forecast=ahead)
        part = replace(part, remission_chance=_remission_chance(course, scale))
    return part


def jumps(scale: Scale | None, given: Sequence[Reported]) -> tuple[SuddenGain, ...]:
    """Sudden gains and losses, where measurement error is known."""
    if scale is None or scale.reliable_change is None:
        return ()
    worse = scale.direction is not Direction.HIGHER_IS_BETTER
    return sudden_gains([r.value for r in given], cutoff=scale.reliable_change.points, higher_is_worse=worse)


def above_band(course: DatedCourse | None, part: Symptoms) -> tuple[float, ...]:
    """By how much the smoothed score lay on the bad side of the expected band, at each symptom report.

    Smoothed over the reports up to then, so that one extreme report cannot count for two.
    """
    if course is None or not part.expected:
        return ()
    rows = course.rows("symptoms")
    at = course.at[rows]
    smooth = course.tracked.filtered[rows, course.index("symptoms")]
    axis = [e.at for e in part.expected]
    if part.worse_is_higher:
        return tuple(float(v) for v in smooth - np.interp(at, axis, [e.high for e in part.expected]))
    return tuple(float(v) for v in np.interp(at, axis, [e.low for e in part.expected]) - smooth)


def mechanism(
    record: EpisodeRecord,
    name: str,
    measure: Measure,
    parameter_set: ParameterSet,
    course: DatedCourse | None,
    *,
    level: GateLevel,
) -> MechanismSeries:
    """One mechanism as it was reported, with the usual level from the gate on."""
    known = scale_of(measure, parameter_set)
    scores = scores_of(record, name, measure)
    low, high = bounds(known[1] if known else None, [s.value for s in scores])
    about = construct(name)
    show = course is not None and level >= GateLevel.COHORT and bool(scores)
    return MechanismSeries(
        construct=name,
        label=about.label,
        minimum=low,
        maximum=high,
        better_is_higher=about.direction is Direction.HIGHER_IS_BETTER,
        reported=reported(scores),
        usual=usual(course.tracked, course.at[-1], name, low, high) if course is not None and show else None,
    )


def _change(scale: Scale, values: Sequence[float]) -> SymptomChange:
    """From the first to the last of two or more values, and how many of the latest ones say the same."""
    first, last = values[0], values[-1]
    since = [score_change(scale, first, value) for value in values[1:]]
    made = since[-1]
    same = [(c.verdict, c.clinically_significant) == (made.verdict, made.clinically_significant) for c in since]
    running = next((n for n, one in enumerate(reversed(same)) if not one), len(same))
    return SymptomChange(
        first=first,
        last=last,
        points=made.points,
        percent=made.percent,
        threshold=made.threshold,
        verdict=made.verdict,
        basis=made.basis,
        verified=made.verified,
        remission=made.remission,
        response=made.response,
        clinically_significant=made.clinically_significant,
        running=running,
        before=since[-2].verdict if len(since) > 1 else None,
    )


def ranged(at: float, value: float, half: float, low: float, high: float) -> Ranged:
    """An interval, cut where the scale ends: a score cannot lie beyond."""
    inside = [min(max(v, low), high) for v in (value, value - half, value + half)]
    return Ranged(float(at), *(float(v) for v in inside))


def _expected(course: DatedCourse, low: float, high: float) -> tuple[Ranged, ...]:
    t = course.tracked
    rows = zip(course.expected_at, t.expected_course, t.expected_course_sd, strict=True)
    return tuple(ranged(at, value, HALF_80 * sd, low, high) for at, value, sd in rows)


def _estimated(course: DatedCourse, low: float, high: float) -> tuple[Ranged, ...]:
    t, k = course.tracked, course.index("symptoms")
    rows = zip(course.at, t.smoothed[:, k], t.smoothed_sd[:, k], strict=True)
    return tuple(ranged(at, value, HALF_90 * sd, low, high) for at, value, sd in rows)


def _forecast(course: DatedCourse, axis: Sequence[Session], low: float, high: float) -> tuple[ScoreForecast, ...]:
    t, k = course.tracked, course.index("symptoms")
    numbers = {round(s.at, 6): s.number for s in axis if not s.held}
    out = []
    for at, value, sd in zip(course.forecast_at, t.forecast[:, k], t.forecast_score_sd[:, k], strict=True):
        half = ranged(at, value, HALF_50 * sd, low, high)
        wide = ranged(at, value, HALF_90 * sd, low, high)
        session = numbers.get(round(float(at), 6))
        out.append(ScoreForecast(float(at), session, half.value, half.low, half.high, wide.low, wide.high))
    return tuple(out)


def _remission_chance(course: DatedCourse, scale: Scale | None) -> float | None:
    """Chance that a score at the last forecast moment lies below remission; of sums of whole points the next whole
    number below counts, so the limit lies half a point lower.
    """
    t, k = course.tracked, course.index("symptoms")
    if scale is None or scale.remission_below is None or len(t.forecast_times) == 0:
        return None
    limit = scale.remission_below - (0.5 if scale.method is Method.SUM else 0.0)
    return NormalDist(float(t.forecast[-1, k]), float(t.forecast_score_sd[-1, k])).cdf(limit)


def usual(tracked: TrackedCourse, at: float, name: str, low: float, high: float) -> Ranged:
    """The usual level at the end of the course: the person's own level with the trend of everyone, 90% interval."""
    k = tracked.constructs.index(name)
    value = tracked.usual_level[k] + tracked.trend[-1, k]
    return ranged(at, value, HALF_90 * tracked.usual_level_sd[k], low, high)
