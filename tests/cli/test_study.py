"""`securebase study`."""

import json

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
    assert "x → y, at the next session" in said.out
    assert "y → x, later in the same session" in said.out
    assert "What this cannot show" in said.out
    assert "480 of 480 rows used" in said.out
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_json_is_all_there_is_on_stdout(run, tmp_path):
    said = run("study", write(tmp_path), *COLUMNS, "--json")
    found = json.loads(said.out)
    assert [lag["link"]["earlier"] for lag in found["lags"]] == ["x", "y"]
    assert found["asked"]["moments"] == {"y": "before", "x": "after"}
    assert said.err == ""


def test_the_stated_order_within_a_session_decides_the_lag(run, tmp_path):
    words = ("--asked-after", "y", "--asked-before", "x")
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
    assert f"“p3” has nothing for 99,999,988 sessions before row {last + 1}" in said_on_one_line
