"""A filled-in worksheet in words, one line per field, for pages, paper, reports and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from securebase.ipt.parsing import has_value
from securebase.ipt.worksheet import EXTENTS, Field, FieldKind, Worksheet
from securebase.records.artefact import Value


@dataclass(frozen=True, slots=True)
class RenderedField:
    """One field in words. rows: for a list, each row as (column, words) pairs without empty cells."""

    field: Field
    words: str
    rows: tuple[tuple[tuple[Field, str], ...], ...] = ()


def render_fields(
    worksheet: Worksheet, values: Mapping[str, Value], people: Mapping[str, str] | None = None
) -> list[RenderedField]:
    """Return every field that holds a value. people: relationship id → the name to show."""
    names = people or {}
    return [_render_field(f, values[f.id], names) for f in worksheet.fields if has_value(values.get(f.id))]


def _render_field(field: Field, value: Value, people: Mapping[str, str]) -> RenderedField:
    if field.kind is not FieldKind.ROWS or not isinstance(value, tuple):
        return RenderedField(field, render_value(field, value, people))
    rows = tuple(
        tuple((c, render_value(c, row.get(c.id), people)) for c in field.columns if has_value(row.get(c.id)))
        for row in value
        if isinstance(row, Mapping)
    )
    one_line = "; ".join(", ".join(words for _, words in row) for row in rows)
    return RenderedField(field, one_line, rows)


def render_value(field: Field, value: Value, people: Mapping[str, str] | None = None) -> str:
    """Return one value as text: options by their label, scales as “6 of 10”, days as “9 March 2026”."""
    if value is None:
        return ""
    if field.kind is FieldKind.CHOICES and isinstance(value, tuple):
        labels = [_option_label(field, str(v)) for v in value]
        return ("; " if any(" " in label for label in labels) else ", ").join(labels)
    if field.kind is FieldKind.CHOICE:
        return _option_label(field, str(value))
    if field.kind is FieldKind.YES_NO:
        return "Yes" if value else "No"
    if isinstance(value, int | float):
        return _amount(field, float(value))
    if field.kind is FieldKind.PERSON:
        return (people or {}).get(str(value), "someone no longer in the inventory")
    if field.kind is FieldKind.DATE:
        return _day(str(value))
    return str(value)


def field_in_words(worksheet: Worksheet, values: Mapping[str, Value], name: str) -> str:
    """Return the value of one field as text; empty if the worksheet has no such field."""
    field = worksheet.field(name)
    return render_value(field, values.get(name)) if field else ""


def _option_label(field: Field, value: str) -> str:
    option = field.option(value)
    return option.label if option else value


def _amount(field: Field, value: float) -> str:
    if field.kind is FieldKind.EXTENT:
        return EXTENTS[int(value)] if 0 <= value <= 3 else f"{value:g}"
    if field.kind is FieldKind.SCALE:
        return f"{value:g} of {field.maximum:g}"
    unit = field.unit.removesuffix("s") if value == 1 else field.unit
    separator = "" if unit == "%" else " "
    return f"{value:g}{separator}{unit}".strip()


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {day:%B %Y}"


def title_in_words(worksheet: Worksheet, values: Mapping[str, Value], people: Mapping[str, str] | None = None) -> str:
    """Return the worksheet's title field shortened to one line; empty if it is open."""
    field = worksheet.field(worksheet.title) if worksheet.title else None
    if field is None or not has_value(values.get(field.id)):
        return ""
    words = " ".join(render_value(field, values[field.id], people).split())
    return words if len(words) <= 80 else words[:79].rstrip() + "…"
