"""Conversion of frozen dataclasses to plain JSON and back, with a type check on reading."""

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
    """Convert dataclasses to objects, tuples to lists and enums to their values.

    Raises InputError for NaN and infinity, which JSON cannot hold.
    """
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
        raise InputError(f"a number of the picture is not finite ({value})", advice="Omit unknown numbers.")
    return value


def to_json(value: Any) -> str:
    """Return canonical JSON: equal values give equal text."""
    return json.dumps(to_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def fingerprint(value: Any) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the canonical JSON."""
    return hashlib.sha256(to_json(value).encode()).hexdigest()[:16]


def from_plain(kind: type[T], data: Any) -> T:
    """Read the value of type `kind` that `to_plain` wrote; raise InputError if the data do not fit the type."""
    try:
        value: T = _read(kind, data)
    except (KeyError, TypeError, ValueError) as error:
        problem = f"a stored {kind.__name__} cannot be read ({error})"
        raise InputError(problem, advice="Another version wrote it. Compute it again.") from None
    return value


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
            raise TypeError(f"expected a list, not {type(data).__name__}")
        return tuple(_read(get_args(kind)[0], item) for item in data)
    if is_dataclass(kind) and isinstance(kind, type):
        if set(data) != {f.name for f in fields(kind)}:
            differing = ", ".join(sorted(set(data) ^ {f.name for f in fields(kind)}))
            raise TypeError(f"fields of {kind.__name__} differ: {differing}")
        hints = _hints(kind)
        return kind(**{name: _read(hints[name], item) for name, item in data.items()})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (kind is not bool and isinstance(data, bool)):
        raise TypeError(f"expected {kind.__name__}, not {data!r}")
    return data
