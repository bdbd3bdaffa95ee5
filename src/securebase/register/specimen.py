"""Specimen courses: everything the product asks or lets a therapist record, in 16 weekly sessions.

One course for each problem area. Check-ins follow the schedule of the product; questionnaires on paper are entered at
the first, the middle and the last session, and work of a session at four sessions (both judgements).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from securebase.exchange.clinic_table.course_rows import lay_out
from securebase.exchange.clinic_table.table import ClinicTable, build_clinic_table
from securebase.ipt.shelf import worksheets
from securebase.ipt.typed_records import add_typed_records
from securebase.ipt.worksheet import Field, FieldKind, Worksheet, WorksheetRole
from securebase.measurement.catalogue import instruments
from securebase.measurement.instrument import Instrument
from securebase.measurement.schedule import (
    DEFAULT_PLANNED_SESSIONS,
    SESSION_SETS,
    AskedPart,
    CourseContext,
    walk_course,
)
from securebase.records.artefact import ArtefactRecord, ClosenessCircle, Placement, RelationshipRecord
from securebase.records.episode import (
    AdministrationRecord,
    EpisodeRecord,
    RuptureRecord,
    ScoreRecord,
    TherapySessionRecord,
)
from securebase.records.vocabulary import CircleKind, Moment, ProblemArea, Respondent, RuptureKind

SESSIONS = DEFAULT_PLANNED_SESSIONS
_BEGAN = date(2026, 1, 5)
_ON_PAPER = (1, SESSIONS // 2, SESSIONS)
_WORKED_ON = range(5, 9)
_EVERY_SESSION = frozenset((WorksheetRole.NOTE, WorksheetRole.ADHERENCE))
_PEOPLE = ("a", "b")
#: where the parts of a session lie around its time, in days
_MOMENTS = {Moment.BEFORE: -0.1, Moment.BETWEEN: -3.0, Moment.AFTER: 0.1}


@cache
def specimen_table() -> ClinicTable:
    """Return the table of a clinic with the specimen courses."""
    courses = [lay_out(area.value, 1, "therapist", specimen_record(area)) for area in ProblemArea]
    return build_clinic_table(courses, made_on=_BEGAN, smallest_cell=1)


def specimen_record(area: ProblemArea) -> EpisodeRecord:
    """Return the specimen course of a client who works in one problem area."""
    places = tuple(Placement(person, 0.3, 90.0 * n) for n, person in enumerate(_PEOPLE))
    record = EpisodeRecord(
        person=area.value,
        administrations=tuple(_administrations(area)),
        sessions=tuple(TherapySessionRecord(n, _day(n)) for n in range(1, SESSIONS + 1)),
        ruptures=(RuptureRecord(_day(4), 4, RuptureKind.WITHDRAWAL, _day(6)),),
        problem_areas=(area,),
        planned_sessions=SESSIONS,
        began_on=_BEGAN,
        artefacts=tuple(entry for spec in worksheets().values() for entry in _entries(spec)),
        relationships=tuple(RelationshipRecord(person, person) for person in _PEOPLE),
        circles=(
            ClosenessCircle("present", 1.0, placements=places),
            ClosenessCircle("wished", 1.0, CircleKind.WISHED, placements=places),
        ),
    )
    return add_typed_records(record)


def sample(field: Field) -> Any:
    """Return what a therapist might enter in a field, as a form hands it over."""
    if field.kind is FieldKind.ROWS:
        return [{column.id: sample(column) for column in field.columns}]
    return {
        FieldKind.SCALE: field.maximum,
        FieldKind.NUMBER: field.maximum,
        FieldKind.EXTENT: field.maximum,
        FieldKind.CHOICE: field.options[0].value if field.options else "",
        FieldKind.CHOICES: [option.value for option in field.options],
        FieldKind.YES_NO: True,
        FieldKind.DATE: (_BEGAN + timedelta(days=10)).isoformat(),
        FieldKind.PERSON: _PEOPLE[0],
    }.get(field.kind, "words")


def stored(value: Any) -> Any:
    """Return a form's value as a record holds it: lists as tuples."""
    return tuple(stored(v) for v in value) if isinstance(value, list) else value


def _day(session: int) -> float:
    return 7.0 * (session - 1) + 0.5


def _administrations(area: ProblemArea) -> Iterator[AdministrationRecord]:
    asked: set[str] = set()
    course = CourseContext(SESSIONS, (area.value,), client=list(ProblemArea).index(area))
    for check_in in walk_course(course):
        session_set = AskedPart.whole(instruments()[SESSION_SETS[check_in.moment]])
        for part in (session_set, *check_in.parts):
            asked.add(part.instrument)
            yield _answers(instruments()[part.instrument], check_in.session, part.items)
    for instrument in instruments().values():
        if instrument.own_wording and instrument.respondent == Respondent.THERAPIST.value:
            yield from (_answers(instrument, session) for session in range(1, SESSIONS + 1))
        elif instrument.id not in asked and instrument.schedule is None:
            yield from (_answers(instrument, session) for session in _ON_PAPER)


def _answers(instrument: Instrument, session: int, items: Collection[int] = ()) -> AdministrationRecord:
    """Return answers to these items of an instrument; by default to all."""
    moment, respondent = Moment(instrument.moment), Respondent(instrument.respondent)
    at = _day(session) + _MOMENTS[moment]
    scores = tuple(
        ScoreRecord(s.construct, s.minimum + 1.0, at, moment, session, instrument.id, s.id, respondent)
        for s in instrument.scales
        if not items or not set(s.items).isdisjoint(items)
    )
    responses: Mapping[int, float | None] = {
        item.number: item.minimum for item in instrument.items if not items or item.number in items
    }
    return AdministrationRecord(instrument.id, at, moment, session, respondent, responses, scores, instrument.version)


def _entries(spec: Worksheet) -> Iterator[ArtefactRecord]:
    values = {field.id: stored(sample(field)) for field in spec.fields}
    if spec.role in _EVERY_SESSION:
        sessions: tuple[int | None, ...] = tuple(range(1, SESSIONS + 1))
    else:
        sessions = tuple(_WORKED_ON) if spec.in_session and spec.many else (3,) if spec.in_session else (None,)
    for n, about in enumerate(_PEOPLE if spec.role is WorksheetRole.TIE else ("",)):
        for session in sessions:
            day = _day(session or 3) + 0.2
            yield ArtefactRecord(f"{spec.id} {session} {n}", spec.id, values, day, day, session=session, about=about)
