"""Columns of the course: who, when, which phase, and what was planned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from securebase.exchange.clinic_table.course_rows import Cell, CourseRows, TableEntry
from securebase.exchange.data_dictionary import TableColumn
from securebase.ipt.shelf import entries_with
from securebase.ipt.worksheet import WorksheetRole
from securebase.records.dates import days_since
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import ProblemArea

CLIENT = TableColumn("client", "Pseudonym of the client; a second course ends in -2", "course", "identifier")
THERAPIST = TableColumn("therapist", "Pseudonym of the therapist", "course", "identifier")
SESSION = TableColumn("session", "Number of the session; empty after the last one", "course", minimum=1.0)
DAY = TableColumn("day", "Days since the course began", "course", unit="days")
_WEEK = TableColumn("week", "Weeks since the course began", "course", unit="weeks")
_SINCE = TableColumn("days_since_last", "Days since the previous row", "course", unit="days")
_FOLLOW_UP = TableColumn("follow_up", "Assessment after the last session", "course", "yes_no", minimum=0.0, maximum=1.0)
_PHASE = TableColumn("phase", "Phase of the course", "course", "category")
_PLANNED = TableColumn("planned_sessions", "Planned number of sessions", "course", unit="sessions")
_BETWEEN = TableColumn("days_between", "Planned days from one session to the next", "course", unit="days")
_FORMAT = TableColumn("course_format", "Format of the course when it began", "course", "category")
_ASSIGNED = TableColumn(
    "assigned_day", "Day on which a study assigned the client to a group", "background", unit="days"
)

#: The field of the contract with the day of the assignment; its group is a column like every choice.
_ASSIGNED_ON = "assigned_on"


def course_entries(courses: Sequence[CourseRows]) -> Iterator[TableEntry]:
    """Yield the columns that say whose row it is and when."""
    for c, course in enumerate(courses):
        phases = {s.number: s.phase for s in course.record.sessions}
        assigned = _assigned_day(course.record)
        for r, row in enumerate(course.rows):
            phase = phases.get(row.session) if row.session is not None else None
            cells: dict[TableColumn, Cell | None] = {
                CLIENT: course.person,
                THERAPIST: course.therapist,
                SESSION: row.session,
                DAY: row.day,
                _WEEK: round(row.day / 7, 3),
                _SINCE: None if row.previous is None else row.day - row.previous,
                _FOLLOW_UP: float(row.session is None),
                _PHASE: phase.value if phase else None,
                _PLANNED: course.record.planned_sessions,
                _BETWEEN: course.record.days_between,
                _FORMAT: course.record.course_format or None,
                _ASSIGNED: assigned,
            }
            yield from (TableEntry(column, c, r, value) for column, value in cells.items() if value is not None)


def _assigned_day(record: EpisodeRecord) -> float | None:
    days = (entry.text(_ASSIGNED_ON) for entry in entries_with(record, WorksheetRole.CONTRACT))
    return next((d for day in days if record.began_on and (d := days_since(day, record.began_on)) is not None), None)


def area_entries(courses: Sequence[CourseRows]) -> Iterator[TableEntry]:
    """Yield one yes-or-no column for each problem area; none for a course without a chosen area."""
    columns = {
        area: TableColumn(
            f"problem_area_{area.value}",
            f"Problem area: {area.label.lower()}",
            "focus",
            "yes_no",
            minimum=0.0,
            maximum=1.0,
            claims=("S67",),
        )
        for area in ProblemArea
    }
    for c, course in enumerate(courses):
        for area, column in columns.items() if course.record.problem_areas else ():
            value = float(area in course.record.problem_areas)
            yield from (TableEntry(column, c, r, value) for r in range(len(course.rows)))
