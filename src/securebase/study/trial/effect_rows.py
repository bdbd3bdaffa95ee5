"""Effects of trials as rows of a table, to be combined in a meta-analysis."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from securebase.errors import TableError
from securebase.study.trial.effects import ArmEffect

#: in this order; a table to combine needs study, g and variance
COLUMNS = ("study", "outcome", "arm", "reference", "n1", "n2", "g", "variance", "adjusted", "margin")
_NEEDED = ("study", "g", "variance")


@dataclass(frozen=True, slots=True)
class EffectSize:
    """Effect of one study: Hedges' g with its variance; texts are empty where unknown."""

    study: str
    g: float
    variance: float
    outcome: str = ""
    arm: str = ""
    reference: str = ""


def format_effects(study: str, effects: Sequence[ArmEffect]) -> str:
    """Return effects as a CSV text with the columns `COLUMNS`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for e in effects:
        g, variance = f"{e.g.estimate:.6g}", f"{e.g.standard_error**2:.6g}"
        adjusted = "yes" if e.adjusted else "no"
        writer.writerow(
            (study, e.column, e.arm, e.reference, e.n_arm, e.n_reference, g, variance, adjusted, f"{e.margin:g}")
        )
    return text.getvalue()


def read_effects(file: Path) -> tuple[EffectSize, ...]:
    """Read the rows of a CSV file. Raises TableError where a column or a number is missing or wrong."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"cannot be read ({error})", file=str(file), advice="Give a CSV file in UTF-8.") from None
    reader = csv.DictReader(io.StringIO(text))
    names = reader.fieldnames or ()
    if missing := [name for name in _NEEDED if name not in names]:
        raise TableError(
            f"no column “{missing[0]}”",
            file=str(file),
            advice=f"The columns are {', '.join(COLUMNS)}; securebase study --effects writes them.",
        )
    rows = []
    for number, cells in enumerate(reader, start=2):
        g = _number(file, number, "g", cells)
        variance = _number(file, number, "variance", cells)
        if variance <= 0:
            raise TableError(
                "must be above 0",
                file=str(file),
                row=number,
                column="variance",
                value=cells["variance"],
                advice="It is the squared standard error of g.",
            )
        texts = {name: (cells.get(name) or "").strip() for name in ("study", "outcome", "arm", "reference")}
        rows.append(EffectSize(g=g, variance=variance, **texts))
    return tuple(rows)


def _number(file: Path, row: int, column: str, cells: dict[str, str]) -> float:
    try:
        value = float(cells[column])
    except (TypeError, ValueError):
        value = float("nan")
    if not isfinite(value):
        raise TableError(
            "not a number",
            file=str(file),
            row=row,
            column=column,
            value=cells[column],
            advice="Correct the cell or leave the row out.",
        )
    return value
