"""`securebase score` as called from a shell."""

import json
import sys
from pathlib import Path

import pytest

from securebase.cli.main import main

Run = tuple[int, str, str]


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> Run:
    monkeypatch.setattr(sys, "argv", ["securebase", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    result = capsys.readouterr()
    return int(end.value.code or 0), result.out, result.err


def test_a_line_of_responses(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    line = "1=2,2=3,3=2,4=1,5=0,6=1,7=1"
    code, out, err = run(monkeypatch, capsys, "score", "gad7", "--responses", line)
    assert (code, err) == (0, "")
    assert "10  0–21   moderate" in out
    assert "Not verified: " in out


def test_a_safety_alert_comes_first_and_needs_no_score(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(monkeypatch, capsys, "score", "phq9", "--responses", "9=1")
    assert code == 0
    assert out.startswith("Safety: Thoughts of death or self-harm (item 9 answered 1).")
    assert "items 1 to 8 unanswered; all items are required" in " ".join(out.split())


def test_an_unanswered_safety_item_prevents_an_all_clear(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(monkeypatch, capsys, "score", "session_before", "--responses", "1=4")
    assert out.startswith("Safety: item 11 is unanswered; a missing answer does not rule out risk.")
    assert "Not validated" in out


def test_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    line = "1=1,2=1,3=1,4=1,5=1,6=1,7=1,8=1,9=2"
    code, out, _ = run(monkeypatch, capsys, "score", "phq9", "--responses", line, "--json")
    output = json.loads(out)
    assert code == 0
    assert output["scores"]["total"]["value"] == 10
    assert output["scores"]["total"]["band"] == "moderate"
    assert output["alerts"] == [{"item": 9, "value": 2, "concern": "Thoughts of death or self-harm"}]
    assert output["responses"]["10"] is None
    assert "any unanswered item: no score" in output["unverified"]


def test_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    items = ",".join(f"phq9_{n}" for n in range(1, 10))
    table = tmp_path / "forms.csv"
    table.write_text(f"client,{items}\nCarla,{'2,' * 8}0\n[bold]Dora,{'1,' * 8}1\nEva,{'1,' * 8}\n", encoding="utf-8")
    code, out, _ = run(monkeypatch, capsys, "score", "phq9", str(table), "--person", "client")
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[:2] == [
        "Safety: row 3 ([bold]Dora): Thoughts of death or self-harm (item 9 answered 1).",
        "Safety: row 4 (Eva): item 9 is unanswered; a missing answer does not rule out risk.",
    ]
    assert {"2 Carla 16", "3 [bold]Dora 9", "4 Eva –"} <= set(lines)
    _, out, _ = run(monkeypatch, capsys, "score", "phq9", str(table), "--json")
    assert [(r["row"], r["scores"]["total"]["value"]) for r in json.loads(out)["rows"]] == [(2, 16), (3, 9), (4, None)]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["phq9", "--responses", "1=4"], "phq9, item 1: response 4 is not allowed."),
        (["phq9", "--responses", "12=1"], "phq9: unknown item 12 of PHQ-9."),
        (["phq9", "--responses", "often"], "phq9: invalid response “often”."),
        (["phq99", "--responses", "1=1"], "unknown instrument “phq99”. Did you mean phq9?"),
    ],
)
def test_bad_input_ends_with_2_and_one_line(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(monkeypatch, capsys, "score", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(f"securebase: {message}")
    assert err.count("\n") == 1


def test_a_response_out_of_range_in_a_table_names_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "forms.csv"
    table.write_text("p1,p2\n1,1\n0,7\n", encoding="utf-8")
    code, _, err = run(monkeypatch, capsys, "score", "phq2", str(table))
    assert code == 2
    assert err == (
        "securebase: forms.csv, row 3, phq2, item 2: response 7 is not allowed. Allowed: whole numbers from 0 to 3.\n"
    )


def test_neither_or_both_sources_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(monkeypatch, capsys, "score", "phq9")
    assert code == 2
    assert "Give either --responses or TABLE." in err


def test_a_row_without_a_score_has_a_reason_and_missing_codes_can_be_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "forms.csv"
    head = ",".join(f"phq9_{i}" for i in range(1, 10))
    path.write_text(f"{head}\n1,1,1,1,1,1,1,1,0\n1,-99,-99,-99,-99,1,1,1,0\n")
    code, out, _ = run(monkeypatch, capsys, "score", "phq9", str(path), "--missing", "-99")
    assert code == 0
    assert "Row 3, " in out
    assert "no score. items 2 to 5 unanswered" in out
    assert "Row 2, " not in out
