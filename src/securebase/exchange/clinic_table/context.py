"""Columns of what happened around the sessions: life events and medication."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor, inf

from msgspec.structs import replace

from securebase.exchange.clinic_table.course_rows import CourseRows, TableEntry
from securebase.exchange.data_dictionary import TableColumn
from securebase.ipt.shelf import behaviour, worksheets
from securebase.ipt.timeline_marks import SpanKind, TimelineSpan
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import Moment, Respondent


def _context(name: str, label: str, claims: tuple[str, ...] = (), *, yes_no: bool = False) -> TableColumn:
    return TableColumn(
        name,
        label,
        "context",
        "yes_no" if yes_no else "number",
        minimum=0.0,
        maximum=1.0 if yes_no else None,
        moment=Moment.BEFORE,
        respondent=Respondent.THERAPIST,
        claims=claims,
    )


_DEPENDENT = _context(
    "life_events_dependent", "Dependent life events since the last row (client had a part in them)", ("S66",)
)
_INDEPENDENT = _context(
    "life_events_independent", "Independent life events since the last row (client had no part)", ("S66",)
)
_WEIGHT = _context(
    "life_events_weight", "Summed impact of life events since the last row (1 = average event)", ("S66",)
)
_MEDICATION = _context("medication_taken", "Medication on the day of the row", yes_no=True)
_DOSE = replace(
    _context("medication_dose", "Daily dose on the day of the row; 0 if none is taken; of several, that started last"),
    unit="mg",
)
_CHANGED = _context("medication_changed", "Medication started or stopped since the last row", yes_no=True)


def context_entries(courses: Sequence[CourseRows]) -> Iterator[TableEntry]:
    """Yield life events with day, weight and the client's part in them, and medication with a first or last day.

    Events in the first row are those of the seven days before it. A course without any such worksheet has no value:
    that nothing was recorded does not say that nothing happened.
    """
    for c, course in enumerate(courses):
        spans = list(_medication(course.record))
        for r, row in enumerate(course.rows):
            since = row.day - 7 if row.previous is None else row.previous
            if course.record.life_events:
                events = [e for e in course.record.life_events if since < floor(e.at) <= row.day]
                yield TableEntry(_DEPENDENT, c, r, float(sum(e.dependent for e in events)))
                yield TableEntry(_INDEPENDENT, c, r, float(sum(not e.dependent for e in events)))
                yield TableEntry(_WEIGHT, c, r, sum(e.weight for e in events))
            if spans:
                current = [span for span in spans if span.covers(row.day)]
                changed = any(
                    since < day <= row.day for span in spans for day in (span.begin, span.end) if day is not None
                )
                yield TableEntry(_MEDICATION, c, r, float(bool(current)))
                yield TableEntry(_CHANGED, c, r, float(changed))
                doses = [span.dose for span in current if span.dose is not None]
                if doses or (not current and any(span.dose is not None for span in spans)):
                    yield TableEntry(_DOSE, c, r, doses[-1] if doses else 0.0)


@dataclass(frozen=True, slots=True)
class _Medication:
    """One medication: its first and last day, None where a day is open, and its daily dose, None if not recorded."""

    begin: float | None
    end: float | None
    dose: float | None

    def covers(self, day: int) -> bool:
        return (self.begin is None or self.begin <= day) and (self.end is None or day <= self.end)


def _medication(record: EpisodeRecord) -> Iterator[_Medication]:
    """Yield each medication, in the order of its first day."""
    if record.began_on is None:
        return
    medications = [
        _Medication(mark.start, mark.end, entry.number("daily_dose"))
        for name in worksheets()
        for entry in record.artefacts_of(name)
        for mark in behaviour(name).timeline_marks(entry, record, record.began_on)
        if isinstance(mark, TimelineSpan) and mark.kind is SpanKind.MEDICATION
    ]
    yield from sorted(medications, key=lambda medication: -inf if medication.begin is None else medication.begin)
