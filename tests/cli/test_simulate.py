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
        "simulate", "alliance_sufficient", "--clients", "25", "--sessions", "10", "--seed", "5", "--out", out, "--json"
    )
    found = json.loads(said.out)
    assert found["sessions"] == 250
    words = shlex.split(found["study_command"].replace("--out report.html", "--json"))
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
        assert run("simulate", "default", "--clients", "4", "--seed", str(seed), "--out", file).code == 0
    first, again, other = (file.read_bytes() for file in files)
    assert first == again != other


def test_the_page_says_what_is_true_and_that_it_is_simulated(run, tmp_path):
    said = run("simulate", "co_trend_only", "--clients", "3", "--out", tmp_path / "a.csv")
    assert "True effects" in said.out
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
    said = run("simulate", *words, "--clients", "2")
    assert said.code == 2
    assert part in said.err
    assert "Traceback" not in said.err


def test_a_trial_has_its_arms_in_the_table_and_its_truth_beside_it(run, tmp_path):
    out, truth = tmp_path / "trial.csv", tmp_path / "truth.json"
    said = run(
        *("simulate", "default", "--clients", "6", "--arm", "ipt", "--arm", "waiting_list"),
        *("--out", out, "--truth", truth, "--json"),
    )
    assert json.loads(said.out)["arms"] == ["ipt", "waiting_list"]
    rows = [line.split(",") for line in out.read_text("utf-8").splitlines()]
    arm = rows[0].index("arm")
    assert {row[0]: row[arm] for row in rows[1:]} == {
        f"sim-00{i}": "ipt" if i % 2 else "waiting_list" for i in range(1, 7)
    }
    persons = json.loads(truth.read_text("utf-8"))["persons"]
    assert [p["arm"] for p in persons] == ["ipt", "waiting_list"] * 3
    assert len(persons[0]["values"][0]) == 6
    assert run("simulate", "default", "--arm", "placebo", "--out", out).code == 2


def test_the_list_tells_truths_arms_and_what_a_study_must_find(run):
    said = run("simulate").out
    assert "A better alliance than usual is followed by clearly fewer symptoms" in said
    assert "waiting_list" in said
    told = {s["id"]: s for s in json.loads(run("simulate", "--json").out)}
    assert told["alliance_as_gate"]["happens"] == ["gate"]
    assert told["alliance_as_gate"]["expects"]["alliance_gates_technique"]
    assert {"from": "alliance", "to": "symptoms", "sign": "none"} in told["co_trend_only"]["expects"]["effects"]


def test_everything_that_can_happen_fits_into_a_table(run, tmp_path):
    out = tmp_path / "whole.csv"
    assert run("simulate", "whole_clinic", "--clients", "8", "--out", out).code == 0
    header = out.read_text("utf-8").splitlines()[0].split(",")
    assert header[-4:] == ["therapist", "attachment_anxiety", "attachment_avoidance", "hope"]


def test_table_and_truth_are_not_written_over_each_other(run, tmp_path):
    same = tmp_path / "same.csv"
    said = run("simulate", "default", "--clients", "3", "--out", same, "--truth", same)
    assert "must be different files" in said.err
    assert not same.exists()
