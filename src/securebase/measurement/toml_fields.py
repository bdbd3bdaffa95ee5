"""Typed access to the fields of a shelf's TOML file. Every error names the file and the field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from securebase.errors import InputError, InstrumentError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fields:
    """A table of a TOML file with its path in the file, such as “scales[2].reliable_change”."""

    file: str
    values: Mapping[str, Any]
    place: str = ""
    #: class of the errors raised: each shelf has its own
    error: type[InputError] = InstrumentError

    def fail(self, problem: str, field: str = "", advice: str = "") -> NoReturn:
        """Raise the shelf's error, naming file and field."""
        path = ".".join(part for part in (self.place, field) if part)
        raise self.error(problem, where=f"{self.file}, {path}" if path else self.file, advice=advice)

    def allow_only(self, *allowed: str) -> None:
        """Check that no other fields occur: an unknown field is most likely a typo."""
        for field in self.values:
            if field not in allowed:
                self.fail("unknown field", field, f"Known fields: {', '.join(sorted(allowed))}.")

    def text(self, field: str, default: str | None = None) -> str:
        """Return a text; required and non-empty unless a default is given."""
        value = self._typed(field, str, default, "a text")
        if default is None and not value.strip():
            self.fail("must not be empty", field)
        return value

    def flag(self, field: str, default: bool | None = None) -> bool:
        """Return true or false."""
        return self._typed(field, bool, default, "true or false")

    def whole_number(self, field: str, default: int | None = None) -> int:
        """Return a whole number."""
        value = self.number(field, None if default is None else float(default))
        if value != int(value):
            self.fail(f"must be a whole number (got {value:g})", field)
        return int(value)

    def number(self, field: str, default: float | None = None) -> float:
        """Return a number."""
        value = self.values.get(field, default)
        if value is None:
            self.fail("required field is missing", field)
        return self.as_number(value, field)

    def optional_number(self, field: str) -> float | None:
        """Return a number, or None if the field is absent."""
        return self.number(field) if field in self.values else None

    def as_number(self, value: object, field: str) -> float:
        """Check that a value is a number and return it."""
        # a larger integer may not fit a float; values on the shelf are far smaller
        small = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
        if not isinstance(value, int | float) or not small:
            self.fail(f"must be a number (got {value!r:.40})", field)
        return float(value)

    def texts(self, field: str) -> tuple[str, ...]:
        """Return a list of texts; empty if the field is absent."""
        listed = self._typed(field, list, [], "a list")
        if not all(isinstance(entry, str) for entry in listed):
            self.fail("must be a list of texts", field)
        return tuple(listed)

    def whole_numbers(self, field: str, *, required: bool = False) -> tuple[int, ...]:
        """Return a list of distinct whole numbers."""
        listed = self._typed(field, list, None if required else [], "a list")
        if not all(isinstance(entry, int) and not isinstance(entry, bool) for entry in listed):
            self.fail("must be a list of whole numbers", field)
        if len(set(listed)) != len(listed):
            self.fail(f"must not list a number twice (got {listed})", field)
        return tuple(listed)

    def table(self, field: str) -> Fields:
        """Return a sub-table; empty if the file has none."""
        return Fields(self.file, self._typed(field, dict, {}, "a table"), self._path_of(field), self.error)

    def tables(self, field: str) -> list[Fields]:
        """Return a list of sub-tables. Errors number them from 1."""
        listed = self._typed(field, list, [], "a list of tables")
        if not all(isinstance(entry, dict) for entry in listed):
            self.fail("must be a list of tables", field)
        path = self._path_of(field)
        return [Fields(self.file, entry, f"{path}[{i}]", self.error) for i, entry in enumerate(listed, start=1)]

    def _path_of(self, field: str) -> str:
        return f"{self.place}.{field}" if self.place else field

    def _typed(self, field: str, kind: type[T], default: T | None, description: str) -> T:
        value = self.values.get(field, default)
        if value is None:
            self.fail("required field is missing", field)
        if not isinstance(value, kind):
            self.fail(f"must be {description} (got {value!r})", field)
        return value
