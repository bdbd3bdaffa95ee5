"""`securebase study`."""

import json
import re

import numpy as np
import pytest

from securebase.study.verdict_phrases import detrended_legend
from table_files import call, write

COLUMNS = ("--person", "who", "--time", "session", "--outcome", "y", "--process", "x")


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: call(monkeypatch, capsys, *words)


def test_the_command_writes_a_report_and_prints_the_findings(run, tmp_path):
    out = tmp_path / "report.html"
    result = run("study", write(tmp_path), *COLUMNS, "--out", out)
    assert result.code == 0
    assert "Which column tends to come first" in result.out
    assert "x → y, at the next session" in result.out
    assert "y → x, later in the same session" in result.out
    assert "Limitations" in result.out
    assert "480 of 480 rows used" in result.out
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.fixture
def without_models(monkeypatch):
    """Study without fitted models, for tests of what does not depend on them."""
    monkeypatch.setattr("securebase.study.study.fit_models", lambda *_, **__: ((), {}, None))


@pytest.mark.usefixtures("without_models")
def test_a_shared_course_is_in_the_lags_but_not_in_the_verdicts(run, tmp_path):
    """The lag survives detrending but not adjustment for the common time course; the verdict is adjusted for both."""
    rng = np.random.default_rng(3)
    path = tmp_path / "bend.csv"
    lines = ["who,session,y,x"]
    for person in range(80):
        for t in range(16):
            bend = 6 * np.exp(-t / 4)
            lines.append(f"p{person},{t + 1},{bend + rng.normal():.4f},{-bend + rng.normal():.4f}")
    path.write_text("\n".join(lines))
    result = run("study", path, *COLUMNS, "--trend", "none")
    values = json.loads(run("study", path, *COLUMNS, "--json", "--trend", "none").out)
    output = values["lags"][0]
    assert output["main"]["detrended"]["p_value"] < 0.001
    assert [v["rung"] for v in values["verdicts"]] == ["inconclusive", "inconclusive"]
    head, row = (next(x for x in result.out.splitlines() if sign in x) for sign in ("+ common", "x → y, at"))
    assert [words.strip() for words in head.split("  ") if words] == ["centred", "detrended", "+ common course"]
    lags = [float(x.replace("−", "-")) for x in re.findall(r"(−?\.\d\d) \(", row)]
    forms = (output["main"]["centred"], output["main"]["detrended"], output["time_adjusted"]["detrended"])
    assert lags == [pytest.approx(form["estimate"], abs=0.005) for form in forms]
    assert abs(lags[2]) < abs(lags[1]) / 2


def test_json_is_the_only_output_on_stdout(run, tmp_path):
    result = run("study", write(tmp_path), *COLUMNS, "--json")
    output = json.loads(result.out)
    assert [lag["link"]["earlier"] for lag in output["lags"]] == ["x", "y"]
    assert output["request"]["moments"] == {"y": "before", "x": "after"}
    assert result.err == ""


@pytest.mark.usefixtures("without_models")
def test_the_stated_order_within_a_session_decides_the_lag(run, tmp_path):
    words = ("--asked-after", "y", "--asked-before", "x")
    output = json.loads(run("study", write(tmp_path), *COLUMNS, *words, "--json").out)
    assert [lag["link"]["step"] for lag in output["lags"]] == ["same_session", "next_session"]


def test_bad_input_is_one_line(run, tmp_path):
    result = run("study", write(tmp_path), "--person", "who", "--time", "session", "--outcome", "z")
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert "“z”" in result.err
    assert result.out == ""


@pytest.mark.usefixtures("without_models")
@pytest.mark.parametrize("command", [("study",), ("track", "--client", "p3")])
def test_an_outlying_time_is_reported(run, tmp_path, command):
    path = write(tmp_path, n=12)
    lines = path.read_text().splitlines()
    last = next(i for i in range(len(lines) - 1, 0, -1) if lines[i].startswith("p3,"))
    lines[last] = lines[last].replace(",12,", ",99999999,", 1)
    path.write_text("\n".join(lines))
    result = run(command[0], path, *COLUMNS, *command[1:], "--trend", "none")
    assert result.code == 0
    said_on_one_line = " ".join(result.out.split())
    assert f"“p3” has a gap of 99,999,988 sessions before row {last + 1}" in said_on_one_line


@pytest.mark.usefixtures("without_models")
@pytest.mark.usefixtures("no_models")
def test_a_moderator_need_not_be_a_process(run, tmp_path):
    rng = np.random.default_rng(5)
    path = tmp_path / "gate.csv"
    lines = ["who,session,y,x,alliance"]
    for person in range(80):
        y = 0.0
        for t in range(14):
            x, m = rng.normal(size=2)
            lines.append(f"p{person},{t + 1},{y:.4f},{x:.4f},{m:.4f}")
            y = 0.3 * y + (-0.6 if m > 0 else 0.0) * x + rng.normal()
    path.write_text("\n".join(lines))
    words = ("--moderator", "alliance", "--curvature", "--trend", "none")
    result = run("study", path, *COLUMNS, *words)
    assert result.code == 0
    assert "Moderation and nonlinearity" in result.out
    words_on_one_line = " ".join(result.out.split())
    assert "Where alliance is higher than usual, above-average x tends to precede lower y" in words_on_one_line
    output = json.loads(run("study", path, *COLUMNS, *words, "--json").out)
    assert output["request"]["processes"] == ["x"]
    assert output["request"]["moderators"] == ["alliance"]
    assert [m["supported"] for m in output["moderation"]] == [True, False]
    refused = run("study", path, *COLUMNS, "--moderator", "nothing")
    assert refused.code == 2
    assert "“nothing”" in refused.err


@pytest.mark.usefixtures("without_models")
def test_the_table_of_verdicts_shows_rung_estimate_both_p_values_and_persons(run, tmp_path):
    path = write(tmp_path)
    result = run("study", path, *COLUMNS, "--trend", "none")
    values = json.loads(run("study", path, *COLUMNS, "--trend", "none", "--json").out)["verdicts"]
    lines = result.out.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Which column tends to come first"))
    head, *rows = lines[start + 3 : start + 6]
    assert " ".join(line.strip() for line in lines[start + 1 : start + 3]) == detrended_legend("session")
    assert [words.strip() for words in head.split("  ") if words] == [
        *("estimate (95% interval)", "p", "corrected", "persons that identify it", "when detrended"),
    ]
    for row, verdict in zip(rows, values, strict=True):
        assert row.strip().startswith(f"{verdict['from']} → {verdict['to']}  ")
        assert f" {verdict['rung']} " in row
        assert f"{verdict['n_identifying']:.0f} of {verdict['n_persons']}" in row
    # significantly weaker when detrended, but how much is left is open
    assert (values[0]["persistence"], values[0]["readings"]["attenuation"]["weaker"]) == ("inconclusive", True)
    assert rows[0].endswith("  weaker")


@pytest.mark.usefixtures("without_models")
def test_outside_sessions_nothing_is_asked_before_or_after(run, tmp_path):
    path = write(tmp_path)
    result = run("study", path, *COLUMNS, "--trend", "none", "--occasion", "beep")
    assert "y → x, at the next beep" in result.out
    refused = run("study", path, *COLUMNS, "--occasion", "beep", "--asked-before", "x")
    assert refused.code == 2
    assert "--asked-before and --asked-after need --occasion session." in refused.err
