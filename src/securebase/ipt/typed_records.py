"""The typed parts of a record that come from filled-in worksheets: life events, tellings, corrective experiences, and
how far each technique was used. They are what studies and simulations know, read from what the work left behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from securebase.ipt.retellings import WORKSHEET
from securebase.records.episode import (
    CorrectiveExperienceRecord,
    EpisodeRecord,
    InputRecord,
    LifeEventRecord,
    RetellingRecord,
)
from securebase.records.vocabulary import Moment, Technique

#: Weight on the worksheet (0 to 10) that is an event of the weight 1 of the simulator, whose events have mean 1.
MEAN_WEIGHT = 5.0
_NOTE = "session_note"


def add_typed_records(record: EpisodeRecord) -> EpisodeRecord:
    """The record with its typed parts filled from its artefacts; what it already had of a kind stays in front.

    Left out, because a typed part has no room for not knowing: events without a day, a weight or a word on whether the
    client had a part in them; tellings without a session or without distress at the end; experiences without a session.
    They are in the artefacts all the same.
    """
    return replace(
        record,
        life_events=record.life_events + tuple(sorted(_life_events(record), key=lambda e: e.at)),
        tellings=record.tellings + tuple(sorted(_tellings(record), key=lambda t: t.at)),
        corrective_experiences=record.corrective_experiences
        + tuple(sorted(_corrective_experiences(record), key=lambda e: e.at)),
        inputs=record.inputs + tuple(sorted(_inputs(record), key=lambda i: i.at)),
    )


def _life_events(record: EpisodeRecord) -> Iterator[LifeEventRecord]:
    for one in record.artefacts_of("life_event"):
        day, weight, part = _day(record, one.text("happened_on")), one.number("weight"), one.text("dependent")
        if day is not None and weight is not None and part in {"dependent", "independent"}:
            yield LifeEventRecord(at=day, dependent=part == "dependent", weight=weight / MEAN_WEIGHT)


def _day(record: EpisodeRecord, text: str) -> float | None:
    """Days since the episode began; negative before it. None where either day is not known."""
    if record.began_on is None or not text:
        return None
    try:
        return float((date.fromisoformat(text) - record.began_on).days)
    except ValueError:
        return None


def _sessions(record: EpisodeRecord) -> dict[int | None, float]:
    return {s.number: s.at for s in record.sessions}


def _tellings(record: EpisodeRecord) -> Iterator[RetellingRecord]:
    held = _sessions(record)
    for one in record.artefacts_of(WORKSHEET):
        peak, end = one.number("peak"), one.number("end_distress")
        if one.session in held and one.session is not None and peak is not None and end is not None:
            yield RetellingRecord(at=held[one.session], session=one.session, peak=peak, end=end)


def _corrective_experiences(record: EpisodeRecord) -> Iterator[CorrectiveExperienceRecord]:
    held = _sessions(record)
    for one in record.artefacts_of("corrective_experience"):
        # begun and never said what happened instead: nothing has been met in another way yet
        if one.session in held and one.session is not None and one.text("happened"):
            yield CorrectiveExperienceRecord(at=held[one.session], session=one.session)


def _inputs(record: EpisodeRecord) -> Iterator[InputRecord]:
    """Each technique with its extent (0 to 3), from the last note of each session; open ones are left out."""
    held = _sessions(record)
    notes = {a.session: a for a in record.artefacts_of(_NOTE) if a.session in held}
    for session, note in notes.items():
        for technique in Technique:
            extent = note.number(technique.value)
            if extent is not None:
                yield InputRecord(technique.value, extent, held[session], Moment.AFTER)
