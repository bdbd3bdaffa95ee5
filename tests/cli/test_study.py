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
