"""`securebase theory`: list, filters, JSON and graph."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from securebase.cli.main import main
from securebase.model.theory import EdgeLocation, theory

THEORY = theory()


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["securebase", "theory", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    result = capsys.readouterr()
    return int(end.value.code or 0), result.out, result.err


def test_every_edge_is_listed_with_its_location(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(monkeypatch, capsys)
    assert code == 0
    lines = out.splitlines()
    for e in THEORY.edges:
        assert lines[lines.index(e.label) + 1].startswith("  ")
        assert f"  {e.id}: " in out
    places = ", ".join(f"{len(THEORY.select(place=p))} {p.value}" for p in EdgeLocation)
    assert lines[-1].startswith(f"{len(THEORY.edges)} edges: {places}. All are hypotheses.")


def test_one_claim_is_printed_with_its_requirements(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(monkeypatch, capsys, "--claim", "S13")
    assert code == 0
    assert out.startswith("S13: technique has little effect without rapport.")
    assert "beyond the evidence" in out.split("\n\n")[0].replace("\n ", "")
    assert "Use of technique × Alliance → Symptoms" in out
    assert "1 edge: 0 model, 1 study, 0 simulated." in out


def test_a_claim_without_edges_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(monkeypatch, capsys, "--claim", "S32")
    assert "Needs tool." in out
    assert "0 edges" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--claim", "S109"), "unknown claim “S109”. The claims are S1 to S108."),
        (("--mechanism", "M9"), "unknown mechanism “M9”. The mechanisms are M1 to M4."),
        (("--pillar", "freud"), "securebase theory: Invalid value for '--pillar'"),
        (("--graph", "x.gif"), "securebase theory: --graph must end in .svg or .html (got “x.gif”)."),
        (("--claim", "S32", "--graph", "x.svg"), "securebase theory: No edge matches these options."),
    ],
)
def test_invalid_options_of_theory_are_reported_on_one_line(
    arguments: tuple[str, ...],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, error = run(monkeypatch, capsys, *arguments)
    assert code == 2
    assert message in error
    assert len(error.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(monkeypatch, capsys, "--json", "--mechanism", "M1", "--location", "model")
    result = json.loads(out)
    assert [c["id"] for c in result["claims"]] == list(THEORY.claims)
    assert [e["label"] for e in result["edges"]] == [e.label for e in THEORY.select(mechanism="M1", place="model")]
    to_symptoms = next(e for e in result["edges"] if e["to_construct"] == "symptoms")
    assert to_symptoms["size"]["value"] == -0.07
    assert to_symptoms["mechanisms"] == ["M1"]


def test_the_graph_is_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    picture, page = tmp_path / "m1.svg", tmp_path / "all.html"
    code, out, error = run(monkeypatch, capsys, "--mechanism", "M1", "--graph", str(picture))
    assert (code, out) == (0, "")
    assert str(picture) in error.replace("\n", "")
    root = ElementTree.fromstring(picture.read_text("utf-8"))
    assert root.attrib["font-family"] == "sans-serif"
    assert f"{len(THEORY.select(mechanism='M1'))} edges" in " ".join(root.itertext())
    run(monkeypatch, capsys, "--by", "mechanism", "--graph", str(page))
    html = page.read_text("utf-8")
    assert html.count("<svg") == 2 + 2 + 5  # key and ring for two widths, and the panels
    assert f"{len(THEORY.edges)} edges by mechanism" in html
    assert "<script" not in html
