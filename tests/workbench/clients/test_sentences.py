"""The line below a client’s name."""

from __future__ import annotations

from datetime import date

from securebase.records.vocabulary import Phase
from securebase.workbench.clients.models import Client, Episode
from securebase.workbench.clients.sentences import describe_client, describe_course, describe_phase


def make_episode(**values: object) -> Episode:
    return Episode(**{"phase": "middle", "planned_sessions": 16, "problem_areas": ["role_transition"]} | values)


def test_the_ending_has_the_clinics_word() -> None:
    assert describe_phase(Phase.MIDDLE, "termination") == "Middle phase"
    assert describe_phase(Phase.ENDING, "termination") == "Termination"
    assert describe_phase(Phase.ENDING, "") == "Ending phase"


def test_a_course_says_where_it_is() -> None:
    assert describe_course(make_episode(), 9) == ["session 9 of 16", "role transition"]
    assert describe_course(make_episode(problem_areas=[]), 0) == ["16 sessions planned"]
    assert describe_course(make_episode(planned_sessions=1, problem_areas=[]), 0) == ["1 session planned"]
    ended = make_episode(ended_on=date(2026, 11, 3))
    assert describe_course(ended, 16) == ["session 16 of 16", "role transition", "ended 3 November 2026"]


def test_pronouns_come_last_and_are_there_before_the_therapy() -> None:
    client = Client(name_shown="Ash K.", pronouns="they")
    heading = describe_client(client, make_episode(), held=9, ending="")
    assert (heading.phase, heading.phase_label) == ("middle", "Middle phase")
    assert heading.facts == ["session 9 of 16", "role transition", "they"]
    assert describe_client(client, None, held=0, ending="").facts == ["they"]
    assert describe_client(Client(), None, held=0, ending="").facts == []
