"""Progress in a problem area as data for charts: ratings over time, and losses and gains of a role.

Time is counted in sessions if every entry belongs to a session, otherwise in days since the episode began.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from securebase.records.artefact import ArtefactRecord
from securebase.records.vocabulary import DisputeStage


@dataclass(frozen=True, slots=True)
class RatingSeries:
    """One rating over time: (session number or day, value), in order."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class RatingsOverTime:
    """Ratings on one time axis.

    marks: times that get a label. label: name of the axis without the unit of time; empty: that of the worksheet.
    """

    title: str
    ratings: tuple[RatingSeries, ...]
    in_sessions: bool
    marks: tuple[float, ...] = ()
    label: str = ""
    stages: tuple[tuple[float, DisputeStage], ...] = ()
    top: float = 10.0


@dataclass(frozen=True, slots=True)
class RatedEntry:
    """One loss or gain in the client's words, with its importance from 0 to 10, None if it was not rated."""

    words: str
    importance: float | None


@dataclass(frozen=True, slots=True)
class RecordedRole:
    """Losses and gains of the old or the new role, the most important first.

    They are not added up: the client lists what comes to mind, and a longer list is not a greater loss.
    """

    name: str
    losses: tuple[RatedEntry, ...]
    gains: tuple[RatedEntry, ...]


@dataclass(frozen=True, slots=True)
class RolesCompared:
    """Losses and gains of the old role beside those of the new one."""

    title: str
    old: RecordedRole
    new: RecordedRole


#: A heading and its lines.
Fact = tuple[str, tuple[str, ...]]


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


def ratings_over_time(
    title: str, entries: Sequence[ArtefactRecord], fields: Sequence[tuple[str, str]], top: float = 10.0
) -> RatingsOverTime:
    """Return the ratings of these fields (id, name) over the entries of one worksheet."""
    dated_entries, in_sessions = place_in_time(entries)
    ratings = tuple(RatingSeries(name, rating_points(dated_entries, field)) for field, name in fields)
    return RatingsOverTime(title, ratings, in_sessions, tuple(t for t, _ in dated_entries), top=top)
