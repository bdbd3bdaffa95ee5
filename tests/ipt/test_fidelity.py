"""Fidelity over sessions and the portfolio, from hand-made artefacts."""

from __future__ import annotations

from typing import Any

import pytest

from securebase.ipt.fidelity import AgendaCell, fidelity_over_sessions
from securebase.ipt.portfolio import portfolio
from securebase.records.artefact import ArtefactRecord, ClosenessCircle, RelationshipRecord
from securebase.records.episode import AdministrationRecord, EpisodeRecord, ScoreRecord, TherapySessionRecord
from securebase.records.vocabulary import Agreement, Moment, Phase, Respondent


def worksheet(name: str, session: int | None, at: float = 0.0, **values: Any) -> ArtefactRecord:
    return ArtefactRecord(f"{name}-{session}-{at}", name, values, at, at, session=session)


def course(*artefacts: ArtefactRecord, sessions: int = 3, **fields: Any) -> EpisodeRecord:
    therapy_sessions = tuple(TherapySessionRecord(n, 7.0 * (n - 1), Phase.MIDDLE) for n in range(1, sessions + 1))
    return EpisodeRecord(person="p", sessions=therapy_sessions, artefacts=artefacts, **fields)


def cells(rows: Any, name: str) -> tuple[int | None, ...]:
    return next(r.cells for r in rows if r.field.id == name)


def test_every_session_with_a_rating_has_a_column() -> None:
    fidelity = fidelity_over_sessions(
        course(
            worksheet("fidelity_checklist", 1, affect=3.0, thought_records=True),
            worksheet("fidelity_checklist", 3, affect=0.0, thought_records=False),
            worksheet("session_note", 2, role_play=2.0),
            worksheet("fidelity_checklist", None, affect=1.0),
        )
    )
    assert fidelity.sessions == (1, 2, 3)
    assert cells(fidelity.elements, "affect") == (3, None, 0)
    assert cells(fidelity.left_out, "thought_records") == (1, None, 0)
    assert cells(fidelity.techniques, "role_play") == (None, 2, None)
    assert fidelity.rated == 2


def test_the_later_of_two_ratings_of_a_session_counts() -> None:
    record = course(
        worksheet("fidelity_checklist", 1, at=2.0, affect=3.0), worksheet("fidelity_checklist", 1, at=1.0, affect=0.0)
    )
    assert cells(fidelity_over_sessions(record).elements, "affect") == (3,)


def test_the_agenda_counts_only_marked_topics() -> None:
    topics = ({"topic": "Ana", "kept": True}, {"topic": "work", "kept": False}, {"topic": "not marked"})
    fidelity = fidelity_over_sessions(course(worksheet("session_note", 1, agenda=topics), worksheet("session_note", 2)))
    assert fidelity.agenda == (AgendaCell(1, 2), None)
    assert fidelity.agenda_totals == (1, 2)


def test_every_element_and_technique_of_the_shelf_has_a_row() -> None:
    fidelity = fidelity_over_sessions(course())
    assert (fidelity.sessions, fidelity.rated) == ((), 0)
    assert len(fidelity.elements) == 11
    assert len(fidelity.left_out) == 3
    assert len(fidelity.techniques) == 10


def standing(record: EpisodeRecord) -> dict[str, str]:
    return {item.id: item.standing for item in portfolio(record)}


def test_an_empty_course_misses_every_item_the_workbench_can_hold() -> None:
    items = standing(course(sessions=0))
    elsewhere = {"recording", "calls"}
    assert {k for k, v in items.items() if v == "kept elsewhere"} == elsewhere
    assert {v for k, v in items.items() if k not in elsewhere} == {"missing"}


def filled_in(at: float) -> AdministrationRecord:
    scores = (ScoreRecord("symptoms", 4.0, at, Moment.BEFORE, None, "session_before", "symptoms", Respondent.CLIENT),)
    return AdministrationRecord(instrument="session_before", at=at, moment=Moment.BEFORE, responses={}, scores=scores)


@pytest.mark.parametrize(
    ("at", "expected"), [((0.0, 21.0), "complete"), ((0.0,), "in progress"), ((0.0, 26.0), "in progress")]
)
def test_measures_near_sessions_one_and_four_count(at: tuple[float, ...], expected: str) -> None:
    record = course(
        sessions=5,
        administrations=tuple(filled_in(t) for t in at),
        symptom_measure=("session_before", "symptoms"),
    )
    assert standing(record)["measures"] == expected


def test_a_complete_portfolio() -> None:
    formulation = ArtefactRecord("f", "formulation", {"narrative": "It began"}, 1.0, 1.0, agreement=Agreement.AGREED)
    record = course(
        worksheet("case_report", None, what="A man", process="IPT"),
        formulation,
        worksheet("fidelity_checklist", 1, affect=3.0),
        worksheet("session_note", 1, agenda=({"topic": "Ana", "kept": True},)),
        sessions=1,
        administrations=(filled_in(0.0),),
        symptom_measure=("session_before", "symptoms"),
        relationships=(RelationshipRecord("r", "Ana"),),
        circles=(ClosenessCircle("c", 0.0),),
    )
    assert set(standing(record).values()) == {"complete", "kept elsewhere"}
