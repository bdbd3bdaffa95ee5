"""Fidelity over sessions and the portfolio, from artefacts made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from securebase.ipt.fidelity import AgendaCell, fidelity_over_sessions
from securebase.ipt.portfolio import portfolio
from securebase.records.artefact import ArtefactRecord, ClosenessCircle, RelationshipRecord
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord, TherapySessionRecord
from securebase.records.vocabulary import Agreement, Moment, Phase, Respondent


def sheet(name: str, session: int | None, at: float = 0.0, **values: Any) -> ArtefactRecord:
    return ArtefactRecord(f"{name}-{session}-{at}", name, values, at, at, session=session)


def course(*artefacts: ArtefactRecord, sessions: int = 3, **other: Any) -> EpisodeRecord:
    held = tuple(TherapySessionRecord(n, 7.0 * (n - 1), Phase.MIDDLE) for n in range(1, sessions + 1))
    return EpisodeRecord(person="p", sessions=held, artefacts=artefacts, **other)


def cells(rows: Any, name: str) -> tuple[int | None, ...]:
    return next(r.cells for r in rows if r.field.id == name)


def test_one_column_a_session_of_which_anything_was_rated() -> None:
    found = fidelity_over_sessions(
        course(
            sheet("fidelity_checklist", 1, affect=3.0, thought_records=True),
            sheet("fidelity_checklist", 3, affect=0.0, thought_records=False),
            sheet("session_note", 2, role_play=2.0),
            sheet("fidelity_checklist", None, affect=1.0),
        )
    )
    assert found.sessions == (1, 2, 3)
    assert cells(found.elements, "affect") == (3, None, 0)
    assert cells(found.left_out, "thought_records") == (1, None, 0)
    assert cells(found.techniques, "role_play") == (None, 2, None)
    assert found.rated == 2


def test_of_two_ratings_of_one_session_the_later_counts() -> None:
    record = course(
        sheet("fidelity_checklist", 1, at=2.0, affect=3.0), sheet("fidelity_checklist", 1, at=1.0, affect=0.0)
    )
    assert cells(fidelity_over_sessions(record).elements, "affect") == (3,)


def test_agenda_counts_topics_that_somebody_marked() -> None:
    topics = ({"topic": "Ana", "kept": True}, {"topic": "work", "kept": False}, {"topic": "not marked"})
    found = fidelity_over_sessions(course(sheet("session_note", 1, agenda=topics), sheet("session_note", 2)))
    assert found.agenda == (AgendaCell(1, 2), None)
    assert found.agenda_kept == (1, 2)


def test_every_element_and_technique_of_the_shelf_has_a_row() -> None:
    found = fidelity_over_sessions(course())
    assert (found.sessions, found.rated) == ((), 0)
    assert len(found.elements) == 11
    assert len(found.left_out) == 3
    assert len(found.techniques) == 10


def standing(record: EpisodeRecord) -> dict[str, str]:
    return {item.id: item.standing for item in portfolio(record)}


def test_an_empty_course_misses_everything_that_can_be_there() -> None:
    found = standing(course(sessions=0))
    elsewhere = {"recording", "calls"}
    assert {k for k, v in found.items() if v == "elsewhere"} == elsewhere
    assert {v for k, v in found.items() if k not in elsewhere} == {"missing"}


def filled_in(at: float) -> AdministrationRecord:
    scores = (ScoreRecord("symptoms", 4.0, at, Moment.BEFORE, None, "session_before", "symptoms", Respondent.CLIENT),)
    return AdministrationRecord(instrument="session_before", at=at, moment=Moment.BEFORE, responses={}, scores=scores)


@pytest.mark.parametrize(("at", "expected"), [((0.0, 21.0), "there"), ((0.0,), "partly"), ((0.0, 26.0), "partly")])
def test_measures_belong_to_sessions_one_and_four_when_they_were_near(at: tuple[float, ...], expected: str) -> None:
    record = course(
        sessions=5,
        administrations=tuple(filled_in(t) for t in at),
        symptom_measure=("session_before", "symptoms"),
    )
    assert standing(record)["measures"] == expected


def test_a_whole_portfolio() -> None:
    formulation = ArtefactRecord("f", "formulation", {"narrative": "It began"}, 1.0, 1.0, agreement=Agreement.AGREED)
    record = course(
        sheet("case_report", None, what="A man", process="IPT"),
        formulation,
        sheet("fidelity_checklist", 1, affect=3.0),
        sheet("session_note", 1, agenda=({"topic": "Ana", "kept": True},)),
        sessions=1,
        administrations=(filled_in(0.0),),
        symptom_measure=("session_before", "symptoms"),
        relationships=(RelationshipRecord("r", "Ana"),),
        circles=(ClosenessCircle("c", 0.0),),
    )
    assert set(standing(record).values()) == {"there", "elsewhere"}
