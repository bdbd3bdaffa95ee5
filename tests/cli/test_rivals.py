"""`securebase study --rivals`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from securebase.study import study as study_module
from securebase.study.parts import NotFitted
from table_files import call

WHO = ("--person", "who", "--time", "session", "--outcome", "symptoms", "--trend", "none", "--process", "alliance")
BOTH = (*WHO, "--process", "social_support")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command without fitting models, on which the comparison does not rest."""
    monkeypatch.setattr(study_module, "fit_models", lambda *_args, **_options: ((NotFitted("none", "-"),), {}, None))
    return lambda *words: call(monkeypatch, capsys, *words)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write symptoms that fall after a better alliance, and after more support not at all."""
    rng = np.random.default_rng(1)
    symptoms, alliance, support = rng.normal(size=(3, 60, 10))
    symptoms[:, 1:] -= 0.5 * alliance[:, :-1]
    lines = ["who,session,symptoms,alliance,social_support"]
    for i, t in np.ndindex(symptoms.shape):
        cells = (f"{values[i, t]:.3f}" for values in (symptoms, alliance, support))
        lines.append(",".join([f"p{i}", str(t + 1), *cells]))
    path = tmp_path / "rivals.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_comparison_is_printed_with_its_figures(run: Any, table: Path) -> None:
    answer = run("study", table, *BOTH, "--rivals", "alliance", "social_support")
    assert answer.code == 0, answer.err
    text = " ".join(answer.out.split())
    assert "Alliance precedes more improvement in symptoms than social support does by more than in simulated" in text
    assert ", whose interval must lie beyond .06" in text


def test_the_json_holds_the_comparison_and_names_the_rivals(run: Any, table: Path) -> None:
    answer = run("study", table, *BOTH, "--rivals", "alliance", "social_support", "--json")
    (finding,) = json.loads(answer.out)["rivals"]
    assert (finding["first"], finding["second"], finding["reference"]) == ("alliance", "social_support", 0.06)
    assert finding["centred"]["lower"] > 0.06
    assert json.loads(run("study", table, *BOTH, "--json").out)["rivals"] == []


def test_a_rival_that_is_no_process_is_refused(run: Any, table: Path) -> None:
    answer = run("study", table, *WHO, "--rivals", "alliance", "social_support")
    assert answer.code == 2
    assert "“social_support” is not among the processes" in answer.err
