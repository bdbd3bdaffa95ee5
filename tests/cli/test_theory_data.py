"""`securebase theory --data`: estimates, reasons, JSON and one-line errors."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_tables import column, dictionary
from securebase.exchange.data_dictionary import dictionary_path, format_dictionary
from securebase.model.theory import theory
from table_files import call

#: column → rated in at most so many sessions
COLUMNS = {"alliance": 8, "symptoms": 8, "felt_security": 8, "therapist_sensitivity": 8, "insight": 2}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *words: call(monkeypatch, capsys, "theory", *words)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write 62 clients with 8 sessions, whose security follows their therapist's sensitivity in the same session."""
    rng = np.random.default_rng(1)
    lines = [",".join(["client", "session", *COLUMNS])]
    for client in range(62):
        level = rng.normal(size=len(COLUMNS))
        for session in range(1, 9):
            values = dict(zip(COLUMNS, level + rng.normal(size=len(COLUMNS)), strict=True))
            values["felt_security"] += values["therapist_sensitivity"]
            cells = [f"{v:.3f}" if session <= COLUMNS[name] else "" for name, v in values.items()]
            lines.append(",".join([f"c{client}", str(session), *cells]))
    path = tmp_path_factory.mktemp("table") / "c.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    columns = [column(name, clients=62, values=62 * n) for name, n in COLUMNS.items()]
    text = format_dictionary(dictionary(*columns, clients=62, rows=62 * 8))
    dictionary_path(path).write_text(text, encoding="utf-8")
    return path


def test_estimates_reasons_and_what_a_table_can_tell(run: Any, table: Path) -> None:
    printed = run("--data", str(table), "--pillar", "attachment")
    assert "c.csv has changed since its data dictionary was written" in printed.err
    out = printed.out
    words = " ".join(out.split())
    assert words.startswith("In simulated tables of 200 clients with 16 sessions, ")
    assert "This table has 62 simulated clients and less power" in words
    line = next(row for row in out.splitlines() if row.strip().startswith("Therapist sensitivity → Felt security (+)"))
    assert re.search(r"\.\d\d \(\.\d\d to \.\d\d\)  +< \.001  +< \.001  +62  496 sessions  +as stated$", line)
    assert "Between-person correlation: correlation of person means, corrected for unreliability" in out
    reason = (
        "“insight” is rated 2.0 times per client: 62 clients have 4 ratings of “alliance” and 2 ratings of “insight”"
    )
    assert f"Alliance → Insight (+). {reason}; 100 are needed (38 more)." in words
    assert re.search(r"The table has no column for Felt safety\. Measured by “\w+", words)
    assert re.search(r"\d+ edges were examined; \d+ have an estimate, \d+ of them within the session", words)
    assert "no verdict on order or cause" in words


def test_the_heading_names_associations_within_the_session_only_where_some_are_shown(run: Any, table: Path) -> None:
    shown = "No estimate (some of these lags have an association within the session above)"
    assert shown in run("--data", str(table)).out
    without = run("--data", str(table), "--claim", "S34").out
    assert "No estimate\n" in without
    assert shown not in without


@pytest.mark.parametrize("by", ["pillar", "mechanism"])
def test_the_graph_is_drawn_by_the_results(run: Any, table: Path, tmp_path: Path, by: str) -> None:
    page, picture = tmp_path / "g.html", tmp_path / "g.svg"
    chosen = ("--data", str(table), "--claim", "S58", "--by", by)
    printed = run(*chosen, "--graph", str(page))
    assert "Wrote" in printed.err
    assert "edges were examined" in printed.out
    html = page.read_text("utf-8")
    assert 'aria-label="Therapist sensitivity → Felt security (+): as stated, .' in html
    assert "The table has no column for Intimacy." in html
    assert f"edges by {by}" in html
    run(*chosen, "--graph", str(picture))
    assert re.search(r"as stated \([1-9]\d*\): differs from zero", picture.read_text("utf-8"))


def test_a_graph_of_no_kind_is_refused_before_the_estimates(run: Any, table: Path, tmp_path: Path) -> None:
    result = run("--data", str(table), "--graph", str(tmp_path / "x.gif"))
    assert result.code == 2
    assert result.out == ""


def test_json_goes_to_a_file_beside_the_text_or_to_stdout(run: Any, table: Path, tmp_path: Path) -> None:
    file = tmp_path / "edges.json"
    chosen = ("--data", str(table), "--claim", "S58")
    assert "Therapist sensitivity" in run(*chosen, "--json", str(file)).out
    stored = json.loads(file.read_text("utf-8"))
    assert stored == json.loads(run(*chosen, "--json").out)
    assert (stored["format"], stored["version"]) == ("securebase-theory-estimates", 1)
    assert (stored["table"], stored["clients"], stored["rows"]) == ("c.csv", 62, 496)
    edges = {e["id"]: e for e in stored["edges"]}
    assert len(edges) == stored["looked_at"] == len([e for e in theory().select(claim="S58") if e.study_method])
    assert stored["estimated"] == sum(e["result"] is not None for e in edges.values())
    edge = edges["sensitivity_felt_security_session"]
    assert (edge["reading"], edge["reason"], edge["expected_method"]) == ("as stated", "", "same_session")
    assert edge["result"]["columns"] == ["therapist_sensitivity", "felt_security"]
    assert edge["result"]["lower"] < edge["result"]["estimate"] < edge["result"]["upper"]
    assert edge["p_adjusted"] >= edge["result"]["p_value"]
    missing = edges["felt_security_intimacy_slow"]
    assert (missing["reading"], missing["result"], missing["p_adjusted"]) == ("not asked", None, None)
    assert missing["reason"].startswith("The table has no column for Intimacy.")


def test_a_table_without_a_data_dictionary_is_refused_on_one_line(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text("client,session,symptoms\nA,1,3\n", encoding="utf-8")
    result = run("--data", str(path))
    assert result.code == 2
    assert "no data dictionary beside the table (c.json)" in result.err
    assert len(result.err.splitlines()) == 1
