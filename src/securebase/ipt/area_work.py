"""What a course shows of the work in its problem areas: ratings, stages, gains and losses, days ahead.

Where every entry belongs to a session, time is counted in sessions; else in days since the episode began.
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
    """One rating over time: (place, value), in order."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class DisputeCourse:
    """One dispute, over the entries made of it. in_sessions: whether places are numbers of sessions."""

    issue: str
    with_whom: str
    entries: tuple[ArtefactRecord, ...]
    stages: tuple[tuple[float, DisputeStage], ...]
    ratings: tuple[RatingSeries, ...]
    in_sessions: bool


@dataclass(frozen=True, slots=True)
class Weights:
    """How much the losses and gains of one role weigh together; an entry without a weight counts as 5 of 10."""

    name: str
    hard: float
    good: float


#: What an entry that nobody weighed counts as: the middle of its scale.
DEFAULT_WEIGHT = 5.0


def dispute_courses(record: EpisodeRecord) -> tuple[DisputeCourse, ...]:
    """Every dispute, told apart by the person it is with; where no person is named, all are one."""
    names = {r.id: r.name for r in record.relationships}
    groups: dict[str, list[ArtefactRecord]] = {}
    for a in record.artefacts_of("role_dispute"):
        groups.setdefault(a.text("person") or a.about, []).append(a)
    made = []
    for who, entries in groups.items():
        places, in_sessions = place_in_time(entries)
        known = set(DisputeStage)
        stages = [(p, DisputeStage(a.text("stage"))) for p, a in places if a.text("stage") in known]
        named = [("hostility", "hostility"), ("withdrawal", "withdrawal"), ("gap", "gap between them")]
        ratings = tuple(RatingSeries(words, rating_points(places, field)) for field, words in named)
        issue = next((a.text("issue") for a in reversed(entries) if a.text("issue")), "")
        made.append(DisputeCourse(issue, names.get(who, ""), tuple(entries), tuple(stages), ratings, in_sessions))
    return tuple(made)


def place_in_time(entries: Sequence[ArtefactRecord]) -> tuple[list[tuple[float, ArtefactRecord]], bool]:
    """Entries with their place in time, in order; of two at one place the later stands."""
    in_sessions = bool(entries) and all(a.session is not None for a in entries)
    found: dict[float, ArtefactRecord] = {}
    for a in sorted(entries, key=lambda a: a.begun_at):
        found[float(a.session) if in_sessions and a.session is not None else round(a.begun_at, 2)] = a
    return sorted(found.items()), in_sessions


def rating_points(places: Iterable[tuple[float, ArtefactRecord]], field: str) -> tuple[tuple[float, float], ...]:
    """One field as a rating over time; entries that leave it open are passed over."""
    return tuple((p, v) for p, a in places if (v := a.number(field)) is not None)


def role_weights(transition: ArtefactRecord) -> tuple[Weights, Weights]:
    """The old and the new role of a transition."""
    old = Weights(transition.text("old_role"), _sum(transition, "old_losses"), _sum(transition, "old_gains"))
    new = Weights(transition.text("new_role"), _sum(transition, "new_losses"), _sum(transition, "new_gains"))
    return old, new


def _sum(a: ArtefactRecord, field: str) -> float:
    return sum(_weight(row) for row in a.rows(field) if row.get("what") or row.get("weight") is not None)


def _weight(row: Row) -> float:
    value = row.get("weight")
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else DEFAULT_WEIGHT


@dataclass(frozen=True, slots=True)
class HardDay:
    """A day that will be hard, as it comes round next, and what is planned for it."""

    day: date
    plan: str
    days_ahead: int


def upcoming_hard_days(record: EpisodeRecord, today: date) -> tuple[HardDay, ...]:
    """Anniversaries that were written down, each at its next coming round, the nearest first."""
    found: dict[tuple[date, str], HardDay] = {}
    for a in record.artefacts_of("grief_work"):
        for row in a.rows("anniversaries"):
            day = _next(str(row.get("day") or ""), today)
            if day is not None:
                plan = str(row.get("plan") or "")
                found[day, plan] = HardDay(day, plan, (day - today).days)
    return tuple(sorted(found.values(), key=lambda d: (d.day, d.plan)))


def _next(text: str, today: date) -> date | None:
    """The day itself where it lies ahead, else the same day of this year or the next. 29 February comes on the 28th
    where a year has none.
    """
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
