"""`securebase fit --edges`: effects and the chosen model, from options or a data dictionary, and one-line errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_tables import column, dictionary
from securebase.cli.fit_edges import _other_place
from securebase.exchange.data_dictionary import dictionary_path, format_dictionary
from table_files import call

CLIENTS, SESSIONS = 90, 10
NAMES = ("alliance", "symptoms", "hope", "insight")
OPTIONS = ("--person", "client", "--time", "session", "--outcome", "symptoms", "--process", "alliance")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *words: call(monkeypatch, capsys, "fit", *words)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write clients whose hope precedes a better alliance and fewer symptoms; insight is rated twice."""
    rng = np.random.default_rng(3)
    lines = [",".join(["client", "session", *NAMES, "mood"])]
    for client in range(CLIENTS):
        level, slope = rng.normal(size=4), 0.05 * rng.normal(size=4)
        state = rng.normal(size=4)
        for session in range(1, SESSIONS + 1):
            scores = level + slope * session + state + 0.4 * rng.normal(size=4)
            cells = [f"{v:.3f}" for v in scores[:3]] + [f"{scores[3]:.3f}" if session < 3 else ""]
            lines.append(",".join([f"c{client}", str(session), *cells, f"{rng.normal():.3f}"]))
            hope = state[2]
            state = 0.6 * state + 0.8 * rng.normal(size=4)
            state[0] += 0.2 * hope
            state[1] -= 0.2 * hope
    path = tmp_path_factory.mktemp("edges") / "c.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def described(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the same table with its data dictionary beside it."""
    path = tmp_path_factory.mktemp("described") / "c.csv"
    path.write_bytes(table.read_bytes())
    n = CLIENTS * SESSIONS
    columns = [column(name, clients=CLIENTS, values=n if name != "insight" else 2 * CLIENTS) for name in NAMES]
    text = format_dictionary(dictionary(*columns, clients=CLIENTS, rows=n))
    dictionary_path(path).write_text(text, encoding="utf-8")
    return path


def test_a_data_dictionary_is_enough(run: Any, described: Path) -> None:
    printed = run(str(described), "--edges", "alliance→symptoms")
    assert (printed.code, printed.err) == (0, "")
    out = printed.out
    words = " ".join(out.split())
    # the state of the fit comes before any number
    assert out.lstrip().startswith("Fit\n")
    assert out.index("Fit\n") < out.index("SDs of the state after one week")
    assert "Constructs in the model: 3 Alliance end Symptoms end Hope confounder of Alliance → Symptoms" in words
    assert "Other effects in the model: 3 Symptoms → Alliance; Hope → Symptoms; Hope → Alliance" in words
    assert "Insight → Symptoms [“insight” has 2 ratings or more in 90 clients; 100 are needed]" in words
    assert "no usable column: " in words
    assert "no verdict on cause" in words


def test_options_name_the_columns_and_json_holds_everything(run: Any, table: Path, tmp_path: Path) -> None:
    file = tmp_path / "edges.json"
    chosen = (str(table), *OPTIONS, "--process", "hope", "--process", "mood", "--edges", "hope->symptoms,mood→symptoms")
    assert "Wrote " in run(*chosen, "--out", str(file)).out
    stored = json.loads(file.read_text("utf-8"))
    printed = run(*chosen, "--json")
    assert (printed.code, printed.err) == (0, "")
    assert stored == json.loads(printed.out)
    assert (stored["format"], stored["version"], stored["table"]) == ("securebase-edge-fit", 1, "c.csv")
    assert stored["outcome_of_fit"] in {"converged", "boundary"}
    hope, mood = stored["edges"]
    assert (hope["from"], hope["to"], hope["sign"], hope["reason"]) == ("hope", "symptoms", "−", None)
    effect = hope["effect"]
    assert effect["lower"] < effect["estimate"] < effect["upper"] < 0
    assert mood["sign"] is None
    assert [(c["name"], c["role"]) for c in stored["constructs"]] == [
        ("hope", "end"),
        ("symptoms", "end"),
        ("mood", "end"),
        ("alliance", "on the path"),
    ]
    assert {"from": "symptoms", "to": "mood"} in stored["effects"]
    assert {e["reason"] for e in stored["omitted"]} == {"no usable column"}
    text = run(*chosen).out
    assert "mood → Symptoms (not in the theory)" in text
    assert "on the path Hope → Alliance → Symptoms" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--edges", "alliance"), "an edge must have the form A→B (got “alliance”)"),
        (("--edges", "alliance→moood"), "unknown construct “moood”"),
        (
            ("--edges", "alliance→insight"),
            "“insight” cannot be an end of an edge: “insight” has 2 ratings or more in 90 clients",
        ),
        (("--edges", "alliance→coping"), "“coping” cannot be an end of an edge: The table has no column for Coping"),
        (("--edges", "alliance→symptoms", "--trend", "linear"), "--trend cannot be combined with --edges"),
        (("--edges", "alliance→symptoms", "--random-slopes"), "--random-slopes cannot be combined with --edges"),
        ((), "Missing option '--outcome'"),
    ],
)
def test_errors_with_a_data_dictionary(run: Any, described: Path, words: tuple[str, ...], message: str) -> None:
    printed = run(str(described), *words)
    assert (printed.code, printed.out) == (2, "")
    assert message in printed.err


def test_errors_without_a_data_dictionary(run: Any, table: Path) -> None:
    printed = run(str(table), "--edges", "alliance→symptoms")
    assert printed.code == 2
    assert "no data dictionary beside the table (c.json)" in printed.err
    printed = run(str(table), *OPTIONS, "--edges", "hope→symptoms")
    assert printed.code == 2
    assert "“hope” cannot be an end of an edge: no column is named for Hope; add --process hope" in printed.err
    printed = run(str(table), *OPTIONS, "--edges", "moood→symptoms")
    assert "unknown construct “moood”" in printed.err


def test_a_fit_that_fails_has_exit_code_3_and_no_numbers(run: Any, tmp_path: Path) -> None:
    """Each client's hope alternates between two values: the likelihood has no maximum."""
    rng, path, out = np.random.default_rng(4), tmp_path / "alternating.csv", tmp_path / "edges.json"
    rows = [f"c{i},{t},{rng.normal():.4f},{(1 + i / 30) * (-1) ** t:.6f}" for i in range(70) for t in range(8)]
    path.write_text("\n".join(["client,session,symptoms,hope", *rows]), encoding="utf-8")
    words = (str(path), "--person", "client", "--time", "session", "--outcome", "symptoms", "--process", "hope")
    printed = run(*words, "--edges", "hope→symptoms", "--out", str(out))
    assert (printed.code, printed.err.count("\n"), out.exists()) == (3, 1, False)
    assert "SDs of the state" not in printed.out
    assert "No estimate\n  Hope → Symptoms. " in printed.out
    stored = json.loads(run(*words, "--edges", "hope→symptoms", "--json").out)
    assert stored["edges"][0]["effect"] is None
    assert "100 are needed" in stored["edges"][0]["reason"]


def test_an_edge_between_persons_is_not_called_foreign_to_the_theory() -> None:
    assert _other_place(("attachment_anxiety", "support_seeking")).startswith("in the theory, but not within persons")
    assert _other_place(("mood", "symptoms")) == "not in the theory"
