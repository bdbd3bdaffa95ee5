"""Both columns rated before and after each session: fits and lags read one rating of each, as if it were alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from securebase.study import study as study_module
from securebase.study.parts import NotFitted
from table_files import call
from truths.catalogue import TRUTHS, draw_cohort
from truths.sessions import ALLIANCE_AFTER, ALLIANCE_BEFORE, SYMPTOMS_AFTER, SYMPTOMS_BEFORE

WHO = ("--person", "who", "--time", "session")
TWICE = (
    *("--outcome", "symptoms", "--process", "alliance"),
    *("--asked-before", f"alliance={ALLIANCE_BEFORE}", "--asked-after", f"alliance={ALLIANCE_AFTER}"),
    *("--asked-before", f"symptoms={SYMPTOMS_BEFORE}", "--asked-after", f"symptoms={SYMPTOMS_AFTER}"),
)
ONCE = (
    *("--outcome", "symptoms", "--process", "alliance"),
    *("--map", f"symptoms={SYMPTOMS_BEFORE}", "--map", f"alliance={ALLIANCE_AFTER}"),
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *words: call(monkeypatch, capsys, *words)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write_sessions(tmp_path / "sessions.csv", "symptoms_change_alliance_in_session", persons=12)


def write_sessions(path: Path, truth: str, *, persons: int) -> Path:
    columns = draw_cohort(TRUTHS[truth], persons, 0)
    lines = [",".join(["who", "session", *columns])]
    for i in range(persons):
        for t in range(next(iter(columns.values())).shape[1]):
            cells = ("" if (v := values[i, t]) != v else f"{v:.4f}" for values in columns.values())
            lines.append(",".join([f"p{i}", str(t + 1), *cells]))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_fits_and_tracked_clients_use_the_outcome_before_and_the_process_after(run: Any, table: Path) -> None:
    for command, *words in (("fit",), ("track", "--client", "p3")):
        twice, once = (
            json.loads(run(command, table, *WHO, *columns, *words, "--trend", "none", "--json").out)
            for columns in (TWICE, ONCE)
        )
        assert twice.keys() == once.keys()
        assert {key for key in twice if twice[key] != once[key]} <= {"import_report"}


def test_a_column_that_holds_one_rating_may_name_the_construct(run: Any, table: Path) -> None:
    named = (
        *("--outcome", SYMPTOMS_BEFORE, "--process", ALLIANCE_AFTER),
        *("--asked-before", SYMPTOMS_BEFORE, "--asked-after", f"{SYMPTOMS_BEFORE}={SYMPTOMS_AFTER}"),
        *("--asked-before", f"{ALLIANCE_AFTER}={ALLIANCE_BEFORE}", "--asked-after", ALLIANCE_AFTER),
    )
    result = run("fit", table, *WHO, *named, "--trend", "none", "--json")
    assert result.code == 0, result.err
    remark = json.loads(result.out)["import_report"]["remarks"][2]
    assert f"before the session: {SYMPTOMS_BEFORE}, {ALLIANCE_BEFORE}; after the session: {ALLIANCE_AFTER}" in remark


def test_an_unknown_second_column_is_named(run: Any, table: Path) -> None:
    words = ("--asked-before", "alliance=alliance_befor", "--asked-after", f"alliance={ALLIANCE_AFTER}")
    result = run("study", table, *WHO, "--outcome", SYMPTOMS_BEFORE, "--process", "alliance", *words)
    assert result.code == 2
    assert result.err.count("\n") == 1
    assert "Did you mean “alliance_before”" in result.err


def test_a_study_tells_the_order_within_the_session(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # designs do not rest on a fitted model
    monkeypatch.setattr(study_module, "fit_models", lambda *_args, **_options: ((NotFitted("none", "-"),), {}, None))
    table = write_sessions(tmp_path / "sessions.csv", "symptoms_change_alliance_in_session", persons=30)
    result = run("study", table, *WHO, *TWICE, "--trend", "none", "--out", tmp_path / "report.html")
    assert result.code == 0, result.err
    text = " ".join(result.out.split())
    leads = "Above-average symptoms before a session tends to come before lower alliance after it"
    assert "Symptoms → Alliance same session leads −." in text
    assert leads in text
    assert "use symptoms before the session, alliance after the session" in text
    assert "To settle an order" not in text
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert leads in page
    assert "both rated before and after each session" in page
