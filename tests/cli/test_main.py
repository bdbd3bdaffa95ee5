"""The command line's door: what cannot be understood ends with 2 and one line that says where help is."""

import pytest

from table_files import call, write

COLUMNS = ("--person", "who", "--time", "session", "--outcome", "y")


@pytest.fixture
def run(monkeypatch, capsys):
    return lambda *words: call(monkeypatch, capsys, *words)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("fit", "FOLDER", *COLUMNS), "is a directory"),
        (("fit", "FOLDER/none.csv", *COLUMNS), "does not exist"),
        (("study", "TABLE", *COLUMNS, "--out", "FOLDER"), "is a directory"),
        (("study", "TABLE", *COLUMNS, "--before-session", "zzz"), "“zzz” is neither the outcome nor a process"),
        (("fit", "TABLE", *COLUMNS, "--map", "a"), "--map must have the form NAME=COL"),
        (("fit", "TABLE", *COLUMNS, "--time-unit", "month"), "is not one of"),
        (("fit", "TABLE", "--person", "who", "--time", "session"), "Missing option '--outcome'"),
        (("track", "TABLE", *COLUMNS, "--cleint", "p1"), "No such option"),
        (("score", "phq9"), "--responses"),
        (("simulate", "default", "--clients", "0"), "0 is not in the range"),
        (("simulate", "--clients"), "requires an argument"),
    ],
)
def test_what_cannot_be_understood_is_said_in_one_line(run, tmp_path, words, part):
    table = write(tmp_path, n=3, sessions=2)
    said = run(*(w.replace("FOLDER", str(tmp_path)).replace("TABLE", str(table)) for w in words))
    assert said.code == 2
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert part in said.err
    assert said.err.startswith(f"securebase {words[0]}: ")
    assert said.err.endswith(f"See securebase {words[0]} --help.\n")


@pytest.mark.parametrize("word", ["stduy", "--nope"])
def test_an_unknown_command_or_option_of_the_door(run, word):
    said = run(word)
    assert said.code == 2
    assert said.err.count("\n") == 1
    assert said.err.endswith("See securebase --help.\n")


@pytest.mark.parametrize("words", [(), ("--help",), ("fit", "--help"), ("--version",)])
def test_help_ends_well(run, words):
    said = run(*words)
    assert said.code == 0
    assert "securebase" in said.out.lower()
    assert said.err == ""
