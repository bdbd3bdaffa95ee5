"""The work of the demo clinic's courses: people, circles and worksheets, read from `lived/`, one file per client.

All of it is invented. Days in a file follow the client's own sessions (“session 3”, “session 1 - 40”), so that they
move with the day on which the clinic is made. It is written with the actions a therapist uses, so rows, versions and
audit are as in real use.
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

from securebase.errors import ShelfError
from securebase.ipt.parsing import ParsedValues, parse_values
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Field, FieldKind
from securebase.ipt.worksheet_reader import read_enum, read_toml
from securebase.measurement.toml_fields import Fields
from securebase.records.artefact import Placement
from securebase.records.vocabulary import Agreement, CircleKind, Respondent
from securebase.workbench.accounts.models import Account
from securebase.workbench.clients.models import Episode
from securebase.workbench.inventory.actions import add_relationship, draw_circle
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.worksheets.actions import answer_artefact, save_artefact, share_artefact

_DAY = re.compile(r"session (\d+)(?: ([+-]) (\d+))?")
#: A worksheet is filled in towards the end of its session, and the client answers it a little later.
_FILLED, _ANSWERED = timedelta(minutes=48), timedelta(minutes=70)
#: The circle is drawn when people have been talked about.
_DRAWN = timedelta(minutes=58)
_MARKS = ("gives", "receives", "tension")
#: What in a file's table of a worksheet is about the saving, not a field of the worksheet.
_ABOUT_IT = ("worksheet", "session", "about", "by_client", "shared", "later", "again", "answers")
_ABOUT_SOMEBODY = ("id", "name", "relation", "since", "deceased", "online", "professional", "focus", "ratings")


@dataclass(frozen=True, slots=True)
class Somebody:
    """One person in the client's life, since a session. `id` is what the file calls them."""

    id: str
    name: str
    relation: str
    since: int
    deceased: bool = False
    online: bool = False
    professional: bool = False
    is_focus: bool = False


@dataclass(frozen=True, slots=True)
class CircleVersion:
    """One version of the circle: person → (radius, angle, marks)."""

    session: int
    kind: CircleKind
    respondent: Respondent
    places: Mapping[str, tuple[float, float, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client said, at a session, to the version that was there then."""

    session: int
    agreement: Agreement
    said: str


@dataclass(frozen=True, slots=True)
class Written:
    """One worksheet: what was written at which session, version after version, and what became of it.

    shared: “client”, “supervisor”. by_client: filled in by the client.
    """

    worksheet: str
    versions: tuple[tuple[int, Mapping[str, Any]], ...]
    about: str = ""
    by_client: bool = False
    shared: tuple[str, ...] = ()
    answers: tuple[Answer, ...] = ()

    @property
    def session(self) -> int:
        return self.versions[0][0]


@dataclass(frozen=True, slots=True)
class Lived:
    """What one client's course has left behind so far."""

    client: str
    people: tuple[Somebody, ...] = ()
    circles: tuple[CircleVersion, ...] = ()
    written: tuple[Written, ...] = ()


# ---- reading ---------------------------------------------------------------------------------------------------------
@cache
def _lived() -> MappingProxyType[str, Lived]:
    folder = resources.files("securebase.workbench.demo") / "lived"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    found = [read_lived(f.name, f.read_bytes()) for f in files]
    return MappingProxyType({one.client: one for one in found})


def lived() -> Mapping[str, Lived]:
    """The work of every client who has some, by name. Raises ShelfError where a file is not sound."""
    return _lived()


def read_lived(file: str, content: bytes) -> Lived:
    """The course that a TOML file tells. Raises ShelfError that names the file and what in it is not sound."""
    top = read_toml(file, content)
    top.only("client", "people", "circles", "work")
    people = top.tables("people")
    found = Lived(
        client=top.text("client"),
        people=tuple(_somebody(p) for p in people),
        circles=tuple(_drawn(c) for c in top.tables("circles")),
        written=(*(r for p in people for r in _ratings(p)), *(w for t in top.tables("work") for w in _written(t))),
    )
    known = {p.id for p in found.people}
    named = {w.about for w in found.written if w.about} | {name for c in found.circles for name in c.places}
    if strangers := sorted(named - known):
        top.fail(f"nobody among the people is called {', '.join(strangers)}", "people")
    return found


def _somebody(at: Fields) -> Somebody:
    at.only(*_ABOUT_SOMEBODY)
    return Somebody(
        id=at.text("id"),
        name=at.text("name"),
        relation=at.text("relation"),
        since=at.whole("since", 2),
        deceased=at.flag("deceased", default=False),
        online=at.flag("online", default=False),
        professional=at.flag("professional", default=False),
        is_focus=at.flag("focus", default=False),
    )


def _ratings(at: Fields) -> list[Written]:
    """How the tie was rated, session by session; what is not said again is as it was."""
    said: dict[str, Any] = {}
    found = []
    for rating in at.tables("ratings"):
        said |= {k: v for k, v in rating.values.items() if k != "session"}
        found.append(Written("relationship", ((rating.whole("session"), dict(said)),), about=at.text("id")))
    return found


def _drawn(at: Fields) -> CircleVersion:
    at.only("session", "kind", "drawn_by", "places")
    return CircleVersion(
        session=at.whole("session"),
        kind=read_enum(at, "kind", CircleKind, CircleKind.PRESENT),
        respondent=read_enum(at, "drawn_by", Respondent, Respondent.CLIENT),
        places={name: _place(at, name, place) for name, place in at.table("places").values.items()},
    )


def _place(at: Fields, person: str, place: Any) -> tuple[float, float, tuple[str, ...]]:
    if not isinstance(place, list) or len(place) < 2 or not set(place[2:]) <= set(_MARKS):
        at.fail(f"a place is distance, angle, then any of {', '.join(_MARKS)}", f"places.{person}")
    return at.as_number(place[0], person), at.as_number(place[1], person), tuple(place[2:])


def _written(at: Fields) -> list[Written]:
    """The worksheet, and those of its kind that were begun `again` with what it said last."""
    name = at.text("worksheet")
    if name not in worksheets():
        at.fail(f"there is no worksheet “{name}”", "worksheet")
    said = {k: v for k, v in at.values.items() if k not in _ABOUT_IT}
    versions = [(at.whole("session"), dict(said))]
    for later in at.tables("later"):
        said |= {k: v for k, v in later.values.items() if k != "session"}
        versions.append((later.whole("session"), dict(said)))
    found = [
        Written(
            worksheet=name,
            versions=tuple(versions),
            about=at.text("about", ""),
            by_client=at.flag("by_client", default=False),
            shared=at.texts("shared"),
            answers=tuple(_answer(a) for a in at.tables("answers")),
        )
    ]
    for again in at.tables("again"):
        said |= {k: v for k, v in again.values.items() if k != "session"}
        found.append(replace(found[0], versions=((again.whole("session"), dict(said)),), answers=()))
    return found


def _answer(at: Fields) -> Answer:
    at.only("session", "agreement", "said")
    return Answer(at.whole("session"), read_enum(at, "agreement", Agreement), at.text("said", ""))


# ---- writing ---------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Course:
    """Where the work of one client is written: the sessions held, their moments, and the people as they were added."""

    episode: Episode
    therapist: Account
    sessions: Mapping[int, TherapySession]
    held: Mapping[int, datetime]
    people: dict[str, uuid.UUID]

    def at(self, session: int) -> datetime:
        if session not in self.held:
            raise ShelfError(f"session {session} was not held", where=f"the work of {self.episode.client.name_shown}")
        return self.held[session]

    def day(self, told: str) -> str:
        """“session 3 + 2” → the date. A session to come is counted on, a week each."""
        match = _DAY.fullmatch(told)
        if match is None:
            raise ShelfError(f"a day is written “session 3” or “session 1 - 40”, found “{told}”")
        number, sign, days = int(match[1]), match[2], int(match[3] or 0)
        last = max(self.held)
        at = self.held.get(number) or self.held[last] + timedelta(weeks=number - last)
        return timezone.localdate(at + timedelta(days=-days if sign == "-" else days)).isoformat()


def write(
    one: Lived,
    *,
    episode: Episode,
    therapist: Account,
    sessions: Mapping[int, TherapySession],
    held: Mapping[int, datetime],
) -> None:
    """Put the work of one client into the record, with the days it was done on.

    Raises ShelfError where the file names a session that was not held, a field the worksheet lacks, or a value that
    cannot be read.
    """
    course = _Course(episode, therapist, sessions, held, {})
    for person in one.people:
        _add(person, course)
    for drawn in one.circles:
        _draw(drawn, course)
    for n, written in enumerate(one.written):
        _write(written, course, minutes=timedelta(seconds=10 * n))


def _add(person: Somebody, course: _Course) -> None:
    added = add_relationship(
        episode=course.episode,
        by=course.therapist,
        name_shown=person.name,
        relation=person.relation,
        deceased=person.deceased,
        online=person.online,
        professional=person.professional,
        is_focus=person.is_focus,
        at=course.at(person.since) + timedelta(minutes=20),
    )
    course.people[person.id] = added.id


def _draw(drawn: CircleVersion, course: _Course) -> None:
    draw_circle(
        episode=course.episode,
        by=course.therapist,
        kind=drawn.kind,
        respondent=drawn.respondent,
        session_number=drawn.session,
        at=course.at(drawn.session) + _DRAWN,
        placements=[
            Placement(str(course.people[name]), radius, angle, **dict.fromkeys(marks, True))
            for name, (radius, angle, marks) in drawn.places.items()
        ],
    )


def _write(written: Written, course: _Course, *, minutes: timedelta) -> None:
    kind = worksheets()[written.worksheet]
    # what came first is done first: a version, then what the client said to it
    steps: list[tuple[int, int, Any]] = [(session, 0, said) for session, said in written.versions]
    steps += [(a.session, 1, a) for a in written.answers]
    artefact = None
    for session, _, step in sorted(steps, key=lambda s: s[:2]):
        if isinstance(step, Answer) and artefact is not None:
            artefact = answer_artefact(
                artefact=artefact,
                by=course.therapist,
                version=artefact.version,
                agreement=step.agreement,
                client_words=step.said,
                at=course.at(session) + _ANSWERED + minutes,
            )
            continue
        artefact = save_artefact(
            id=artefact.id if artefact else uuid.uuid4(),
            episode=course.episode,
            worksheet=written.worksheet,
            by=None if written.by_client else course.therapist,
            filled=_filled(written, step, course),
            revision=artefact.revision if artefact else 0,
            at=course.at(session) + _FILLED + minutes,
            session=course.sessions[written.session] if kind.in_session else None,
            about=course.people[written.about] if written.about else None,
            simulated=True,
        )
    if written.shared and artefact is not None:
        share_artefact(
            artefact=artefact,
            by=course.therapist,
            client="client" in written.shared or None,
            supervisor="supervisor" in written.shared or None,
        )


def _filled(written: Written, said: Mapping[str, Any], course: _Course) -> ParsedValues:
    """What the file says, read as what is typed is read."""
    kind = worksheets()[written.worksheet]
    where = f"{written.worksheet} at session {written.session} of {course.episode.client.name_shown}"
    if unknown := sorted(k for k in said if kind.field(k) is None):
        raise ShelfError(f"the worksheet has no {', '.join(unknown)}", where=where)
    filled = parse_values(kind, {k: _typed(f, said[k], course) for k in said if (f := kind.field(k)) is not None})
    if filled.unread:
        raise ShelfError(f"this cannot be read: {filled.unread}", where=where)
    return filled


def _typed(of: Field, value: Any, course: _Course) -> Any:
    """Days and people as a therapist would have typed and chosen them."""
    if of.kind is FieldKind.ROWS:
        columns = {c.id: c for c in of.columns}
        if unknown := sorted({k for row in value for k in row} - set(columns)):
            raise ShelfError(f"the rows have no {', '.join(unknown)}", where=of.id)
        return [{k: _typed(columns[k], v, course) for k, v in row.items()} for row in value]
    if of.kind is FieldKind.CHOICES and (unknown := sorted(v for v in value if of.option(v) is None)):
        raise ShelfError(f"no such choice: {', '.join(unknown)}", where=of.id)
    if of.kind is FieldKind.DATE:
        return course.day(value)
    if of.kind is FieldKind.PERSON:
        return str(course.people[value])
    return value
