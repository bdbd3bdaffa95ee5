"""Entry point: usage errors end with exit code 2 and one line that points to the help."""

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
        (("study", "TABLE", *COLUMNS, "--asked-before", "zzz"), "“zzz” is neither the outcome nor a process"),
        (
            ("study", "TABLE", *COLUMNS, "--asked-before", "y=x"),
            "“y” has a rating before the session only (“x”). Add --asked-after y=COL",
        ),
        (
            ("fit", "TABLE", *COLUMNS, "--asked-after", "y=x"),
            "“y” has a rating after the session only (“x”). Add --asked-before y=COL",
        ),
        (("study", "TABLE", *COLUMNS, "--asked-before", "y=x", "--asked-before", "y"), "is given twice for “y”"),
        (("study", "TABLE", *COLUMNS, "--asked-before", "y=x", "--asked-after", "y=x"), "“x” cannot be both"),
        (("study", "TABLE", *COLUMNS, "--asked-before", "=x"), "must have the form COL or NAME=COL"),
        (
            ("fit", "TABLE", *COLUMNS, "--input", "x", "--asked-before", "x=a", "--asked-after", "x=b"),
            "“x” is an input, which has no ratings before and after",
        ),
        (("fit", "TABLE", *COLUMNS, "--map", "a"), "--map must have the form NAME=COL"),
        (("fit", "TABLE", *COLUMNS, "--time-unit", "month"), "is not one of"),
        (("fit", "TABLE", "--person", "who", "--time", "session"), "Missing option '--outcome'"),
        (("track", "TABLE", *COLUMNS, "--cleint", "p1"), "No such option"),
        (("score", "phq9"), "--responses"),
        (("simulate", "default", "--clients", "0"), "0 is not in the range"),
        (("simulate", "--clients"), "requires an argument"),
    ],
)
def test_invalid_commands_are_reported_on_one_line(run, tmp_path, words, part):
    table = write(tmp_path, n=3, sessions=2)
    result = run(*(w.replace("FOLDER", str(tmp_path)).replace("TABLE", str(table)) for w in words))
    assert result.code == 2
    assert result.out == ""
    assert result.err.count("\n") == 1
    assert part in result.err
    assert result.err.startswith(f"securebase {words[0]}: ")
    assert result.err.endswith(f"See securebase {words[0]} --help.\n")


@pytest.mark.parametrize("word", ["stduy", "--nope"])
def test_an_unknown_command_or_global_option_is_refused(run, word):
    result = run(word)
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert result.err.endswith("See securebase --help.\n")


@pytest.mark.parametrize("words", [(), ("--help",), ("fit", "--help"), ("--version",)])
def test_help_has_exit_code_0(run, words):
    result = run(*words)
    assert result.code == 0
    assert "securebase" in result.out.lower()
    assert result.err == ""
