"""`securebase study --arm` and `securebase meta`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from question_truths import TRIAL_SESSIONS, draw_trial
from table_files import call

COLUMNS = ("--person", "who", "--time", "session", "--outcome", "y")


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command; a study fits no models, on which nothing here depends."""
    monkeypatch.setattr("securebase.study.study.fit_models", lambda *_, **__: ((), {}, None))
    monkeypatch.setattr("securebase.study.study.check_estimated", lambda *_: None)
    return lambda *words: call(monkeypatch, capsys, *words)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    data = draw_trial(1, n=40, effect=1.0)
    y = data.table.values["y"].reshape(-1, TRIAL_SESSIONS)
    lines = ["who,session,y,arm"]
    for person, (rated, episode) in enumerate(zip(y, data.cohort.episodes, strict=True)):
        lines += [f"p{person},{t + 1},{v:.3f},{episode.arm}" for t, v in enumerate(rated) if np.isfinite(v)]
    path = tmp_path / "trial.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_arms_come_first_in_the_report_and_their_effects_in_a_file(run, table, tmp_path):
    out, effects = tmp_path / "report.html", tmp_path / "rows.csv"
    result = run("study", table, *COLUMNS, "--arm", "arm", "--reference", "old", "--out", out, "--effects", effects)
    assert result.code == 0
    assert result.out.index("Treatment arms") < result.out.index("Limitations")
    # nobody knows whether a higher y is better
    assert "At the planned end, new is lower than old in y" in result.out
    page = out.read_text(encoding="utf-8")
    assert "Differences between treatment arms" in page
    assert "Flow of persons by arm" in page
    (row,) = csv.DictReader(effects.open(encoding="utf-8"))
    assert (row["study"], row["outcome"], row["arm"], row["n1"]) == ("trial", "y", "new", "40")
    answer = json.loads(run("study", table, *COLUMNS, "--arm", "arm", "--reference", "old", "--json").out)["answers"][0]
    assert float(row["g"]) == pytest.approx(answer["effects"][0]["g"]["estimate"], rel=1e-4)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("--arm", "arm", "--secondary", "y"), "--secondary y is the outcome"),
        (("--planned", "4"), "needs --arm or --outcomes"),
        (("--arm", "arm", "--planned", "40"), "the planned end must be"),
        (("--arm", "arm", "--reference", "cbt"), "unknown arm"),
    ],
)
def test_a_design_that_cannot_be_compared_has_exit_code_2(run, table, words, problem):
    result = run("study", table, *COLUMNS, *words)
    assert result.code == 2
    assert problem in result.err


def write_rows(folder: Path, *rows: str) -> Path:
    path = folder / "rows.csv"
    path.write_text("\n".join(["study,outcome,arm,reference,g,variance", *rows]), encoding="utf-8")
    return path


ROWS = ("a,mood,new,old,0.2,0.02", "a,sleep,new,old,0.9,0.02", "b,mood,new,old,0.4,0.03", "c,mood,new,old,0.1,0.01")


def test_meta_prints_the_combined_effect_and_writes_a_forest_plot(run, tmp_path):
    rows, out = write_rows(tmp_path, *ROWS), tmp_path / "meta.html"
    result = run("meta", rows, "--outcome", "mood", "--out", out)
    assert result.code == 0
    assert "3 studies: Hedges’ g = " in result.out
    page = out.read_text(encoding="utf-8")
    assert "<svg" in page
    assert "Mood: 3 studies" in page
    values = json.loads(run("meta", rows, "--outcome", "mood", "--json").out)
    assert len(values["studies"]) == 3
    assert values["prediction"][0] < values["mean"]["lower"]


def test_meta_refuses_dependent_rows_and_unknown_outcomes(run, tmp_path):
    rows = write_rows(tmp_path, *ROWS)
    result = run("meta", rows)
    assert (result.code, "“a” has 2 effects" in result.err) == (2, True)
    result = run("meta", rows, "--outcome", "weight")
    assert (result.code, "The outcomes are mood, sleep" in result.err) == (2, True)
    result = run("meta", rows, "--outcome", "mood", "--out", rows)
    assert (result.code, "would overwrite" in result.err) == (2, True)
