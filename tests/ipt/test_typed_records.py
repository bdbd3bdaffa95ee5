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


def one(n: int, worksheet: str, session: int | None = None, **values: object) -> ArtefactRecord:
    return ArtefactRecord(str(n), worksheet, values, at=n, begun_at=n, session=session)  # type: ignore[arg-type]


def record(*artefacts: ArtefactRecord, began_on: date | None = date(2026, 9, 1)) -> EpisodeRecord:
    held = (TherapySessionRecord(1, 0.5), TherapySessionRecord(2, 7.5))
    return EpisodeRecord("a", sessions=held, artefacts=artefacts, began_on=began_on)


def test_life_events_have_their_day_and_their_weight() -> None:
    found = add_typed_records(
        record(
            one(1, "life_event", happened_on="2026-09-11", dependent="dependent", weight=10.0),
            one(2, "life_event", happened_on="2026-08-22", dependent="independent", weight=5.0),
            one(3, "life_event", happened_on="2026-08-22", dependent="unclear", weight=5.0),
            one(4, "life_event", happened_on="2026-08-22", dependent="independent"),
            one(5, "life_event", dependent="independent", weight=5.0),
        )
    )
    assert found.life_events == (LifeEventRecord(-10.0, dependent=False, weight=1.0), LifeEventRecord(10.0, True, 2.0))


def test_without_the_day_the_episode_began_no_event_has_a_day() -> None:
    event = one(1, "life_event", happened_on="2026-09-11", dependent="dependent", weight=10.0)
    assert add_typed_records(record(event, began_on=None)).life_events == ()


def test_tellings_and_corrective_experiences_stand_on_the_day_of_their_session() -> None:
    found = add_typed_records(
        record(
            one(1, "telling", 2, story="x", peak=80.0, end_distress=30.0),
            one(2, "telling", 1, story="x", peak=80.0),
            one(3, "telling", None, story="x", peak=80.0, end_distress=30.0),
            one(4, "corrective_experience", 2, feared="shouting", happened="she listened"),
            one(5, "corrective_experience", 2, feared="shouting"),
            one(6, "corrective_experience", 9, feared="shouting", happened="she listened"),
        )
    )
    assert found.tellings == (RetellingRecord(7.5, 2, 80.0, 30.0),)
    assert found.corrective_experiences == (CorrectiveExperienceRecord(7.5, 2),)


def test_extents_of_techniques_are_inputs_after_their_session() -> None:
    found = add_typed_records(
        record(
            one(1, "session_note", 2, mood=4.0, role_play=3.0, clarification=0.0),
            one(2, "session_note", 1, role_play=1.0),
            one(3, "session_note", None, role_play=2.0),
        )
    )
    assert found.inputs == (
        InputRecord("role_play", 1.0, 0.5, Moment.AFTER),
        InputRecord("clarification", 0.0, 7.5, Moment.AFTER),
        InputRecord("role_play", 3.0, 7.5, Moment.AFTER),
    )


def test_what_the_record_had_stays_in_front() -> None:
    had = LifeEventRecord(3.0, dependent=False, weight=1.0)
    plain = record(one(1, "life_event", happened_on="2026-09-02", dependent="dependent", weight=5.0))
    found = add_typed_records(
        EpisodeRecord(**{f: getattr(plain, f) for f in plain.__slots__} | {"life_events": (had,)})
    )
    assert found.life_events == (had, LifeEventRecord(1.0, True, 1.0))
