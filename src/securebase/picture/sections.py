"""The sections of a client picture, each from the record and, where the gate allows, from the tracked course."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist

import numpy as np

from securebase.measurement.catalogue import instruments
from securebase.measurement.change import SuddenGain, change_between, reliable_change_points, severity, sudden_gains
from securebase.measurement.constructs import Direction, construct
from securebase.measurement.instrument import Instrument, Method, ReliableChange, Scale
from securebase.model.parameter_set import ParameterSet
from securebase.picture.course import Course
from securebase.picture.parts import (
    Alliance,
    Bar,
    Change,
    Forecast,
    GateLevel,
    Mechanism,
    Ranged,
    Repair,
    Reported,
    Session,
    Symptoms,
)
from securebase.picture.ruptures import Rating, ruptures
from securebase.records.episode import EpisodeRecord, Score

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


def reported(scores: Sequence[Score]) -> tuple[Reported, ...]:
    return tuple(Reported(s.at, s.value, s.session) for s in scores)


def _scores(record: EpisodeRecord, name: str, measure: Measure) -> tuple[Score, ...]:
    return record.scores(name, instrument=measure[0], scale=measure[1])


def _label(instrument: Instrument | None, measure: Measure) -> str:
    """What the scores are called in a sentence: the questionnaire's name, or plainly the symptom score."""
    if instrument is None:
        return measure[1]
    return "The symptom score" if instrument.own_wording else instrument.name


def _measure(instrument: Instrument | None, measure: Measure) -> str:
    """The instrument's name; the product's own sets are known by when they are asked."""
    if instrument is None:
        return measure[1]
    return f"check-in {instrument.name[0].lower()}{instrument.name[1:]}" if instrument.own_wording else instrument.name


def _bounds(scale: Scale | None, values: Sequence[float]) -> tuple[float, float]:
    if scale is not None:
        return scale.minimum, scale.maximum
    return (min(values), max(values)) if values else (0.0, 1.0)


def symptoms(
    record: EpisodeRecord, parameter_set: ParameterSet, course: Course | None, axis: Sequence[Session], level: GateLevel
) -> Symptoms:
    """Symptoms as reported; the expected path from the first report on; own estimate and forecast from the gate on."""
    measure = record.symptom_measure
    known = scale_of(measure, parameter_set)
    instrument, scale = known if known else (None, None)
    given = reported(record.symptom_scores)
    low, high = _bounds(scale, [r.value for r in given])
    part = Symptoms(
        instrument=measure[0],
        scale=measure[1],
        label=_label(instrument, measure),
        measure=_measure(instrument, measure),
        minimum=low,
        maximum=high,
        worse_is_higher=scale is None or scale.direction is not Direction.HIGHER_IS_BETTER,
        validated=instrument is not None and instrument.validated,
        reported=given,
        remission_below=scale.remission_below if scale else None,
    )
    if scale and given:
        band = severity(scale, given[-1].value)
        part = replace(part, severity=band.label if band else None)
    if scale and len(given) > 1:
        part = replace(part, change=_change(scale, given[0].value, given[-1].value))
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


def above_band(course: Course | None, part: Symptoms) -> tuple[float, ...]:
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


def alliance(
    record: EpisodeRecord,
    measure: Measure,
    parameter_set: ParameterSet,
    course: Course | None,
    *,
    level: GateLevel,
    as_of: float,
) -> Alliance:
    """Alliance as reported, ruptures, and from the gate on the usual level with the movements around it."""
    known = scale_of(measure, parameter_set)
    instrument, scale = known if known else (None, None)
    scores = _scores(record, "alliance", measure)
    low, high = _bounds(scale, [s.value for s in scores])
    part = Alliance(
        measure=_measure(instrument, measure),
        minimum=low,
        maximum=high,
        validated=instrument is not None and instrument.validated,
        reported=reported(scores),
        ruptures=ruptures(
            _ratings(course, scores) if course else (),
            record.ruptures,
            as_of=as_of,
            session_at={s.number: s.at for s in record.sessions},
        ),
    )
    if course is None or level < GateLevel.COHORT or not scores:
        return part
    return replace(
        part,
        usual=_usual(course, "alliance", low, high),
        usual_line=_usual_line(course, "alliance", low, high),
        bars=_bars(course, part),
    )


def mechanism(
    record: EpisodeRecord,
    name: str,
    measure: Measure,
    parameter_set: ParameterSet,
    course: Course | None,
    *,
    level: GateLevel,
) -> Mechanism:
    """One mechanism as it was reported, with the usual level from the gate on."""
    known = scale_of(measure, parameter_set)
    scores = _scores(record, name, measure)
    low, high = _bounds(known[1] if known else None, [s.value for s in scores])
    about = construct(name)
    show = course is not None and level >= GateLevel.COHORT and bool(scores)
    return Mechanism(
        construct=name,
        label=about.label,
        minimum=low,
        maximum=high,
        better_is_higher=about.direction is Direction.HIGHER_IS_BETTER,
        reported=reported(scores),
        usual=_usual(course, name, low, high) if course is not None and show else None,
    )


def _change(scale: Scale, first: float, last: float) -> Change:
    made = change_between(scale, first, last)
    return Change(
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
    )


def _ranged(at: float, value: float, half: float, low: float, high: float) -> Ranged:
    """An interval, cut where the scale ends: a score cannot lie beyond."""
    inside = [min(max(v, low), high) for v in (value, value - half, value + half)]
    return Ranged(float(at), *(float(v) for v in inside))


def _expected(course: Course, low: float, high: float) -> tuple[Ranged, ...]:
    t = course.tracked
    rows = zip(course.expected_at, t.expected_course, t.expected_course_sd, strict=True)
    return tuple(_ranged(at, value, HALF_80 * sd, low, high) for at, value, sd in rows)


def _estimated(course: Course, low: float, high: float) -> tuple[Ranged, ...]:
    t, k = course.tracked, course.index("symptoms")
    rows = zip(course.at, t.smoothed[:, k], t.smoothed_sd[:, k], strict=True)
    return tuple(_ranged(at, value, HALF_90 * sd, low, high) for at, value, sd in rows)


def _forecast(course: Course, axis: Sequence[Session], low: float, high: float) -> tuple[Forecast, ...]:
    t, k = course.tracked, course.index("symptoms")
    numbers = {round(s.at, 6): s.number for s in axis if not s.held}
    out = []
    for at, value, sd in zip(course.forecast_at, t.forecast[:, k], t.forecast_score_sd[:, k], strict=True):
        half = _ranged(at, value, HALF_50 * sd, low, high)
        wide = _ranged(at, value, HALF_90 * sd, low, high)
        session = numbers.get(round(float(at), 6))
        out.append(Forecast(float(at), session, half.value, half.low, half.high, wide.low, wide.high))
    return tuple(out)


def _remission_chance(course: Course, scale: Scale | None) -> float | None:
    """Chance that a score at the last forecast moment lies below remission; of sums of whole points the next whole
    number below counts, so the limit lies half a point lower."""
    t, k = course.tracked, course.index("symptoms")
    if scale is None or scale.remission_below is None or len(t.forecast_times) == 0:
        return None
    limit = scale.remission_below - (0.5 if scale.method is Method.SUM else 0.0)
    return NormalDist(float(t.forecast[-1, k]), float(t.forecast_score_sd[-1, k])).cdf(limit)


def _usual(course: Course, name: str, low: float, high: float) -> Ranged:
    t, k = course.tracked, course.index(name)
    return _ranged(course.at[-1], t.usual_level[k] + t.trend[-1, k], HALF_90 * t.usual_level_sd[k], low, high)


def _usual_line(course: Course, name: str, low: float, high: float) -> tuple[Ranged, ...]:
    """The usual level along the course; where the model has a trend for everyone, the line carries it."""
    t, k = course.tracked, course.index(name)
    half = HALF_90 * t.usual_level_sd[k]
    return tuple(
        _ranged(at, t.usual_level[k] + trend, half, low, high)
        for at, trend in zip(course.at, t.trend[:, k], strict=True)
    )


def _ratings(course: Course, scores: Sequence[Score]) -> tuple[Rating, ...]:
    """The ratings that the model read, each with what was expected one step ahead."""
    t, k = course.tracked, course.index("alliance")
    sessions = {round(s.at, 6): s.session for s in scores}
    return tuple(
        Rating(
            at=float(course.at[j]),
            session=sessions.get(round(float(course.at[j]), 6)),
            value=float(t.observed[j, k]),
            expected=float(t.predicted[j, k]),
            sd=float(t.predicted_sd[j, k]),
        )
        for j in course.rows("alliance")
    )


def _bars(course: Course, part: Alliance) -> tuple[Bar, ...]:
    t, k = course.tracked, course.index("alliance")
    sessions = {round(r.at, 6): r.session for r in part.reported}
    bars = []
    for j in course.rows("alliance"):
        at = float(course.at[j])
        usual, state = float(t.usual_level[k] + t.trend[j, k]), float(t.state_like[j, k])
        value = float(t.observed[j, k])
        bars.append(Bar(at, sessions.get(round(at, 6)), value, usual, state, low=_in_rupture(part, at, value)))
    return tuple(bars)


def _in_rupture(part: Alliance, at: float, value: float) -> bool:
    """Whether a rating lies below the limit of a rupture that was open then."""
    return any(
        mark.limit is not None
        and value < mark.limit
        and mark.at <= at
        and (mark.repair is Repair.OPEN or mark.repaired_at is None or at < mark.repaired_at)
        for mark in part.ruptures
    )
