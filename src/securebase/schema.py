"""Files as structs: one class is the type, the TOML and JSON reader and the JSON Schema of a file (decision 16).

A class derives from `ShelfStruct`; its annotations are the format. Checks across fields come afterwards and name their
location by a `Place`. Every error names the file, the key path (lists counted from 1) and the value found.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from importlib.resources.abc import Traversable
from math import isfinite
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from securebase.errors import InputError

T = TypeVar("T")

#: A text that is not empty.
Text = Annotated[str, Meta(pattern=r"\S")]
#: A list of texts with at least one entry.
Texts = Annotated[tuple[Text, ...], Meta(min_length=1)]
#: A finite number; values on the shelf are far smaller than the bounds.
Number = Annotated[float, Meta(gt=-1e9, lt=1e9, description="a number")]
#: A finite number above 0.
Positive = Annotated[float, Meta(gt=0, lt=1e9)]
#: An id: the name of a file, a column, a code.
Id = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$", description="lower-case letters, digits and _")]


class ShelfStruct(Struct, frozen=True, forbid_unknown_fields=True):
    """Base class for the contents of a shelf file: frozen, and an unknown field is an error."""


class FieldError(ValueError):
    """A problem of one field that a struct finds when it is built; the reader adds file and path."""

    def __init__(self, problem: str, field: str = "", advice: str = "") -> None:
        self.problem, self.field, self.advice = problem, field, advice
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Place:
    """A location in a file, such as “scales[2].reliable_change”, and the class of the errors about it."""

    file: str
    error: type[InputError]
    path: str = ""

    def at(self, field: str, number: int | None = None) -> Place:
        """Return the place of a field below this one, or of its n-th entry, counted from 1."""
        entry = field if number is None else f"{field}[{number}]"
        return replace(self, path=f"{self.path}.{entry}" if self.path else entry)

    def fail(self, problem: str, field: str = "", advice: str = "") -> NoReturn:
        """Raise the error of the shelf, naming file and field."""
        path = ".".join(part for part in (self.path, field) if part)
        raise self.error(problem, where=f"{self.file}, {path}" if path else self.file, advice=advice)


def parse_toml(content: bytes | str, place: Place) -> dict[str, Any]:
    """Return the tables of a TOML file."""
    try:
        return tomllib.loads(content if isinstance(content, str) else content.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        place.fail(f"invalid TOML: {problem}", advice="Correct the line named.")


def convert(values: Any, kind: type[T], place: Place) -> T:
    """Convert plain values to a struct. Raises the error of the place at the first value that does not fit."""
    try:
        return msgspec.convert(values, kind, str_keys=True)
    except msgspec.ValidationError as error:
        _explain(error, values, kind, place)


def read_toml(content: bytes | str, kind: type[T], place: Place) -> T:
    """Read a TOML file into a struct."""
    return convert(parse_toml(content, place), kind, place)


def toml_files(folder: Traversable) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of every TOML file of a folder, in the order of names; none without the folder."""
    files = [f for f in folder.iterdir() if f.name.endswith(".toml")] if folder.is_dir() else []
    for file in sorted(files, key=lambda f: f.name):
        yield file.name, file.read_bytes()


def check_file_name(expected: str, place: Place) -> None:
    """Check that a file has the name of what it holds. Raises the error of the place."""
    if place.file != f"{expected}.toml":
        place.fail(f"must be the name of the file (got “{expected}”)", "id", "Rename the file or change the id.")


def to_plain(value: Any) -> Any:
    """Return dataclasses, structs and enums as plain JSON values; numbers that are not finite become None."""
    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=_encode))


def to_builtins(value: Any) -> Any:
    """Return dataclasses, structs and enums as plain values; numbers and texts stay as they are."""
    return msgspec.to_builtins(value, str_keys=True, enc_hook=_encode)


def plain_fields(value: object, *names: str) -> dict[str, Any]:
    """Return these attributes of an object as plain JSON values, see `to_plain`."""
    return {name: to_plain(getattr(value, name)) for name in names}


def to_json(value: Any, place: Place, **layout: Any) -> str:
    """Return dataclasses, structs and enums as JSON; `layout` are options of `json.dumps`.

    Raises the error of the place at a number that is not finite.
    """
    plain = to_builtins(value)
    try:
        return json.dumps(plain, ensure_ascii=False, allow_nan=False, **layout)
    except ValueError:
        _check_read(plain, plain, place, complete=False)
        raise


def canonical_json(value: Any) -> str:
    """Return canonical JSON: equal values give equal text. Raises InputError at a number that is not finite."""
    place = Place(f"a {type(value).__name__}", InputError)
    return to_json(value, place, sort_keys=True, separators=(",", ":"))


def value_fingerprint(value: Any) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:16]


def from_plain(values: Any, kind: type[T], place: Place, *, complete: bool = False) -> T:
    """Read plain JSON values into a dataclass or struct. Raises the error of the place if they do not fit.

    An unknown field is an error, so nothing that another version wrote is lost; with `complete`, an absent one is too.
    """
    value = convert(values, kind, place)
    if not _written_alike(value, values):
        _check_read(values, to_builtins(value), place, complete=complete)
    return value


def _written_alike(value: Any, values: Any) -> bool:
    """Return whether a value is written as it was read: then no field is unknown or absent, and no number infinite."""
    try:
        return bool(to_plain(value) == values)
    except UnicodeEncodeError:  # a lone surrogate, which only the slower check can walk over
        return False


def _check_read(values: Any, plain: Any, place: Place, path: str = "", *, complete: bool) -> None:
    """Check values against the same value as it is written: no field more, and every number finite."""
    if isinstance(values, float) and not isfinite(values):
        place.fail(f"must be a finite number (got {values})", path, "Omit it if it is unknown.")
    if isinstance(values, dict):
        start = f"{path}." if path else ""
        if unknown := [name for name in values if name not in plain]:
            place.fail("unknown field", f"{start}{unknown[0]}")
        if complete and (missing := [name for name in plain if name not in values]):
            place.fail("required field is missing", f"{start}{missing[0]}")
        for name, value in values.items():
            _check_read(value, plain[name], place, f"{start}{name}", complete=complete)
    if isinstance(values, list):
        for n, (value, entry) in enumerate(zip(values, plain, strict=True), start=1):
            _check_read(value, entry, place, f"{path}[{n}]", complete=complete)


def _encode(value: Any) -> Any:
    """Return what the codec does not know as a value that it knows: numbers of numpy, and read-only mappings."""
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"cannot convert {type(value).__name__} to plain JSON")


def json_schema(kind: Any, title: str) -> dict[str, Any]:
    """Return the JSON Schema of the files of a shelf, for editors that complete and check them."""
    schema = msgspec.json.schema(kind)
    for definition in schema["$defs"].values():
        if "description" in definition:
            definition["description"] = " ".join(definition["description"].split("\n\n")[0].split())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **schema}


_LOCATION = re.compile(r" - at (?P<key>`key` in )?`\$(?P<path>[^`]*)`$")
_STEP = re.compile(r"\.(?P<field>\w+)|\[(?P<index>\d+)\]|(?P<entry>\[\.\.\.\])")
_NAMES = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
}
_BOUNDS = {">=": "at least", ">": "greater than", "<=": "at most", "<": "below"}


def _explain(error: msgspec.ValidationError, values: Any, kind: Any, place: Place) -> NoReturn:
    """Raise the shelf's own error in place of msgspec's."""
    location = _LOCATION.search(str(error))
    message = _LOCATION.sub("", str(error))
    for step in _STEP.finditer(location["path"] if location else ""):
        values, kind, place = _enter(step, values, kind, place)
    if isinstance(error.__cause__, FieldError):
        place.fail(error.__cause__.problem, error.__cause__.field, error.__cause__.advice)
    if missing := re.fullmatch(r"Object missing required field `(.*)`", message):
        place.fail("required field is missing", missing[1])
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", message):
        known = sorted(_field_types(_plain_kind(kind)))
        place.fail("unknown field", unknown[1], f"Known fields: {', '.join(known)}.")
    if location and location["key"]:
        key_kind = get_args(_plain_kind(kind))[0]
        key = next(key for key in values if not _fits(key, key_kind))
        place.fail(f"{_metadata(key_kind).title or 'key'} {_requirement(message, key_kind)} (got {key!r})")
    if message.startswith("Invalid enum value"):
        noun, known = _choices(kind)
        name = noun or place.path.rpartition(".")[2]
        place.fail(f"unknown {name} “{values}”", advice=f"Known: {', '.join(v for v in known if v)}.")
    requirement = _requirement(message, kind)
    place.fail(requirement if requirement == "must not be empty" else f"{requirement} (got {values!r:.40})")


def _enter(step: re.Match[str], values: Any, kind: Any, place: Place) -> tuple[Any, Any, Place]:
    """Return value, type and place one step down the path of a message."""
    kind = _plain_kind(kind)
    if field := step["field"]:
        return values[field], _field_types(kind)[field], place.at(field)
    if step["entry"]:
        # the message does not name the entry of a table with free names: it is the first that does not fit
        entry_kind = get_args(kind)[1]
        name = next(name for name, value in values.items() if not _fits(value, entry_kind))
        return values[name], entry_kind, place.at(name)
    index = int(step["index"])
    arguments = get_args(kind)
    entry_kind = arguments[0] if len(arguments) < 2 or arguments[1] is Ellipsis else arguments[index]
    return values[index], entry_kind, replace(place, path=f"{place.path}[{index + 1}]")


def _field_types(kind: Any) -> dict[str, Any]:
    """Return the types of the fields of a struct or a dataclass by their names in the file."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    return get_type_hints(kind, include_extras=True)


def _fits(value: Any, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind, str_keys=True)
    except msgspec.ValidationError:
        return False
    return True


def _plain_kind(kind: Any) -> Any:
    """Return a type without its constraints and without None."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, UnionType):
            kind = next(part for part in get_args(kind) if part is not NoneType)
        else:
            return kind


def _metadata(kind: Any) -> Meta:
    return next((part for part in getattr(kind, "__metadata__", ()) if isinstance(part, Meta)), Meta())


def _choices(kind: Any) -> tuple[str, list[str]]:
    """Return the noun and the values of an enum (“stage” for CourseStage) or of a literal type, which has no noun."""
    if get_origin(kind) in (Annotated, Union, UnionType):
        return max((_choices(part) for part in get_args(kind)), key=lambda choices: len(choices[1]))
    if get_origin(kind) is Literal:
        return "", list(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return re.findall(r"[A-Z][a-z]*", kind.__name__)[-1].lower(), [str(member.value) for member in kind]
    return "", []


def _requirement(message: str, kind: Any) -> str:
    """Return what a value must be, from the constraints of its type or from the message."""
    metadata = _metadata(kind)
    if (metadata.pattern == r"\S" and "regex" in message) or "of length >= 1" in message:
        return "must not be empty"
    if metadata.description:
        return f"must be {metadata.description}"
    if "RFC3339" in message:
        return "must be a date such as 2026-03-09"
    if limit := re.fullmatch(r"Expected `\w+` (>=|>|<=|<) (.*)", message):
        return f"must be {_BOUNDS[limit[1]]} {float(limit[2]):g}"
    if length := re.match(r"Expected `array` of length (\d+)", message):
        return f"must be a list of {length[1]}"
    expected = re.match(r"Expected `([^`]*)`", message)
    names = [_NAMES.get(name, name) for name in (expected[1] if expected else "").split(" | ") if name != "null"]
    return f"must be {' or '.join(names)}" if expected else message
