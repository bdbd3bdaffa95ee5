"""The schedule of additional questionnaires, walked through whole courses session by session."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest

from securebase.measurement.catalogue import instruments
from securebase.measurement.consistency import AREAS
from securebase.measurement.instrument import CourseStage
from securebase.measurement.schedule import (
    SESSION_SETS,
    CourseContext,
    count_rating_items,
    due_measures,
    scheduled_instruments,
    stage_session,
    upcoming_measures,
)
from securebase.records.vocabulary import ProblemArea

NOT_WEEKLY = [i for i in scheduled_instruments() if not i.schedule.weekly]  # type: ignore[union-attr]
#: Limit of visual analogue items in one check-in.
MAX_ITEMS = 13


def walk_course(course: CourseContext, *, answer_all: bool = True) -> dict[tuple[int, str], tuple[str, ...]]:
    """Map (session, moment) to the instruments due, if every check-in is answered or none is."""
    history: dict[str, set[int]] = {}
    due: dict[tuple[int, str], tuple[str, ...]] = {}
    for session in range(1, course.planned + 1):
        for moment in SESSION_SETS:
            instruments_due = due_measures(session=session, moment=moment, course=course, history=history)
            due[session, moment] = tuple(i.id for i in instruments_due)
            if answer_all:
                for instrument in instruments_due:
                    history.setdefault(instrument.id, set()).add(session)
    return due


def test_the_areas_are_those_of_the_vocabulary() -> None:
    assert tuple(a.value for a in ProblemArea) == AREAS


@pytest.mark.parametrize("planned", [1, 2, 5, 8, 11, 12, 16, 20, 40])
@pytest.mark.parametrize("areas", [(), ("grief",), ("grief", "role_dispute"), AREAS], ids=len)
def test_a_check_in_is_short_with_at_most_one_non_weekly_instrument(planned: int, areas: tuple[str, ...]) -> None:
    not_weekly = {i.id for i in NOT_WEEKLY}
    for (_, moment), due in walk_course(CourseContext(planned, areas)).items():
        assert len(not_weekly & set(due)) <= 1
        assert len(set(due)) == len(due)
        assert count_rating_items(moment, [instruments()[name] for name in due]) <= MAX_ITEMS
        assert all(instruments()[name].moment == moment for name in due)


def test_in_a_standard_course_expectation_is_due_once_and_others_two_or_three_times() -> None:
    counts = Counter(name for due in walk_course(CourseContext(16)).values() for name in due)
    assert counts.pop("expectation") == 1
    assert set(counts) == {i.id for i in NOT_WEEKLY} - {"expectation"}
    assert set(counts.values()) == {2, 3}


def test_a_short_course_has_a_start_and_an_end_stage() -> None:
    due = walk_course(CourseContext(8))
    at = {name: [n for (n, _), names in due.items() if name in names] for name in {i.id for i in NOT_WEEKLY}}
    assert at["expectation"] == [1]
    assert at["attachment_to_therapist"] == [4, 7]
    assert at["own_attachment"] == [2, 8]


def test_the_stages_of_a_course_of_sixteen_sessions() -> None:
    due = walk_course(CourseContext(16))
    assert due[1, "after"] == ("expectation",)
    assert due[4, "after"] == ("attachment_to_therapist",)
    assert due[8, "after"] == ("attachment_to_therapist",)
    assert due[15, "after"] == ("attachment_to_therapist",)
    assert due[16, "after"] == ("own_attachment",)
    assert [stage_session(s, 4, 16) for s in CourseStage] == [4, 8, 15]
    assert stage_session(CourseStage.MIDDLE, 1, 8) is None


def test_without_a_problem_area_nothing_is_added_before_sessions() -> None:
    assert all(due == () for (_, moment), due in walk_course(CourseContext(16)).items() if moment == "before")


@pytest.mark.parametrize(
    ("area", "instrument"),
    [
        ("grief", "grief_week"),
        ("role_dispute", "dispute_week"),
        ("role_transition", "transition_week"),
        ("interpersonal_deficits", "contacts_week"),
    ],
)
def test_area_and_problem_severity_are_due_before_every_session(area: str, instrument: str) -> None:
    due = walk_course(CourseContext(16, (area,)))
    assert all(due[n, "before"] == ("focus_week", instrument) for n in range(1, 17))


def test_two_areas_alternate() -> None:
    for pair in combinations(AREAS, 2):
        due = walk_course(CourseContext(16, pair))
        odd, even = due[1, "before"], due[2, "before"]
        assert odd[0] == even[0] == "focus_week"
        assert odd[1] != even[1]
        assert due[3, "before"] == odd


def test_an_unanswered_instrument_stays_due() -> None:
    due = walk_course(CourseContext(16), answer_all=False)
    assert due[1, "after"] == due[2, "after"] == ("expectation",)


def test_a_disabled_instrument_is_skipped() -> None:
    course = CourseContext(16, ("grief",), disabled=("expectation", "grief_week"))
    due = walk_course(course)
    assert all("expectation" not in names and "grief_week" not in names for names in due.values())
    assert due[1, "before"] == ("focus_week",)


def test_a_requested_instrument_comes_first_at_its_moment() -> None:
    course = CourseContext(16, requested=("emotion_month",))
    assert [i.id for i in due_measures(session=1, moment="after", course=course)] == ["emotion_month"]
    assert due_measures(session=1, moment="before", course=course) == ()
    assert [i.id for i in due_measures(session=1, moment="after", course=CourseContext(16))] == ["expectation"]


def test_upcoming_measures_agree_with_a_walk_through_the_course() -> None:
    course = CourseContext(16, ("grief", "role_dispute"))
    not_weekly = {i.id for i in NOT_WEEKLY}
    expected = [(n, name) for (n, _), names in walk_course(course).items() for name in names if name in not_weekly]
    assert [(d.session, d.instrument.id) for d in upcoming_measures(after=0, course=course)] == expected
    assert upcoming_measures(after=16, course=course) == ()


def test_a_requested_instrument_is_upcoming_once() -> None:
    due = upcoming_measures(
        after=4, course=CourseContext(16, requested=("coping_month",)), history={"attachment_to_therapist": {4}}
    )
    assert (due[0].instrument.id, due[0].session) == ("coping_month", 5)
    first, second = [d.session for d in due if d.instrument.id == "coping_month"]
    assert first == 5
    assert second >= 5 + 6


def test_later_answers_do_not_count_for_an_earlier_session() -> None:
    history = {"expectation": {3}}
    assert [i.id for i in due_measures(session=1, moment="after", course=CourseContext(16), history=history)] == [
        "expectation"
    ]


def test_every_scheduled_instrument_is_answered_by_the_client_and_has_no_safety_item() -> None:
    for instrument in scheduled_instruments():
        assert instrument.respondent == "client"
        assert instrument.own_wording
        assert not instrument.validated
        assert not instrument.safety_rules
        assert 1 <= len(instrument.items) <= 6
