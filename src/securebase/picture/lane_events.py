"""Events of one course for the lanes below its scores: life events, medication, emotional work, ruptures, check-ins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from securebase.ipt.retellings import retelling_series
from securebase.ipt.shelf import entries_with
from securebase.ipt.timeline import Timeline, timeline
from securebase.ipt.timeline_marks import SpanKind
from securebase.ipt.worksheet import WorksheetRole
from securebase.picture.rivals import LATELY_DAYS
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Respondent


class Lane(StrEnum):
    """The lanes in the order in which they are drawn."""

    LIFE = "Life events"
    MEDICATION = "Medication"
    EMOTION = "Emotional work"
    RUPTURE = "Ruptures"
    CHECK_IN = "No check-in"


class EventMark(StrEnum):
    """Shape of a mark; shape and lane tell events apart where colours cannot be seen."""

    GOOD = "good event"
    OTHER = "hard or mixed event"
    SPAN = "period"
    RETELLING = "retelling"
    CORRECTIVE = "corrective experience"
    OPEN = "open rupture"
    REPAIRED = "repaired rupture"
    MISSING = "no check-in"


@dataclass(frozen=True, slots=True)
class LaneEvent:
    """One event: its first day and, for a period or a repaired rupture, its last one (None while it goes on).

    `brief` is its name beside the mark; `words` says the same in full. Days count from the start of the course.
    """

    lane: Lane
    mark: EventMark
    at: float
    brief: str
    words: str
    until: float | None = None


def lane_events(record: EpisodeRecord, as_of: float) -> tuple[LaneEvent, ...]:
    """Return what happened from four weeks before the course until `as_of`, lane by lane in order of time."""
    line = timeline(record, today=as_of)
    events = [
        *(_from_timeline(line, as_of) if line else ()),
        *_emotional_work(record),
        *_ruptures(record),
        *_missing_check_ins(record),
    ]
    lanes = list(Lane)
    known = [e for e in events if e.at <= as_of and (e.at >= -LATELY_DAYS or e.lane is Lane.MEDICATION)]
    return tuple(sorted(known, key=lambda e: (lanes.index(e.lane), e.at)))


def _from_timeline(line: Timeline, as_of: float) -> Iterator[LaneEvent]:
    for event in line.events:
        mark = EventMark.GOOD if event.side == "good" else EventMark.OTHER
        side = f" ({event.side})" if event.side else ""
        yield LaneEvent(Lane.LIFE, mark, event.at, event.words, f"Life event: {event.words}{side}")
    for bar in line.bars:
        if bar.kind is SpanKind.MEDICATION and (bar.end is None or bar.end >= 0):
            name = f"{bar.words}, {bar.note}" if bar.note else bar.words
            end = bar.end if bar.end is not None and bar.end <= as_of else None
            start = -LATELY_DAYS if bar.start is None else bar.start
            yield LaneEvent(Lane.MEDICATION, EventMark.SPAN, start, name, f"Medication: {name}", end)


def _emotional_work(record: EpisodeRecord) -> Iterator[LaneEvent]:
    for series in retelling_series(record):
        for retelling in series.tellings:
            words = f"Retelling of “{series.name}”, peak distress {retelling.peak:g}"
            yield LaneEvent(Lane.EMOTION, EventMark.RETELLING, retelling.at, "retelling", words)
    days = {s.number: s.at for s in record.sessions}
    for entry in entries_with(record, WorksheetRole.CORRECTIVE_EXPERIENCE):
        at, happened = days.get(entry.session or 0, entry.begun_at), entry.text("happened")
        words = f"Corrective experience: {happened}" if happened else "Corrective experience, still open"
        yield LaneEvent(Lane.EMOTION, EventMark.CORRECTIVE, at, "corrective experience", words)


def _ruptures(record: EpisodeRecord) -> Iterator[LaneEvent]:
    for rupture in record.ruptures:
        repaired = rupture.repaired_at is not None
        state = "repaired" if repaired else "open"
        yield LaneEvent(
            Lane.RUPTURE,
            EventMark.REPAIRED if repaired else EventMark.OPEN,
            rupture.at,
            state,
            f"Rupture ({rupture.kind.label.lower()}), {state}",
            rupture.repaired_at,
        )


def _missing_check_ins(record: EpisodeRecord) -> Iterator[LaneEvent]:
    answered = {a.session for a in record.administrations if a.respondent is Respondent.CLIENT}
    for session in record.sessions:
        if session.number not in answered:
            yield LaneEvent(
                Lane.CHECK_IN, EventMark.MISSING, session.at, "", f"No check-in for session {session.number}"
            )
