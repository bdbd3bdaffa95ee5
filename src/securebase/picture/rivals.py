"""Recorded rival explanations of an association: medication and life events, which may affect both sides."""

from __future__ import annotations

from dataclasses import dataclass

from securebase.ipt.timeline import timeline
from securebase.ipt.timeline_marks import SpanKind
from securebase.picture.phrases import count, join_names
from securebase.records.episode import EpisodeRecord

#: Life events of the last 28 days are counted separately.
LATELY_DAYS, LATELY = 28.0, "in the last four weeks"
DAYS_A_WEEK = 7


@dataclass(frozen=True, slots=True)
class Medication:
    """One medication with its first and last day since the episode began, None where that day is open."""

    name: str
    since: float | None
    until: float | None


@dataclass(frozen=True, slots=True)
class Rivals:
    """Medication taken during the course, and the days of all life events known at the day of the picture."""

    medications: tuple[Medication, ...] = ()
    events: tuple[float, ...] = ()


def rivals(record: EpisodeRecord, as_of: float) -> Rivals:
    """Return the rivals that the worksheets of a record name, else its typed life events.

    Medication that ended before the course began and entries after `as_of` are left out.
    """
    line = timeline(record, today=as_of)
    bars = [bar for bar in line.bars if bar.kind is SpanKind.MEDICATION] if line else []
    events = [event.at for event in line.events] if line else []
    return Rivals(
        medications=tuple(
            Medication(bar.words, bar.start, bar.end if bar.end is not None and bar.end <= as_of else None)
            for bar in bars
            if (bar.start is None or bar.start <= as_of) and (bar.end is None or bar.end >= 0)
        ),
        events=tuple(at for at in events or [event.at for event in record.life_events] if at <= as_of),
    )


def rivals_sentence(part: Rivals, as_of: float) -> str:
    """Return what is recorded besides therapy, or that nothing is."""
    medication = join_names([_describe(m) for m in part.medications]) or "no medication recorded"
    if not part.medications and not part.events:
        return "Besides therapy: no medication or life event recorded."
    return f"Besides therapy: {medication}; {_describe_events(part.events, as_of)}. No estimate is adjusted for them."


def _describe(medication: Medication) -> str:
    """Return a phrase such as “sertraline since week 3, until week 9”."""
    since = ""
    if medication.since is not None:
        since = f" since week {_week(medication.since)}" if medication.since >= 0 else " since before the course"
    until = f"{',' if since else ''} until week {_week(medication.until)}" if medication.until is not None else ""
    return f"{medication.name}{since}{until}"


def _describe_events(days: tuple[float, ...], as_of: float) -> str:
    if not days:
        return "no life event recorded"
    during, lately = sum(at >= 0 for at in days), sum(at > as_of - LATELY_DAYS for at in days)
    return f"{count(len(days), 'life event')}, {during} during the course, {lately} {LATELY}"


def _week(day: float) -> int:
    return int(day // DAYS_A_WEEK) + 1
