"""Verification of forecasts and signals against slow recomputations, and the intervals of a clinic against truths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from statistics import fmean

import numpy as np
import pytest

import securebase
from episodes import episode
from securebase.model.distributions import score_interval
from securebase.picture.calibration import MIN_CLIENTS, clinic_share
from securebase.picture.client import ClientPicture, client_picture
from securebase.picture.course import DatedCourse, track_record
from securebase.picture.fingerprints import default_parameter_set
from securebase.picture.parts import SignalKind
from securebase.picture.series import HALF_50, HALF_90, prepare
from securebase.picture.verification import Tally, Verification, verify_course
from securebase.records.episode import EpisodeRecord, RuptureRecord
from securebase.records.vocabulary import RuptureKind

V, K = Verification, SignalKind
PARAMETERS = default_parameter_set()


def tallies(record: EpisodeRecord) -> dict[Verification, tuple[int, int]]:
    result = verify_course(record, as_of=record.last_at + 3, parameter_set=PARAMETERS)
    return {what: (tally.happened, tally.of) for what, tally in result.items()}


@pytest.fixture(scope="module")
def simulated() -> tuple[EpisodeRecord, ...]:
    cohort = securebase.simulate("default", n_clients=4, rng=np.random.default_rng(5), sessions=11, dropout=0.0)
    return cohort.episodes


def pictures_before_each_report(record: EpisodeRecord) -> Iterator[tuple[ClientPicture, DatedCourse, float, float]]:
    """Yield what the page showed before each symptom report but the first, tracked from a record that ends there."""
    reports = [a for a in record.administrations if a.instrument == "session_before"]
    for report in reports[1:]:
        past = replace(record, administrations=tuple(a for a in record.administrations if a.at < report.at))
        course = track_record(prepare(past, report.at - 0.01, PARAMETERS), PARAMETERS)
        assert isinstance(course, DatedCourse)
        value = next(s.value for s in report.scores if s.construct == "symptoms")
        assert value is not None
        yield client_picture(past, as_of=report.at - 0.01, whole=False), course, report.at, value


def test_forecasts_are_those_of_the_page_before_each_report(simulated: tuple[EpisodeRecord, ...]) -> None:
    total = 0
    for record in simulated:
        expected = Counter[Verification]()
        shown = 0
        for picture, course, at, value in pictures_before_each_report(record):
            if not picture.symptoms.forecast:
                continue
            shown += 1
            mean, sd = course.tracked.score_at(at / course.days_per_unit, "symptoms")
            expected[V.IN_50] += abs(value - mean) <= HALF_50 * sd
            expected[V.IN_90] += abs(value - mean) <= HALF_90 * sd
            expected[V.WORSE_THAN_90] += value > mean + HALF_90 * sd
            expected[V.BETTER_THAN_90] += value < mean - HALF_90 * sd
        result = tallies(record)
        total += shown
        assert {what: result[what] for what in tuple(V)[:4]} == {what: (expected[what], shown) for what in tuple(V)[:4]}
    assert 16 <= total <= 20  # six complete sessions open the forecast, so at most the reports of sessions 7 to 11


def test_signals_are_those_of_the_page_after_each_report(simulated: tuple[EpisodeRecord, ...]) -> None:
    """The number of signals raised in time to be judged equals that of pictures drawn from shortened records."""
    off_track = worse = improved = 0
    result = Counter[Verification]()
    rising = episode(11, symptoms=[4, 4, 5, 7, 8, 9, 9, 8, 9, 9, 9])
    for record in (*simulated, rising):
        result.update({what: of for what, (_, of) in tallies(record).items()})
        days = [a.at for a in record.administrations if a.instrument == "session_before"]
        for at in days[:-2]:
            past = replace(record, administrations=tuple(a for a in record.administrations if a.at <= at))
            kinds = {s.kind for s in client_picture(past, as_of=at, whole=False).signals}
            off_track += K.NOT_ON_TRACK in kinds
            worse += K.DETERIORATION in kinds
            improved += bool(kinds & {K.RELIABLE_IMPROVEMENT, K.SIGNIFICANT_CHANGE})
    assert (off_track, worse, improved) == (result[V.OFF_TRACK_FALSE], result[V.WORSE_FALSE], result[V.IMPROVED_FALSE])
    assert min(off_track, worse, improved) > 0


def test_a_single_high_report_is_a_false_alarm_and_a_single_low_one_hides_a_deterioration() -> None:
    spike = tallies(episode(8, symptoms=[4, 4, 9, 4, 4, 4, 4, 4]))
    assert (spike[V.WORSE_FALSE], spike[V.WORSE_MISSED]) == ((1, 1), (0, 0))
    # means of reports 2 to 6 with the next two: 7.3, 9, 7.3, 7.3, 7.3; reliable change is 2.15 points
    dip = tallies(episode(8, symptoms=[4, 4, 9, 9, 9, 4, 9, 9]))
    assert fmean([4, 9, 9]) - 4 > 2.15
    assert (dip[V.WORSE_FALSE], dip[V.WORSE_MISSED]) == ((0, 3), (2, 5))
    assert dip[V.IMPROVED_FALSE] == dip[V.IMPROVED_MISSED] == (0, 0)


def test_sudden_changes_are_judged_again_with_the_third_report_after_them() -> None:
    gain = [8, 8, 8, 8, 3, 3, 3, 3]
    assert tallies(episode(8, symptoms=gain))[V.SUDDEN_FALSE] == (0, 1)
    assert tallies(episode(8, symptoms=[*gain[:6], 9, 9]))[V.SUDDEN_FALSE] == (1, 1)
    late = tallies(episode(8, symptoms=[8, 8, 8, 8, 3, 6, 3, 3]))
    assert (late[V.SUDDEN_FALSE], late[V.SUDDEN_MISSED]) == ((0, 0), (1, 1))


def test_low_ratings_are_compared_with_the_ruptures_that_were_marked() -> None:
    record = episode(8, alliance=[8, 8, 8, 8, 2, 8, 8, 8])
    assert tallies(record)[V.RUPTURE_FALSE] == (1, 6)
    at = record.sessions[4].at
    marked = replace(record, ruptures=(RuptureRecord(at, 5, RuptureKind.WITHDRAWAL, None),))
    assert (tallies(marked)[V.RUPTURE_FALSE], tallies(marked)[V.RUPTURE_MISSED]) == ((0, 5), (0, 1))
    other = replace(record, ruptures=(RuptureRecord(at, 4, RuptureKind.WITHDRAWAL, None),))
    assert (tallies(other)[V.RUPTURE_FALSE], tallies(other)[V.RUPTURE_MISSED]) == ((1, 5), (1, 1))


def test_after_the_last_planned_session_the_page_forecasts_nothing_that_could_be_counted() -> None:
    assert tallies(episode(9))[V.IN_90][1] == 3
    assert tallies(episode(9, planned=7))[V.IN_90][1] == 1


def test_a_course_without_scores_counts_nothing() -> None:
    assert tallies(episode(0)) == {}
    few = tallies(episode(3))
    assert few[V.IN_90] == (0, 0)


def test_a_share_waits_for_enough_clients_with_a_case() -> None:
    share = clinic_share([Tally(1, 2)] * (MIN_CLIENTS - 1) + [Tally(0, 0)] * 50)
    assert (share.value, share.clients, share.missing) == (None, MIN_CLIENTS - 1, 1)
    share = clinic_share([Tally(1, 2)] * MIN_CLIENTS)
    assert (share.value, share.missing) == (0.5, 0)


def test_clients_who_all_agree_count_as_one_case_each() -> None:
    share = clinic_share([Tally(10, 10)] * 40)
    t = 2.0227  # two-sided 5% of Student's t with 39 degrees of freedom
    assert share.low == pytest.approx(40 / (40 + t**2), abs=1e-4)
    assert share.high == 1.0


@pytest.mark.parametrize(("p", "spread"), [(0.9, 0.08), (0.5, 0.2)])
def test_the_interval_covers_a_known_share_of_clients_who_differ(p: float, spread: float) -> None:
    """Clients have their own rate; an interval that took their cases as independent would be too narrow."""
    rng = np.random.default_rng(7)
    weight = p * (1 - p) / spread**2 - 1
    covered = np.zeros(2)
    for _ in range(600):
        n = rng.integers(1, 16, 50)
        x = rng.binomial(n, rng.beta(p * weight, (1 - p) * weight, 50))
        share = clinic_share(Tally(int(a), int(b)) for a, b in zip(x, n, strict=True))
        independent = score_interval(x.sum() / n.sum(), n.sum(), 1.96)
        covered += [low <= p <= high for low, high in ((share.low, share.high), independent)]
    clustered, naive = covered / 600
    assert 0.93 <= clustered <= 0.975
    assert naive < 0.9
