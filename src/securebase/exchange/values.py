"""What a cell says: nothing, or a number. What may be read in two ways is refused, never guessed."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from securebase.errors import TableError
from securebase.exchange.grid import Grid, clean, shown

Decimal = Literal["auto", ".", ","]

#: what people and programs write for “no value”, in lower case
MISSING = frozenset(
    ("", ".", "-", "–", "—", "na", "n/a", "n.a.", "#n/a", "#null!", "nan", "null", "none", "<na>", "\\n", "missing")
)

#: nothing that is measured in therapy comes near it; larger numbers are slips and would overflow the model
LARGEST = 1e12

_POINT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_COMMA = re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_COULD_BE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([.,' \u00a0\u202f’_]\d{3})+([.,]\d*)?", re.ASCII)
_PLAINLY = "Write numbers plainly, such as 1234.5, without a sign between thousands."


def is_missing(cell: str, further: frozenset[str] = frozenset()) -> bool:
    """Whether a cleaned cell says that there is no value. `further` are signs the caller named."""
    return cell.lower() in MISSING or cell in further


def decimal_sign(grid: Grid, columns: Iterable[int], asked: Decimal, rows: Sequence[int]) -> Literal[".", ","]:
    """The decimal sign of a table's numbers, from the row positions in `rows`.

    A comma is only taken for one where some number leaves no other reading (“12,5”) and no number has a point.
    """
    if asked != "auto":
        return asked
    decisive, pointed = None, None
    for index in columns:
        for i in rows:
            raw = grid.rows[i][index]
            if "," not in raw and "." not in raw:
                continue
            number, cell = grid.numbers[i], clean(raw)
            if "," in cell and _COMMA.fullmatch(cell) and not _COULD_BE_THOUSANDS.fullmatch(cell):
                decisive = decisive or (number, index, cell)
            elif "." in cell and len(cell) > 1 and _POINT.fullmatch(cell):
                pointed = pointed or (number, index, cell)
    if decisive and pointed:
        row, index, cell = max(decisive, pointed)
        raise TableError(
            "some numbers have a decimal point and some a decimal comma",
            file=grid.file,
            row=row,
            column=grid.header[index],
            found=cell,
            advice="Use the same sign throughout.",
        )
    return "," if decisive else "."


def numbers(
    grid: Grid,
    index: int,
    *,
    sign: Literal[".", ","],
    further: frozenset[str] = frozenset(),
    rows: Sequence[int] | None = None,
) -> list[float | None]:
    """A column as numbers, None where missing. `rows`: positions to read; the others are None and not looked at.

    Raises TableError naming row and column at the first cell that is no number.
    """
    found: list[float | None] = [None] * len(grid.rows)
    for i in range(len(grid.rows)) if rows is None else rows:
        cell = clean(grid.rows[i][index])
        if not is_missing(cell, further):
            found[i] = _number(cell, grid, i, index, sign)
    return found


def missing_signs(grid: Grid, columns: Sequence[int], rows: Sequence[int], further: frozenset[str]) -> Counter[str]:
    """What stands for “no value” in some cells, and how often."""
    cells = (clean(grid.rows[i][index]) for index in columns for i in rows)
    return Counter(cell for cell in cells if is_missing(cell, further))


def number_in(cell: str, sign: Literal[".", ","] = ".") -> float | None:
    """The number a cleaned cell holds, None where it holds none. A typographic minus is a minus."""
    plain = cell.replace("−", "-")
    pattern = _POINT if sign == "." else _COMMA
    return float(plain.replace(",", ".")) if pattern.fullmatch(plain) else None


def _number(cell: str, grid: Grid, i: int, index: int, sign: Literal[".", ","]) -> float:
    value = number_in(cell, sign)
    if value is not None and abs(value) <= LARGEST:
        return value
    what, advice = _why_not(cell, value)
    raise TableError(
        what, file=grid.file, row=grid.numbers[i], column=grid.header[index], found=shown(cell), advice=advice
    )


def _quoted(cell: str) -> str:
    """A cell as one word of a command line."""
    return shlex.quote(shown(cell))


def _why_not(cell: str, value: float | None) -> tuple[str, str]:
    if value is not None:
        return "the number is too large to be a score or a time", "Check for a slip of the pen."
    if _COULD_BE_THOUSANDS.fullmatch(cell):
        return "the comma may stand between thousands or before decimals", _PLAINLY
    if _THOUSANDS.fullmatch(cell):
        return "the number has a sign between thousands, or a second decimal sign", _PLAINLY
    if cell.startswith("#"):
        return "the spreadsheet reports an error here", "Mend the formula, or leave the cell empty."
    return (
        "this is no number",
        f"Correct it, leave the cell empty, or if it stands for a missing value say --missing {_quoted(cell)}.",
    )
