"""What was typed into a worksheet → values of the right kind. What cannot be read is said, and never thrown away."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from securebase.ipt.worksheet import LINE_LENGTH, MAX_ROWS, TEXT_LENGTH, Field, FieldKind, Worksheet
from securebase.records.artefact import Row, Value

_SPACE = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, slots=True)
class ParsedValues:
    """What was understood, field → value (open fields are left out), and what was not.

    unread: “field” or “rows.2.column” → (what was typed, what is wrong with it).
    """

    values: dict[str, Value]
    unread: dict[str, tuple[str, str]] = field(default_factory=dict)


def parse_values(worksheet: Worksheet, typed: Mapping[str, Any]) -> ParsedValues:
    """Read what was typed. `typed`: field → text, number, list of texts, or list of mappings for rows.

    Fields that the worksheet does not have are passed over. A list longer than allowed is unread as a whole.
    """
    values: dict[str, Value] = {}
    unread: dict[str, tuple[str, str]] = {}
    for one in worksheet.fields:
        if one.kind is FieldKind.ROWS:
            rows = _rows(one, typed.get(one.id), unread)
            if rows:
                values[one.id] = rows
        else:
            value = _one(one, typed.get(one.id), one.id, unread)
            if value is not None:
                values[one.id] = value
    return ParsedValues(values, unread)


def is_complete(worksheet: Worksheet, values: Mapping[str, Value]) -> bool:
    """Whether the fields without which the tool has not done its work hold something; any field, where none is needed.

    Of fields that only one lineage of formulation asks for, those of one lineage are enough.
    """
    needed = [f for f in worksheet.fields if f.needed]
    if not needed:
        return any(has_value(v) for v in values.values())
    lineages = {f.only for f in needed if f.only}
    always = all(has_value(values.get(f.id)) for f in needed if not f.only)
    ones = [all(has_value(values.get(f.id)) for f in needed if f.only == name) for name in lineages]
    return always and (not ones or any(ones))


def has_value(value: Value) -> bool:
    """Whether a value holds anything. No and 0 are answers."""
    return value is not None and value not in ("", ())


def _rows(of: Field, typed: Any, unread: dict[str, tuple[str, str]]) -> tuple[Row, ...]:
    if not isinstance(typed, Sequence) or isinstance(typed, str):
        return ()
    rows: list[Row] = []
    for given in typed:
        if not isinstance(given, Mapping):
            continue
        n = len(rows)
        cells: dict[str, Any] = {}
        lost: dict[str, tuple[str, str]] = {}
        for column in of.columns:
            value = _one(column, given.get(column.id), f"{of.id}.{n}.{column.id}", lost)
            if value is not None:
                cells[column.id] = value
        # a box left unticked says nothing of its own: a row is there when something else is in it
        if lost or any(v is not False for v in cells.values()):
            rows.append(cells)
            unread |= lost
    if len(rows) > MAX_ROWS:
        unread[of.id] = ("", f"At most {MAX_ROWS} rows fit here; the rest was not kept.")
        unread_rows = {k for k in unread if k.startswith(f"{of.id}.") and int(k.split(".")[1]) >= MAX_ROWS}
        for key in unread_rows:
            del unread[key]
    return tuple(rows[:MAX_ROWS])


def _one(of: Field, typed: Any, place: str, unread: dict[str, tuple[str, str]]) -> Any:
    if typed is None:
        return None
    if of.kind is FieldKind.CHOICES:
        listed = [typed] if isinstance(typed, str) else list(typed)
        known = tuple(o.value for o in of.options if o.value in listed)
        return known or None
    if isinstance(typed, list | tuple):
        typed = typed[-1] if typed else ""
    if of.kind is FieldKind.YES_NO and isinstance(typed, bool):
        return typed
    text = f"{typed:g}" if isinstance(typed, int | float) and not isinstance(typed, bool) else str(typed)
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    if not text:
        return None
    problem, value = _READERS[of.kind](of, text)
    if problem:
        unread[place] = (text, problem)
        return None
    return value


def _text(of: Field, text: str) -> tuple[str, Any]:
    most = LINE_LENGTH if of.kind is FieldKind.LINE else TEXT_LENGTH
    text = _SPACE.sub(" ", text.replace("\n", " ")) if of.kind is FieldKind.LINE else text
    if len(text) > most:
        return f"This is {len(text):,} characters long; {most:,} fit here.", None
    return "", text


def _number(of: Field, text: str) -> tuple[str, Any]:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return "This is not a number.", None
    if not math.isfinite(value) or not of.minimum <= value <= of.maximum:
        return f"The number must lie between {of.minimum:g} and {of.maximum:g}.", None
    steps = (value - of.minimum) / of.step
    if abs(steps - round(steps)) > 1e-9:
        return f"The number must go in steps of {of.step:g} from {of.minimum:g}.", None
    return "", value


def _choice(of: Field, text: str) -> tuple[str, Any]:
    return ("", text) if of.option(text) else ("This is none of the choices.", None)


def _yes_no(_: Field, text: str) -> tuple[str, Any]:
    known = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "0": False}
    value = known.get(text.lower())
    return ("", value) if value is not None else ("Answer yes or no.", None)


def _date(_: Field, text: str) -> tuple[str, Any]:
    try:
        return "", date.fromisoformat(text).isoformat()
    except ValueError:
        return "Write the day as year, month and day: 2026-03-09.", None


def _person(_: Field, text: str) -> tuple[str, Any]:
    return ("", text) if len(text) <= 80 else ("This is nobody of the inventory.", None)


_READERS = {
    FieldKind.LINE: _text,
    FieldKind.TEXT: _text,
    FieldKind.SCALE: _number,
    FieldKind.NUMBER: _number,
    FieldKind.EXTENT: _number,
    FieldKind.CHOICE: _choice,
    FieldKind.YES_NO: _yes_no,
    FieldKind.DATE: _date,
    FieldKind.PERSON: _person,
}
