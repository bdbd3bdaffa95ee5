"""Readers and writers of files as structs: order, names, and errors with file, key and value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf, nan
from pathlib import Path

import pytest

from securebase.errors import InputError, ShelfError
from securebase.schema import (
    Place,
    Positive,
    ShelfStruct,
    Text,
    canonical_json,
    check_file_name,
    from_plain,
    plain_fields,
    read_toml,
    to_plain,
    toml_files,
)


class Card(ShelfStruct, frozen=True):
    """A struct of a shelf file."""

    id: Text
    weights: tuple[Positive, ...] = ()


def test_toml_files_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.toml", "a.toml", "README.md", "c.toml.bak"):
        (tmp_path / name).write_text(f'id = "{name}"', encoding="utf-8")
    assert list(toml_files(tmp_path)) == [("a.toml", b'id = "a.toml"'), ("b.toml", b'id = "b.toml"')]
    assert list(toml_files(tmp_path / "absent")) == []


def test_a_file_has_the_name_of_what_it_holds() -> None:
    check_file_name("a", Place("a.toml", ShelfError))
    with pytest.raises(ShelfError) as error:
        check_file_name("b", Place("a.toml", ShelfError))
    assert str(error.value) == "a.toml, id: must be the name of the file (got “b”). Rename the file or change the id."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id = ", r"a\.toml: invalid TOML: .+ Correct the line named\."),
        ("", r"a\.toml, id: required field is missing\."),
        ('id = "a"\nweight = 1', r"a\.toml, weight: unknown field\. Known fields: id, weights\."),
        ('id = "a"\nweights = [1, -2]', r"a\.toml, weights\[2\]: must be greater than 0 \(got -2\)\."),
    ],
)
def test_an_error_names_file_key_and_value(content: str, message: str) -> None:
    with pytest.raises(ShelfError) as error:
        read_toml(content, Card, Place("a.toml", ShelfError))
    assert re.fullmatch(message, str(error.value)), str(error.value)


@dataclass(frozen=True, slots=True)
class Small:
    """A dataclass that is stored as JSON."""

    number: float
    name: str | None = None
    more: tuple[int, ...] = ()


PLACE = Place("small.json", ShelfError)


@pytest.mark.parametrize("invalid", [nan, inf])
def test_a_number_that_is_not_finite_is_not_written(invalid: float) -> None:
    with pytest.raises(InputError, match=r"a Small, number: must be a finite number"):
        canonical_json(Small(invalid))
    assert to_plain(Small(invalid)) == {"number": None, "name": None, "more": []}


@pytest.mark.parametrize(
    ("invalid", "message"),
    [
        ({"number": "1", "name": None, "more": []}, r"number: must be a number \(got '1'\)"),
        ({"number": 1, "name": 2, "more": []}, r"name: must be a text \(got 2\)"),
        ({"number": 1, "name": None, "more": [3, True]}, r"more\[2\]: must be a whole number \(got True\)"),
        ({"number": 1, "name": None, "more": 3}, r"more: must be a list \(got 3\)"),
        ({"number": 1, "name": None}, r"more: required field is missing"),
        ({"number": 1, "name": None, "more": [], "extra": 0}, r"extra: unknown field"),
        ({"number": True, "name": None, "more": []}, r"number: must be a number \(got True\)"),
        ({"number": nan, "name": None, "more": []}, r"number: must be a finite number \(got nan\)"),
        ([], r"must be a table \(got \[\]\)"),
    ],
)
def test_data_that_do_not_fit_the_type_are_refused(invalid: object, message: str) -> None:
    with pytest.raises(ShelfError, match=rf"small\.json(, |: ){message}"):
        from_plain(invalid, Small, PLACE, complete=True)


def test_a_lone_surrogate_does_not_stop_the_reader() -> None:
    assert from_plain({"number": 1.0, "name": "\ud800"}, Small, PLACE).name == "\ud800"
    with pytest.raises(ShelfError, match="extra: unknown field"):
        from_plain({"number": 1.0, "name": "\ud800", "extra": 0}, Small, PLACE)


def test_integers_are_read_as_floats_and_absent_fields_have_their_defaults() -> None:
    assert from_plain({"number": 1, "name": None, "more": [1]}, Small, PLACE, complete=True) == Small(1.0, None, (1,))
    assert from_plain({"number": 1}, Small, PLACE) == Small(1.0)


def test_text_is_canonical() -> None:
    assert canonical_json(Small(1.0, "ä")) == '{"more":[],"name":"ä","number":1.0}'


def test_plain_fields_are_those_that_are_named() -> None:
    assert plain_fields(Small(nan, "a", (1, 2)), "more", "number") == {"more": [1, 2], "number": None}
