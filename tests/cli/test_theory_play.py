"""`securebase theory --play`: table, JSON, drawings, and options that do not go with it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from securebase.cli.main import main
from securebase.measurement.constructs import construct
from securebase.model.simulate.play import PlayChoice, Stressor, play
from securebase.picture.play_phrases import ADDITIVE, MARK, SHOWN, difference_sentence


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["securebase", "theory", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    result = capsys.readouterr()
    return int(end.value.code or 0), result.out, result.err


def test_the_table_compares_a_choice_with_the_ordinary_course(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(monkeypatch, capsys, "--play", "--style", "anxious", "--stressor", "loss", "--at", "6")
    assert code == 0
    assert out.count(MARK) == 1
    assert "400 simulated clients, anxious attachment, a loss before session 6" in out
    # the session of the stressor is in the table
    assert re.search("session 1  +session 6  +session 16  +80% of clients", out)
    rows = {line[:24].strip(): line.split()[-1] for line in out.splitlines() if line.startswith("  ")}
    assert all(construct(name).label in rows for name in SHOWN)
    assert rows["Symptoms"].startswith("+")
    assert rows["Attachment security"].startswith("−")
    courses = play(PlayChoice(style="anxious", stressor=Stressor.LOSS, at=6))
    assert difference_sentence(courses, "symptoms") in " ".join(out.split())
    assert "mainly through the loss." in out
    assert " ".join(out.split()).endswith(ADDITIVE)


def test_the_ordinary_course_is_compared_with_its_own_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(monkeypatch, capsys, "--play")
    assert "400 simulated clients, the ordinary course." in out
    assert "Symptoms. At session 16, 1.54 SD lower than at session 1." in " ".join(out.split())
    assert "difference" not in out
    assert ADDITIVE not in " ".join(out.split())


def test_json_has_every_construct_at_every_session(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(monkeypatch, capsys, "--play", "--warmth", "high", "--technique", "more", "--json")
    result = json.loads(out)
    assert result["mark"] == MARK
    assert result["choice"]["warmth"] == "high"
    assert {len(v) for row in result["chosen"].values() for v in row.values()} == {16}
    assert set(result["chosen"]) == set(result["ordinary"]) > set(SHOWN)
    higher, usual = (result[name]["felt_security"]["mean"][-1] for name in ("chosen", "ordinary"))
    assert higher > usual + 0.5


def test_the_drawing_is_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    picture, page = tmp_path / "low.svg", tmp_path / "low.html"
    code, out, error = run(monkeypatch, capsys, "--play", "--warmth", "low", "--graph", str(picture))
    assert (code, out) == (0, "")
    assert str(picture) in error.replace("\n", "")
    words = " ".join(ElementTree.fromstring(picture.read_text("utf-8")).itertext())
    for text in ("Symptoms", "Attachment security", "this choice", "ordinary course"):
        assert text in words
    # a figure travels alone: the mark and the choice are drawn, not only named for those who do not see it
    drawn = [
        e.text for e in ElementTree.fromstring(picture.read_text("utf-8")).iter() if e.tag.endswith(("text", "tspan"))
    ]
    assert f"{MARK} 400 simulated clients, a less warm therapist." in drawn
    run(monkeypatch, capsys, "--play", "--off", "seeking_support_week", "--graph", str(page))
    html = page.read_text("utf-8")
    assert html.count("<svg") == 2
    assert html.count(f"<b>{MARK}</b>") == 1
    assert "1 link off (not in the ordinary course): Clear support seeking → Social support" in html
    assert "prefers-color-scheme: dark" in html
    assert "<script" not in html


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--style", "anxious"), "--style needs --play."),
        (("--off", "seeking_support_week"), "--off needs --play."),
        (("--play", "--claim", "S1"), "--claim does not go with --play."),
        (("--play", "--at", "3"), "--at needs --stressor."),
        (("--play", "--stressor", "loss", "--at", "17"), "at must be a session from 1 to 16 (got 17)"),
        (("--play", "--off", "no_edge"), "unknown edge “no_edge”. `securebase theory` lists the ids"),
        (("--play", "--off", "seeking_suport_week"), "Did you mean “seeking_support_week” or “"),
        (("--play", "--style", "aloof"), "Invalid value for '--style'"),
        (("--play", "--graph", "x.gif"), "--graph must end in .svg or .html (got “x.gif”)."),
    ],
)
def test_invalid_options_are_reported_on_one_line(
    arguments: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, error = run(monkeypatch, capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in error
    assert len(error.splitlines()) == 1
