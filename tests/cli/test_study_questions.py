"""Further questions of `securebase study`: printed, written as JSON, and in the report."""

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
QUESTIONS = (
    *("--agreement", "goals_client", "goals_therapist", "--every", "--gain", "capacity"),
    *("--area", "problem_area_grief", "--area", "problem_area_role_dispute"),
    *("--factor", "alliance", "--factor", "capacity"),
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command without fitting models, on which these questions do not rest."""
    monkeypatch.setattr(study_module, "fit_models", lambda *_args, **_options: ((NotFitted("none", "-"),), {}, None))
    return lambda *words: call(monkeypatch, capsys, *words)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write symptoms that fall more where the alliance is better, goals agree, or capacity is high."""
    rng = np.random.default_rng(3)
    n, sessions = 60, 12
    alliance, client, therapist, symptoms = rng.normal(size=(4, n, sessions))
    capacity = rng.normal(size=n)
    symptoms += -0.5 * alliance - (0.3 + 0.15 * capacity)[:, None] * np.arange(sessions)
    symptoms[:, 1:] += 0.3 * ((client - therapist) ** 2)[:, :-1]
    lines = [
        "who,session,symptoms,alliance,goals_client,goals_therapist,capacity,problem_area_grief,problem_area_role_dispute"
    ]
    for i, t in np.ndindex(symptoms.shape):
        cells = [f"{v[i, t]:.3f}" for v in (symptoms, alliance, client, therapist)]
        lines.append(",".join([f"p{i}", str(t + 1), *cells, f"{capacity[i]:.3f}", str(i % 2), str(1 - i % 2)]))
    path = tmp_path / "questions.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_answers_are_printed_and_in_the_report(run: Any, table: Path, tmp_path: Path) -> None:
    answer = run("study", table, *WHO, *QUESTIONS, "--out", tmp_path / "report.html")
    assert answer.code == 0, answer.err
    text, report = " ".join(answer.out.split()), (tmp_path / "report.html").read_text("utf-8")
    for heading in (
        "Agreement of two ratings",
        "In every person?",
        "Predictors of improvement",
        "Relief by problem area",
        "Common factors side by side",
        "What this design can and cannot answer",
    ):
        assert heading in text
        assert f"<h2>{heading}</h2>" in report
    assert "Persons who begin with a higher capacity improve more in symptoms." in text
    assert "Disagreement between goals_client and goals_therapist, in either direction, tends to precede" in text
    assert "test of “every”" in text
    assert "Gail and Simon" in report
    assert "Grief, 30 persons: symptoms" in text
    assert "truth force, between persons" in text
    assert "Differences between relations (simultaneous 95% intervals)" in text
    assert "Whether therapists differ: no column names the therapist." in text


def test_the_json_holds_numbers_under_the_name_of_the_question(run: Any, table: Path) -> None:
    result = json.loads(run("study", table, *WHO, *QUESTIONS, "--json").out)
    assert [a["question"] for a in result["answers"]] == ["agreement", "every person", "gain", "areas", "factors"]
    agreement, every, gain, areas, factors = result["answers"]
    assert agreement["detrended"]["disagreement_curvature"]["lower"] > 0
    assert every["estimate"]["n_persons"] == 60
    assert gain["adjusted"]["upper"] < 0
    assert [c["column"] for c in areas["comparisons"]] == ["symptoms", "alliance"]
    assert [d["level"] for d in factors["differences"]] == ["between"]
    assert agreement["roles"][0]["truth_within"]["lower"] < agreement["roles"][0]["truth_within"]["upper"]
    assert result["scope"]["cannot"][0].startswith("Whether treatment works")
    assert len(result["answers_in_words"]) == len(result["answers_figures_in_words"]) == 5
    assert json.loads(run("study", table, *WHO, "--json").out)["answers"] == []


def test_a_single_factor_is_refused(run: Any, table: Path) -> None:
    answer = run("study", table, *WHO, "--factor", "alliance")
    assert answer.code == 2
    assert "factors must be two or more different columns (got alliance)" in answer.err


def test_an_area_with_other_numbers_is_refused(run: Any, table: Path) -> None:
    answer = run("study", table, *WHO, "--area", "capacity")
    assert answer.code == 2
    assert "must be 0 or 1 in every row" in answer.err


OUTCOME = ("--person", "who", "--time", "session", "--trend", "none", "--process", "alliance", "--outcomes")


@pytest.fixture
def phq9(tmp_path: Path) -> Path:
    """Write scores of the PHQ-9 that fall from 18 to 8 in half of the persons."""
    lines = ["who,session,phq9,alliance"]
    rng = np.random.default_rng(1)
    for i, t in np.ndindex(20, 8):
        score = 18 - (10 * t / 7 if i % 2 else 0) + rng.integers(-1, 2) * (0 < t < 7)
        lines.append(f"p{i},{t + 1},{score:.0f},{rng.normal():.2f}")
    path = tmp_path / "phq9.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_outcomes_are_printed_in_the_report_and_in_json(run: Any, phq9: Path, tmp_path: Path) -> None:
    answer = run("study", phq9, *OUTCOME, "--outcome", "phq9", "--out", tmp_path / "report.html")
    assert answer.code == 0, answer.err
    text, report = " ".join(answer.out.split()), (tmp_path / "report.html").read_text("utf-8")
    assert "Scale: PHQ-9. Shares refer to the 20 persons who began in the clinical range." in text
    assert "Reliable improvement 50% (30 to 70), 10 of 20" in text
    assert "<h2>Outcomes</h2>" in report
    assert report.count("Shares of persons by outcome") == 2
    (panel,) = json.loads(run("study", phq9, *OUTCOME, "--outcome", "phq9", "--json").out)["answers"]
    recovery = panel["everyone"]["shares"]["clinically significant change"]
    assert (panel["question"], panel["instrument"], recovery["count"]) == ("outcomes", "PHQ-9", 10)


def test_outcomes_take_the_scale_of_an_option_or_of_the_data_dictionary(run: Any, phq9: Path) -> None:
    named = run("study", phq9, *OUTCOME, "--outcome", "symptoms", "--map", "symptoms=phq9", "--instrument", "bdi2")
    assert "Scale: BDI-II." in named.out
    by_hand = run("study", phq9, *OUTCOME, "--outcome", "symptoms", "--map", "symptoms=phq9", "--cutoff", "10")
    assert "Scale: PHQ-9." in by_hand.out
    assert run("study", phq9, *OUTCOME, "--outcome", "phq9", "--instrument", "core_om:nothing").code == 2
    needless = run("study", phq9, *OUTCOME[:-1], "--outcome", "phq9", "--cutoff", "10")
    assert needless.code == 2
    assert "need --outcomes" in needless.err
