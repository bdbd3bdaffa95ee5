"""When what is not asked every time is asked: a whole course walked through, session by session."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

import pytest

from securebase.measurement.catalogue import instruments
from securebase.measurement.consistency import AREAS
from securebase.measurement.instrument import CourseStage
from securebase.measurement.schedule import SESSION_SETS, CourseContext, asked_at, extras, sliders, stage_at, to_come
from securebase.records.vocabulary import ProblemArea

SELDOM = [i for i in extras() if not i.asked.weekly]  # type: ignore[union-attr]
#: “about twelve” lines on a phone, and never more than this
MOST = 13


def walked(course: CourseContext, *, answered: bool = True) -> dict[tuple[int, str], tuple[str, ...]]:
    """(session, moment) → what was asked, where every check-in is answered, or none is."""
    history: dict[str, set[int]] = {}
    found = {}
    for session in range(1, course.planned + 1):
        for moment in SESSION_SETS:
            asked = asked_at(session=session, moment=moment, course=course, history=history)
            found[session, moment] = tuple(i.id for i in asked)
            if answered:
                for one in asked:
                    history.setdefault(one.id, set()).add(session)
    return found


def test_the_areas_are_those_of_the_vocabulary() -> None:
    assert tuple(a.value for a in ProblemArea) == AREAS


@pytest.mark.parametrize("planned", [1, 2, 5, 8, 11, 12, 16, 20, 40])
@pytest.mark.parametrize("areas", [(), ("grief",), ("grief", "role_dispute"), AREAS], ids=len)
def test_no_check_in_is_long_or_carries_two_that_are_asked_seldom(planned: int, areas: tuple[str, ...]) -> None:
    seldom = {i.id for i in SELDOM}
    for (_, moment), asked in walked(CourseContext(planned, areas)).items():
        assert len(seldom & set(asked)) <= 1
        assert len(set(asked)) == len(asked)
        assert sliders(moment, [instruments()[name] for name in asked]) <= MOST
        assert all(instruments()[name].moment == moment for name in asked)


def test_in_a_usual_course_each_is_asked_two_or_three_times_and_what_is_hoped_for_once() -> None:
    counted = Counter(name for asked in walked(CourseContext(16)).values() for name in asked)
    assert counted.pop("expectation") == 1
    assert set(counted) == {i.id for i in SELDOM} - {"expectation"}
    assert set(counted.values()) == {2, 3}


def test_in_a_short_course_start_and_end_are_asked() -> None:
    asked = walked(CourseContext(8))
    at = {name: [n for (n, _), names in asked.items() if name in names] for name in {i.id for i in SELDOM}}
    assert at["expectation"] == [1]
    assert at["attachment_to_therapist"] == [4, 7]
    assert at["own_attachment"] == [2, 8]


def test_the_start_comes_when_it_may_and_the_end_before_the_last_session() -> None:
    asked = walked(CourseContext(16))
    assert asked[1, "after"] == ("expectation",)
    assert asked[4, "after"] == ("attachment_to_therapist",)
    assert asked[8, "after"] == ("attachment_to_therapist",)
    assert asked[15, "after"] == ("attachment_to_therapist",)
    assert asked[16, "after"] == ("own_attachment",)
    assert [stage_at(s, 4, 16) for s in CourseStage] == [4, 8, 15]
    assert stage_at(CourseStage.MIDDLE, 1, 8) is None


def test_without_a_problem_area_nothing_is_asked_before_but_the_check_in_itself() -> None:
    assert all(asked == () for (_, moment), asked in walked(CourseContext(16)).items() if moment == "before")


@pytest.mark.parametrize(
    ("area", "own"),
    [
        ("grief", "grief_week"),
        ("role_dispute", "dispute_week"),
        ("role_transition", "transition_week"),
        ("interpersonal_deficits", "contacts_week"),
    ],
)
def test_a_chosen_area_is_asked_before_every_session_with_the_weight_of_the_problem(area: str, own: str) -> None:
    asked = walked(CourseContext(16, (area,)))
    assert all(asked[n, "before"] == ("focus_week", own) for n in range(1, 17))


def test_two_areas_take_turns() -> None:
    for pair in combinations(AREAS, 2):
        asked = walked(CourseContext(16, pair))
        odd, even = asked[1, "before"], asked[2, "before"]
        assert odd[0] == even[0] == "focus_week"
        assert odd[1] != even[1]
        assert asked[3, "before"] == odd


def test_what_was_not_answered_is_asked_again_until_it_is() -> None:
    asked = walked(CourseContext(16), answered=False)
    assert asked[1, "after"] == asked[2, "after"] == ("expectation",)


def test_what_is_switched_off_is_not_asked_and_the_next_one_moves_up() -> None:
    course = CourseContext(16, ("grief",), off=("expectation", "grief_week"))
    asked = walked(course)
    assert all("expectation" not in names and "grief_week" not in names for names in asked.values())
    assert asked[1, "before"] == ("focus_week",)


def test_what_was_asked_for_by_hand_comes_next_at_its_moment_and_pushes_the_others_back() -> None:
    course = CourseContext(16, by_hand=("emotion_month",))
    assert [i.id for i in asked_at(session=1, moment="after", course=course)] == ["emotion_month"]
    assert asked_at(session=1, moment="before", course=course) == ()
    assert [i.id for i in asked_at(session=1, moment="after", course=CourseContext(16))] == ["expectation"]


def test_what_is_to_come_is_what_a_walk_through_the_course_asks() -> None:
    course = CourseContext(16, ("grief", "role_dispute"))
    seldom = {i.id for i in SELDOM}
    expected = [(n, name) for (n, _), names in walked(course).items() for name in names if name in seldom]
    assert [(d.session, d.instrument.id) for d in to_come(after=0, course=course)] == expected
    assert to_come(after=16, course=course) == ()


def test_what_is_to_come_asks_by_hand_once() -> None:
    due = to_come(
        after=4, course=CourseContext(16, by_hand=("coping_month",)), history={"attachment_to_therapist": {4}}
    )
    assert (due[0].instrument.id, due[0].session) == ("coping_month", 5)
    first, then = [d.session for d in due if d.instrument.id == "coping_month"]
    assert first == 5
    assert then >= 5 + 6


def test_later_answers_do_not_count_for_an_earlier_session() -> None:
    history = {"expectation": {3}}
    assert [i.id for i in asked_at(session=1, moment="after", course=CourseContext(16), history=history)] == [
        "expectation"
    ]


def test_every_extra_is_the_clients_own_and_raises_no_alert() -> None:
    for one in extras():
        assert one.respondent == "client"
        assert one.own_wording
        assert not one.validated
        assert not one.safety_rules
        assert 1 <= len(one.items) <= 6
