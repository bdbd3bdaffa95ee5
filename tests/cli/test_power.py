"""`securebase power`: table, files, search and interruption."""

import csv
import json

import pytest

from power_plans import quick, stopped_after
from table_files import call


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: call(monkeypatch, capsys, "power", *words)


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr("securebase.cli.power.on_cores", lambda workers: quick)


def test_a_small_plan_is_computed(run):
    result = run(
        "--clients", "60", "--sessions", "6", "--effect", "-.25", "--replications", "10", "--workers", "1", "--json"
    )
    assert result.code == 0
    document = json.loads(result.out)
    assert document["plan"]["effects"] == [-0.25]
    (design,) = document["designs"]
    assert design["replications"] == sum(v for k, v in design.items() if k.startswith("ended_")) == 10


@pytest.mark.usefixtures("at_once")
def test_text_output_has_power_answer_methods_and_limitations(run):
    result = run("--effect", "-0.1,-0.15", "--missing", "0,0.1", "--power", ".8", "--replications", "40")
    assert result.code == 0
    assert "Effect −.10, 10% missing" in result.out
    assert (
        " ".join(result.out.split()).count("power .80 is reached with about") == 2 * 8
    )  # as the answer and in the paragraph
    assert "For a methods section" in result.out
    assert "Limitations" in result.out
    assert result.err == ""


@pytest.mark.usefixtures("at_once")
def test_files_are_written_by_suffix(run, tmp_path):
    files = [tmp_path / f"plan.{kind}" for kind in ("html", "csv", "json")]
    result = run(*(word for file in files for word in ("--out", file)), "--effect", "0", "--replications", "20")
    assert result.code == 0
    assert "type I error" in result.out
    assert files[0].read_text("utf-8").startswith("<!doctype html>")
    with files[1].open(encoding="utf-8") as table:
        assert len(list(csv.DictReader(table))) == 8
    assert json.loads(files[2].read_text("utf-8"))["plan"]["clients"] == [50, 100, 200, 400]


@pytest.mark.usefixtures("at_once")
def test_a_plan_can_start_from_a_fit(run, tmp_path, monkeypatch, capsys):
    table, fitted = tmp_path / "pilot.csv", tmp_path / "pilot.json"
    call(monkeypatch, capsys, "simulate", "default", "--clients", "60", "--sessions", "10", "--out", table)
    words = ["--person", "person", "--time", "time", "--time-unit", "week", "--outcome", "symptoms"]
    assert call(monkeypatch, capsys, "fit", table, *words, "--process", "alliance", "--out", fitted).code == 0
    ended = json.loads(fitted.read_text("utf-8"))["outcome_of_fit"]
    result = run("--from-fit", fitted, "--effect", "-.05", "--replications", "20")
    assert ended in ("converged", "boundary")
    assert result.code == 0
    assert "a fit of 60 persons (pilot.json)" in " ".join(result.out.split())


def test_an_interrupted_run_prints_partial_results_with_exit_code_130(run, monkeypatch):
    monkeypatch.setattr("securebase.cli.power.on_cores", lambda workers: stopped_after(9))
    result = run("--replications", "20")
    assert result.code == 130
    assert "INTERRUPTED after 45 replications" in result.out
    assert "10 of 20" in result.out
    assert "5 of 20" in result.out


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--clients", "many"), "list of whole numbers (got “many”)"),
        (("--effect", "-.1;-.2"), "must be a comma-separated list of numbers"),
        (("--out", "plan.pdf"), "plan.pdf"),
        (("--parameters", "no_such"), "no_such"),
        (("--predictor", "luck"), "luck"),
        (("--workers", "0"), "got 0"),
        (("--replications", "2"), "replications"),
        (("--power", "80"), "target power"),
    ],
)
def test_invalid_options_are_reported_on_one_line(run, words, part):
    result = run(*words)
    assert result.code == 2
    assert part in result.err
    assert len(result.err.strip().splitlines()) == 1
