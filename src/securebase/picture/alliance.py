"""The alliance section: ratings, ruptures, the usual level (trait-like part) and deviations from it (state-like part).

Ratings during a rupture show how far the alliance fell and tell little about the usual level. If they counted like the
others, two of them in a short course would pull the usual level half way down and every ordinary rating would seem
high. The usual level and the estimates of ordinary sessions therefore exclude them. If that would exclude half of the
ratings or more, the lower level has become the usual one: then all of them count, and the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from securebase.model.parameter_set import ParameterSet
from securebase.model.track import TrackedCourse
from securebase.picture.course import DatedCourse
from securebase.picture.omissions import partial_answer_notes
from securebase.picture.parts import Alliance, AllianceDeviation, GateLevel, IntervalEstimate, Repair, RuptureMark
from securebase.picture.ruptures import ForecastRating, ruptures
from securebase.picture.sections import (
    HALF_90,
    Measure,
    bounds,
    clip_interval,
    find_scale,
    measure_name,
    measure_scores,
    reported_scores,
    usual_level,
)
from securebase.records.episode import EpisodeRecord, ScoreRecord


def alliance(
    record: EpisodeRecord,
    measure: Measure,
    parameter_set: ParameterSet,
    course: DatedCourse | None,
    *,
    level: GateLevel,
    as_of: float,
) -> Alliance:
    """Return the reported alliance, its ruptures and, once the gate is open, the usual level and deviations from it."""
    instrument, scale = find_scale(measure, parameter_set) or (None, None)
    scores = measure_scores(record, "alliance", measure)
    low, high = bounds(scale, [s.value for s in scores])
    marks = ruptures(
        _forecast_ratings(course, scores) if course else (),
        record.ruptures,
        as_of=as_of,
        session_at={s.number: s.at for s in record.sessions},
    )
    part = Alliance(
        measure=measure_name(instrument, measure),
        minimum=low,
        maximum=high,
        validated=instrument is not None and instrument.validated,
        reported=reported_scores(scores),
        ruptures=tuple(_clip_expected(mark, low, high) for mark in marks),
        notes=partial_answer_notes(record, measure, "alliance"),
    )
    if course is None or level < GateLevel.COHORT or not scores:
        return part
    rows, ratings = course.rows("alliance"), course.tracked.observed[:, _column(course)]
    flagged = [j for j in rows if _is_in_rupture(part, float(course.at[j]), float(ratings[j]))]
    left_out = flagged if 2 * len(flagged) < len(rows) else []
    steady = course.track_without("alliance", left_out) if left_out else course.tracked
    return replace(
        part,
        usual=usual_level(steady, course.at[-1], "alliance", low, high),
        usual_line=_usual_line(course, steady, low, high),
        bars=_bars(course, steady, part, flagged),
        left_out=len(left_out),
        counted_in=len(flagged) - len(left_out),
    )


def _clip_expected(mark: RuptureMark, low: float, high: float) -> RuptureMark:
    """Clip the expected rating to the range of the scale, which the Gaussian model does not know."""
    return mark if mark.expected is None else replace(mark, expected=min(max(mark.expected, low), high))


def _column(course: DatedCourse) -> int:
    return course.index("alliance")


def _forecast_ratings(course: DatedCourse, scores: Sequence[ScoreRecord]) -> tuple[ForecastRating, ...]:
    """Return the ratings that the model used, each with its one-step-ahead prediction."""
    t, k = course.tracked, _column(course)
    sessions = {round(s.at, 6): s.session for s in scores}
    return tuple(
        ForecastRating(
            at=float(course.at[j]),
            session=sessions.get(round(float(course.at[j]), 6)),
            value=float(t.observed[j, k]),
            expected=float(t.predicted[j, k]),
            sd=float(t.predicted_sd[j, k]),
        )
        for j in course.rows("alliance")
    )


def _usual_line(course: DatedCourse, steady: TrackedCourse, low: float, high: float) -> tuple[IntervalEstimate, ...]:
    """Return the usual level at each time, including the mean trend where the model has one."""
    k = _column(course)
    half = HALF_90 * steady.usual_level_sd[k]
    return tuple(
        clip_interval(at, steady.usual_level[k] + trend, half, low, high)
        for at, trend in zip(course.at, steady.trend[:, k], strict=True)
    )


def _bars(
    course: DatedCourse, steady: TrackedCourse, part: Alliance, flagged: Sequence[int]
) -> tuple[AllianceDeviation, ...]:
    """Return each session's deviation from the usual level; the estimate of a flagged session uses its own rating."""
    k, smoothed = _column(course), np.asarray(course.tracked.smoothed)
    sessions = {round(r.at, 6): r.session for r in part.reported}
    bars = []
    for j in course.rows("alliance"):
        at, low = float(course.at[j]), j in flagged
        level = float(steady.usual_level[k] + steady.trend[j, k])
        estimate = float(smoothed[j, k] if low else steady.smoothed[j, k])
        value = float(course.tracked.observed[j, k])
        bars.append(AllianceDeviation(at, sessions.get(round(at, 6)), value, level, estimate - level, low=low))
    return tuple(bars)


def _is_in_rupture(part: Alliance, at: float, value: float) -> bool:
    """Return True for a rating below the limit of a rupture that was open at that time."""
    return any(
        mark.limit is not None
        and value < mark.limit
        and mark.at <= at
        and (mark.repair is Repair.OPEN or mark.repaired_at is None or at < mark.repaired_at)
        for mark in part.ruptures
    )
