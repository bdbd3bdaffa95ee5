"""Episode records as JSON: lossless writer and strict reader.

Tuples become lists, enums their values, dates ISO strings. Times are days since the episode began.
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
from securebase.exchange.grid import read_bytes
from securebase.records.artefact import Value
from securebase.records.episode import EpisodeRecord

FORMAT, VERSION = "securebase-record", 1
_VALUE = frozenset(get_args(Value))


def format_record(record: EpisodeRecord, notes: Mapping[str, str] | None = None) -> str:
    """Return the record as JSON. `notes` inform readers, for instance about omissions.

    Raises InputError for a number that is not finite.
    """
    document = {"format": FORMAT, "version": VERSION, "notes": dict(notes or {}), "record": _plain(record, "record")}
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def write_record(record: EpisodeRecord, path: str | Path, notes: Mapping[str, str] | None = None) -> None:
    """Write a record to a JSON file, see `format_record`."""
    Path(path).write_text(format_record(record, notes), encoding="utf-8")


def read_record(path: str | Path) -> EpisodeRecord:
    """Read the record of one course of therapy from a JSON file.

    Parameters
    ----------
    path : str or Path
        File that the workbench exported (UTF-8 JSON, format ``securebase-record``, version 1).

    Returns
    -------
    EpisodeRecord
        The record. Times are days since the episode began. Fields that an earlier version did not write have their
        defaults.

    Raises
    ------
    InputError
        If the file cannot be read, is not such a record, or holds a field that this version does not know. The
        message gives the path inside the file.

    See Also
    --------
    read_cohort : Read a table of many persons.

    Examples
    --------
    >>> import json, tempfile
    >>> from pathlib import Path
    >>> import securebase
    >>> document = {
    ...     "format": "securebase-record",
    ...     "version": 1,
    ...     "record": {"person": "client-1", "planned_sessions": 16, "sessions": [{"number": 1, "at": 0.0}]},
    ... }
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "record.json"
    ...     _ = path.write_text(json.dumps(document), encoding="utf-8")
    ...     record = securebase.read_record(path)
    >>> record.person, record.planned_sessions, len(record.sessions)
    ('client-1', 16, 1)
    """
    if not isinstance(path, str | Path):
        raise InputError(f"path must be a text or Path (got {path!r})", advice="Pass the path of an exported record.")
    file = Path(path)
    try:
        text = read_bytes(file).decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("the file is not UTF-8 text", where=file.name, advice="Export the record again.") from None
    return parse_record(text, where=file.name)


def parse_record(text: str, *, where: str = "the text") -> EpisodeRecord:
    """Return the record that `format_record` wrote.

    Unknown fields (of a later version) are refused; absent fields (of an earlier version) have their defaults. Raises
    InputError with the path inside the document.
    """
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"invalid JSON: {error}", where=where, advice="Export the record again.") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError("this is not a Securebase record", where=where, advice=f"Its “format” must be “{FORMAT}”.")
    if document.get("version") != VERSION:
        version = document.get("version")
        raise InputError(f"version must be {VERSION} (got {version!r})", where=where)
    record: EpisodeRecord = _read(EpisodeRecord, document.get("record"), f"{where}, record")
    return record


def _plain(value: Any, path: str) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name), f"{path}.{f.name}") for f in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(item, f"{path}.{key}") for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item, f"{path}[{n}]") for n, item in enumerate(value)]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not isfinite(value):
        raise InputError("the number must be finite", where=path, advice="Omit it if it is unknown.")
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, data: Any, path: str) -> Any:
    origin, args = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        if set(args) == _VALUE:
            return _value(data, path)
        return None if data is None else _read(next(k for k in args if k is not type(None)), data, path)
    if origin is tuple:
        return _tuple(args, data, path)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(args, data, path)
    if is_dataclass(kind) and isinstance(kind, type):
        return _object(kind, data, path)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum(kind, data, path)
    if kind is date:
        return _date(data, path)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (kind is not bool and isinstance(data, bool)):
        raise _error(f"must be of type {kind.__name__}", data, path)
    if isinstance(data, float) and not isfinite(data):
        raise _error("must be a finite number", data, path)
    return data


def _object(kind: type, data: Any, path: str) -> Any:
    if not isinstance(data, dict):
        raise _error("must be an object", data, path)
    fields_by_name = {f.name: f for f in fields(kind)}
    if unknown := sorted(data.keys() - fields_by_name.keys()):
        raise InputError(f"unknown field “{unknown[0]}”", where=path)
    needed = [
        n for n, f in fields_by_name.items() if f.default is MISSING and f.default_factory is MISSING and n not in data
    ]
    if needed:
        raise InputError(f"required field “{needed[0]}” is missing", where=path)
    hints = _hints(kind)
    return kind(**{name: _read(hints[name], item, f"{path}.{name}") for name, item in data.items()})


def _tuple(args: tuple[Any, ...], data: Any, path: str) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise _error("must be a list", data, path)
    if args[-1] is Ellipsis:
        return tuple(_read(args[0], item, f"{path}[{n}]") for n, item in enumerate(data))
    if len(data) != len(args):
        raise _error(f"must be a list of {len(args)}", data, path)
    return tuple(_read(kind, item, f"{path}[{n}]") for n, (kind, item) in enumerate(zip(args, data, strict=True)))


def _mapping(args: tuple[Any, ...], data: Any, path: str) -> dict[Any, Any]:
    if not isinstance(data, dict):
        raise _error("must be an object", data, path)
    key, value = args
    try:
        return {key(name): _read(value, item, f"{path}.{name}") for name, item in data.items()}
    except ValueError:
        raise _error("names must be whole numbers", sorted(data)[0], path) from None


def _enum(kind: type[Enum], data: Any, path: str) -> Enum:
    allowed = [member.value for member in kind]
    if data not in allowed:
        raise _error(f"must be one of {', '.join(map(str, allowed))}", data, path)
    return kind(data)


def _date(data: Any, path: str) -> date:
    try:
        return date.fromisoformat(data)
    except (TypeError, ValueError):
        raise _error("must be a date such as 2026-03-09", data, path) from None


def _value(data: Any, path: str) -> Any:
    """Read a worksheet field: a cell, choices, or rows of cells and choices."""
    if not isinstance(data, list):
        return _cell(data, path)
    if all(isinstance(item, str) for item in data):
        return tuple(data)
    return tuple(_row(item, f"{path}[{n}]") for n, item in enumerate(data))


def _row(data: Any, path: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise _error("must be a row of cells", data, path)
    return {name: _row_cell(item, f"{path}.{name}") for name, item in data.items()}


def _row_cell(data: Any, path: str) -> Any:
    return tuple(_cell(item, path) for item in data) if isinstance(data, list) else _cell(data, path)


def _cell(data: Any, path: str) -> Any:
    if data is not None and not isinstance(data, str | int | float | bool):
        raise _error("must be a text, a number, true or false", data, path)
    if isinstance(data, float) and not isfinite(data):
        raise _error("must be a finite number", data, path)
    return data


def _error(problem: str, data: Any, path: str) -> InputError:
    value = json.dumps(data, ensure_ascii=False, default=str)
    return InputError(f"{problem} (got {value if len(value) <= 60 else value[:59] + '…'})", where=path)
