"""`securebase power`: the table, the files, the search, and what is said when it is stopped."""

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


def test_a_small_plan_really_computed(run):
    said = run(
        "--clients", "60", "--sessions", "6", "--effect", "-.25", "--replications", "10", "--workers", "1", "--json"
    )
    assert said.code == 0
    told = json.loads(said.out)
    assert told["plan"]["effects"] == [-0.25]
    (design,) = told["designs"]
    assert design["replications"] == sum(v for k, v in design.items() if k.startswith("ended_")) == 10


@pytest.mark.usefixtures("at_once")
def test_the_page_says_power_the_answer_the_paragraph_and_the_limits(run):
    said = run("--effect", "-0.1,-0.15", "--missing", "0,0.1", "--power", ".8", "--replications", "40")
    assert said.code == 0
    assert "Effect −.10, 10% missing" in said.out
    assert (
        " ".join(said.out.split()).count("power .80 is reached with about") == 2 * 8
    )  # as the answer and in the paragraph
    assert "For a methods section" in said.out
    assert "Limitations" in said.out
    assert said.err == ""


@pytest.mark.usefixtures("at_once")
def test_files_are_written_as_they_are_named(run, tmp_path):
    files = [tmp_path / f"plan.{kind}" for kind in ("html", "csv", "json")]
    said = run(*(word for file in files for word in ("--out", file)), "--effect", "0", "--replications", "20")
    assert said.code == 0
    assert "type I error" in said.out
    assert files[0].read_text("utf-8").startswith("<!doctype html>")
    with files[1].open(encoding="utf-8") as table:
        assert len(list(csv.DictReader(table))) == 8
    assert json.loads(files[2].read_text("utf-8"))["plan"]["clients"] == [50, 100, 200, 400]


@pytest.mark.usefixtures("at_once")
def test_a_fit_of_ones_own_is_planned_from(run, tmp_path, monkeypatch, capsys):
    table, fitted = tmp_path / "pilot.csv", tmp_path / "pilot.json"
    call(monkeypatch, capsys, "simulate", "default", "--clients", "60", "--sessions", "10", "--out", table)
    words = ["--person", "person", "--time", "time", "--time-unit", "week", "--outcome", "symptoms"]
    assert call(monkeypatch, capsys, "fit", table, *words, "--process", "alliance", "--out", fitted).code == 0
    ended = json.loads(fitted.read_text("utf-8"))["outcome_of_fit"]
    said = run("--from-fit", fitted, "--effect", "-.05", "--replications", "20")
    assert ended in ("converged", "boundary")
    assert said.code == 0
    assert "a fit of 60 persons (pilot.json)" in " ".join(said.out.split())


def test_stopped_early_it_gives_what_there_is_and_ends_with_130(run, monkeypatch):
    monkeypatch.setattr("securebase.cli.power.on_cores", lambda workers: stopped_after(9))
    said = run("--replications", "20")
    assert said.code == 130
    assert "INTERRUPTED after 45 replications" in said.out
    assert "10 of 20" in said.out
    assert "5 of 20" in said.out


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--clients", "many"), "list of whole numbers (got “many”)"),
        (("--effect", "-.1;-.2"), "must be a comma-separated list of numbers"),
        (("--out", "plan.pdf"), "plan.pdf"),
        (("--parameters", "no_such"), "no_such"),
        (("--predictor", "luck"), "luck"),
        (("--workers", "0"), "0 workers"),
        (("--replications", "2"), "replications"),
        (("--power", "80"), "wanted power"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(run, words, part):
    said = run(*words)
    assert said.code == 2
    assert part in said.err
    assert len(said.err.strip().splitlines()) == 1
