"""Columns of retellings (imaginal exposure): event, fall within a retelling, return since the last one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from securebase.exchange.clinic_table.course_rows import CourseRows, TableEntry
from securebase.exchange.data_dictionary import TableColumn
from securebase.ipt.retellings import retelling_series
from securebase.records.vocabulary import Moment, Respondent


def _retelling_column(name: str, label: str, minimum: float, maximum: float | None = None) -> TableColumn:
    return TableColumn(
        f"retelling_{name}",
        f"Retelling: {label}",
        "emotional work",
        moment=Moment.AFTER,
        respondent=Respondent.THERAPIST,
        claims=("S43", "S44", "S45"),
        minimum=minimum,
        maximum=maximum,
    )


_EVENT = _retelling_column("event", "number of the event, in order of first retelling", 1.0)
_FALL = _retelling_column("fall", "peak minus distress at the end", -100.0, 100.0)
_RETURN = _retelling_column("return", "peak minus distress at the end of the previous retelling", -100.0, 100.0)


def retelling_entries(courses: Sequence[CourseRows]) -> Iterator[TableEntry]:
    """Yield event, fall within and return since the last retelling; of several in one session, the last."""
    for c, course in enumerate(courses):
        stories = sorted(retelling_series(course.record), key=lambda story: story.tellings[0].at)
        tellings = [(n, telling) for n, story in enumerate(stories, start=1) for telling in story.tellings]
        for n, telling in sorted(tellings, key=lambda entry: entry[1].at):
            row = course.of_session(telling.session)
            if row is not None:
                cells = {_EVENT: float(n), _FALL: telling.fall, _RETURN: telling.rebound}
                yield from (TableEntry(column, c, row, v) for column, v in cells.items() if v is not None)
