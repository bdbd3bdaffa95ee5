"""The alliance section: ratings, ruptures, the usual level (trait-like part) and deviations from it (state-like part).

Ratings during a rupture show how far the alliance fell and tell little about the usual level. If they counted like the
others, two of them in a short course would pull the usual level half way down and every ordinary rating would seem
high. The usual level and the estimates of ordinary sessions therefore exclude them. If that would exclude half of the
ratings or more, the lower level has become the usual one: then all of them count, and the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from securebase.model.track import TrackedCourse
from securebase.picture.course import DatedCourse
from securebase.picture.parts import (
    Alliance,
    AllianceDeviation,
    IntervalEstimate,
    Repair,
    ReportedScore,
)
from securebase.picture.ruptures import ForecastRating, ruptures
from securebase.picture.series import HALF_90, PreparedRecord, Series

#: A rating with its row in the tracked course.
Rating = tuple[int, ReportedScore]


def alliance(prepared: PreparedRecord, course: DatedCourse | None) -> Alliance:
    """Return the reported alliance, its ruptures and, once the gate is open, the usual level and deviations from it."""
    series, record = prepared.series["alliance"], prepared.record
    ratings = course.reports(series) if course is not None else ()
    marks = ruptures(
        forecast_ratings(course, ratings) if course is not None else (),
        record.ruptures,
        as_of=prepared.as_of,
        session_at={s.number: s.at for s in record.sessions},
    )
    part = Alliance(
        measure=series.measure_name,
        minimum=series.minimum,
        maximum=series.maximum,
        validated=series.validated,
        reported=series.reported,
        ruptures=tuple(
            mark if mark.expected is None else replace(mark, expected=series.clip(mark.expected)) for mark in marks
        ),
        notes=series.notes,
    )
    if course is None or not prepared.shows_estimates or not series.reported:
        return part
    flagged = [row for row, rating in ratings if _is_in_rupture(part, rating.at, rating.value)]
    left_out = flagged if 2 * len(flagged) < len(ratings) else []
    steady = course.track_without("alliance", left_out) if left_out else course.tracked
    return replace(
        part,
        usual=course.usual_level(series, steady),
        usual_line=_usual_line(course, steady, series),
        bars=_bars(course, steady, ratings, flagged),
        left_out=len(left_out),
        counted_in=len(flagged) - len(left_out),
    )


def forecast_ratings(course: DatedCourse, ratings: Sequence[Rating]) -> tuple[ForecastRating, ...]:
    """Return each rating with its one-step-ahead prediction."""
    t, k = course.tracked, course.index("alliance")
    return tuple(
        ForecastRating(
            at=rating.at,
            session=rating.session,
            value=rating.value,
            expected=float(t.predicted[row, k]),
            sd=float(t.predicted_sd[row, k]),
        )
        for row, rating in ratings
    )


def _usual_line(course: DatedCourse, steady: TrackedCourse, series: Series) -> tuple[IntervalEstimate, ...]:
    """Return the usual level at each time, including the mean trend where the model has one."""
    k = course.index("alliance")
    half = HALF_90 * steady.usual_level_sd[k]
    rows = zip(course.at, steady.trend[:, k], strict=True)
    return tuple(series.interval(at, steady.usual_level[k] + trend, half) for at, trend in rows)


def _bars(
    course: DatedCourse, steady: TrackedCourse, ratings: Sequence[Rating], flagged: Sequence[int]
) -> tuple[AllianceDeviation, ...]:
    """Return each session's deviation from the usual level; the estimate of a flagged session uses its own rating."""
    k = course.index("alliance")
    bars = []
    for row, rating in ratings:
        low = row in flagged
        level = float(steady.usual_level[k] + steady.trend[row, k])
        estimate = float((course.tracked if low else steady).smoothed[row, k])
        bars.append(AllianceDeviation(rating.at, rating.session, rating.value, level, estimate - level, low=low))
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
