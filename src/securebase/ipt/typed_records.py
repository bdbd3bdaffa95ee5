"""Typed parts of a record, derived from filled-in worksheets for studies and simulations.

They are life events, retellings, corrective experiences, and the extent to which each technique was used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from securebase.ipt.retellings import WORKSHEET
from securebase.records.dates import days_since
from securebase.records.episode import (
    CorrectiveExperienceRecord,
    EpisodeRecord,
    InputRecord,
    LifeEventRecord,
    RetellingRecord,
)
from securebase.records.vocabulary import Moment, Technique

#: Worksheet weight (0 to 10) that corresponds to weight 1 in the simulator, whose events have mean weight 1.
MEAN_WEIGHT = 5.0
_NOTE = "session_note"


def add_typed_records(record: EpisodeRecord) -> EpisodeRecord:
    """Return the record with typed parts from its artefacts added after those it already had.

    Typed parts have no missing values. Left out are events without a day, a weight or the client's part in them,
    retellings without a session, a peak or distress at the end, and experiences without a session. They remain in the
    artefacts.
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
    for artefact in record.artefacts_of("life_event"):
        day, weight = _day(record, artefact.text("happened_on")), artefact.number("weight")
        part = artefact.text("dependent")
        if day is not None and weight is not None and part in {"dependent", "independent"}:
            yield LifeEventRecord(at=day, dependent=part == "dependent", weight=weight / MEAN_WEIGHT)


def _day(record: EpisodeRecord, text: str) -> float | None:
    """Return days since the episode began, negative before it, or None if either day is unknown."""
    return None if record.began_on is None else days_since(text, record.began_on)


def _session_days(record: EpisodeRecord) -> dict[int | None, float]:
    return {s.number: s.at for s in record.sessions}


def _tellings(record: EpisodeRecord) -> Iterator[RetellingRecord]:
    days = _session_days(record)
    for artefact in record.artefacts_of(WORKSHEET):
        peak, end = artefact.number("peak"), artefact.number("end_distress")
        if artefact.session in days and artefact.session is not None and peak is not None and end is not None:
            yield RetellingRecord(at=days[artefact.session], session=artefact.session, peak=peak, end=end)


def _corrective_experiences(record: EpisodeRecord) -> Iterator[CorrectiveExperienceRecord]:
    days = _session_days(record)
    for artefact in record.artefacts_of("corrective_experience"):
        # without an entry on what happened instead, the feared outcome has not been disconfirmed yet
        if artefact.session in days and artefact.session is not None and artefact.text("happened"):
            yield CorrectiveExperienceRecord(at=days[artefact.session], session=artefact.session)


def _inputs(record: EpisodeRecord) -> Iterator[InputRecord]:
    """Yield the extent (0 to 3) of each rated technique, from the last note of each session."""
    days = _session_days(record)
    notes = {a.session: a for a in record.artefacts_of(_NOTE) if a.session in days}
    for session, note in notes.items():
        for technique in Technique:
            extent = note.number(technique.value)
            if extent is not None:
                yield InputRecord(technique.value, extent, days[session], Moment.AFTER)
