"""The code in documents runs: every block of Python, and every command that does not take minutes."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from securebase.cli.main import cli

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / name for name in ("docs", "examples", "tests")]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in folder.rglob("*.md"))])
PAGES = [page for page in DOCUMENTS if "```" in page.read_text(encoding="utf-8")]
BLOCK = re.compile(
    r"^(?P<mark><!-- not run: .+? -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
#: Commands that are parsed but not run: first words → reason.
NOT_RUN = {
    "power": "takes minutes, or a cluster",
    "demo": "serves until it is stopped",
    "serve": "serves until it is stopped",
}
#: Document → a number that makes its answer precise, and a smaller one that is enough for a test.
SMALLER = {"docs/how-to/plan-a-study.md": ("replications=200", "replications=10")}


def long_table() -> pd.DataFrame:
    return pd.read_csv(ROOT / "examples" / "sessions.csv")


def give_frame(folder: Path) -> dict[str, Any]:
    return {"frame": long_table().rename(columns={"client": "id", "phq9": "bdi"})}


def write_wide_table(folder: Path) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    levels = rng.normal(size=(2, 150, 1))
    waves = levels + rng.normal(size=(2, 150, 5))
    columns = {f"{name}{t + 1}": waves[i, :, t] for i, name in enumerate("xy") for t in range(5)}
    pd.DataFrame(columns).to_csv(folder / "TABLE.csv", index=False)
    return {}


def write_pilot(folder: Path) -> dict[str, Any]:
    long_table().rename(columns={"client": "who"}).to_csv(folder / "pilot.csv", index=False)
    return {}


def copy_record(folder: Path) -> dict[str, Any]:
    shutil.copy(ROOT / "tests/fixtures/clinic_2026_11/record.json", folder / "securebase-record.json")
    return {}


#: Files and names that a document assumes.
ASSUMED: dict[str, Callable[[Path], dict[str, Any]]] = {
    "docs/how-to/bring-a-table.md": give_frame,
    "docs/how-to/compare-with-other-programs.md": write_wide_table,
    "docs/how-to/plan-a-study.md": write_pilot,
    "docs/how-to/reports-and-downloads.md": copy_record,
}
#: Document → figures that it quotes, as its commands print them.
QUOTED = {
    "docs/how-to/fit-the-full-model.md": (
        "the covariance of random slopes is singular at “emotional_processing”",
        "Alliance → Symptoms (−) −.15 (−.24 to −.07)",
    ),
    "docs/tutorials/first-study.md": (
        "Alliance → phq9 leads, adjusted −.29 (−.54 to −.04) .002 .004 31 of 40 persists",
        "phq9 → Alliance inconclusive .18 (−.04 to .40) – – 31 of 40 inconclusive",
        "strain → phq9 together .36 (.26 to .46) < .001 < .001 32 of 40 inconclusive",
        "phq9 → strain together .36 (.26 to .46) < .001 < .001 32 of 40 inconclusive",
        "phq9 → strain, at the next session .33 (.073) .12 (.074) .12 (.074)",
        "Alliance → Symptoms inconclusive −.01 (−.12 to .10) .858 .858 153 of 200 attenuates",
        "Alliance → Symptoms, at the next session −.11 (.019) −.06 (.021) −.02 (.021)",
        "13 at first, 6 at last, 7 points fewer: reliable improvement. Reliable from 6 points",
        "14 7.8 6.2 to 9.4 4.0 to 11.7",
    ),
}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, *languages: str) -> list[tuple[int, str]]:
    """Return line and text of every block in these languages, without blocks that are marked “not run”."""
    text = page.read_text(encoding="utf-8")
    return [
        (text.count("\n", 0, block.start("text")), block["text"])
        for block in BLOCK.finditer(text)
        if block["language"] in languages and not block["mark"]
    ]


def commands(page: Path) -> list[str]:
    """Return every line of a shell block that calls securebase, without the name of the program."""
    lines = [
        line
        for _, text in blocks(page, "", "sh", "bash", "console", "shell")
        for line in text.replace("\\\n", " ").splitlines()
    ]
    return [" ".join(match[1].split()) for line in lines if (match := re.match(r"\s*(?:\$ )?securebase (.*)", line))]


WITH_PYTHON = [page for page in PAGES if blocks(page, "python")]
#: first those that quote output, so that others need not run the same command again
WITH_COMMANDS = sorted((page for page in PAGES if commands(page)), key=lambda page: name_of(page) not in QUOTED)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty working directory with a copy of the examples."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_there_are_documents_with_code() -> None:
    assert len(WITH_PYTHON) >= 6
    assert len(WITH_COMMANDS) >= 5
    assert {name_of(page) for page in PAGES} >= {*ASSUMED, *SMALLER}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_fence_is_closed_and_at_the_margin(page: Path) -> None:
    """Other fences would hide the code behind them from these tests."""
    text = page.read_text(encoding="utf-8")
    assert len(re.findall(r"```", text)) == 2 * len(BLOCK.findall(text))


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_python_runs_in_order(page: Path, folder: Path) -> None:
    """The blocks of one document share their names."""
    namespace: dict[str, Any] = {"__name__": "__main__"} | ASSUMED.get(name_of(page), lambda _: {})(folder)
    long_form, short_form = SMALLER.get(name_of(page), ("", ""))
    source = page.read_text(encoding="utf-8")
    assert long_form in source
    for line, text in blocks(page, "python"):
        # leading empty lines make a traceback name the line of the document
        code = "\n" * line + (text.replace(long_form, short_form) if long_form else text)
        exec(compile(code, name_of(page), "exec"), namespace)


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=name_of)
def test_commands_run_in_order(page: Path, folder: Path) -> None:
    """Run every command once, in the first document that shows it; one that quotes output runs all of its own."""
    ASSUMED.get(name_of(page), lambda _: {})(folder)
    quoted, printed = QUOTED.get(name_of(page), ()), ""
    earlier = {line for earlier_page in WITH_COMMANDS[: WITH_COMMANDS.index(page)] for line in commands(earlier_page)}
    for line in commands(page):
        words = shlex.split(line)
        parse(words)
        if (line not in earlier or quoted) and not line.startswith(tuple(NOT_RUN)):
            run = CliRunner().invoke(cli, words)
            assert run.exit_code == 0, f"securebase {line}\n{run.output}"
            printed += f" {' '.join(run.output.split())}"
    assert [figure for figure in quoted if figure not in printed] == []


def parse(words: list[str]) -> None:
    """Parse a command with its options and values; click raises UsageError if it is invalid."""
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None, words[0]
    arguments = words[1:]
    if isinstance(command, click.Group):
        command = command.get_command(click.Context(command), arguments[0])
        assert command is not None, words
        arguments = arguments[1:]
    with command.make_context(words[0], list(arguments)):
        pass
