"""Database rows become records with times in days, without later rows and without rows set aside."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from securebase.records.vocabulary import CircleKind, Moment, Phase, ProblemArea, Ring, RuptureKind
from securebase.workbench.casefile import (
    began_at,
    course_record,
    episode_record,
    prefetch_course_record,
    prefetch_record,
)
from securebase.workbench.check_ins.actions import record_check_in
from securebase.workbench.clients.models import Episode
from securebase.workbench.inventory import actions as inventory
from securebase.workbench.measures.actions import acknowledge_alert, set_aside_administration, type_in_administration
from securebase.workbench.therapy_sessions.actions import create_session, mark_rupture, record_repair
from workbench.cast import BEGAN, NOON, Cast, answers
from workbench.inventory.network_cast import add_people, draw_course


@pytest.fixture
def full(cast: Cast) -> Cast:
    """Return the cast with Carla after two weeks: a check-in with an alert, a PHQ-9 and a repaired rupture."""
    stored = record_check_in(
        check_in=cast.invite().check_in, responses=answers("session_before", 6.0, 1.0), submission="1", at=NOON
    )
    alert = stored.administration.safety_alerts.get()
    acknowledge_alert(alert=alert, by=cast.alma, note="Called.", at=NOON + timedelta(days=1))
    type_in_administration(
        episode=cast.episode,
        by=cast.alma,
        instrument="phq9",
        responses=dict.fromkeys(range(1, 9), 2.0) | {9: 0.0},
        at=NOON + timedelta(days=3),
        submission="2",
    )
    rupture = mark_rupture(session=cast.session, by=cast.alma, kind=RuptureKind.WITHDRAWAL, at=NOON)
    second = create_session(
        episode=cast.episode, by=cast.alma, number=2, held_at=NOON + timedelta(days=7), phase=Phase.MIDDLE
    )
    record_repair(rupture=rupture, by=cast.alma, session=second, at=second.held_at)
    return cast


def record(cast: Cast, days: float):
    episode = prefetch_record(Episode.objects.visible_to(cast.alma)).get()
    return episode_record(episode, NOON + timedelta(days=days))


def test_record_is_complete_with_times_in_days(full: Cast) -> None:
    result = record(full, 14)
    noon = 14 / 24  # noon UTC is 14:00 local time
    assert result.person == str(full.carla.id)
    assert result.began_on == BEGAN
    assert [s.number for s in result.sessions] == [1, 2]
    assert [s.phase for s in result.sessions] == [Phase.INITIAL, Phase.MIDDLE]
    assert result.sessions[0].at == pytest.approx(noon)
    assert [a.instrument for a in result.administrations] == ["session_before", "phq9"]
    first = result.administrations[0]
    assert (first.session, first.moment) == (1, Moment.BEFORE)
    assert first.responses == answers("session_before", 6.0, 1.0)
    assert [(s.construct, s.value) for s in first.scores if s.scale == "symptoms"] == [("symptoms", 6.0)]
    assert [s.value for s in result.scores("symptoms", instrument="phq9")] == [16.0]
    assert [s.value for s in result.symptom_scores] == [6.0]
    alert = result.safety_alerts[0]
    assert (alert.instrument, alert.value) == ("session_before", 1.0)
    assert alert.acknowledged_at == pytest.approx(noon + 1)
    rupture = result.ruptures[0]
    assert (rupture.session, rupture.kind) == (1, RuptureKind.WITHDRAWAL)
    assert rupture.repaired_at == pytest.approx(noon + 7)
    assert result.problem_areas == (ProblemArea.ROLE_DISPUTE,)
    assert result.planned_sessions == 16


def test_record_omits_later_rows(full: Cast) -> None:
    assert record(full, -1).administrations == ()
    early = record(full, 0.5)
    assert len(early.administrations) == len(early.sessions) == 1
    assert early.safety_alerts[0].acknowledged_at is None
    assert early.ruptures[0].repaired_at is None


def test_record_omits_a_future_end(full: Cast) -> None:
    Episode.objects.visible_to(full.alma).update(ended_on=BEGAN + timedelta(days=10))
    assert record(full, 9).ended_at is None
    assert record(full, 10).ended_at == 10.0


def test_record_omits_an_administration_set_aside_and_keeps_its_alert(full: Cast) -> None:
    first = full.episode.administrations.get(instrument="session_before")
    set_aside_administration(administration=first, by=full.alma, at=NOON + timedelta(days=5))
    assert [a.instrument for a in record(full, 14).administrations] == ["phq9"]
    assert [a.instrument for a in record(full, 4).administrations] == ["session_before", "phq9"]
    assert record(full, 14).safety_alerts[0].instrument == "session_before"


def test_unanswered_items_stay_unanswered(cast: Cast) -> None:
    record_check_in(check_in=cast.invite().check_in, responses={6: 3.0}, submission="1", at=NOON)
    result = record(cast, 1).administrations[0]
    assert result.responses[6] == 3.0
    assert [n for n, v in result.responses.items() if v is None] == [n for n in result.responses if n != 6]
    assert {s.scale for s in result.scores} == {"social_support"}


def test_number_of_queries_is_limited(full: Cast, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(8):
        record(full, 14)


def test_time_zero_is_local_midnight_of_the_first_day(cast: Cast) -> None:
    start = began_at(cast.episode)
    assert timezone.localtime(start).replace(tzinfo=None) == datetime(2026, 9, 1)


def test_course_record_has_people_and_circles_of_the_given_day(full: Cast) -> None:
    people = add_people(full)
    draw_course(full, people)
    inventory.remove_relationship(relationship=people["Boss"], by=full.alma, at=NOON + timedelta(days=30))
    inventory.remove_circle(
        circle=full.episode.circles.order_by("drawn_at")[1], by=full.alma, at=NOON + timedelta(days=35)
    )
    episode = prefetch_course_record(Episode.objects.visible_to(full.alma)).get()

    def course_at(days: float):
        return course_record(episode, NOON + timedelta(days=days))

    result = course_at(50)
    noon = 14 / 24
    by_name = {r.name: r for r in result.relationships}
    assert set(by_name) == set(people)
    assert by_name["Boss"].left_at == pytest.approx(noon + 30)
    assert by_name["Mother"].deceased
    assert by_name["Omar"].online
    assert by_name["Dr Vos"].professional
    assert by_name["Sister"].is_focus
    assert [(c.kind, round(c.at - noon)) for c in result.circles] == [
        (CircleKind.PRESENT, 0),
        (CircleKind.PRESENT, 42),
        (CircleKind.WISHED, 42),
    ]
    husband = result.circles[0].placement(by_name["Husband"].id)
    assert husband is not None
    assert (husband.ring, husband.gives, husband.angle) == (Ring.CLOSE, True, 300)
    early = course_at(25)
    assert {r.left_at for r in early.relationships} == {None}
    assert len(early.circles) == 2
    assert course_at(-1).relationships == course_at(-1).circles == ()
    assert record(full, 50).circles == ()  # pictures do not use circles
