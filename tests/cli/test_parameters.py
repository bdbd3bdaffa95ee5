"""`securebase parameters`: adopt, list, show, back, as somebody would type it."""

import json

import pytest

from table_files import call, write

TABLE = ("--person", "who", "--time", "session", "--outcome", "symptoms", "--process", "alliance")
AS_NAMED = ("--map", "symptoms=y", "--map", "alliance=x")


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: call(monkeypatch, capsys, *words)


def test_a_clinic_adopts_its_own_fit_looks_at_it_and_goes_back(run, tmp_path):
    folder = ("--folder", tmp_path / "sets")
    table = write(tmp_path)
    said = run("parameters", "adopt", table, *TABLE, *AS_NAMED, *folder, "--scale", "symptoms=phq9:total")
    assert said.code == 0, said.err
    assert "Version 1 is now in use" in said.out
    assert "drawn towards “literature”" in said.out
    listed = json.loads(run("parameters", "list", *folder, "--json").out)
    assert listed["in_use"] == 1
    assert listed["versions"][0]["provenance"]["n_persons"] == 40
    assert listed["versions"][0]["measures"]["symptoms"] == ["phq9", "total"]
    shown = run("parameters", "show", "1", *folder).out
    for part in ("phq9, total", "from data", "drift[symptoms,alliance]", "securebase 0"):
        assert part in shown
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
        (("show", "3"), "no version 3"),
        (("rollback",), "nothing to go back to"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(run, tmp_path, words, part):
    said = run("parameters", *words, "--folder", tmp_path)
    assert said.code == 2
    assert part in said.err
    assert said.err.count("\n") == 1


def test_what_cannot_be_adopted_is_said(run, tmp_path):
    table, folder = write(tmp_path), ("--folder", tmp_path / "sets")
    assert "--trend carried" in run("parameters", "adopt", table, *TABLE, *AS_NAMED, *folder, "--trend", "none").err
    assert (
        "NAME=INSTRUMENT:SCALE"
        in run("parameters", "adopt", table, *TABLE, *AS_NAMED, *folder, "--scale", "symptoms").err
    )
    assert not (tmp_path / "sets").exists()
