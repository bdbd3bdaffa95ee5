"""One TOML file of the shelf → `Worksheet`. Says in a ShelfError which field of which file is not sound."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields as parts_of
from enum import StrEnum
from typing import Any, TypeVar

from securebase.errors import ShelfError
from securebase.ipt.worksheet import Audience, Field, FieldKind, Option, Worksheet, WorksheetGroup
from securebase.measurement.toml_fields import Fields
from securebase.records.vocabulary import (
    Agreement,
    DisputeStage,
    Phase,
    ProblemArea,
    Respondent,
    RuptureKind,
    SupportKind,
    Technique,
)

E = TypeVar("E", bound=StrEnum)
_ID = re.compile(r"[a-z][a-z0-9_]*")
#: A closed vocabulary can be named instead of listing its options once more.
VOCABULARIES: dict[str, type[StrEnum]] = {
    "problem_area": ProblemArea,
    "support_kind": SupportKind,
    "dispute_stage": DisputeStage,
    "rupture_kind": RuptureKind,
    "technique": Technique,
    "phase": Phase,
    "agreement": Agreement,
}
_NUMERIC = {FieldKind.SCALE, FieldKind.NUMBER}
_FORMULATIONS = {"", "triad", "classic"}
_LINEAGES = {"", "sick_role", "triad", "classic"}


def read_toml(file: str, content: bytes) -> Fields:
    """The file's top table. Raises ShelfError where it is no readable TOML."""
    try:
        values = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ShelfError(f"is no readable TOML ({error})", where=file, advice="Mend the line it names.") from None
    return Fields(file, values, error=ShelfError)


def read_worksheet(file: str, content: bytes) -> Worksheet:
    """The worksheet that a TOML file describes, checked for soundness. `file` is the name that errors show."""
    top = read_toml(file, content)
    top.only(*(p.name for p in parts_of(Worksheet)))
    found = Worksheet(
        id=_id(top),
        name=top.text("name"),
        about=top.text("about"),
        teaches=top.text("teaches", ""),
        group=read_enum(top, "group", WorksheetGroup),
        fields=tuple(_field(f) for f in top.tables("fields")),
        tasks=top.texts("tasks"),
        claims=top.texts("claims"),
        phases=_each_of(top, "phases", Phase),
        areas=_each_of(top, "areas", ProblemArea),
        many=top.flag("many", default=True),
        in_session=top.flag("in_session", default=False),
        about_person=top.flag("about_person", default=False),
        about_label=top.text("about_label", "About"),
        filled_by=read_enum(top, "filled_by", Respondent, Respondent.THERAPIST),
        for_client=top.flag("for_client", default=False),
        client_fills=top.flag("client_fills", default=False),
        agreement=top.flag("agreement", default=False),
        lineage=_among(top, "lineage", _LINEAGES),
        title=top.text("title", ""),
        order=top.whole("order", 50),
        reviewed=top.flag("reviewed", default=False),
        sources=top.texts("sources"),
    )
    _check(found, top)
    return found


def _field(at: Fields, *, column: bool = False) -> Field:
    at.only(*(p.name for p in parts_of(Field)))
    kind = read_enum(at, "kind", FieldKind)
    if column and kind is FieldKind.ROWS:
        at.fail("a list cannot stand in a row of a list", "kind")
    numeric, extent = kind in _NUMERIC, kind is FieldKind.EXTENT
    found = Field(
        id=_id(at),
        label=at.text("label"),
        kind=kind,
        help=at.text("help", ""),
        section=at.text("section", ""),
        minimum=at.number("minimum", 0.0) if numeric else 0.0,
        maximum=at.number("maximum", 10.0) if numeric else 3.0 if extent else 10.0,
        step=at.number("step", 1.0),
        low_label=at.text("low_label", ""),
        high_label=at.text("high_label", ""),
        unit=at.text("unit", ""),
        options=_options(at, kind),
        vocabulary=at.text("vocabulary", ""),
        columns=tuple(_field(c, column=True) for c in at.tables("columns")),
        needed=at.flag("needed", default=False),
        quote=at.flag("quote", default=False),
        note=at.flag("note", default=False),
        only=_among(at, "only", _FORMULATIONS),
        begins_with=at.text("begins_with", ""),
        reports=_each_of(at, "reports", Audience),
    )
    if found.minimum >= found.maximum:
        at.fail("must be above the minimum", "maximum")
    if (kind is FieldKind.ROWS) != bool(found.columns):
        at.fail("columns belong to rows, and rows need columns", "columns")
    ids = [c.id for c in found.columns]
    if len(set(ids)) != len(ids):
        at.fail("two columns have one id", "columns")
    return found


def _options(at: Fields, kind: FieldKind) -> tuple[Option, ...]:
    named = at.text("vocabulary", "")
    if named:
        if named not in VOCABULARIES:
            at.fail(f"no such vocabulary, found “{named}”", "vocabulary", f"Known are: {', '.join(VOCABULARIES)}.")
        listed = tuple(Option(v.value, getattr(v, "label", v.value)) for v in VOCABULARIES[named])
    else:
        listed = tuple(Option(o.text("value"), o.text("label"), o.text("help", "")) for o in at.tables("options"))
    if (kind in {FieldKind.CHOICE, FieldKind.CHOICES}) != bool(listed):
        at.fail("options belong to a choice, and a choice needs options", "options")
    if len({o.value for o in listed}) != len(listed):
        at.fail("two options have one value", "options")
    return listed


def _check(found: Worksheet, top: Fields) -> None:
    ids = [f.id for f in found.fields]
    if not ids:
        top.fail("has no field", "fields")
    if len(set(ids)) != len(ids):
        top.fail("two fields have one id", "fields")
    if found.title and (named := found.field(found.title)) is None:
        top.fail("no such field", "title")
    elif found.title and named is not None and named.kind is FieldKind.ROWS:
        top.fail("a list cannot name a worksheet", "title")
    if found.about_person and any(f.kind is FieldKind.PERSON for f in found.fields):
        top.fail("speaks of one person already: about_label says how they are asked for", "fields")
    if found.client_fills and not found.for_client:
        top.fail("what the client fills in must be for the client", "client_fills")


def _id(at: Fields) -> str:
    name = at.text("id")
    if not _ID.fullmatch(name):
        at.fail(f"must be small letters, digits and _, found “{name}”", "id")
    return name


def read_enum(at: Fields, name: str, kind: type[E], default: E | None = None) -> E:
    """A field that must be one of an enum's values."""
    text = at.text(name, None if default is None else default.value)
    if text not in {e.value for e in kind}:
        at.fail(f"no such {name}, found “{text}”", name, f"Known are: {', '.join(e.value for e in kind)}.")
    return kind(text)


def _each_of(at: Fields, name: str, kind: type[E]) -> tuple[E, ...]:
    known = {e.value for e in kind}
    for text in at.texts(name):
        if text not in known:
            at.fail(f"found “{text}”", name, f"Known are: {', '.join(sorted(known))}.")
    return tuple(kind(text) for text in at.texts(name))


def _among(at: Fields, name: str, known: set[str]) -> str:
    text: Any = at.text(name, "")
    if text not in known:
        at.fail(f"found “{text}”", name, f"Known are: {', '.join(sorted(known - {''}))}.")
    return str(text)
