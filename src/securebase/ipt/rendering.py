"""A filled-in worksheet in words: one line a field, for pages, paper, reports and tables alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from securebase.ipt.parsing import has_value
from securebase.ipt.worksheet import EXTENTS, Field, FieldKind, Worksheet
from securebase.records.artefact import Value


@dataclass(frozen=True, slots=True)
class RenderedField:
    """One field in words. `rows`: for a list, each row as (column, words) pairs, open cells left out."""

    field: Field
    words: str
    rows: tuple[tuple[tuple[Field, str], ...], ...] = ()


def render_fields(
    worksheet: Worksheet, values: Mapping[str, Value], people: Mapping[str, str] | None = None
) -> list[RenderedField]:
    """Every field that holds something. `people`: id of a relationship → the name to show."""
    names = people or {}
    return [_said(f, values[f.id], names) for f in worksheet.fields if has_value(values.get(f.id))]


def _said(of: Field, value: Value, people: Mapping[str, str]) -> RenderedField:
    if of.kind is not FieldKind.ROWS or not isinstance(value, tuple):
        return RenderedField(of, render_value(of, value, people))
    rows = tuple(
        tuple((c, render_value(c, row.get(c.id), people)) for c in of.columns if has_value(row.get(c.id)))
        for row in value
        if isinstance(row, Mapping)
    )
    one_line = "; ".join(", ".join(words for _, words in row) for row in rows)
    return RenderedField(of, one_line, rows)


def render_value(of: Field, value: Value, people: Mapping[str, str] | None = None) -> str:
    """One value as text: options by their words, scales as “6 of 10”, days as “9 March 2026”."""
    if value is None:
        return ""
    if of.kind is FieldKind.CHOICES and isinstance(value, tuple):
        return ", ".join(_option(of, str(v)) for v in value)
    if of.kind is FieldKind.CHOICE:
        return _option(of, str(value))
    if of.kind is FieldKind.YES_NO:
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _amount(of, float(value))
    if of.kind is FieldKind.PERSON:
        return (people or {}).get(str(value), "somebody who is not in the inventory any more")
    if of.kind is FieldKind.DATE:
        return _day(str(value))
    return str(value)


def _option(of: Field, value: str) -> str:
    found = of.option(value)
    return found.label if found else value


def _amount(of: Field, value: float) -> str:
    if of.kind is FieldKind.EXTENT:
        return EXTENTS[int(value)] if 0 <= value <= 3 else f"{value:g}"
    if of.kind is FieldKind.SCALE:
        return f"{value:g} of {of.maximum:g}"
    return f"{value:g} {of.unit}".strip()


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {day:%B %Y}"


def title_in_words(worksheet: Worksheet, values: Mapping[str, Value], people: Mapping[str, str] | None = None) -> str:
    """What names this one among others of its kind: its title field cut to a line; empty where that is open."""
    of = worksheet.field(worksheet.title) if worksheet.title else None
    if of is None or not has_value(values.get(of.id)):
        return ""
    words = " ".join(render_value(of, values[of.id], people).split())
    return words if len(words) <= 80 else words[:79].rstrip() + "…"
