"""`securebase simulate`, and the study of a simulated table."""

import json
import re
import shlex

import pytest

from table_files import call


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: call(monkeypatch, capsys, *words)


def test_a_scenario_becomes_a_table_that_study_reads(run, tmp_path):
    out = tmp_path / "drawn.csv"
    result = run(
        "simulate", "alliance_sufficient", "--clients", "25", "--sessions", "10", "--seed", "5", "--out", out, "--json"
    )
    output = json.loads(result.out)
    assert output["sessions"] == 250
    words = shlex.split(output["study_command"].replace("--out report.html", "--json"))
    assert words[:3] == ["securebase", "study", str(out)]
    # one process suffices: a fit of six columns is slow
    words = [*words[1 : words.index("--process") + 2], "--json"]
    studied = json.loads(run(*words).out)
    assert studied["size"]["n_persons"] == 25
    assert studied["request"]["outcome"] == "symptoms"
    assert studied["lags"][0]["link"]["earlier"] == "alliance"


def test_the_same_seed_gives_the_same_table(run, tmp_path):
    files = [tmp_path / f"{name}.csv" for name in "abc"]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        assert run("simulate", "default", "--clients", "4", "--seed", str(seed), "--out", file).code == 0
    first, again, other_seed = (file.read_bytes() for file in files)
    assert first == again != other_seed


def test_text_output_has_true_effects_and_says_simulated(run, tmp_path):
    result = run("simulate", "co_trend_only", "--clients", "3", "--out", tmp_path / "a.csv")
    assert "True effects" in result.out
    assert "simulated" in result.out
    assert "securebase study" in result.out


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
    result = run("simulate", *words, "--clients", "2")
    assert result.code == 2
    assert part in result.err
    assert "Traceback" not in result.err


def test_a_trial_writes_arms_to_the_table_and_true_values_to_a_file(run, tmp_path):
    out, truth = tmp_path / "trial.csv", tmp_path / "truth.json"
    result = run(
        *("simulate", "default", "--clients", "6", "--arm", "ipt", "--arm", "waiting_list"),
        *("--out", out, "--truth", truth, "--json"),
    )
    assert json.loads(result.out)["arms"] == ["ipt", "waiting_list"]
    rows = [line.split(",") for line in out.read_text("utf-8").splitlines()]
    arm = rows[0].index("arm")
    assert {row[0]: row[arm] for row in rows[1:]} == {
        f"sim-00{i}": "ipt" if i % 2 else "waiting_list" for i in range(1, 7)
    }
    document = json.loads(truth.read_text("utf-8"))
    persons = document["persons"]
    assert [p["arm"] for p in persons] == ["ipt", "waiting_list"] * 3
    assert len(persons[0]["values"][0]) == len(document["constructs"])
    assert run("simulate", "default", "--arm", "sugar", "--out", out).code == 2


def test_the_list_has_true_effects_arms_and_expected_findings(run):
    result = run("simulate").out
    assert "A better alliance than usual is followed by clearly fewer symptoms" in result
    assert "waiting_list" in result
    document = {s["id"]: s for s in json.loads(run("simulate", "--json").out)}
    assert document["alliance_as_gate"]["happens"] == ["gate"]
    assert document["alliance_as_gate"]["expects"]["alliance_gates_technique"]
    assert {"from": "alliance", "to": "symptoms", "sign": "none"} in document["co_trend_only"]["expects"]["effects"]


def test_the_scenario_with_all_processes_can_be_written(run, tmp_path):
    out = tmp_path / "whole.csv"
    assert run("simulate", "whole_clinic", "--clients", "8", "--out", out).code == 0
    header = out.read_text("utf-8").splitlines()[0].split(",")
    assert header[-4:] == ["therapist", "attachment_anxiety", "attachment_avoidance", "hope"]


def test_table_and_truth_must_be_different_files(run, tmp_path):
    shared = tmp_path / "same.csv"
    result = run("simulate", "default", "--clients", "3", "--out", shared, "--truth", shared)
    assert "must be different files" in result.err
    assert not shared.exists()


@pytest.mark.slow
def test_a_scenario_of_the_whole_web_becomes_a_table_that_theory_reads(run, tmp_path):
    out, truth = tmp_path / "web.csv", tmp_path / "truth.json"
    words = ("simulate", "pillars", "--style", "anxious", "--clients", "70", "--seed", "3")
    output = json.loads(run(*words, "--out", out, "--truth", truth, "--json").out)
    assert output["sessions"] == 70 * 16
    assert output["data_dictionary"] == str(tmp_path / "web.json")
    assert json.loads(truth.read_text("utf-8"))["scenario"] == "pillars"
    theory = shlex.split(output["theory_command"])[1:]
    estimates = json.loads(run(*theory, "--claim", "S77", "--json").out)
    assert (estimates["clients"], estimates["estimated"], estimates["simulated"]) == (70, 2, True)
    studied = shlex.split(output["study_command"].replace("--out report.html", "--json"))
    studied = [*studied[1 : studied.index("--process") + 2], "--json"]
    assert json.loads(run(*studied).out)["size"]["n_persons"] == 70
    before = out.read_bytes()
    printed = run(*words, "--out", out).out
    assert "securebase theory --data" in printed
    assert re.search(r"attachment +anxious", printed)
    notes = json.loads((tmp_path / "web.json").read_text("utf-8"))["notes"]
    assert "Simulated from the scenario “The whole web of the theory” with anxious attachment." in notes
    assert out.read_bytes() == before


def test_a_rotation_names_the_item_of_each_rating(run, tmp_path):
    out = tmp_path / "rotation.csv"
    output = json.loads(
        run("simulate", "pillars", "--clients", "12", "--asked", "rotation", "--out", out, "--json").out
    )
    assert output["asked"] == "rotation"
    dictionary = json.loads((tmp_path / "rotation.json").read_text("utf-8"))
    assert "Rare constructs were asked in rotation, one question at a time." in dictionary["notes"]
    columns = {column["name"]: column for column in dictionary["columns"]}
    assert columns["wellbeing_item"]["label"] == "Wellbeing: which of its questions was asked"
    assert columns["wellbeing_item"]["values"] == columns["wellbeing"]["values"] < columns["symptoms"]["values"] / 3


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("default", "--style", "secure"), "has no attachment styles"),
        (("default", "--asked", "rotation"), "--asked rotation needs a scenario of the whole web"),
        (("pillars", "--style", "calm"), "'calm' is not one of"),
        (("pillars", "--out", "a.json"), "must be different files"),
        (("pillars", "--truth", "a.json"), "must be different files"),
        (("pillars", "--out", "/nowhere/a.csv"), "/nowhere"),
    ],
)
def test_what_a_style_or_a_data_dictionary_rules_out_is_refused(run, tmp_path, monkeypatch, words, part):
    monkeypatch.chdir(tmp_path)
    result = run("simulate", *(() if "--out" in words else ("--out", "a.csv")), *words, "--clients", "2")
    assert result.code == 2
    assert part in result.err
    assert "Traceback" not in result.err
    assert not list(tmp_path.iterdir())
