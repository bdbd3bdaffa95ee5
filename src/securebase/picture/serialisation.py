"""Frozen values to plain JSON and back, checked against their types on the way in."""

from __future__ import annotations

import hashlib
import json
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache
from math import isfinite
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from securebase.errors import InputError

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """Dataclasses become objects, tuples lists, enums their values. Raises InputError for a number that is not one."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not isfinite(value):
        raise InputError("a number of the picture is not finite", advice="Leave it out where it is not known.")
    return value


def to_json(value: Any) -> str:
    """Canonical JSON: the same value gives the same text."""
    return json.dumps(to_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(value: Any) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the canonical JSON."""
    return hashlib.sha256(to_json(value).encode()).hexdigest()[:16]


def from_plain(kind: type[T], data: Any) -> T:
    """The frozen value of type `kind` that `to_plain` wrote. Raises InputError where the data do not fit the type."""
    try:
        made: T = _read(kind, data)
    except (KeyError, TypeError, ValueError) as error:
        what = f"a stored {kind.__name__} cannot be read ({error})"
        raise InputError(what, advice="It was written by another version: make it anew.") from None
    return made


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(kind: Any, data: Any) -> Any:
    origin = get_origin(kind)
    if origin is Union or origin is types.UnionType:
        if data is None:
            return None
        return _read(next(k for k in get_args(kind) if k is not type(None)), data)
    if origin is tuple:
        if not isinstance(data, list):
            raise TypeError("a list was expected")
        return tuple(_read(get_args(kind)[0], item) for item in data)
    if is_dataclass(kind) and isinstance(kind, type):
        if set(data) != {f.name for f in fields(kind)}:
            raise TypeError(f"the fields of {kind.__name__} differ")
        hints = _hints(kind)
        return kind(**{name: _read(hints[name], item) for name, item in data.items()})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (kind is not bool and isinstance(data, bool)):
        raise TypeError(f"{kind.__name__} was expected, not {data!r}")
    return data
