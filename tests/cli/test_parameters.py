"""`securebase parameters`: adopt, list, show, rollback."""

import json

import pytest

from table_files import call, write

TABLE = ("--person", "who", "--time", "session", "--outcome", "symptoms", "--process", "alliance")
AS_NAMED = ("--map", "symptoms=y", "--map", "alliance=x")


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: call(monkeypatch, capsys, *words)


def test_a_clinic_adopts_shows_and_rolls_back_a_fit(run, tmp_path):
    folder = ("--folder", tmp_path / "sets")
    table = write(tmp_path)
    result = run("parameters", "adopt", table, *TABLE, *AS_NAMED, *folder, "--scale", "symptoms=phq9:total")
    assert result.code == 0, result.err
    assert "Version 1 is now in use" in result.out
    assert "shrunk towards “literature”" in result.out
    listed = json.loads(run("parameters", "list", *folder, "--json").out)
    assert listed["in_use"] == 1
    assert listed["versions"][0]["provenance"]["n_persons"] == 40
    assert listed["versions"][0]["measures"]["symptoms"] == ["phq9", "total"]
    output = run("parameters", "show", "1", *folder).out
    for part in ("phq9, total", "from data", "drift[symptoms,alliance]", "securebase 0"):
        assert part in output
    assert "1 (in use): Fitted on" in run("parameters", "list", *folder).out
    assert "shipped set is now in use" in run("parameters", "rollback", *folder).out
    assert json.loads(run("parameters", "list", *folder, "--json").out)["in_use"] == 0
    assert "Version 1 is now in use" in run("parameters", "rollback", *folder, "--to", "1").out
    towards = run("fit", table, *TABLE, *AS_NAMED, "--prior", tmp_path / "sets" / "0001.toml")
    assert towards.code == 0
    assert "“own”" in towards.out


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("show", "3"), "unknown version 3"),
        (("rollback",), "no earlier version"),
    ],
)
def test_an_unknown_version_is_reported_on_one_line(run, tmp_path, words, part):
    result = run("parameters", *words, "--folder", tmp_path)
    assert result.code == 2
    assert part in result.err
    assert result.err.count("\n") == 1


def test_a_fit_that_cannot_be_adopted_is_refused(run, tmp_path):
    table, folder = write(tmp_path), ("--folder", tmp_path / "sets")
    assert "--trend carried" in run("parameters", "adopt", table, *TABLE, *AS_NAMED, *folder, "--trend", "none").err
    assert (
        "NAME=INSTRUMENT:SCALE"
        in run("parameters", "adopt", table, *TABLE, *AS_NAMED, *folder, "--scale", "symptoms").err
    )
    assert not (tmp_path / "sets").exists()
