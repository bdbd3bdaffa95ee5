"""The schedule of additional questions, walked through whole courses session by session."""

from __future__ import annotations

from itertools import combinations
from statistics import median

import pytest

from securebase.errors import ResponseError
from securebase.measurement.catalogue import instrument, instruments
from securebase.measurement.consistency import AREAS
from securebase.measurement.instrument import CourseStage
from securebase.measurement.rotation import ROTATION, rotation_slots
from securebase.measurement.schedule import (
    MAX_QUESTIONS,
    SESSION_SETS,
    SUPPORT_SHARE,
    AskedPart,
    CourseContext,
    PastCheckIn,
    additional_choices,
    count_questions,
    due_parts,
    scheduled_instruments,
    slot_choice,
    stage_session,
    walk_course,
)
from securebase.measurement.scoring import score
from securebase.records.vocabulary import ProblemArea

#: Operators of the keystroke-level model in seconds (Card, Moran and Newell, Communications of the ACM 23, 1980): to
#: think of an answer, to point at it, to press and release. A screen of a phone shows three questions; each further
#: screen takes one pointing more. Silent reading of English takes 238 words a minute (Brysbaert, Journal of Memory and
#: Language 109, 2019).
THINK, POINT, PRESS, ON_A_SCREEN, WORDS_A_SECOND = 1.35, 1.1, 0.2, 3, 238 / 60


def asked(course: CourseContext, moment: str = "after", **walk: object) -> dict[int, tuple[str, ...]]:
    """Map session → what the check-in at this moment asks, as it is stored."""
    return {
        c.session: tuple(map(str, c.parts))
        for c in walk_course(course, **walk)  # type: ignore[arg-type]
        if c.moment == moment
    }


def instruments_asked(course: CourseContext, moment: str = "after") -> dict[int, tuple[str, ...]]:
    return {c.session: tuple(part.instrument for part in c.parts) for c in walk_course(course) if c.moment == moment}


def test_the_areas_are_those_of_the_vocabulary() -> None:
    assert tuple(a.value for a in ProblemArea) == AREAS


@pytest.mark.parametrize("planned", [1, 2, 5, 8, 11, 12, 16, 20, 40])
@pytest.mark.parametrize("areas", [(), ("grief",), ("grief", "role_dispute"), AREAS], ids=len)
def test_no_check_in_has_more_than_twelve_questions(planned: int, areas: tuple[str, ...]) -> None:
    every_request = CourseContext(planned, areas, requested=additional_choices())
    for context in (CourseContext(planned, areas), every_request):
        for check_in in walk_course(context):
            names = [part.instrument for part in check_in.parts]
            assert len(set(names)) == len(names)
            assert count_questions(check_in.moment, check_in.parts) <= MAX_QUESTIONS == 12
            assert all(instruments()[name].moment == check_in.moment for name in names)


def test_before_a_session_one_question_about_the_area_takes_turns() -> None:
    assert set(asked(CourseContext(16), "before").values()) == {()}
    grief = asked(CourseContext(16, ("grief",)), "before")
    assert [grief[n] for n in range(1, 6)] == [
        ("focus_week",),
        ("grief_week:1",),
        ("focus_week",),
        ("grief_week:2",),
        ("focus_week",),
    ]
    assert [asked(CourseContext(16, ("role_transition",)), "before")[n] for n in (2, 4)] == [("transition_week",)] * 2


def test_a_missed_check_in_delays_the_turn_and_skips_nothing() -> None:
    course = CourseContext(16, ("grief",))
    missed = asked(course, "before", missed=(2, 3))
    assert missed[2] == missed[3] == missed[4] == ("grief_week:1",)
    assert missed[5] == ("focus_week",)
    assert missed[6] == ("grief_week:2",)
    after = asked(course, missed=(5,))
    rotation = {part for parts in (after[5], after[6]) for part in parts if part.startswith(ROTATION)}
    assert len({part.split(",")[0] for part in rotation}) == 1


def test_two_areas_share_the_turns() -> None:
    for pair in combinations(AREAS, 2):
        due = asked(CourseContext(16, pair), "before")
        own = [due[n][0].split(":")[0] for n in range(2, 17, 2)]
        assert all(due[n] == ("focus_week",) for n in range(1, 17, 2))
        assert len(set(own)) == 2
        assert len(set(own[:4])) == 2


def test_whole_questionnaires_come_at_the_start_and_the_end() -> None:
    for planned, end in ((16, 15), (8, 7)):
        due = asked(CourseContext(planned))
        assert [n for n, parts in due.items() if "expectation" in parts] == [1]
        assert [n for n, parts in due.items() if "own_attachment:1,2,3,4" in parts] == [2, end]
    assert [stage_session(stage, 2, 16) for stage in CourseStage] == [2, 15]
    # right after the start, a second time tells nothing
    assert [n for n, parts in asked(CourseContext(4)).items() if "own_attachment:1,2,3,4" in parts] == [2]


def test_the_share_of_support_is_asked_early_then_every_second_then_every_session() -> None:
    due = instruments_asked(CourseContext(16))
    assert [n for n, parts in due.items() if SUPPORT_SHARE in parts] == [1, 2, 4, 6, 8, 10, 11, 12, 13, 14, 15, 16]
    short = instruments_asked(CourseContext(8))
    assert [n for n, parts in short.items() if SUPPORT_SHARE in parts] == [1, 2, 4, 6, 7, 8]
    off = instruments_asked(CourseContext(16, disabled=(SUPPORT_SHARE,)))
    assert all(SUPPORT_SHARE not in parts for parts in off.values())


def test_rotating_questions_fill_the_other_check_ins_and_give_way_to_the_share_of_support() -> None:
    counts = {
        c.session: sum(len(part.items) for part in c.parts if part.instrument == ROTATION)
        for c in walk_course(CourseContext(16))
        if c.moment == "after"
    }
    assert counts == {1: 0, 2: 0, 15: 0} | dict.fromkeys((3, 5, 7, 9), 5) | dict.fromkeys(
        (4, 6, 8, 10, 11, 12, 13, 14, 16), 4
    )


def test_a_course_that_began_under_the_earlier_plan_rotates_from_its_boundary() -> None:
    due = instruments_asked(CourseContext(16, rotation_from=9))
    assert [n for n, parts in due.items() if ROTATION in parts] == [9, 10, 11, 12, 13, 14, 16]


def test_clients_start_at_different_places() -> None:
    first = {asked(CourseContext(16, client=client))[3] for client in range(28)}
    assert len(first) >= 14


def test_an_unanswered_questionnaire_stays_due() -> None:
    due = asked(CourseContext(16), missed=range(1, 17))
    assert due[1] == due[2] == ("support_share", "expectation")


def test_what_is_switched_off_is_not_asked() -> None:
    course = CourseContext(16, ("grief",), disabled=("expectation", "grief_week", slot_choice("insight")))
    parts = [part for c in walk_course(course) for part in c.parts]
    assert not {"expectation", "grief_week", slot_choice("insight")} & {c for part in parts for c in part.choices}
    assert set(asked(course, "before").values()) == {("focus_week",)}
    without_problem = CourseContext(16, ("grief",), disabled=("focus_week",))
    assert asked(without_problem, "before")[1] == ("grief_week:1",)
    assert ROTATION not in {p.instrument for c in walk_course(CourseContext(16, disabled=(ROTATION,))) for p in c.parts}


def test_what_is_requested_comes_first_and_once() -> None:
    course = CourseContext(16, requested=("own_attachment",))
    assert asked(course)[1] == ("support_share", "own_attachment:1,2,3,4")
    assert asked(course)[2] == ("support_share", "expectation")
    # asked before its session of the start, it does not come again for the start
    assert [n for n, parts in asked(course).items() if "own_attachment:1,2,3,4" in parts] == [1, 15]
    for slot in rotation_slots():
        check_in = next(
            c
            for c in walk_course(CourseContext(16, requested=(slot_choice(slot.id),)))
            if any(part.instrument == ROTATION for part in c.parts)
        )
        assert slot_choice(slot.id) in {choice for part in check_in.parts for choice in part.choices}


def test_later_answers_do_not_count_for_an_earlier_session() -> None:
    later = PastCheckIn(3, "after", (AskedPart.whole(instrument("expectation")),))
    due = due_parts(session=1, moment="after", course=CourseContext(16), history=(later,))
    assert tuple(map(str, due)) == ("support_share", "expectation")
    assert tuple(map(str, due_parts(session=4, moment="after", course=CourseContext(16), history=(later,)))) == (
        "support_share",
        "own_attachment:1,2,3,4",
    )


def test_a_part_is_stored_as_one_text_and_read_back() -> None:
    for text in ("expectation", "own_attachment:1,2,3,4", "rotation:4,17"):
        assert str(AskedPart.parse(text)) == text
    part = AskedPart.parse("rotation:17,4")
    assert [item.number for item in part.questions.items] == [17, 4]
    assert AskedPart.whole(part.questions) == part


def test_a_part_is_scored_on_what_was_asked() -> None:
    result = score(instrument(ROTATION), {1: 6, 3: 2, 4: 4}, asked=(1, 3, 4))
    assert {name: s.value for name, s in result.scores.items()} == {"attachment_anxiety": 6, "attachment_avoidance": 3}
    assert result.scores["attachment_anxiety"].note == "item 2 not asked; scored from the other answer"
    assert result.responses == {1: 6, 3: 2, 4: 4}
    with pytest.raises(ResponseError, match="item 5 has a response but was not asked"):
        score(instrument("own_attachment"), {5: 1}, asked=(1, 2))
    with pytest.raises(ResponseError, match="unknown item 9"):
        score(instrument("own_attachment"), {}, asked=(9,))


def test_a_check_in_is_answered_in_seventy_seconds() -> None:
    """Median over the check-ins of courses in every area, by the keystroke-level model with reading."""
    seconds = []
    for client, area in enumerate(AREAS):
        for check_in in walk_course(CourseContext(16, (area,), client=client)):
            session_set = instruments()[SESSION_SETS[check_in.moment]]
            items = [i for part in (session_set, *(p.questions for p in check_in.parts)) for i in part.items]
            # the ends of a scale are taken in while pointing; read in full, they add about ten seconds
            reading = sum(len(item.text.split()) for item in items) / WORDS_A_SECOND
            # one answer for each question, and the button that sends them
            answers = (len(items) + 1) * (THINK + POINT + PRESS)
            seconds.append(reading + answers + (len(items) - 1) // ON_A_SCREEN * POINT)
    assert 60 < median(seconds) < 70
    assert max(seconds) < 80


def test_every_scheduled_instrument_is_answered_by_the_client_and_has_no_safety_item() -> None:
    for spec in (*scheduled_instruments(), instrument(ROTATION), instrument(SUPPORT_SHARE)):
        assert spec.respondent == "client"
        assert spec.own_wording
        assert not spec.validated
        assert not spec.safety_rules
