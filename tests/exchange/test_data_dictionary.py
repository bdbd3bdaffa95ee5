"""The data dictionary beside a table: written, read back, checked by its published schema."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import jsonschema
import pytest

from episodes import episode
from securebase.errors import InputError
from securebase.exchange.clinic_table.course_rows import lay_out
from securebase.exchange.clinic_table.table import build_clinic_table
from securebase.exchange.data_dictionary import (
    dictionary_beside,
    dictionary_path,
    format_dictionary,
    read_dictionary,
)
from securebase.records.vocabulary import Moment

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "data_dictionary.json"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    clinic_table = build_clinic_table([lay_out("c", 1, "t", episode(3))], made_on=date(2026, 1, 5))
    path = tmp_path / "c.csv"
    path.write_bytes(clinic_table.csv)
    dictionary_path(path).write_text(format_dictionary(clinic_table.dictionary), encoding="utf-8")
    return path


def test_it_is_read_back_as_written(table: Path) -> None:
    dictionary = dictionary_beside(table)
    assert dictionary is not None
    assert (dictionary.person, dictionary.time, dictionary.time_unit) == ("client", "session", "session")
    assert dictionary.fingerprint == hashlib.sha256(table.read_bytes()).hexdigest()
    assert dictionary.moment("alliance") is Moment.AFTER
    assert dictionary.moment("nothing") is None
    assert format_dictionary(dictionary) == dictionary_path(table).read_text(encoding="utf-8")
    header = table.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert [column.name for column in dictionary.columns] == header


def test_the_published_schema_accepts_it_and_refuses_an_unknown_field(table: Path) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    values = json.loads(dictionary_path(table).read_text("utf-8"))
    assert [problem.message for problem in validator.iter_errors(values)] == []
    assert not validator.is_valid({**values, "surprise": 1})


def test_another_json_file_beside_a_table_is_no_dictionary(table: Path) -> None:
    for text in ('{"outcome": "symptoms"}', "[1, 2]", "no JSON"):
        dictionary_path(table).write_text(text)
        assert dictionary_beside(table) is None
    with pytest.raises(InputError, match=r"c\.json: not a data dictionary"):
        read_dictionary(dictionary_path(table))
    dictionary_path(table).unlink()
    assert dictionary_beside(table) is None


def test_an_invalid_dictionary_names_the_field(table: Path) -> None:
    values = json.loads(dictionary_path(table).read_text("utf-8"))
    values["columns"][0]["moment"] = "sometime"
    dictionary_path(table).write_text(json.dumps(values))
    with pytest.raises(InputError, match=r"c\.json, columns\[1\]\.moment: unknown moment “sometime”"):
        dictionary_beside(table)
