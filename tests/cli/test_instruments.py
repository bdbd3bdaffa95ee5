"""`securebase instruments`: licences and unverified facts."""

import json
import sys

import pytest

from securebase.cli.main import main
from securebase.measurement import catalogue

SHELF = catalogue.instruments()


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["securebase", "instruments", *arguments])
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as end:
        main()
    result = capsys.readouterr()
    return int(end.value.code or 0), result.out, result.err


def test_the_list_names_every_instrument_with_its_licence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(monkeypatch, capsys)
    lines = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert code == 0
    assert set(SHELF) <= set(lines)
    assert "commercial" in lines["bdi2"]
    assert f"{len(SHELF['ucla3'].unverified)} facts" in lines["ucla3"]
    assert "own wording, not validated" in lines["session_before"]


@pytest.mark.parametrize("name", SHELF)
def test_every_instrument_can_be_shown_in_full(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(monkeypatch, capsys, name)
    assert code == 0
    assert SHELF[name].licence.status in out
    conflicts = sum(bool(fact.conflict) for fact in SHELF[name].unverified)
    assert out.count("sources disagree: ") == conflicts
    assert out.count("not verified: ") == len(SHELF[name].unverified) - conflicts
    for scale in SHELF[name].scales:
        assert f"({scale.id})" in out
    change = SHELF[name].scales[0].reliable_change
    assert (", not verified)" in out) == (change is not None and not change.verified)


def test_official_wording_is_not_shipped_but_our_own_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(monkeypatch, capsys, "gad7")
    assert out.count("not shipped") == 7
    _, out, _ = run(monkeypatch, capsys, "session_before")
    assert "How lonely did you feel?" in out
    assert "Our own wording, not validated yet." in out


def test_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(monkeypatch, capsys, "--json")
    assert [entry["id"] for entry in json.loads(out)] == list(SHELF)
    _, out, _ = run(monkeypatch, capsys, "phq9", "--json")
    output = json.loads(out)
    assert output["scales"][0]["reliable_change"]["verified"] is True
    assert "any unanswered item: no score" in output["unverified"]


def test_an_unknown_instrument_ends_with_2_and_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(monkeypatch, capsys, "wai")
    assert (code, out) == (2, "")
    assert err.startswith("securebase: unknown instrument “wai”. Did you mean wai_")
    assert err.count("\n") == 1
