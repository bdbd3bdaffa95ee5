"""A filled-in worksheet in words: one line a field, for pages, paper, reports and tables alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from securebase.ipt.parsing import is_said
from securebase.ipt.worksheet import EXTENTS, Field, Kind, Worksheet
from securebase.records.artefact import Value


@dataclass(frozen=True, slots=True)
class Said:
    """One field in words. `rows`: for a list, each row as (column, words) pairs, open cells left out."""

    field: Field
    words: str
    rows: tuple[tuple[tuple[Field, str], ...], ...] = ()


def said(worksheet: Worksheet, values: Mapping[str, Value], people: Mapping[str, str] | None = None) -> list[Said]:
    """Every field that holds something. `people`: id of a relationship → the name to show."""
    names = people or {}
    return [_said(f, values[f.id], names) for f in worksheet.fields if is_said(values.get(f.id))]


def _said(of: Field, value: Value, people: Mapping[str, str]) -> Said:
    if of.kind is not Kind.ROWS or not isinstance(value, tuple):
        return Said(of, in_words(of, value, people))
    rows = tuple(
        tuple((c, in_words(c, row.get(c.id), people)) for c in of.columns if is_said(row.get(c.id)))
        for row in value
        if isinstance(row, Mapping)
    )
    one_line = "; ".join(", ".join(words for _, words in row) for row in rows)
    return Said(of, one_line, rows)


def in_words(of: Field, value: Value, people: Mapping[str, str] | None = None) -> str:
    """One value as text: options by their words, scales as “6 of 10”, days as “9 March 2026”."""
    if value is None:
        return ""
    if of.kind is Kind.CHOICES and isinstance(value, tuple):
        return ", ".join(_option(of, str(v)) for v in value)
    if of.kind is Kind.CHOICE:
        return _option(of, str(value))
    if of.kind is Kind.YES_NO:
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _amount(of, float(value))
    if of.kind is Kind.PERSON:
        return (people or {}).get(str(value), "somebody who is not in the inventory any more")
    if of.kind is Kind.DATE:
        return _day(str(value))
    return str(value)


def _option(of: Field, value: str) -> str:
    found = of.option(value)
    return found.label if found else value


def _amount(of: Field, value: float) -> str:
    if of.kind is Kind.EXTENT:
        return EXTENTS[int(value)] if 0 <= value <= 3 else f"{value:g}"
    if of.kind is Kind.SCALE:
        return f"{value:g} of {of.maximum:g}"
    return f"{value:g} {of.unit}".strip()


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {day:%B %Y}"


def title(worksheet: Worksheet, values: Mapping[str, Value], people: Mapping[str, str] | None = None) -> str:
    """What names this one among others of its kind: its title field cut to a line; empty where that is open."""
    of = worksheet.field(worksheet.title) if worksheet.title else None
    if of is None or not is_said(values.get(of.id)):
        return ""
    words = " ".join(in_words(of, values[of.id], people).split())
    return words if len(words) <= 80 else words[:79].rstrip() + "…"
