"""Invented people, circles and worksheets of the demo clinic, read from `recorded_courses/`, one file per client.

Days in a file are relative to the client's own sessions (“session 3”, “session 1 - 40”), so they move with the day on
which the clinic is built. The courses are written through the actions that a therapist uses, so rows, versions and
audit entries are as in real use.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from django.utils import timezone
from msgspec import field

from securebase.errors import ShelfError
from securebase.ipt.parsing import ParsedValues, parse_values
from securebase.ipt.shelf import worksheet_with, worksheets
from securebase.ipt.worksheet import Field, FieldKind, WorksheetRole
from securebase.records.artefact import Placement
from securebase.records.vocabulary import Agreement, CircleKind, Respondent
from securebase.schema import Place, ShelfStruct, Text, convert, read_toml, toml_files
from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.models import Episode
from securebase.workbench.inventory.actions import add_relationship, draw_circle
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.worksheets.actions import answer_artefact, save_artefact, share_artefact

_DAY = re.compile(r"session (\d+)(?: ([+-]) (\d+))?")
#: Delay from the start of a session to a completed worksheet, and to the client's answer to it.
_FILLED_IN_AFTER, _ANSWERED_AFTER = timedelta(minutes=48), timedelta(minutes=70)
#: Delay from the start of a session to a drawn circle.
_DRAWN_AFTER = timedelta(minutes=58)
_MARKS = ("gives", "receives", "tension")


class PersonEntry(ShelfStruct, frozen=True):
    """One person in the client's life, added at session `since`; `id` is the person's key in the file.

    ratings: worksheets about the relationship, session by session; omitted fields keep their previous value.
    """

    id: Text
    name: Text
    relation: Text
    since: int = 2
    deceased: bool = False
    online: bool = False
    professional: bool = False
    is_focus: bool = field(default=False, name="focus")
    ratings: tuple[dict[str, Any], ...] = ()


class CircleVersion(ShelfStruct, frozen=True):
    """One version of the circle: person → distance, angle, then any of the marks."""

    session: int
    kind: CircleKind = CircleKind.PRESENT
    respondent: Respondent = field(default=Respondent.CLIENT, name="drawn_by")
    places: Mapping[str, tuple[Any, ...]] = {}


class ClientAnswer(ShelfStruct, frozen=True):
    """The client's answer, at a session, to the worksheet's version of that time."""

    session: int
    agreement: Agreement
    text: str = field(default="", name="said")


class WorksheetControl(ShelfStruct, frozen=True):
    """Keys of a worksheet's table that control how it is saved; every other key is a field of the worksheet.

    later: further versions. again: worksheets of the same kind begun later. Both start from the previous values.
    """

    worksheet: Text
    session: int
    about: str = ""
    by_client: bool = False
    shared: tuple[str, ...] = ()
    later: tuple[dict[str, Any], ...] = ()
    again: tuple[dict[str, Any], ...] = ()
    answers: tuple[ClientAnswer, ...] = ()


class RecordedCourse(ShelfStruct, frozen=True):
    """The file of one client's course."""

    client: Text
    people: tuple[PersonEntry, ...] = ()
    circles: tuple[CircleVersion, ...] = ()
    work: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class WorksheetEntry:
    """One worksheet with its versions (session, values), the client's answers and its readers.

    `shared` may hold “client” and “supervisor”; `by_client` marks a worksheet that the client filled in.
    """

    worksheet: str
    versions: tuple[tuple[int, Mapping[str, Any]], ...]
    about: str = ""
    by_client: bool = False
    shared: tuple[str, ...] = ()
    answers: tuple[ClientAnswer, ...] = ()

    @property
    def session(self) -> int:
        return self.versions[0][0]


@dataclass(frozen=True, slots=True)
class CourseFile:
    """People, circles and worksheets recorded during one client's course."""

    client: str
    people: tuple[PersonEntry, ...] = ()
    circles: tuple[CircleVersion, ...] = ()
    worksheets: tuple[WorksheetEntry, ...] = ()


# ---- reading ---------------------------------------------------------------------------------------------------------
@cache
def _load_all() -> MappingProxyType[str, CourseFile]:
    folder = resources.files("securebase.workbench.demo") / "recorded_courses"
    courses = [parse_course_file(file, content) for file, content in toml_files(folder)]
    return MappingProxyType({course.client: course for course in courses})


def load_course_files() -> Mapping[str, CourseFile]:
    """Return the recorded courses by the client's name. Raises ShelfError if a file is invalid."""
    return _load_all()


def parse_course_file(file: str, content: bytes) -> CourseFile:
    """Parse the TOML file of one course. Raises ShelfError with the file's name and the invalid entry."""
    place = Place(file, ShelfError)
    recorded = read_toml(content, RecordedCourse, place)
    for n, circle in enumerate(recorded.circles, start=1):
        _check_places(circle, place.at("circles", n))
    entries = [
        *(e for n, p in enumerate(recorded.people, start=1) for e in _rating_entries(p, place.at("people", n))),
        *(e for n, w in enumerate(recorded.work, start=1) for e in _worksheet_entries(w, place.at("work", n))),
    ]
    named = {e.about for e in entries if e.about} | {name for c in recorded.circles for name in c.places}
    if unknown := sorted(named - {p.id for p in recorded.people}):
        place.fail(f"unknown people: {', '.join(unknown)}", "people")
    return CourseFile(recorded.client, recorded.people, recorded.circles, tuple(entries))


def _check_places(circle: CircleVersion, place: Place) -> None:
    for person, entry in circle.places.items():
        numbers = [v for v in entry[:2] if isinstance(v, int | float) and not isinstance(v, bool)]
        if len(numbers) < 2 or not set(entry[2:]) <= set(_MARKS):
            place.fail(
                f"a place must be distance, angle, then any of {', '.join(_MARKS)} (got {list(entry)!r})",
                f"places.{person}",
            )


def _rating_entries(person: PersonEntry, place: Place) -> list[WorksheetEntry]:
    versions, rating = _versions(person.ratings, {}, place.at("ratings")), worksheet_with(WorksheetRole.TIE)
    return [WorksheetEntry(rating.id, (version,), about=person.id) for version in versions]


def _worksheet_entries(table: dict[str, Any], place: Place) -> list[WorksheetEntry]:
    """Return the worksheet and those of its kind begun `again`, each with the previous values as defaults."""
    names = WorksheetControl.__struct_fields__
    control = convert({k: v for k, v in table.items() if k in names}, WorksheetControl, place)
    if control.worksheet not in worksheets():
        place.fail(f"unknown worksheet “{control.worksheet}”", "worksheet")
    values = {k: v for k, v in table.items() if k not in names}
    later = _versions(control.later, values, place.at("later"))
    entry = WorksheetEntry(
        worksheet=control.worksheet,
        versions=((control.session, values), *later),
        about=control.about,
        by_client=control.by_client,
        shared=control.shared,
        answers=control.answers,
    )
    again = _versions(control.again, later[-1][1] if later else values, place.at("again"))
    return [entry, *(replace(entry, versions=(version,), answers=()) for version in again)]


def _versions(
    tables: tuple[dict[str, Any], ...], values: Mapping[str, Any], place: Place
) -> list[tuple[int, dict[str, Any]]]:
    """Return each table's session and its values over those of the tables before it."""
    versions: list[tuple[int, dict[str, Any]]] = []
    for table in tables:
        if "session" not in table:
            place.fail("required field is missing", "session")
        values = {**values, **{k: v for k, v in table.items() if k != "session"}}
        versions.append((convert(table["session"], int, place.at("session")), values))
    return versions


# ---- writing ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _CourseTarget:
    """The episode to write to: its sessions, the times of those held, and the ids of people added so far."""

    episode: Episode
    therapist: Account
    sessions: Mapping[int, TherapySession]
    start_times: Mapping[int, datetime]
    people: dict[str, uuid.UUID]

    def session_start(self, session: int) -> datetime:
        if session not in self.start_times:
            raise ShelfError(f"session {session} was not held", where=f"the work of {self.episode.client.name_shown}")
        return self.start_times[session]

    def resolve_day(self, text: str) -> str:
        """Return the date of a day like “session 3 + 2”; sessions to come are assumed to be weekly."""
        match = _DAY.fullmatch(text)
        if match is None:
            raise ShelfError(f"a day must be like “session 3” or “session 1 - 40” (got “{text}”)")
        number, sign, days = int(match[1]), match[2], int(match[3] or 0)
        last = max(self.start_times)
        start = self.start_times.get(number) or self.start_times[last] + timedelta(weeks=number - last)
        return timezone.localdate(start + timedelta(days=-days if sign == "-" else days)).isoformat()


def write_course(
    recorded: CourseFile,
    *,
    episode: Episode,
    therapist: Account,
    sessions: Mapping[int, TherapySession],
    start_times: Mapping[int, datetime],
) -> None:
    """Write one client's recorded course into the database, dated by its sessions.

    Raises ShelfError if the file names a session that was not held, a field that the worksheet lacks, or a value that
    cannot be read.
    """
    target = _CourseTarget(episode, therapist, sessions, start_times, {})
    for person in recorded.people:
        _add_person(person, target)
    for circle in recorded.circles:
        _draw_circle(circle, target)
    for n, entry in enumerate(recorded.worksheets):
        # distinct times keep the order of worksheets of one session
        _write_worksheet(entry, target, offset=timedelta(seconds=10 * n))


def _add_person(person: PersonEntry, target: _CourseTarget) -> None:
    relationship = add_relationship(
        episode=target.episode,
        by=target.therapist,
        name_shown=person.name,
        relation=person.relation,
        deceased=person.deceased,
        online=person.online,
        professional=person.professional,
        is_focus=person.is_focus,
        at=target.session_start(person.since) + timedelta(minutes=20),
    )
    target.people[person.id] = relationship.id


def _draw_circle(circle: CircleVersion, target: _CourseTarget) -> None:
    draw_circle(
        episode=target.episode,
        by=target.therapist,
        kind=circle.kind,
        respondent=circle.respondent,
        session_number=circle.session,
        at=target.session_start(circle.session) + _DRAWN_AFTER,
        placements=[
            Placement(str(target.people[name]), radius, angle, **dict.fromkeys(marks, True))
            for name, (radius, angle, *marks) in circle.places.items()
        ],
    )


def _write_worksheet(entry: WorksheetEntry, target: _CourseTarget, *, offset: timedelta) -> None:
    spec = worksheets()[entry.worksheet]
    # in order of time, and within a session a version before the client's answer to it
    steps: list[tuple[int, int, Any]] = [(session, 0, values) for session, values in entry.versions]
    steps += [(a.session, 1, a) for a in entry.answers]
    artefact = None
    for session, _, step in sorted(steps, key=lambda s: s[:2]):
        if isinstance(step, ClientAnswer) and artefact is not None:
            artefact = answer_artefact(
                artefact=artefact,
                by=target.therapist,
                version=artefact.version,
                agreement=step.agreement,
                client_words=step.text,
                at=target.session_start(session) + _ANSWERED_AFTER + offset,
            )
            continue
        artefact = save_artefact(
            id=artefact.id if artefact else uuid.uuid4(),
            episode=target.episode,
            worksheet=entry.worksheet,
            by=None if entry.by_client else target.therapist,
            filled=_parse_entry(entry, step, target),
            revision=artefact.revision if artefact else 0,
            at=target.session_start(session) + _FILLED_IN_AFTER + offset,
            session=target.sessions[entry.session] if spec.in_session else None,
            about=target.people[entry.about] if entry.about else None,
            simulated=True,
        )
    if entry.shared and artefact is not None:
        share_artefact(
            artefact=artefact,
            by=target.therapist,
            client="client" in entry.shared or None,
            supervisor="supervisor" in entry.shared or None,
        )


def _parse_entry(entry: WorksheetEntry, values: Mapping[str, Any], target: _CourseTarget) -> ParsedValues:
    """Parse values of the file through the parser of web forms."""
    spec = worksheets()[entry.worksheet]
    place = f"{entry.worksheet} at session {entry.session} of {target.episode.client.name_shown}"
    if unknown := sorted(k for k in values if spec.field(k) is None):
        raise ShelfError(f"unknown fields of the worksheet: {', '.join(unknown)}", where=place)
    parsed = parse_values(spec, {k: _resolve(f, values[k], target) for k in values if (f := spec.field(k)) is not None})
    if parsed.unread:
        raise ShelfError(f"unreadable values: {parsed.unread}", where=place)
    return parsed


def _resolve(spec: Field, value: Any, target: _CourseTarget) -> Any:
    """Replace relative days by dates and people's keys by ids, as a web form would send them."""
    if spec.kind is FieldKind.ROWS:
        columns = {c.id: c for c in spec.columns}
        if unknown := sorted({k for row in value for k in row} - set(columns)):
            raise ShelfError(f"unknown columns: {', '.join(unknown)}", where=spec.id)
        return [{k: _resolve(columns[k], v, target) for k, v in row.items()} for row in value]
    if spec.kind is FieldKind.CHOICES and (unknown := sorted(v for v in value if spec.option(v) is None)):
        raise ShelfError(f"unknown options: {', '.join(unknown)}", where=spec.id)
    if spec.kind is FieldKind.DATE:
        return target.resolve_day(value)
    if spec.kind is FieldKind.PERSON:
        return str(target.people[value])
    return value
