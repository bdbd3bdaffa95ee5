"""Forms of a course: how many sessions, which of them open and close it, and which phase a session falls into.

A course that has begun keeps its own numbers, so a form can be edited without changing any course.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any

from securebase.errors import InputError
from securebase.ipt.worksheet_reader import read_toml
from securebase.measurement.toml_fields import Fields
from securebase.records.vocabulary import Phase

_FILE = "course_forms.toml"
#: Bounds of what a form may say, as the pages ask for them.
MAX_SESSIONS, MAX_DAYS_BETWEEN, MAX_FORMATS, MAX_NAME_LENGTH = 100, 92, 12, 60
_ORDER = tuple(Phase)


@dataclass(frozen=True, slots=True)
class CourseFormat:
    """One form of a course. initial, ending: how many sessions open and close it. days_between: from one session to the
    next. maintenance: it follows an acute course. sources: keys of the list of sources; empty for a clinic's own.
    """

    id: str
    name: str
    sessions: int
    initial: int
    ending: int
    days_between: int
    maintenance: bool = False
    about: str = ""
    sources: tuple[str, ...] = ()
    reviewed: bool = False

    def plain(self) -> dict[str, Any]:
        """As plain values that can be stored."""
        return asdict(self) | {"sources": list(self.sources)}

    def phases(self) -> tuple[tuple[Phase, int], ...]:
        """Each phase with the number of its sessions; a phase without any is left out."""
        found = [phase_of(n, self.sessions, self.initial, self.ending, self.maintenance) for n in self.numbers]
        return tuple((p, found.count(p)) for p in Phase if p in found)

    @property
    def numbers(self) -> range:
        """The numbers of its sessions."""
        return range(1, self.sessions + 1)


def phase_of(number: int, sessions: int, initial: int, ending: int, maintenance: bool = False) -> Phase:
    """The phase that the session of this number falls into. Where the first and the last phase meet, the first wins;
    sessions beyond the planned ones belong to the last phase.
    """
    if maintenance:
        return Phase.MAINTENANCE
    if number <= initial:
        return Phase.INITIAL
    return Phase.ENDING if number > sessions - ending else Phase.MIDDLE


def later_phase(one: Phase, other: Phase) -> Phase:
    """Whichever of two phases comes later in a course."""
    return max(one, other, key=_ORDER.index)


@cache
def default_formats() -> tuple[CourseFormat, ...]:
    """The forms that a new clinic begins with. Raises ShelfError where the file is not sound."""
    content = (resources.files("securebase.ipt") / _FILE).read_bytes()
    return read_formats(_FILE, content)


def read_formats(file: str, content: bytes) -> tuple[CourseFormat, ...]:
    """Every form of a TOML file. Raises ShelfError that names what is not sound."""
    top = read_toml(file, content)
    top.only("forms")
    found = tuple(_form(at) for at in top.tables("forms"))
    ids = [f.id for f in found]
    if not found or len(set(ids)) != len(ids):
        top.fail("needs at least one form, and each id once", "forms")
    return found


def _form(at: Fields) -> CourseFormat:
    at.only(*CourseFormat.__dataclass_fields__)
    form = CourseFormat(
        id=at.text("id"),
        name=at.text("name"),
        sessions=at.whole("sessions"),
        initial=at.whole("initial"),
        ending=at.whole("ending"),
        days_between=at.whole("days_between"),
        maintenance=at.flag("maintenance", default=False),
        about=at.text("about", ""),
        sources=at.texts("sources"),
        reviewed=at.flag("reviewed", default=False),
    )
    try:
        return check_format(form)
    except InputError as error:
        at.fail(str(error), "id")


def check_format(form: CourseFormat) -> CourseFormat:
    """The form itself. Raises InputError that says what of it cannot be."""
    name = form.name or "a form"
    if not form.name or len(form.name) > MAX_NAME_LENGTH:
        raise InputError(f"a form needs a name of at most {MAX_NAME_LENGTH} letters")
    if not 1 <= form.sessions <= MAX_SESSIONS:
        raise InputError(f"{name}: 1 to {MAX_SESSIONS} sessions")
    if not 1 <= form.days_between <= MAX_DAYS_BETWEEN:
        raise InputError(f"{name}: 1 to {MAX_DAYS_BETWEEN} days from one session to the next")
    if form.initial < 0 or form.ending < 0 or form.initial + form.ending > form.sessions:
        raise InputError(
            f"{name}: the first and the last phase have more sessions than the course",
            advice="Make one of them shorter, or the course longer.",
        )
    return form


def load_formats(stored: Iterable[Mapping[str, Any]]) -> tuple[CourseFormat, ...]:
    """A clinic's own forms as they were stored; those of the shelf where it has none. What cannot be is left out."""
    found: list[CourseFormat] = []
    for one in stored:
        form = _stored(one)
        if form is not None and form.id not in {f.id for f in found}:
            found.append(form)
    return tuple(found) or default_formats()


def _stored(one: Mapping[str, Any]) -> CourseFormat | None:
    try:
        return check_format(
            CourseFormat(
                id=str(one["id"]),
                name=str(one["name"]),
                sessions=int(one["sessions"]),
                initial=int(one["initial"]),
                ending=int(one["ending"]),
                days_between=int(one["days_between"]),
                maintenance=bool(one.get("maintenance", False)),
                about=str(one.get("about", "")),
                sources=tuple(str(s) for s in one.get("sources", ())),
                reviewed=bool(one.get("reviewed", False)),
            )
        )
    except (KeyError, TypeError, ValueError, InputError):
        return None


def find_format(forms: Sequence[CourseFormat], name: str) -> CourseFormat | None:
    """The form with this id, or None: the one a course began with may be gone by now."""
    return next((f for f in forms if f.id == name), None)


def unused_id(name: str, taken: Iterable[str]) -> str:
    """An id for a form of this name that is not taken."""
    stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:30] or "form"
    known, n, made = set(taken), 1, stem
    while made in known:
        n += 1
        made = f"{stem}_{n}"
    return made
