"""`securebase track`."""

import json

import pytest

from securebase.cli.track import _coverage
from securebase.study.person import Coverage
from table_files import call, write

COLUMNS = ("--person", "who", "--time", "session", "--outcome", "y", "--process", "x")


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: call(monkeypatch, capsys, *words)


def test_a_client_is_tracked_with_baseline_forecast_and_change(run, tmp_path):
    result = run("track", write(tmp_path), *COLUMNS, "--client", "p3")
    assert result.code == 0
    for part in (
        "Client p3",
        "baseline",
        "Forecast",
        "50% interval",
        "90% interval",
        "Coverage in this table, one row ahead",
        "Basis:",
    ):
        assert part in result.out


def test_json(run, tmp_path):
    result = run(
        "track", write(tmp_path, n=80), *COLUMNS, "--client", "p3", "--horizon", "2", "--trend", "none", "--json"
    )
    output = json.loads(result.out)
    assert output["person"] == "p3"
    assert [level["construct"] for level in output["levels"]] == ["y", "x"]
    assert [f["time"] for f in output["forecast"]] == [13.0, 14.0]
    assert output["change"]["threshold"] > 0
    assert output["outcome_of_fit"] in {"converged", "boundary"}


def test_an_instrument_gives_reliable_change(run, tmp_path):
    result = run("track", write(tmp_path), *COLUMNS, "--client", "p3", "--instrument", "phq9", "--json")
    assert json.loads(result.out)["by_instrument"] is True


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--client", "nobody"), "client “nobody” is not in the table"),
        (("--client", "p3", "--instrument", "no_such"), "no_such"),
        (("--client", "p3", "--instrument", "mspss:no_such"), "unknown scale “no_such” of “mspss”"),
    ],
)
def test_bad_input(run, tmp_path, words, part):
    result = run("track", write(tmp_path), *COLUMNS, *words)
    assert result.code == 2
    assert part in result.err
    assert result.err.count("\n") == 1


def test_without_a_fitted_model_the_records_are_printed(run, tmp_path):
    result = run("track", write(tmp_path, n=3, sessions=3), *COLUMNS, "--client", "p1")
    assert result.code == 0
    assert "NOT ENOUGH DATA" in result.out
    assert "at first" in result.out
    assert "No baseline and no forecast" in result.out


def test_json_includes_the_json_of_fit(run, tmp_path):
    path = write(tmp_path)
    path.write_text(path.read_text() + ",3,1,2\n")
    track = json.loads(run("track", path, *COLUMNS, "--client", "p3", "--json").out)
    fit = json.loads(run("fit", path, *COLUMNS, "--json").out)
    assert {key: value for key, value in fit.items() if key != "parameters"}.items() <= track.items()
    assert track["import_report"]["exclusions"][0]["count"] == 1
    assert len(track["import_report"]["fingerprint"]) == 64
    assert "Sessions count as one week each" in track["import_report"]["remarks"][0]
    assert track["model"]["trend"] == "carried"
    assert track["diagnostics"]["kernel"]
    assert track["versions"]["securebase"]


@pytest.mark.parametrize(
    ("coverage", "words"),
    [
        (Coverage(557, 401, 531), "Here intervals are wider than needed."),
        (Coverage(557, 180, 400), "Here intervals are too narrow."),
        (Coverage(10, 6, 9), "(in-sample)."),
    ],
)
def test_coverage_describes_the_width_of_intervals(coverage, words):
    assert _coverage(coverage).endswith(words)
