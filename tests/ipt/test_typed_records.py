"""Typed parts of a record from its worksheets."""

from __future__ import annotations

from datetime import date

from securebase.ipt.typed_records import add_typed_records
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import (
    CorrectiveExperienceRecord,
    EpisodeRecord,
    InputRecord,
    LifeEventRecord,
    RetellingRecord,
    TherapySessionRecord,
)
from securebase.records.vocabulary import Moment


def artefact(n: int, worksheet: str, session: int | None = None, **values: object) -> ArtefactRecord:
    return ArtefactRecord(str(n), worksheet, values, at=n, begun_at=n, session=session)  # type: ignore[arg-type]


def record(*artefacts: ArtefactRecord, began_on: date | None = date(2026, 9, 1)) -> EpisodeRecord:
    sessions = (TherapySessionRecord(1, 0.5), TherapySessionRecord(2, 7.5))
    return EpisodeRecord("a", sessions=sessions, artefacts=artefacts, began_on=began_on)


def test_life_events_have_a_day_and_a_weight() -> None:
    typed = add_typed_records(
        record(
            artefact(1, "life_event", happened_on="2026-09-11", dependent="dependent", weight=10.0),
            artefact(2, "life_event", happened_on="2026-08-22", dependent="independent", weight=5.0),
            artefact(3, "life_event", happened_on="2026-08-22", dependent="unclear", weight=5.0),
            artefact(4, "life_event", happened_on="2026-08-22", dependent="independent"),
            artefact(5, "life_event", dependent="independent", weight=5.0),
        )
    )
    assert typed.life_events == (LifeEventRecord(-10.0, dependent=False, weight=1.0), LifeEventRecord(10.0, True, 2.0))


def test_without_the_first_day_of_the_episode_no_event_has_a_day() -> None:
    event = artefact(1, "life_event", happened_on="2026-09-11", dependent="dependent", weight=10.0)
    assert add_typed_records(record(event, began_on=None)).life_events == ()


def test_retellings_and_corrective_experiences_have_the_day_of_their_session() -> None:
    typed = add_typed_records(
        record(
            artefact(1, "telling", 2, story="x", peak=80.0, end_distress=30.0),
            artefact(2, "telling", 1, story="x", peak=80.0),
            artefact(3, "telling", None, story="x", peak=80.0, end_distress=30.0),
            artefact(4, "corrective_experience", 2, feared="shouting", happened="she listened"),
            artefact(5, "corrective_experience", 2, feared="shouting"),
            artefact(6, "corrective_experience", 9, feared="shouting", happened="she listened"),
        )
    )
    assert typed.tellings == (RetellingRecord(7.5, 2, 80.0, 30.0),)
    assert typed.corrective_experiences == (CorrectiveExperienceRecord(7.5, 2),)


def test_extents_of_techniques_are_inputs_after_their_session() -> None:
    typed = add_typed_records(
        record(
            artefact(1, "session_note", 2, mood=4.0, role_play=3.0, clarification=0.0),
            artefact(2, "session_note", 1, role_play=1.0),
            artefact(3, "session_note", None, role_play=2.0),
        )
    )
    assert typed.inputs == (
        InputRecord("role_play", 1.0, 0.5, Moment.AFTER),
        InputRecord("clarification", 0.0, 7.5, Moment.AFTER),
        InputRecord("role_play", 3.0, 7.5, Moment.AFTER),
    )


def test_earlier_typed_parts_of_the_record_stay_first() -> None:
    earlier = LifeEventRecord(3.0, dependent=False, weight=1.0)
    source = record(artefact(1, "life_event", happened_on="2026-09-02", dependent="dependent", weight=5.0))
    typed = add_typed_records(
        EpisodeRecord(**{f: getattr(source, f) for f in source.__slots__} | {"life_events": (earlier,)})
    )
    assert typed.life_events == (earlier, LifeEventRecord(1.0, True, 1.0))
