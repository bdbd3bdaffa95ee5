"""`securebase simulate`, and the way from a known truth through a file to a study of it."""

import json
import shlex

import pytest

from table_files import call


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: call(monkeypatch, capsys, *words)


def test_a_scenario_becomes_a_table_that_study_reads(run, tmp_path):
    out = tmp_path / "drawn.csv"
    said = run(
        "simulate", "alliance_sufficient", "--n", "25", "--sessions", "10", "--seed", "5", "--out", out, "--json"
    )
    found = json.loads(said.out)
    assert found["sessions"] == 250
    words = shlex.split(found["study"].replace("--out report.html", "--json"))
    assert words[:3] == ["securebase", "study", str(out)]
    # one process is enough here: a fit of six columns takes its time
    words = [*words[1 : words.index("--process") + 2], "--json"]
    studied = json.loads(run(*words).out)
    assert studied["size"]["n_persons"] == 25
    assert studied["asked"]["outcome"] == "symptoms"
    assert studied["lags"][0]["link"]["earlier"] == "alliance"


def test_the_same_seed_gives_the_same_table(run, tmp_path):
    files = [tmp_path / f"{name}.csv" for name in "abc"]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        assert run("simulate", "default", "--n", "4", "--seed", str(seed), "--out", file).code == 0
    first, again, other = (file.read_bytes() for file in files)
    assert first == again != other


def test_the_page_says_what_is_true_and_that_it_is_simulated(run, tmp_path):
    said = run("simulate", "co_trend_only", "--n", "3", "--out", tmp_path / "a.csv")
    assert "What is true of this table" in said.out
    assert "simulated" in said.out
    assert "securebase study" in said.out


def test_scenarios_are_listed(run):
    assert "co_trend_only" in run("simulate").out
    assert {"id", "name", "about", "truth"} <= set(json.loads(run("simulate", "--json").out)[0])


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("no_such", "--out", "a.csv"), "no_such"),
        (("default",), "--out"),
        (("default", "--out", "/nowhere/a.csv"), "/nowhere"),
    ],
)
def test_bad_input(run, words, part):
    said = run("simulate", *words, "--n", "2")
    assert said.code == 2
    assert part in said.err
    assert "Traceback" not in said.err
