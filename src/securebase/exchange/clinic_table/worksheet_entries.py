"""Entries of the worksheets in the rows that they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from securebase.exchange.clinic_table.course_rows import CourseRows, TableEntry
from securebase.exchange.clinic_table.worksheet_columns import field_columns, is_brought_along, presence_column
from securebase.ipt.parsing import is_complete
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Worksheet, WorksheetRole
from securebase.records.artefact import ArtefactRecord
from securebase.records.dates import days_since

#: The field with the day on which something happened.
_HAPPENED = "happened_on"


def worksheet_entries(courses: Sequence[CourseRows]) -> Iterator[TableEntry]:
    """Yield the columns of all worksheets but the ratings of single relationships. The last entry in a row counts."""
    for spec in worksheets().values():
        if spec.role is not WorksheetRole.TIE:
            yield from _entries_of(spec, courses)


def _entries_of(spec: Worksheet, courses: Sequence[CourseRows]) -> Iterator[TableEntry]:
    entries = [(c, a) for c, course in enumerate(courses) for a in course.record.artefacts_of(spec.id)]
    respondents = {entry.respondent for _, entry in entries}
    respondent = respondents.pop() if len(respondents) == 1 else None
    columns = [(reader, replace(reader.column, respondent=respondent)) for reader in field_columns(spec)]
    complete: dict[int, set[int]] = defaultdict(set)
    for c, entry in entries:
        rows = _rows_of(spec, entry, courses[c])
        if is_complete(spec, entry.values):
            complete[c].update(rows)
        for reader, column in columns:
            if (value := reader.value(entry)) is not None:
                yield from (TableEntry(column, c, r, value) for r in rows)
    if spec.in_session and entries:
        presence = replace(presence_column(spec), respondent=respondent)
        for c, course in enumerate(courses):
            for r, row in enumerate(course.rows):
                if row.session is not None:
                    yield TableEntry(presence, c, r, float(r in complete[c]))


def _rows_of(spec: Worksheet, entry: ArtefactRecord, course: CourseRows) -> list[int]:
    """Return the rows that an entry belongs to.

    What a client brings along belongs to all rows, an entry about a day to the first row from that day on, every other
    one to its session or to the last row before it was begun.
    """
    if is_brought_along(spec):
        return list(range(len(course.rows)))
    row = course.of_session(entry.session)
    began = course.record.began_on
    happened = None if began is None else days_since(entry.text(_HAPPENED), began)
    if row is None and happened is not None:
        row = course.ahead(happened)
    elif row is None:
        row = course.behind(entry.begun_at)
    return [] if row is None else [row]
