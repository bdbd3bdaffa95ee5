"""Tables on disk, and a call of the command line, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from securebase.cli.main import main
from study_tables import draw_table


@dataclass(frozen=True)
class CommandResult:
    """Exit code, stdout and stderr of a command."""

    code: int
    out: str
    err: str


def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> CommandResult:
    """Run `securebase WORDS…` in this process."""
    monkeypatch.setattr("sys.argv", ["securebase", *map(str, arguments)])
    code = 0
    try:
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    result = capsys.readouterr()
    return CommandResult(code, result.out, result.err)


def write(
    folder: Path, *, seed: int = 1, n: int = 40, sessions: int = 12, lag: float = 0.3, header: Sequence[str] = ()
) -> Path:
    """Write a long table with columns who, session, y and x (or `head`), missing cells and measurement error."""
    rows = draw_table(seed, n=n, sessions=sessions, lag=lag, missing=0.05)
    error = np.random.default_rng(seed + 1).normal(scale=0.8, size=(rows.n_rows, 2))
    names = list(header) or ["who", "session", "y", "x"]
    lines = [",".join(names)]
    for i in range(rows.n_rows):
        cells = [
            f"p{rows.person[i]}",
            f"{int(rows.times[i]) + 1}",
            *(
                "" if np.isnan(v) else f"{v:.4f}"
                for v in (rows.values["y"][i] + error[i, 0], rows.values["x"][i] + error[i, 1])
            ),
        ]
        lines.append(",".join(cells))
    path = folder / "table.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
