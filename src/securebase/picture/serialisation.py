"""Conversion of frozen dataclasses to plain JSON and back, with a type check on reading."""

from __future__ import annotations

import hashlib
import json
from typing import Any, TypeVar

import msgspec

from securebase.errors import InputError
from securebase.schema import encode

T = TypeVar("T")


def to_plain(value: Any) -> Any:
    """Convert dataclasses to objects, tuples to lists and enums to their values.

    Raises InputError for NaN and infinity, which JSON cannot hold.
    """
    return json.loads(to_json(value))


def to_json(value: Any) -> str:
    """Return canonical JSON: equal values give equal text. Raises InputError for NaN and infinity."""
    plain = msgspec.to_builtins(value, str_keys=True, enc_hook=encode)
    try:
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise InputError("a number of the picture is not finite", advice="Omit unknown numbers.") from None


def fingerprint(value: Any) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the canonical JSON."""
    return hashlib.sha256(to_json(value).encode()).hexdigest()[:16]


def from_plain(kind: type[T], data: Any) -> T:
    """Read the value of type `kind` that `to_plain` wrote; raise InputError if the data do not fit the type.

    A value that is written back differently has fields that another version added or left out.
    """
    try:
        value = msgspec.convert(data, kind)
        problem = "" if to_plain(value) == data else "its fields differ"
    except msgspec.ValidationError as error:
        problem = str(error)
    if problem:
        raise InputError(
            f"a stored {kind.__name__} cannot be read ({problem})", advice="Another version wrote it. Compute it again."
        )
    return value
