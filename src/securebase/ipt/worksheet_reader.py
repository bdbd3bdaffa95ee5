"""Reader of worksheet files: one TOML file → `Worksheet`. Every ShelfError names the file and the invalid field."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields as dataclass_fields
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
#: Closed vocabularies that a field can name instead of listing options.
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
    """Return the top table of a TOML file. Raises ShelfError for invalid TOML."""
    try:
        values = tomllib.loads(content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ShelfError(f"invalid TOML: {error}", where=file) from None
    return Fields(file, values, error=ShelfError)


def read_worksheet(file: str, content: bytes) -> Worksheet:
    """Read and check the worksheet in a TOML file. `file` is the name that errors show. Raises ShelfError."""
    top = read_toml(file, content)
    top.allow_only(*(p.name for p in dataclass_fields(Worksheet)))
    spec = Worksheet(
        id=_id(top),
        name=top.text("name"),
        about=top.text("about"),
        teaches=top.text("teaches", ""),
        group=read_enum(top, "group", WorksheetGroup),
        fields=tuple(_read_field(f) for f in top.tables("fields")),
        tasks=top.texts("tasks"),
        claims=top.texts("claims"),
        phases=_read_enums(top, "phases", Phase),
        areas=_read_enums(top, "areas", ProblemArea),
        many=top.flag("many", default=True),
        in_session=top.flag("in_session", default=False),
        about_person=top.flag("about_person", default=False),
        about_label=top.text("about_label", "About"),
        filled_by=read_enum(top, "filled_by", Respondent, Respondent.THERAPIST),
        for_client=top.flag("for_client", default=False),
        client_fills=top.flag("client_fills", default=False),
        agreement=top.flag("agreement", default=False),
        lineage=_read_choice(top, "lineage", _LINEAGES),
        title=top.text("title", ""),
        order=top.whole_number("order", 50),
        reviewed=top.flag("reviewed", default=False),
        sources=top.texts("sources"),
    )
    _check(spec, top)
    return spec


def _read_field(block: Fields, *, column: bool = False) -> Field:
    block.allow_only(*(p.name for p in dataclass_fields(Field)))
    kind = read_enum(block, "kind", FieldKind)
    if column and kind is FieldKind.ROWS:
        block.fail("a list must not be a column of another list", "kind")
    numeric, extent = kind in _NUMERIC, kind is FieldKind.EXTENT
    field = Field(
        id=_id(block),
        label=block.text("label"),
        kind=kind,
        help=block.text("help", ""),
        section=block.text("section", ""),
        minimum=block.number("minimum", 0.0) if numeric else 0.0,
        maximum=block.number("maximum", 10.0) if numeric else 3.0 if extent else 10.0,
        step=block.number("step", 1.0),
        low_label=block.text("low_label", ""),
        high_label=block.text("high_label", ""),
        unit=block.text("unit", ""),
        options=_read_options(block, kind),
        vocabulary=block.text("vocabulary", ""),
        columns=tuple(_read_field(c, column=True) for c in block.tables("columns")),
        needed=block.flag("needed", default=False),
        quote=block.flag("quote", default=False),
        note=block.flag("note", default=False),
        only=_read_choice(block, "only", _FORMULATIONS),
        begins_with=block.text("begins_with", ""),
        reports=_read_enums(block, "reports", Audience),
    )
    if field.minimum >= field.maximum:
        block.fail(f"must be above the minimum (got {field.maximum:g}, minimum {field.minimum:g})", "maximum")
    if (kind is FieldKind.ROWS) != bool(field.columns):
        block.fail("a list needs columns, and no other kind of field has them", "columns")
    ids = [c.id for c in field.columns]
    if len(set(ids)) != len(ids):
        block.fail(f"every column needs its own id (got {', '.join(ids)})", "columns")
    return field


def _read_options(block: Fields, kind: FieldKind) -> tuple[Option, ...]:
    vocabulary = block.text("vocabulary", "")
    if vocabulary:
        if vocabulary not in VOCABULARIES:
            block.fail(f"unknown vocabulary “{vocabulary}”", "vocabulary", f"Known: {', '.join(VOCABULARIES)}.")
        options = tuple(Option(v.value, getattr(v, "label", v.value)) for v in VOCABULARIES[vocabulary])
    else:
        options = tuple(Option(o.text("value"), o.text("label"), o.text("help", "")) for o in block.tables("options"))
    if (kind in {FieldKind.CHOICE, FieldKind.CHOICES}) != bool(options):
        block.fail("a choice needs options, and no other kind of field has them", "options")
    if len({o.value for o in options}) != len(options):
        block.fail("every option needs its own value", "options")
    return options


def _check(spec: Worksheet, top: Fields) -> None:
    ids = [f.id for f in spec.fields]
    if not ids:
        top.fail("must hold at least one field", "fields")
    if len(set(ids)) != len(ids):
        top.fail(f"every field needs its own id (got {', '.join(ids)})", "fields")
    if spec.title and (field := spec.field(spec.title)) is None:
        top.fail(f"unknown field “{spec.title}”", "title", f"Known: {', '.join(ids)}.")
    elif spec.title and field is not None and field.kind is FieldKind.ROWS:
        top.fail(f"must not be a list (got “{spec.title}”)", "title")
    if spec.about_person and any(f.kind is FieldKind.PERSON for f in spec.fields):
        top.fail("must not ask for a person again", "fields", "The worksheet is about one person: see about_label.")
    if spec.client_fills and not spec.for_client:
        top.fail("a worksheet that the client fills in must be shown to the client", "client_fills")


def _id(block: Fields) -> str:
    name = block.text("id")
    if not _ID.fullmatch(name):
        block.fail(f"must be lower-case letters, digits and _ (got “{name}”)", "id")
    return name


def read_enum(block: Fields, name: str, kind: type[E], default: E | None = None) -> E:
    """Return a field that must be one of an enum's values."""
    text = block.text(name, None if default is None else default.value)
    if text not in {e.value for e in kind}:
        block.fail(f"unknown {name} “{text}”", name, f"Known: {', '.join(e.value for e in kind)}.")
    return kind(text)


def _read_enums(block: Fields, name: str, kind: type[E]) -> tuple[E, ...]:
    values = {e.value for e in kind}
    for text in block.texts(name):
        if text not in values:
            block.fail(f"unknown value “{text}”", name, f"Known: {', '.join(sorted(values))}.")
    return tuple(kind(text) for text in block.texts(name))


def _read_choice(block: Fields, name: str, choices: set[str]) -> str:
    text: Any = block.text(name, "")
    if text not in choices:
        block.fail(f"unknown {name} “{text}”", name, f"Known: {', '.join(sorted(choices - {''}))}.")
    return str(text)
