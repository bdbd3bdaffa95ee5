"""`securebase study --assigned`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from securebase.study import study as study_module
from securebase.study.parts import NotFitted
from table_files import call

WHO = ("--person", "who", "--time", "session", "--outcome", "symptoms", "--trend", "none")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command without fitting models, on which designs do not rest."""
    monkeypatch.setattr(study_module, "fit_models", lambda *_args, **_options: ((NotFitted("none", "-"),), {}, None))
    return lambda *words: call(monkeypatch, capsys, *words)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Write symptoms, a coin that lowers the next rating, medication given in bad weeks, and an arm in words."""
    rng = np.random.default_rng(1)
    symptoms, coin = rng.normal(size=(60, 8)), rng.integers(0, 2, (60, 8))
    symptoms[:, 1:] -= coin[:, :-1]
    medication = (symptoms + rng.normal(size=symptoms.shape) > 0).astype(int)
    lines = ["who,session,symptoms,coin,medication,arm"]
    for i, t in np.ndindex(symptoms.shape):
        cells = (f"{symptoms[i, t]:.3f}", str(coin[i, t]), str(medication[i, t]), "ipt" if i % 2 else "cbt")
        lines.append(",".join([f"p{i}", str(t + 1), *cells]))
    path = tmp_path / "assigned.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_a_coin_is_told_and_medication_in_bad_weeks_is_refused(run: Any, table: Path, tmp_path: Path) -> None:
    words = ("--assigned", "coin", "--assigned", "medication", "--out", tmp_path / "report.html")
    result = run("study", table, *WHO, *words)
    assert result.code == 0, result.err
    text = " ".join(result.out.split())
    assert "coin → Symptoms next session randomised −" in text
    assert "medication → Symptoms next session refused – – –" in text
    refusal = "medication was not assigned by chance: earlier ratings of symptoms predict it (p &lt; .001)"
    assert refusal.replace("&lt;", "<") in text
    assert refusal in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_column_of_text_and_an_unknown_order_are_one_line_with_advice(run: Any, table: Path) -> None:
    for words, part in (
        (("--assigned", "arm"), "arm"),
        (("--assigned", "nothing"), "unknown column “nothing”"),
        (("--assigned", "coin", "--asked-before", "coin"), "Name one of them in --asked-before"),
    ):
        result = run("study", table, *WHO, *words)
        assert result.code == 2
        assert result.err.count("\n") == 1
        assert part in result.err
        assert result.out == ""
