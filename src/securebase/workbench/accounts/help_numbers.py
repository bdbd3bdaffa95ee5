"""Telephone numbers for the help text of a clinic, by country."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from securebase.errors import InputError
from securebase.schema import Place, ShelfStruct, Text, read_toml

FILE = "help_numbers.toml"


class CountryNumbers(ShelfStruct, frozen=True):
    """The emergency number and one crisis line of a country; `source` says where the line's number was read."""

    code: Text
    name: Text
    emergency: Text
    line: Text
    service: Text
    source: Text

    @property
    def help_text(self) -> str:
        """Paragraphs for the help text of a clinic."""
        return (
            f"If you are in danger, or might act on thoughts of hurting yourself, call {self.emergency} now or go to "
            "the nearest emergency department.\n"
            f"To talk to someone at any time, call {self.service}: {self.line}.\n"
            "If you can, tell someone near you how you feel, and do not stay alone."
        )


class NumbersFile(ShelfStruct, frozen=True):
    """Contents of the file."""

    countries: tuple[CountryNumbers, ...]


@cache
def countries() -> tuple[CountryNumbers, ...]:
    """Return the countries with known numbers, in the order of their names."""
    content = files(__package__).joinpath(FILE).read_bytes()
    return tuple(sorted(read_toml(content, NumbersFile, Place(FILE, InputError)).countries, key=lambda c: c.name))


def find_country(code: str) -> CountryNumbers | None:
    """Return the numbers of the country with this code, or None."""
    return next((country for country in countries() if country.code == code), None)
