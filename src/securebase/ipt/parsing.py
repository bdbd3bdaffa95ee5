"""Parser of worksheet input into typed values. Unreadable input is kept as typed, with the reason."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from securebase.ipt.worksheet import LINE_LENGTH, MAX_ROWS, TEXT_LENGTH, Field, FieldKind, Worksheet
from securebase.records.artefact import Row, Value
from securebase.records.dates import describe_out_of_bounds, latest_date

_SPACE = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, slots=True)
class ParsedValues:
    """Result of parsing.

    values: field → value, without open fields. unread: “field” or “rows.2.column” → (input as typed, problem).
    positions: field → positions of its typed rows that were not empty.
    """

    values: dict[str, Value]
    unread: dict[str, tuple[str, str]] = field(default_factory=dict)
    positions: dict[str, list[int]] = field(default_factory=dict)


def parse_values(worksheet: Worksheet, typed: Mapping[str, Any]) -> ParsedValues:
    """Parse typed input: field → text, number, list of texts, or list of mappings for rows.

    Fields that the worksheet does not have are ignored. Of a list longer than allowed, the first rows are kept and the
    excess is reported as unread.
    """
    values: dict[str, Value] = {}
    unread: dict[str, tuple[str, str]] = {}
    positions: dict[str, list[int]] = {}
    for spec in worksheet.fields:
        if spec.kind is FieldKind.ROWS:
            positions[spec.id] = []
            rows = _parse_rows(spec, typed.get(spec.id), unread, positions[spec.id])
            if rows:
                values[spec.id] = rows
        else:
            value = parse_value(spec, typed.get(spec.id), spec.id, unread)
            if value is not None:
                values[spec.id] = value
    return ParsedValues(values, unread, positions)


def is_complete(worksheet: Worksheet, values: Mapping[str, Value]) -> bool:
    """Return whether every needed field holds a value, or any field if none is needed.

    Of the needed fields that belong to one kind of formulation (`only`), those of one kind are enough.
    """
    needed = [f for f in worksheet.fields if f.needed]
    if not needed:
        return any(has_value(v) for v in values.values())
    kinds = {f.only for f in needed if f.only}
    common = all(has_value(values.get(f.id)) for f in needed if not f.only)
    by_kind = [all(has_value(values.get(f.id)) for f in needed if f.only == kind) for kind in kinds]
    return common and (not by_kind or any(by_kind))


def has_value(value: Value) -> bool:
    """Return whether a value is not empty. No and 0 are answers."""
    return value is not None and value not in ("", ())


def _parse_rows(spec: Field, typed: Any, unread: dict[str, tuple[str, str]], positions: list[int]) -> tuple[Row, ...]:
    if not isinstance(typed, Sequence) or isinstance(typed, str):
        return ()
    rows: list[Row] = []
    for position, row in enumerate(typed):
        if not isinstance(row, Mapping):
            continue
        n = len(rows)
        cells: dict[str, Any] = {}
        unread_cells: dict[str, tuple[str, str]] = {}
        for column in spec.columns:
            value = parse_value(column, row.get(column.id), f"{spec.id}.{n}.{column.id}", unread_cells)
            if value is not None:
                cells[column.id] = value
        # an unticked box alone is not an input: a row counts only if another cell holds something
        if unread_cells or any(v is not False for v in cells.values()):
            rows.append(cells)
            positions.append(position)
            unread |= unread_cells
    if len(rows) > MAX_ROWS:
        unread[spec.id] = ("", f"A list holds at most {MAX_ROWS} rows. The other rows were not saved.")
        unread_rows = {k for k in unread if k.startswith(f"{spec.id}.") and int(k.split(".")[1]) >= MAX_ROWS}
        for key in unread_rows:
            del unread[key]
    return tuple(rows[:MAX_ROWS])


def parse_value(spec: Field, typed: Any, place: str, unread: dict[str, tuple[str, str]]) -> Any:
    """Parse one typed value; None if it is empty or unreadable, which `unread` then tells under this place."""
    if typed is None:
        return None
    if spec.kind is FieldKind.CHOICES:
        ticked = [typed] if isinstance(typed, str) else list(typed)
        return tuple(o.value for o in spec.options if o.value in ticked) or None
    if isinstance(typed, list | tuple):
        typed = typed[-1] if typed else ""
    if spec.kind is FieldKind.YES_NO and isinstance(typed, bool):
        return typed
    text = f"{typed:g}" if isinstance(typed, int | float) and not isinstance(typed, bool) else str(typed)
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text:
        return None
    problem, value = _PARSERS[spec.kind](spec, text)
    if problem:
        unread[place] = (text, problem)
        return None
    return value


def _refuse(spec: Field, text: str, usual: str) -> str:
    return spec.refusal.replace("{value}", text) or usual


def _parse_text(spec: Field, text: str) -> tuple[str, Any]:
    limit = LINE_LENGTH if spec.kind is FieldKind.LINE else TEXT_LENGTH
    text = _SPACE.sub(" ", text.replace("\n", " ")) if spec.kind is FieldKind.LINE else text
    if len(text) > limit:
        return f"This text is too long: {len(text):,} characters (maximum {limit:,}).", None
    return "", text


def _parse_number(spec: Field, text: str) -> tuple[str, Any]:
    """Return a number of the range, or that of an option beside it."""
    if option := spec.option(text):
        return "", float(option.value)
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return "Enter a number.", None
    if not math.isfinite(value) or not spec.minimum <= value <= spec.maximum:
        return _refuse(spec, text, f"Enter a number from {spec.minimum:g} to {spec.maximum:g}."), None
    steps = (value - spec.minimum) / spec.step
    if abs(steps - round(steps)) > 1e-9:
        return _refuse(spec, text, f"Enter a number in steps of {spec.step:g}, starting at {spec.minimum:g}."), None
    return "", value


def _parse_choice(spec: Field, text: str) -> tuple[str, Any]:
    return ("", text) if spec.option(text) else (_refuse(spec, text, "Choose one of the options."), None)


def _parse_yes_no(_: Field, text: str) -> tuple[str, Any]:
    answers = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "0": False}
    value = answers.get(text.lower())
    return ("", value) if value is not None else ("Choose yes or no.", None)


def _parse_date(_: Field, text: str) -> tuple[str, Any]:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return "Enter the date as year-month-day, for example 2026-03-09.", None
    problem = describe_out_of_bounds(day, latest=latest_date(date.today()))
    return problem, None if problem else day.isoformat()


def _parse_person(_: Field, text: str) -> tuple[str, Any]:
    return ("", text) if len(text) <= 80 else ("Choose a person from the list.", None)


_PARSERS = {
    FieldKind.LINE: _parse_text,
    FieldKind.TEXT: _parse_text,
    FieldKind.SCALE: _parse_number,
    FieldKind.NUMBER: _parse_number,
    FieldKind.EXTENT: _parse_number,
    FieldKind.CHOICE: _parse_choice,
    FieldKind.YES_NO: _parse_yes_no,
    FieldKind.DATE: _parse_date,
    FieldKind.PERSON: _parse_person,
}
