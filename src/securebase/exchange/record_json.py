"""One whole record as JSON and back: everything of an `EpisodeRecord`, to read in another program or here again.

Tuples become lists, enums their values, days ISO dates. Times stay days since the episode began.
"""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from securebase.errors import InputError
from securebase.records.artefact import Value
from securebase.records.episode import EpisodeRecord

FORMAT, VERSION = "securebase-record", 1
_VALUE = frozenset(get_args(Value))


def record_text(record: EpisodeRecord, notes: Mapping[str, str] | None = None) -> str:
    """The record as JSON text. `notes`: what a reader has to know of it, such as what was left out.

    Raises InputError for a number that is not finite.
    """
    whole = {"format": FORMAT, "version": VERSION, "notes": dict(notes or {}), "record": _plain(record, "record")}
    return json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def write_record(record: EpisodeRecord, path: str | Path, notes: Mapping[str, str] | None = None) -> None:
    """`record_text` as a file."""
    Path(path).write_text(record_text(record, notes), encoding="utf-8")


def read_record(path: str | Path) -> EpisodeRecord:
    """The record of a file that `write_record` or the workbench wrote. Raises InputError, which names the place."""
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError("is no text in UTF-8", where=file.name, advice="Save it as UTF-8.") from None
    return record_from_text(text, where=file.name)


def record_from_text(text: str, *, where: str = "the text") -> EpisodeRecord:
    """The record that `record_text` wrote. What a later version added and this one does not know is refused; what an
    earlier one did not have yet is as in an empty record. Raises InputError, which names the place."""
    try:
        whole = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"is no readable JSON ({error})", where=where, advice="Download it once more.") from None
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        raise InputError("is no record of Securebase", where=where, advice=f"Its “format” has to be “{FORMAT}”.")
    if whole.get("version") != VERSION:
        found = whole.get("version")
        raise InputError(f"has version {found!r}, and this program reads version {VERSION}", where=where)
    read: EpisodeRecord = _read(EpisodeRecord, whole.get("record"), f"{where}, record")
    return read


def _plain(value: Any, where: str) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name), f"{where}.{f.name}") for f in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item, f"{where}[{n}]") for n, item in enumerate(value)]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not isfinite(value):
        raise InputError("this number is not finite", where=where, advice="Leave it out where it is not known.")
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, data: Any, where: str) -> Any:
    origin, args = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        if set(args) == _VALUE:
            return _value(data, where)
        return None if data is None else _read(next(k for k in args if k is not type(None)), data, where)
    if origin is tuple:
        return _tuple(args, data, where)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(args, data, where)
    if is_dataclass(kind) and isinstance(kind, type):
        return _object(kind, data, where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum(kind, data, where)
    if kind is date:
        return _date(data, where)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (kind is not bool and isinstance(data, bool)):
        raise _wrong(f"{kind.__name__} was expected", data, where)
    if isinstance(data, float) and not isfinite(data):
        raise _wrong("a finite number was expected", data, where)
    return data


def _object(kind: type, data: Any, where: str) -> Any:
    if not isinstance(data, dict):
        raise _wrong("an object was expected", data, where)
    known = {f.name: f for f in fields(kind)}
    if unknown := sorted(data.keys() - known.keys()):
        raise InputError(f"has “{unknown[0]}”, which this version does not know", where=where)
    needed = [n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING and n not in data]
    if needed:
        raise InputError(f"lacks “{needed[0]}”", where=where)
    hints = _hints(kind)
    return kind(**{name: _read(hints[name], item, f"{where}.{name}") for name, item in data.items()})


def _tuple(args: tuple[Any, ...], data: Any, where: str) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise _wrong("a list was expected", data, where)
    if args[-1] is Ellipsis:
        return tuple(_read(args[0], item, f"{where}[{n}]") for n, item in enumerate(data))
    if len(data) != len(args):
        raise _wrong(f"a list of {len(args)} was expected", data, where)
    return tuple(_read(kind, item, f"{where}[{n}]") for n, (kind, item) in enumerate(zip(args, data, strict=True)))


def _mapping(args: tuple[Any, ...], data: Any, where: str) -> dict[Any, Any]:
    if not isinstance(data, dict):
        raise _wrong("an object was expected", data, where)
    key, value = args
    try:
        return {key(name): _read(value, item, f"{where}.{name}") for name, item in data.items()}
    except ValueError:
        raise _wrong("whole numbers were expected as names", sorted(data)[0], where) from None


def _enum(kind: type[Enum], data: Any, where: str) -> Enum:
    known = [member.value for member in kind]
    if data not in known:
        raise _wrong(f"one of {', '.join(map(str, known))} was expected", data, where)
    return kind(data)


def _date(data: Any, where: str) -> date:
    try:
        return date.fromisoformat(data)
    except (TypeError, ValueError):
        raise _wrong("a day such as 2026-03-09 was expected", data, where) from None


def _value(data: Any, where: str) -> Any:
    """What a field of a worksheet holds: a cell, choices, or rows of cells and choices."""
    if not isinstance(data, list):
        return _cell(data, where)
    if all(isinstance(item, str) for item in data):
        return tuple(data)
    return tuple(_row(item, f"{where}[{n}]") for n, item in enumerate(data))


def _row(data: Any, where: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _wrong("a row of cells was expected", data, where)
    return {name: _row_cell(item, f"{where}.{name}") for name, item in data.items()}


def _row_cell(data: Any, where: str) -> Any:
    return tuple(_cell(item, where) for item in data) if isinstance(data, list) else _cell(data, where)


def _cell(data: Any, where: str) -> Any:
    if data is not None and not isinstance(data, str | int | float | bool):
        raise _wrong("a text, a number, yes or no was expected", data, where)
    if isinstance(data, float) and not isfinite(data):
        raise _wrong("a finite number was expected", data, where)
    return data


def _wrong(what: str, data: Any, where: str) -> InputError:
    found = json.dumps(data, ensure_ascii=False, default=str)
    return InputError(f"{what}, found {found if len(found) <= 60 else found[:59] + '…'}", where=where)
