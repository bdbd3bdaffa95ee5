"""`securebase study`."""

import json
import re

import numpy as np
import pytest

from table_files import call, write

COLUMNS = ("--person", "who", "--time", "session", "--outcome", "y", "--process", "x")


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: call(monkeypatch, capsys, *words)


def test_it_writes_a_report_and_says_what_stays(run, tmp_path):
    out = tmp_path / "report.html"
    said = run("study", write(tmp_path), *COLUMNS, "--out", out)
    assert said.code == 0
    assert "x → y, next session" in said.out
    assert "y → x, same session" in said.out
    assert "Limitations" in said.out
    assert "480 of 480 rows used" in said.out
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_what_fades_with_the_common_course_only_is_seen_to_fade_in_the_table(run, tmp_path):
    """The own line leaves this lag alone; the column in which it goes must stand beside the verdict."""
    rng = np.random.default_rng(3)
    path = tmp_path / "bend.csv"
    lines = ["who,session,y,x"]
    for person in range(80):
        for t in range(16):
            bend = 6 * np.exp(-t / 4)
            lines.append(f"p{person},{t + 1},{bend + rng.normal():.4f},{-bend + rng.normal():.4f}")
    path.write_text("\n".join(lines))
    said = run("study", path, *COLUMNS, "--trend", "none")
    found = json.loads(run("study", path, *COLUMNS, "--json", "--trend", "none").out)["lags"][0]
    assert (found["main"]["verdict"], found["verdict"]) == ("stays", "fades")
    head, row = (next(x for x in said.out.splitlines() if sign in x) for sign in ("+ common", "x → y, next"))
    assert [words.strip() for words in head.split("  ") if words] == ["centred", "detrended", "+ common course"]
    shown = [float(x.replace("−", "-")) for x in re.findall(r"(−?\.\d\d) \(", row)]
    forms = (found["main"]["centred"], found["main"]["detrended"], found["guard"]["detrended"])
    assert shown == [pytest.approx(form["estimate"], abs=0.005) for form in forms]
    assert abs(shown[2]) < abs(shown[1]) / 2
    assert row.endswith("fades")
    assert "when each person’s own line is taken out\n" not in said.out


def test_json_is_all_there_is_on_stdout(run, tmp_path):
    said = run("study", write(tmp_path), *COLUMNS, "--json")
    found = json.loads(said.out)
    assert [lag["link"]["earlier"] for lag in found["lags"]] == ["x", "y"]
    assert found["asked"]["moments"] == {"y": "before", "x": "after"}
    assert said.err == ""


def test_the_stated_order_within_a_session_decides_the_lag(run, tmp_path):
    words = ("--after-session", "y", "--before-session", "x")
    found = json.loads(run("study", write(tmp_path), *COLUMNS, *words, "--json").out)
    assert [lag["link"]["step"] for lag in found["lags"]] == ["same_session", "next_session"]


def test_bad_input_is_one_line(run, tmp_path):
    said = run("study", write(tmp_path), "--person", "who", "--time", "session", "--outcome", "z")
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert "“z”" in said.err
    assert said.out == ""


@pytest.mark.parametrize("command", [("study",), ("track", "--client", "p3")])
def test_a_time_far_from_all_others_is_named_and_costs_nothing(run, tmp_path, command):
    path = write(tmp_path, n=12)
    lines = path.read_text().splitlines()
    last = next(i for i in range(len(lines) - 1, 0, -1) if lines[i].startswith("p3,"))
    lines[last] = lines[last].replace(",12,", ",99999999,", 1)
    path.write_text("\n".join(lines))
    said = run(command[0], path, *COLUMNS, *command[1:], "--trend", "none")
    assert said.code == 0
    said_on_one_line = " ".join(said.out.split())
    assert f"“p3” has a gap of 99,999,988 sessions before row {last + 1}" in said_on_one_line


def test_a_moderator_that_is_no_process_is_read_and_asked(run, tmp_path):
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
    said = run("study", path, *COLUMNS, *words)
    assert said.code == 0
    assert "Moderation and nonlinearity" in said.out
    assert "Where Alliance is higher than usual, higher x than usual tends to come before lower y" in " ".join(
        said.out.split()
    )
    found = json.loads(run("study", path, *COLUMNS, *words, "--json").out)
    assert found["asked"]["processes"] == ["x"]
    assert found["asked"]["moderators"] == ["alliance"]
    assert [b["verdict"] for b in found["bends"]] == ["stays", "cannot_tell"]
    refused = run("study", path, *COLUMNS, "--moderator", "nothing")
    assert refused.code == 2
    assert "“nothing”" in refused.err
