"""The alliance section: ratings, ruptures, the usual level (trait-like) and the movements around it (state-like).

The ratings of a rupture say how far things fell, and little of what is usual. Counted like the others, two of them in a
short course pull the usual level half way down, so that every ordinary rating seems high. So the usual level, and the
estimate of every ordinary session, leave them out. Where that would leave out half of all ratings or more, the fall has
become the usual thing: then all of them count, and the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from securebase.model.parameter_set import ParameterSet
from securebase.model.track import TrackedCourse
from securebase.picture.course import DatedCourse
from securebase.picture.omissions import partial
from securebase.picture.parts import Alliance, AllianceDeviation, GateLevel, Ranged, Repair, RuptureMark
from securebase.picture.ruptures import ForecastRating, ruptures
from securebase.picture.sections import (
    HALF_90,
    Measure,
    bounds,
    measure_name,
    ranged,
    reported,
    scale_of,
    scores_of,
    usual,
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
    """Alliance as reported, ruptures, and from the gate on the usual level with the movements around it."""
    known = scale_of(measure, parameter_set)
    instrument, scale = known if known else (None, None)
    scores = scores_of(record, "alliance", measure)
    low, high = bounds(scale, [s.value for s in scores])
    found = ruptures(
        _ratings(course, scores) if course else (),
        record.ruptures,
        as_of=as_of,
        session_at={s.number: s.at for s in record.sessions},
    )
    part = Alliance(
        measure=measure_name(instrument, measure),
        minimum=low,
        maximum=high,
        validated=instrument is not None and instrument.validated,
        reported=reported(scores),
        ruptures=tuple(_inside(mark, low, high) for mark in found),
        notes=partial(record, measure, "alliance"),
    )
    if course is None or level < GateLevel.COHORT or not scores:
        return part
    rows = course.rows("alliance")
    flagged = [j for j in rows if _in_rupture(part, float(course.at[j]), float(course.tracked.observed[j, _k(course)]))]
    left_out = flagged if 2 * len(flagged) < len(rows) else []
    steady = course.without("alliance", left_out) if left_out else course.tracked
    return replace(
        part,
        usual=usual(steady, course.at[-1], "alliance", low, high),
        usual_line=_usual_line(course, steady, low, high),
        bars=_bars(course, steady, part, flagged),
        left_out=len(left_out),
        counted_in=len(flagged) - len(left_out),
    )


def _inside(mark: RuptureMark, low: float, high: float) -> RuptureMark:
    """The expected value as a rating could be: the model knows no end of the scale, a questionnaire does."""
    return mark if mark.expected is None else replace(mark, expected=min(max(mark.expected, low), high))


def _k(course: DatedCourse) -> int:
    return course.index("alliance")


def _ratings(course: DatedCourse, scores: Sequence[ScoreRecord]) -> tuple[ForecastRating, ...]:
    """The ratings that the model read, each with what was expected one step ahead."""
    t, k = course.tracked, _k(course)
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


def _usual_line(course: DatedCourse, steady: TrackedCourse, low: float, high: float) -> tuple[Ranged, ...]:
    """The usual level along the course; where the model has a trend for everyone, the line carries it."""
    k = _k(course)
    half = HALF_90 * steady.usual_level_sd[k]
    return tuple(
        ranged(at, steady.usual_level[k] + trend, half, low, high)
        for at, trend in zip(course.at, steady.trend[:, k], strict=True)
    )


def _bars(
    course: DatedCourse, steady: TrackedCourse, part: Alliance, flagged: Sequence[int]
) -> tuple[AllianceDeviation, ...]:
    """From the usual level to the estimate of each session; a flagged one is estimated with its own rating counted."""
    k, whole = _k(course), np.asarray(course.tracked.smoothed)
    sessions = {round(r.at, 6): r.session for r in part.reported}
    bars = []
    for j in course.rows("alliance"):
        at, low = float(course.at[j]), j in flagged
        level = float(steady.usual_level[k] + steady.trend[j, k])
        estimate = float(whole[j, k] if low else steady.smoothed[j, k])
        value = float(course.tracked.observed[j, k])
        bars.append(AllianceDeviation(at, sessions.get(round(at, 6)), value, level, estimate - level, low=low))
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
