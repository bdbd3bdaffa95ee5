"""Sentences on differences between the contract, the worksheet, the plan and the course."""

from __future__ import annotations

from datetime import date

from securebase.ipt.course_format import CourseFormat
from securebase.records.vocabulary import Phase, ProblemArea
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.plan.queries import ContractTerms
from securebase.workbench.course.plan.sentences import (
    describe_contract,
    describe_end,
    describe_focus,
    describe_format,
    name_phase,
)


def make_episode(*areas: str) -> Episode:
    return Episode(planned_sessions=16, days_between=7, phase="middle", problem_areas=list(areas))


def test_a_contract_that_agrees_is_not_mentioned() -> None:
    assert describe_contract(None, make_episode()) == ""


def test_a_contract_that_differs_is_set_beside_the_course() -> None:
    sentence = describe_contract(ContractTerms(12, 14), make_episode())
    assert sentence == "The contract says 12 sessions, every 14 days; the course has 16, every 7 days."
    assert "says 1 session," in describe_contract(ContractTerms(1, 7), make_episode())


def test_focuses_that_differ_are_named() -> None:
    chosen = (ProblemArea.GRIEF, ProblemArea.ROLE_DISPUTE)
    assert describe_focus((), make_episode()) == ""
    assert describe_focus(chosen, make_episode()) == "The worksheet names grief and role dispute; the course has none."
    sentence = describe_focus(chosen, make_episode("role_transition"))
    assert sentence == "The worksheet names grief and role dispute; the course has role transition."


def test_the_last_phase_has_the_clinics_word() -> None:
    assert name_phase(Phase.MIDDLE, "termination") == "middle phase"
    assert name_phase(Phase.ENDING, "termination") == "termination"


def test_a_format_says_how_it_is_divided() -> None:
    acute = CourseFormat(id="a", name="A", sessions=16, initial=3, ending=3, days_between=7)
    assert describe_format(acute, "ending") == "16 sessions, every 7 days: 3 to begin, 3 for the ending."
    monthly = CourseFormat(id="m", name="M", sessions=1, initial=0, ending=0, days_between=30, maintenance=True)
    assert describe_format(monthly, "ending") == "1 maintenance session, every 30 days."


def test_the_end_is_a_day_or_a_plan() -> None:
    day = date(2026, 11, 3)
    assert describe_end(None, None) == ""
    assert describe_end(day, day) == "Ended 3 November 2026."
    assert describe_end(None, day) == "The last one is around 3 November 2026; tell the client at the start."
