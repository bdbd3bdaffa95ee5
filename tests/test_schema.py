"""The reader of a folder of TOML files: order, names, and errors with file, key and value."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from securebase.errors import ShelfError
from securebase.schema import Place, Positive, ShelfStruct, Text, check_file_name, read_toml, toml_files


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
