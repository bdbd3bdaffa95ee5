"""Commands take person, time and moments from the data dictionary beside a table; options go before it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from securebase.errors import NoEstimateError
from securebase.exchange.clinic_table.course_rows import lay_out
from securebase.exchange.clinic_table.table import build_clinic_table
from securebase.exchange.data_dictionary import dictionary_path, format_dictionary, read_dictionary
from securebase.model.simulate import simulate
from securebase.records.cohort import Cohort
from securebase.records.vocabulary import Moment
from table_files import call

COLUMNS = ("--outcome", "symptoms", "--process", "alliance", "--process", "social_support")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *words: call(monkeypatch, capsys, *words)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    episodes = simulate(
        "one_pace", n_clients=24, rng=np.random.default_rng(3), sessions=8, missing=0.0, dropout=0.0
    ).episodes
    clinic_table = build_clinic_table([lay_out(e.person, 1, "t", e) for e in episodes], made_on=date(2026, 1, 5))
    path = tmp_path_factory.mktemp("table") / "c.csv"
    path.write_bytes(clinic_table.csv)
    dictionary_path(path).write_text(format_dictionary(clinic_table.dictionary), encoding="utf-8")
    return path


@pytest.fixture
def cohorts(monkeypatch: pytest.MonkeyPatch) -> list[Cohort]:
    """Collect the cohorts that `study` is called with, in place of the studies, which take seconds."""
    read: list[Cohort] = []

    def collect(cohort: Cohort, **_: object) -> None:
        read.append(cohort)
        raise NoEstimateError("not estimated here")

    monkeypatch.setattr("securebase.cli.study.study", collect)
    return read


def test_a_study_reads_person_time_and_moments_from_the_dictionary(
    run: Any, table: Path, cohorts: list[Cohort]
) -> None:
    moments = ("--asked-before", "symptoms", "--asked-before", "social_support", "--asked-after", "alliance")
    run("study", str(table), *COLUMNS)
    run("study", str(table), *COLUMNS, "--person", "client", "--time", "session", *moments)
    run("study", str(table), *COLUMNS, "--asked-after", "social_support")
    own, explicit, other = cohorts
    assert own.episodes == explicit.episodes
    assert own.simulated
    assert own.import_report
    assert own.import_report.remarks[-1].endswith("All data are simulated.")
    assert [(c.name, c.moment) for c in own.constructs] == [
        ("symptoms", "before"),
        ("alliance", "after"),
        ("social_support", "before"),
    ]
    assert [c.moment for c in other.constructs] == ["before", "after", "after"]


def test_renamed_columns_and_inputs_keep_their_moments(run: Any, table: Path, cohorts: list[Cohort]) -> None:
    run("study", str(table), "--outcome", "bond", "--map", "bond=alliance", "--input", "felt_understood")
    (cohort,) = cohorts
    assert [c.moment for c in cohort.constructs] == ["after"]
    assert {given.moment for given in cohort.episodes[0].inputs} == {Moment.AFTER}


def test_tracking_says_where_person_and_time_come_from(run: Any, table: Path) -> None:
    client = table.read_text().splitlines()[1].split(",")[0]
    ended = run("track", str(table), "--outcome", "symptoms", "--client", client)
    assert ended.code == 0
    assert "data dictionary c.json: person “client”, time “session”" in " ".join(ended.out.split())
    assert "the data dictionary c.json" in " ".join(ended.out.split())


def test_options_go_before_the_dictionary(run: Any, table: Path) -> None:
    ended = run("track", str(table), "--outcome", "symptoms", "--client", "x", "--person", "therapist")
    assert ended.code == 2
    assert "repeat a person and time" in ended.err
    days = run("fit", str(table), "--outcome", "symptoms", "--time", "day", "--time-unit", "day", "--json")
    assert json.loads(days.out)["n_persons"] == 24
    assert "day" in json.dumps(json.loads(days.out))


def test_the_dictionary_is_not_overwritten(run: Any, table: Path) -> None:
    before = dictionary_path(table).read_bytes()
    ended = run("fit", str(table), "--outcome", "symptoms", "--out", str(dictionary_path(table)))
    assert ended.code == 2
    assert "would overwrite the data dictionary" in ended.err
    assert dictionary_path(table).read_bytes() == before


def test_a_time_unit_of_the_dictionary_is_used(run: Any, table: Path, tmp_path: Path) -> None:
    copy = tmp_path / "days.csv"
    copy.write_bytes(table.read_bytes())
    dictionary = read_dictionary(dictionary_path(table))
    days = replace(dictionary, time="day", time_unit="day")
    dictionary_path(copy).write_text(format_dictionary(days))
    client = table.read_text().splitlines()[1].split(",")[0]
    ended = run("track", str(copy), "--outcome", "symptoms", "--client", client)
    assert ended.code == 0
    assert "Sessions count as one week each" not in ended.out


def test_without_a_dictionary_person_and_time_are_required(run: Any, table: Path, tmp_path: Path) -> None:
    copy = tmp_path / "alone.csv"
    copy.write_bytes(table.read_bytes())
    ended = run("study", str(copy), *COLUMNS)
    assert ended.code == 2
    assert "--person and --time are required" in ended.err
