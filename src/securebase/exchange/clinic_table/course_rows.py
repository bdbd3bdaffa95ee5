"""The rows of one course in the table: one for each session held, then one for each assessment after the last."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from math import floor

from securebase.exchange.data_dictionary import TableColumn
from securebase.records.episode import AdministrationRecord, EpisodeRecord
from securebase.records.vocabulary import Moment

Cell = float | str


@dataclass(frozen=True, slots=True)
class ResearchRow:
    """One row: day since the start (whole days), the number of its session, and the day of the row before it.

    session is None after the last session; previous is None in the first row.
    """

    day: int
    session: int | None
    previous: int | None = None

    def covers(self, day: float) -> bool:
        """Return whether a day lies after the previous row, and not after this one."""
        return (self.previous is None or floor(day) > self.previous) and floor(day) <= self.day


@dataclass(frozen=True, slots=True)
class CourseRows:
    """One course under pseudonyms, with its rows in order of time. number: 1 for the client's first course.

    client: the same in all courses of a client; person: with the number of the course from the second on.
    """

    client: str
    number: int
    therapist: str
    record: EpisodeRecord
    rows: tuple[ResearchRow, ...]

    @property
    def person(self) -> str:
        return self.client if self.number == 1 else f"{self.client}-{self.number}"

    def of_session(self, session: int | None) -> int | None:
        """Return the position of the row of a session; None if that session was not held."""
        return next((i for i, row in enumerate(self.rows) if session is not None and row.session == session), None)

    def ahead(self, day: float) -> int | None:
        """Return the position of the first row on or after a day, or None."""
        position = bisect_left([row.day for row in self.rows], floor(day))
        return position if position < len(self.rows) else None

    def behind(self, day: float) -> int | None:
        """Return the position of the last row on or before a day, or None."""
        return bisect_right([row.day for row in self.rows], floor(day)) - 1 if self._begun(day) else None

    def _begun(self, day: float) -> bool:
        return bool(self.rows) and self.rows[0].day <= floor(day)

    def of_answers(self, answers: AdministrationRecord) -> int | None:
        """Return the row of an administration: that of its session.

        Without a session, answers about the time before a session belong to the next one, others to the last one.
        """
        if answers.session is not None:
            return self.of_session(answers.session)
        return self.behind(answers.at) if answers.moment is Moment.AFTER else self.ahead(answers.at)


@dataclass(frozen=True, slots=True)
class TableEntry:
    """One cell: its column, the position of its course, that of its row, and its value."""

    column: TableColumn
    course: int
    row: int
    value: Cell


def lay_out(client: str, number: int, therapist: str, record: EpisodeRecord) -> CourseRows:
    """Return a course with its rows."""
    held = [(floor(session.at), session.number) for session in sorted(record.sessions, key=lambda s: (s.at, s.number))]
    days: list[tuple[int, int | None]] = [*held, *((day, None) for day in _follow_ups(record, held))]
    before = [None, *(day for day, _ in days)]
    rows = tuple(ResearchRow(day, session, previous) for (day, session), previous in zip(days, before, strict=False))
    return CourseRows(client, number, therapist, record, rows)


def _follow_ups(record: EpisodeRecord, held: list[tuple[int, int]]) -> Iterator[int]:
    """Yield the days of answers after the last session of a course that has ended."""
    if record.ended_at is None or not held:
        return
    last = held[-1][0]
    answers = (a for a in record.administrations if a.session is None and a.moment is not Moment.AFTER)
    yield from sorted({floor(a.at) for a in answers if floor(a.at) > last})
