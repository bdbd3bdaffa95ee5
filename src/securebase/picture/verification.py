"""Forecasts and signals of one client compared with what happened next.

Every forecast and signal is recomputed from the data up to its moment, so nothing depends on what a page displayed. One
pass of the Kalman filter suffices: its prediction of a report rests on the earlier reports alone. Measures and
parameters are those in use today.

A signal is compared with its own criterion in hindsight, applied to the mean of its report and the next two. The
criterion of a sudden change includes three reports after it; a rupture is compared with the marks of the therapist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import fmean

import numpy as np

from securebase.measurement.change import score_change
from securebase.model.parameter_set import ParameterSet
from securebase.picture.alliance import forecast_ratings
from securebase.picture.course import DatedCourse, track_record
from securebase.picture.ruptures import EARLIER_RATINGS
from securebase.picture.series import HALF_50, HALF_90, PreparedRecord, Series, prepare
from securebase.picture.signals import MIN_REPORTS_ABOVE
from securebase.picture.symptoms import band_excess, excess_over_band, sudden_changes, symptoms
from securebase.records.episode import EpisodeRecord

#: Reports after a signal from which it can be judged in hindsight.
LATER_REPORTS = 2
#: Days by which the last look at the page precedes a report.
_EVE = 1e-6


class Verification(StrEnum):
    """Subjects of a tally: the forecast of the next symptom score, and false alarms and misses of each signal."""

    IN_50 = "in_50"
    IN_90 = "in_90"
    WORSE_THAN_90 = "worse_than_90"
    BETTER_THAN_90 = "better_than_90"
    OFF_TRACK_FALSE = "off_track_false"
    OFF_TRACK_MISSED = "off_track_missed"
    WORSE_FALSE = "worse_false"
    WORSE_MISSED = "worse_missed"
    IMPROVED_FALSE = "improved_false"
    IMPROVED_MISSED = "improved_missed"
    SUDDEN_FALSE = "sudden_false"
    SUDDEN_MISSED = "sudden_missed"
    RUPTURE_FALSE = "rupture_false"
    RUPTURE_MISSED = "rupture_missed"


@dataclass(frozen=True, slots=True)
class Tally:
    """Number of times that something happened, and number of times that it could have."""

    happened: int
    of: int


#: The tallies of one client by subject.
Tallies = Mapping[Verification, Tally]


def verify_course(record: EpisodeRecord, *, as_of: float, parameter_set: ParameterSet) -> Tallies:
    """Return the tallies of one client as known at one day, empty if the course cannot be tracked."""
    prepared = prepare(record, as_of, parameter_set)
    course = track_record(prepared, parameter_set)
    if not isinstance(course, DatedCourse):
        return {}
    series = prepared.series["symptoms"]
    return {
        **_verify_forecasts(prepared, course, parameter_set),
        **_verify_track(prepared, course),
        **_verify_change(series),
        **_verify_sudden_changes(series),
        **_verify_ruptures(prepared, course),
    }


def _verify_forecasts(prepared: PreparedRecord, course: DatedCourse, parameter_set: ParameterSet) -> Tallies:
    """Compare each symptom score with the forecast for its day, where the page showed one until then."""
    series, t, k = prepared.series["symptoms"], course.tracked, course.index("symptoms")
    counts = dict.fromkeys(tuple(Verification)[:4], 0)
    n = 0
    for row, report in course.reports(series):
        eve = prepare(prepared.record, report.at - _EVE, parameter_set)
        if not eve.shows_estimates or all(session.held for session in eve.axis):
            continue
        value, sd = float(t.predicted[row, k]), float(t.predicted_sd[row, k])
        inner, outer = (series.interval(report.at, value, half * sd) for half in (HALF_50, HALF_90))
        above, below = report.value > outer.high, report.value < outer.low
        n += 1
        counts[Verification.IN_50] += inner.low <= report.value <= inner.high
        counts[Verification.IN_90] += not (above or below)
        counts[Verification.WORSE_THAN_90] += above if series.worse_is_higher else below
        counts[Verification.BETTER_THAN_90] += below if series.worse_is_higher else above
    return {what: Tally(count, n) for what, count in counts.items()}


def _verify_track(prepared: PreparedRecord, course: DatedCourse) -> Tallies:
    part, reports = symptoms(prepared, course), course.reports(prepared.series["symptoms"])
    if not reports:
        return {}
    then = band_excess(course, part)
    reported = excess_over_band(part, [r.at for _, r in reports], np.array([r.value for _, r in reports]))
    pairs = [
        (min(then[i + 1 - MIN_REPORTS_ABOVE : i + 1]) > 0, mean > 0)
        for i, mean in enumerate(_means(reported))
        if i + 1 >= MIN_REPORTS_ABOVE
    ]
    return _compare(pairs, Verification.OFF_TRACK_FALSE, Verification.OFF_TRACK_MISSED)


def _verify_change(series: Series) -> Tallies:
    scale, values = series.scale, series.values
    if scale is None or scale.reliable_change is None:
        return {}
    verdicts = [
        [score_change(scale, values[0], score).verdict for score in (value, mean)]
        for value, mean in zip(values[1:], _means(values)[1:], strict=False)
    ]
    worse, improved = ([(a == name, b == name) for a, b in verdicts] for name in ("worse", "improved"))
    return {
        **_compare(worse, Verification.WORSE_FALSE, Verification.WORSE_MISSED),
        **_compare(improved, Verification.IMPROVED_FALSE, Verification.IMPROVED_MISSED),
    }


def _means(values: Sequence[float]) -> list[float]:
    """Return the mean of each value and the next LATER_REPORTS, where there are as many."""
    return [fmean(values[i : i + 1 + LATER_REPORTS]) for i in range(len(values) - LATER_REPORTS)]


def _verify_sudden_changes(series: Series) -> Tallies:
    """Compare each change as judged with two reports after it, the first moment possible, and with all three."""

    def is_sudden(after: int, known: int) -> bool:
        early = replace(series, reported=series.reported[:known])
        return any(change.after == after for change in sudden_changes(early))

    pairs = [(is_sudden(i, i + 3), is_sudden(i, i + 4)) for i in range(1, len(series.reported) - 3)]
    return _compare(pairs, Verification.SUDDEN_FALSE, Verification.SUDDEN_MISSED)


def _verify_ruptures(prepared: PreparedRecord, course: DatedCourse) -> Tallies:
    """Count low ratings where no rupture was marked, and ratings that were not low where one was."""
    ratings = forecast_ratings(course, course.reports(prepared.series["alliance"]))[EARLIER_RATINGS:]
    marked = {rupture.session for rupture in prepared.record.ruptures if rupture.session is not None}
    low: dict[bool, list[bool]] = {True: [], False: []}
    for rating in ratings:
        low[rating.session in marked].append(rating.value < rating.limit)
    return {
        Verification.RUPTURE_FALSE: Tally(sum(low[False]), len(low[False])),
        Verification.RUPTURE_MISSED: Tally(len(low[True]) - sum(low[True]), len(low[True])),
    }


def _compare(pairs: Iterable[tuple[bool, bool]], false: Verification, missed: Verification) -> Tallies:
    """Count false alarms among the signals raised, and misses among those that hindsight raises: (then, hindsight)."""
    pairs = list(pairs)
    raised, upheld = sum(then for then, _ in pairs), sum(after for _, after in pairs)
    both = sum(then and after for then, after in pairs)
    return {false: Tally(raised - both, raised), missed: Tally(upheld - both, upheld)}
