"""A table that cannot be analysed ends with one clear line and exit code 2, and leaves no file behind."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bad_tables import BAD_TABLES, LEFT_OUT, UNUSUAL, Table
from securebase.exchange.csv_tables import read_cohort
from securebase.model.observations import panel
from securebase.model.panel import Panel
from securebase.study.suitability import unsuitable_columns
from table_files import CommandResult, call

Run = Callable[..., CommandResult]


@pytest.fixture
def run(monkeypatch, capsys) -> Run:
    return lambda *words: call(monkeypatch, capsys, *words)


def check_refused(result: CommandResult, table: Table, words: str) -> None:
    assert (result.code, result.out) == (2, ""), result
    assert result.err.count("\n") == 1
    assert words in result.err
    assert result.err.startswith("securebase: ")
    assert table.file_name in result.err


def test_at_least_twenty_tables_are_tried():
    names = [table.name for table in (*BAD_TABLES, *LEFT_OUT, *UNUSUAL)]
    assert len(BAD_TABLES) >= 20
    assert len(names) == len(set(names))


@pytest.mark.parametrize("table", BAD_TABLES, ids=lambda table: table.name)
def test_a_table_that_cannot_be_analysed_ends_with_one_line(run, tmp_path, table):
    file, out = table.write(tmp_path), tmp_path / "out"
    for command, words in (("study", table.words), ("fit", table.fit_words or table.words)):
        check_refused(run(command, file, *table.options, "--out", out), table, words)
        assert not out.exists()


@pytest.mark.parametrize("table", LEFT_OUT, ids=lambda table: table.name)
def test_one_model_of_all_columns_refuses_a_column_without_information(run, tmp_path, table):
    check_refused(run("fit", table.write(tmp_path), *table.options), table, table.words)


@pytest.mark.parametrize("table", LEFT_OUT, ids=lambda table: table.name)
def test_a_study_finds_the_one_column_without_information(tmp_path, table):
    (reason,) = unsuitable_columns(read_panel(table, tmp_path)).values()
    assert table.words in reason.sentence


def test_a_study_goes_on_without_the_unsuitable_process(run, tmp_path):
    table = LEFT_OUT[0]
    output = json.loads(run("study", table.write(tmp_path), *table.options, "--trend", "none", "--json").out)
    assert any(table.words in sentence and "leave it out" in sentence for sentence in output["limits"])
    fitted = [model for model in output["models"] if "log_likelihood" in model]
    assert fitted
    assert all(model["constructs"] == ["y", "x"] for model in fitted)


@pytest.mark.parametrize("table", UNUSUAL, ids=lambda table: table.name)
def test_unusual_tables_are_accepted(run, tmp_path, table):
    assert unsuitable_columns(read_panel(table, tmp_path)) == {}
    result = run("fit", table.write(tmp_path), *table.options, "--trend", "none")
    assert (result.code, result.err) == (0, "")


def read_panel(table: Table, folder: Path) -> Panel:
    """Return the panel of a table with the options of the command line."""
    values = table.options[1::2]
    named = dict(zip(table.options[::2], values, strict=True))
    processes = [v for option, v in zip(table.options[::2], values, strict=True) if option == "--process"]
    return panel(
        read_cohort(
            table.write(folder),
            person=named["--person"],
            time=named.get("--time"),
            outcome=named["--outcome"],
            processes=processes,
            layout="wide" if "--layout" in named else "long",
        )
    )
