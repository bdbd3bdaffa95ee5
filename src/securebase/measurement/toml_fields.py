"""Reading fields of a shelf's TOML file: every refusal names the file and the field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from securebase.errors import InputError, InstrumentError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fields:
    """A table of a TOML file with the place it stands at, such as “scales[2].reliable_change”."""

    file: str
    values: Mapping[str, Any]
    place: str = ""
    #: what is raised; each shelf has its own kind
    error: type[InputError] = InstrumentError

    def fail(self, what: str, field: str = "", advice: str = "") -> NoReturn:
        """Raise the shelf's error, naming file and field."""
        where = ".".join(part for part in (self.place, field) if part)
        raise self.error(what, where=f"{self.file}, {where}" if where else self.file, advice=advice)

    def only(self, *allowed: str) -> None:
        """Refuse a field nobody reads: most likely a slip of the pen."""
        for field in self.values:
            if field not in allowed:
                self.fail("no such field", field, f"Known are: {', '.join(sorted(allowed))}.")

    def text(self, field: str, default: str | None = None) -> str:
        value = self._typed(field, str, default, "a text")
        if default is None and not value.strip():
            self.fail("is empty", field)
        return value

    def flag(self, field: str, default: bool | None = None) -> bool:
        return self._typed(field, bool, default, "true or false")

    def whole(self, field: str, default: int | None = None) -> int:
        value = self.number(field, None if default is None else float(default))
        if value != int(value):
            self.fail("must be a whole number", field)
        return int(value)

    def number(self, field: str, default: float | None = None) -> float:
        value = self.values.get(field, default)
        if value is None:
            self.fail("is missing", field)
        return self.as_number(value, field)

    def maybe_number(self, field: str) -> float | None:
        return self.number(field) if field in self.values else None

    def as_number(self, value: object, field: str) -> float:
        # beyond this a whole number would not even fit a float; nothing on the shelf comes near
        small = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
        if not isinstance(value, int | float) or not small:
            self.fail(f"must be a number, found {value!r:.40}", field)
        return float(value)

    def texts(self, field: str) -> tuple[str, ...]:
        listed = self._typed(field, list, [], "a list")
        if not all(isinstance(entry, str) for entry in listed):
            self.fail("must be a list of texts", field)
        return tuple(listed)

    def wholes(self, field: str, *, required: bool = False) -> tuple[int, ...]:
        listed = self._typed(field, list, None if required else [], "a list")
        if not all(isinstance(entry, int) and not isinstance(entry, bool) for entry in listed):
            self.fail("must be a list of whole numbers", field)
        if len(set(listed)) != len(listed):
            self.fail("names a number twice", field)
        return tuple(listed)

    def table(self, field: str) -> Fields:
        """A sub-table; empty where the file has none."""
        return Fields(self.file, self._typed(field, dict, {}, "a table"), self._below(field), self.error)

    def tables(self, field: str) -> list[Fields]:
        """A list of sub-tables, numbered from 1 in what errors say."""
        listed = self._typed(field, list, [], "a list of tables")
        if not all(isinstance(entry, dict) for entry in listed):
            self.fail("must be a list of tables", field)
        below = self._below(field)
        return [Fields(self.file, entry, f"{below}[{i}]", self.error) for i, entry in enumerate(listed, start=1)]

    def _below(self, field: str) -> str:
        return f"{self.place}.{field}" if self.place else field

    def _typed(self, field: str, kind: type[T], default: T | None, called: str) -> T:
        value = self.values.get(field, default)
        if value is None:
            self.fail("is missing", field)
        if not isinstance(value, kind):
            self.fail(f"must be {called}, found {value!r}", field)
        return value
