"""The death on the timeline, and progress of grief work."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from securebase.ipt.area_progress import Fact, RatingsOverTime, ratings_over_time
from securebase.ipt.behaviour import AreaEvidence, Behaviour, Entries
from securebase.ipt.timeline_marks import EventDependence, TimelineEvent
from securebase.records.artefact import ArtefactRecord
from securebase.records.dates import days_since
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import ProblemArea


def timeline_marks(entry: ArtefactRecord, record: EpisodeRecord, began: date) -> Iterator[TimelineEvent]:
    at, names = days_since(entry.text("death_on"), began), {r.id: r.name for r in record.relationships}
    if at is not None:
        person = names.get(entry.text("person")) or names.get(entry.about) or "someone"
        yield TimelineEvent(
            entry.id,
            entry.worksheet,
            f"Death of {person}",
            at,
            dependent=EventDependence.INDEPENDENT,
            area=ProblemArea.GRIEF,
            always=True,
        )


def evidence(record: EpisodeRecord, entries: Entries) -> Iterator[AreaEvidence]:
    """Yield the deaths in the inventory that no entry is about."""
    grieved = {person for entry in entries for person in (entry.text("person"), entry.about)}
    for person in record.relationships:
        if person.left_at is None and person.deceased and person.id not in grieved:
            yield AreaEvidence(ProblemArea.GRIEF, f"{person.name} has died", relationship=person.id)


@dataclass(frozen=True, slots=True)
class Anniversary:
    """The next occurrence of an anniversary, and the plan for it."""

    day: date
    plan: str


def upcoming_anniversaries(entries: Entries, today: date) -> tuple[Anniversary, ...]:
    """Return the next occurrence of each recorded anniversary, the nearest first."""
    upcoming: dict[tuple[date, str], Anniversary] = {}
    for row in (row for entry in entries for row in entry.rows("anniversaries")):
        day = _next_occurrence(str(row.get("day") or ""), today)
        if day is not None:
            plan = str(row.get("plan") or "")
            upcoming[day, plan] = Anniversary(day, plan)
    return tuple(sorted(upcoming.values(), key=lambda d: (d.day, d.plan)))


def _next_occurrence(text: str, today: date) -> date | None:
    """Return the day itself if it lies ahead, otherwise its next anniversary (29 February falls on the 28th)."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    if day >= today:
        return day
    this_year = _in_year(day, today.year)
    return this_year if this_year >= today else _in_year(day, today.year + 1)


def _in_year(day: date, year: int) -> date:
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def progress(_: EpisodeRecord, entries: Entries) -> Iterator[RatingsOverTime]:
    fields = [("affect_tolerated", "could bear the feeling")]
    yield ratings_over_time("Bearing the feeling", entries, fields)


def facts(entries: Entries, today: date) -> Iterator[Fact]:
    if ahead := upcoming_anniversaries(entries, today):
        yield "Upcoming dates", tuple(f"{d.day.day} {d.day:%B %Y}" + (f": {d.plan}" if d.plan else "") for d in ahead)


BEHAVIOUR = Behaviour(timeline_marks=timeline_marks, evidence=evidence, progress=progress, facts=facts)
