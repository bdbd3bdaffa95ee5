"""Course formats: number and spacing of sessions, and the phase that each session belongs to.

A course that has begun keeps its own numbers, so editing a format changes no course.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from securebase.errors import InputError, ShelfError
from securebase.records.vocabulary import Phase
from securebase.schema import Place, ShelfStruct, Text, read_toml

_FILE = "course_formats.toml"
#: Limits that the clinic’s settings page enforces too.
MAX_SESSIONS, MAX_DAYS_BETWEEN, MAX_FORMATS, MAX_NAME_LENGTH = 100, 92, 12, 60
_ORDER = tuple(Phase)


class CourseFormat(ShelfStruct, frozen=True):
    """One course format.

    initial, ending: number of sessions in the first and the last phase. days_between: days from one session to the
    next. maintenance: the course follows an acute one. sources: keys of `sources.toml`; empty for a clinic's own.
    """

    id: Text
    name: Text
    sessions: int
    initial: int
    ending: int
    days_between: int
    maintenance: bool = False
    about: str = ""
    sources: tuple[str, ...] = ()
    reviewed: bool = False

    def phases(self) -> tuple[tuple[Phase, int], ...]:
        """Return each phase with the number of its sessions; phases without sessions are left out."""
        phases = [phase_of(n, self.sessions, self.initial, self.ending, self.maintenance) for n in self.numbers]
        return tuple((p, phases.count(p)) for p in Phase if p in phases)

    @property
    def label(self) -> str:
        """The name, with the number of sessions unless the name states it, and their spacing."""
        sessions = "1 session" if self.sessions == 1 else f"{self.sessions} sessions"
        parts = [] if sessions in self.name else [sessions]
        return f"{self.name} ({', '.join([*parts, self.interval])})"

    @property
    def numbers(self) -> range:
        """Session numbers, from 1."""
        return range(1, self.sessions + 1)

    @property
    def interval(self) -> str:
        """Time between sessions, in words."""
        return interval_in_words(self.days_between)


def interval_in_words(days: int) -> str:
    """Return a phrase such as “every 7 days”."""
    return "every day" if days == 1 else f"every {days} days"


def phase_of(number: int, sessions: int, initial: int, ending: int, maintenance: bool = False) -> Phase:
    """Return the phase of a session.

    If the first and the last phase overlap, the first wins. Sessions beyond the planned ones belong to the last phase.
    """
    if maintenance:
        return Phase.MAINTENANCE
    if number <= initial:
        return Phase.INITIAL
    return Phase.ENDING if number > sessions - ending else Phase.MIDDLE


def later_phase(first: Phase, second: Phase) -> Phase:
    """Return the later of two phases in the order of a course."""
    return max(first, second, key=_ORDER.index)


@cache
def default_formats() -> tuple[CourseFormat, ...]:
    """Return the formats of a new clinic. Raises ShelfError if the file is invalid."""
    content = (resources.files("securebase.ipt") / _FILE).read_bytes()
    return read_formats(_FILE, content)


class CourseFormatsFile(ShelfStruct, frozen=True):
    """The file of the course formats."""

    forms: tuple[CourseFormat, ...] = ()


def read_formats(file: str, content: bytes) -> tuple[CourseFormat, ...]:
    """Read every format of a TOML file. Raises ShelfError that names the invalid field."""
    place = Place(file, ShelfError)
    formats = read_toml(content, CourseFormatsFile, place).forms
    ids = [f.id for f in formats]
    if not ids or len(set(ids)) != len(ids):
        place.fail(f"must hold at least one format, each id once (got {', '.join(ids) or 'none'})", "forms")
    for n, course_format in enumerate(formats, start=1):
        try:
            check_format(course_format)
        except InputError as error:
            place.at("forms", n).fail(str(error), "id")
    return formats


def check_format(course_format: CourseFormat) -> CourseFormat:
    """Return the format if it is possible. Raises InputError that says what is wrong."""
    name = course_format.name or "a format"
    if not course_format.name or len(course_format.name) > MAX_NAME_LENGTH:
        raise InputError(f"a format needs a name of at most {MAX_NAME_LENGTH} characters")
    if not 1 <= course_format.sessions <= MAX_SESSIONS:
        raise InputError(f"{name}: sessions must be 1 to {MAX_SESSIONS} (got {course_format.sessions})")
    if not 1 <= course_format.days_between <= MAX_DAYS_BETWEEN:
        raise InputError(
            f"{name}: days between sessions must be 1 to {MAX_DAYS_BETWEEN} (got {course_format.days_between})"
        )
    opening, closing = course_format.initial, course_format.ending
    if opening < 0 or closing < 0 or opening + closing > course_format.sessions:
        raise InputError(
            f"{name}: the initial and final phases have more sessions than the course",
            advice="Shorten one of them, or lengthen the course.",
        )
    return course_format


def load_formats(stored: Iterable[Mapping[str, Any]]) -> tuple[CourseFormat, ...]:
    """Return a clinic's stored formats without invalid entries, or the default formats if none is left."""
    formats: dict[str, CourseFormat] = {}
    for entry in stored:
        course_format = _load_format(entry)
        if course_format is not None:
            formats.setdefault(course_format.id, course_format)
    return tuple(formats.values()) or default_formats()


def _load_format(entry: Mapping[str, Any]) -> CourseFormat | None:
    known = {name: value for name, value in entry.items() if name in CourseFormat.__struct_fields__}
    try:
        return check_format(msgspec.convert(known, CourseFormat, strict=False))
    except (msgspec.ValidationError, InputError):
        return None


def find_format(formats: Sequence[CourseFormat], id_: str) -> CourseFormat | None:
    """Return the format with this id, or None if the clinic has deleted it."""
    return next((f for f in formats if f.id == id_), None)


def unused_id(name: str, used_ids: Iterable[str]) -> str:
    """Return an id, derived from the name, that is not taken yet."""
    stem = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:30] or "form"
    used, n, candidate = set(used_ids), 1, stem
    while candidate in used:
        n += 1
        candidate = f"{stem}_{n}"
    return candidate
