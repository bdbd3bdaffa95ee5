"""The JSON Schemas of shelf files are current, accept every file of their shelf, and refuse a corrupted one."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from repository.test_generated import load_script

ROOT = Path(__file__).parents[2]
RULES = [
    (ROOT / rule["schema"]["path"], sorted(path for pattern in rule["include"] for path in ROOT.glob(pattern)))
    for rule in tomllib.loads((ROOT / ".taplo.toml").read_text("utf-8"))["rule"]
]


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def test_the_schemas_are_current() -> None:
    module = load_script("make_schemas")
    expected = {f"{name}.json": module.text(schema) for name, schema in module.schemas().items()}
    stored = {path.name: path.read_text("utf-8") for path in module.FOLDER.iterdir()}
    assert stored == expected, "run python docs/make_schemas.py"


def test_every_schema_serves_a_shelf() -> None:
    written = {ROOT / "docs" / "schemas" / "data_dictionary.json"}  # of files that the product writes, not of a shelf
    assert {schema for schema, _ in RULES} | written == set((ROOT / "docs" / "schemas").iterdir())
    assert all(files for _, files in RULES)


@pytest.mark.parametrize(("schema", "files"), RULES, ids=lambda value: getattr(value, "stem", ""))
def test_a_schema_accepts_its_shelf_and_refuses_an_unknown_field(schema: Path, files: list[Path]) -> None:
    validator = jsonschema.Draft202012Validator(read(schema))
    for file in files:
        values = tomllib.loads(file.read_text("utf-8"))
        problems = [f"{file.name}: {problem.message}" for problem in validator.iter_errors(values)]
        assert problems == []
        assert not validator.is_valid({**values, "surprise": 1})
