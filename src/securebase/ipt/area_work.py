"""Work in the problem areas as recorded: ratings, dispute stages, gains and losses of roles, upcoming anniversaries.

Time is counted in sessions if every entry belongs to a session, otherwise in days since the episode began.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from securebase.records.artefact import ArtefactRecord, Row
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import DisputeStage


@dataclass(frozen=True, slots=True)
class RatingSeries:
    """One rating over time: (session number or day, value), in order."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class DisputeCourse:
    """One dispute and the entries about it. in_sessions: times are session numbers, not days."""

    issue: str
    with_whom: str
    entries: tuple[ArtefactRecord, ...]
    stages: tuple[tuple[float, DisputeStage], ...]
    ratings: tuple[RatingSeries, ...]
    in_sessions: bool


@dataclass(frozen=True, slots=True)
class RatedEntry:
    """One loss or gain in the client's words, with its importance from 0 to 10, None if it was not rated."""

    words: str
    importance: float | None


@dataclass(frozen=True, slots=True)
class Role:
    """Losses and gains of the old or the new role, the most important first.

    They are not added up: the client lists what comes to mind, and a longer list is not a greater loss.
    """

    name: str
    losses: tuple[RatedEntry, ...]
    gains: tuple[RatedEntry, ...]


def dispute_courses(record: EpisodeRecord) -> tuple[DisputeCourse, ...]:
    """Group the dispute entries by the other person; entries that name nobody form one dispute."""
    names = {r.id: r.name for r in record.relationships}
    groups: dict[str, list[ArtefactRecord]] = {}
    for a in record.artefacts_of("role_dispute"):
        groups.setdefault(a.text("person") or a.about, []).append(a)
    courses = []
    stage_values = set(DisputeStage)
    rated_fields = [("hostility", "hostility"), ("withdrawal", "withdrawal"), ("gap", "gap in expectations")]
    for person, entries in groups.items():
        dated_entries, in_sessions = place_in_time(entries)
        stages = [(t, DisputeStage(a.text("stage"))) for t, a in dated_entries if a.text("stage") in stage_values]
        ratings = tuple(RatingSeries(label, rating_points(dated_entries, field)) for field, label in rated_fields)
        issue = next((a.text("issue") for a in reversed(entries) if a.text("issue")), "")
        courses.append(DisputeCourse(issue, names.get(person, ""), tuple(entries), tuple(stages), ratings, in_sessions))
    return tuple(courses)


def place_in_time(entries: Sequence[ArtefactRecord]) -> tuple[list[tuple[float, ArtefactRecord]], bool]:
    """Return the entries with their times, in order, and whether times are session numbers.

    Of two entries at the same time the later one counts.
    """
    in_sessions = bool(entries) and all(a.session is not None for a in entries)
    by_time: dict[float, ArtefactRecord] = {}
    for a in sorted(entries, key=lambda a: a.begun_at):
        by_time[float(a.session) if in_sessions and a.session is not None else round(a.begun_at, 2)] = a
    return sorted(by_time.items()), in_sessions


def rating_points(dated_entries: Iterable[tuple[float, ArtefactRecord]], field: str) -> tuple[tuple[float, float], ...]:
    """Return one rating over time, without the entries that lack it."""
    return tuple((t, v) for t, a in dated_entries if (v := a.number(field)) is not None)


def roles(transition: ArtefactRecord) -> tuple[Role, Role]:
    """Return the old and the new role of a transition."""
    old = Role(transition.text("old_role"), _entries(transition, "old_losses"), _entries(transition, "old_gains"))
    new = Role(transition.text("new_role"), _entries(transition, "new_losses"), _entries(transition, "new_gains"))
    return old, new


def _entries(a: ArtefactRecord, field: str) -> tuple[RatedEntry, ...]:
    entries = [RatedEntry(str(row["what"]), _importance(row)) for row in a.rows(field) if row.get("what")]
    return tuple(sorted(entries, key=lambda e: -1.0 if e.importance is None else e.importance, reverse=True))


def _importance(row: Row) -> float | None:
    value = row.get("weight")
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


@dataclass(frozen=True, slots=True)
class Anniversary:
    """The next occurrence of an anniversary, and the plan for it."""

    day: date
    plan: str
    days_ahead: int


def upcoming_anniversaries(record: EpisodeRecord, today: date) -> tuple[Anniversary, ...]:
    """Return the next occurrence of each recorded anniversary, the nearest first."""
    upcoming: dict[tuple[date, str], Anniversary] = {}
    for a in record.artefacts_of("grief_work"):
        for row in a.rows("anniversaries"):
            day = _next_occurrence(str(row.get("day") or ""), today)
            if day is not None:
                plan = str(row.get("plan") or "")
                upcoming[day, plan] = Anniversary(day, plan, (day - today).days)
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
