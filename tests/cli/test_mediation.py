"""`securebase study --mediator`: kinds of mediation, and designs that end with exit code 2."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from securebase.study import study as study_module
from securebase.study.parts import NotFitted
from table_files import CommandResult, call

WHO = ("--person", "who", "--time", "session", "--outcome", "y", "--trend", "none")
Run = Callable[..., CommandResult]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command without fitting the models of the study, on which mediation does not rest."""
    monkeypatch.setattr(study_module, "fit_models", lambda *_args, **_options: ((NotFitted("none", "-"),), {}, None))
    return lambda *words: call(monkeypatch, capsys, *words)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write x → m → y over successive sessions, with an arm that raises m."""
    rng = np.random.default_rng(1)
    n, sessions = 60, 8
    arm = np.arange(n) % 2
    x, m, y = rng.normal(size=(3, n, sessions))
    m[:, 1:] += 0.6 * x[:, :-1] + 1.2 * arm[:, None]
    y[:, 1:] += 0.6 * m[:, :-1]
    lines = ["who,session,y,x,m,arm"]
    lines += [
        f"{i},{t + 1},{y[i, t]:.4f},{x[i, t]:.4f},{m[i, t]:.4f},{('waiting', 'ipt')[arm[i]]}"
        for i in range(n)
        for t in range(sessions)
    ]
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_mediation_within_persons_is_printed_and_written(run: Run, table: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    result = run("study", table, *WHO, "--process", "x", "--mediator", "m", "--out", out)
    assert result.code == 0
    assert "x → y: consistent with mediation by m, and with an unmeasured common cause of m and y." in result.out
    assert "through m" in result.out
    report = out.read_text("utf-8")
    assert "Mediation within persons" in report
    assert "Path diagram" in report


def test_the_kinds_of_mediation_have_their_numbers_in_the_json(run: Run, table: Path) -> None:
    words = ("study", table, *WHO, "--process", "x", "--mediator", "m", "--json")
    within = json.loads(run(*words).out)["answers"][0]
    assert within["question"] == "mediation"
    assert within["detrended"]["routes"][0]["effect"]["lower"] > 0
    for kind in ("change", "levels"):
        answer = json.loads(run(*words, "--mediation", kind).out)["answers"][0]
        assert answer["estimate"]["routes"][0]["through"] == ["m"]
        assert answer["estimate"]["routes"][0]["smallest"] > 0


def test_a_trial_needs_no_process(run: Run, table: Path) -> None:
    result = run("study", table, *WHO, "--arm", "arm", "--reference", "waiting", "--mediator", "m", "--json")
    answer = next(a for a in json.loads(result.out)["answers"] if a["question"] == "mediation")
    assert (answer["treated"], answer["reference"]) == ("ipt", "waiting")
    assert answer["joint"]["mediators"][0]["share"]["lower"] > 0


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--process", "x", "--serial"), "--serial needs --mediator"),
        (("--process", "x", "--mediator", "x"), "every process is a mediator"),
        (("--process", "x", "--mediator", "y"), "the column is used twice"),
        (("--arm", "arm", "--mediator", "arm"), "the mediator “arm” is the arm"),
    ],
)
def test_a_mediator_that_cannot_be_one_ends_with_exit_code_2(
    run: Run, table: Path, words: tuple[str, ...], problem: str
) -> None:
    result = run("study", table, *WHO, *words)
    assert result.code == 2
    assert problem in result.err
