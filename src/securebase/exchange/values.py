"""Parser of cells: missing or a number. Ambiguous numbers are refused, never guessed."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from securebase.errors import TableError
from securebase.exchange.grid import Grid, clean, display_text

Decimal = Literal["auto", ".", ","]

#: Missing-value codes in common use, in lower case.
MISSING = frozenset(
    ("", ".", "-", "–", "—", "na", "n/a", "n.a.", "#n/a", "#null!", "nan", "null", "none", "<na>", "\\n", "missing")
)

NO_WORDS: Mapping[str, float] = MappingProxyType({})

#: Larger numbers are typos: no score or time comes near, and they would overflow the model.
MAX_ABSOLUTE = 1e12

_POINT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_COMMA = re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_COULD_BE_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}([.,' \u00a0\u202f’_]\d{3})+([.,]\d*)?", re.ASCII)
_NUMBER_ADVICE = "Write numbers without thousands separators, such as 1234.5."


def is_missing(cell: str, missing_codes: frozenset[str] = frozenset()) -> bool:
    """Return True if a cleaned cell is missing. `missing_codes` are those of the caller, besides the usual ones."""
    return cell.lower() in MISSING or cell in missing_codes


def find_decimal_sign(grid: Grid, columns: Iterable[int], requested: Decimal, rows: Sequence[int]) -> Literal[".", ","]:
    """Find the decimal separator of a table from the rows at indices `rows`.

    It is a comma only if some number allows no other reading (“12,5”) and no number has a point.
    """
    if requested != "auto":
        return requested
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
            "numbers with decimal point and decimal comma are mixed",
            file=grid.file,
            row=row,
            column=grid.header[index],
            value=cell,
            advice="Use one decimal separator throughout.",
        )
    return "," if decisive else "."


def parse_column(
    grid: Grid,
    index: int,
    *,
    sign: Literal[".", ","],
    missing_codes: frozenset[str] = frozenset(),
    rows: Sequence[int] | None = None,
    words: Mapping[str, float] = NO_WORDS,
) -> list[float | None]:
    """Parse a column as numbers, None if missing. Only the rows at indices `rows` are read.

    `words` are cells in lower case that stand for a number. Raises TableError with row and column at the first cell
    that is not a number.
    """
    values: list[float | None] = [None] * len(grid.rows)
    for i in range(len(grid.rows)) if rows is None else rows:
        cell = clean(grid.rows[i][index])
        if not is_missing(cell, missing_codes):
            word = words.get(cell.lower())
            values[i] = _number(cell, grid, i, index, sign) if word is None else word
    return values


def count_missing_codes(
    grid: Grid, columns: Sequence[int], rows: Sequence[int], missing_codes: frozenset[str]
) -> Counter[str]:
    """Count the missing-value codes in some cells."""
    cells = (clean(grid.rows[i][index]) for index in columns for i in rows)
    return Counter(cell for cell in cells if is_missing(cell, missing_codes))


def parse_number(cell: str, sign: Literal[".", ","] = ".") -> float | None:
    """Return the number in a cleaned cell, None if it is not a number. A typographic minus counts as minus."""
    plain = cell.replace("−", "-")
    pattern = _POINT if sign == "." else _COMMA
    return float(plain.replace(",", ".")) if pattern.fullmatch(plain) else None


def _number(cell: str, grid: Grid, i: int, index: int, sign: Literal[".", ","]) -> float:
    value = parse_number(cell, sign)
    if value is not None and abs(value) <= MAX_ABSOLUTE:
        return value
    problem, advice = _explain(cell, value)
    raise TableError(
        problem, file=grid.file, row=grid.numbers[i], column=grid.header[index], value=display_text(cell), advice=advice
    )


def _quote_for_shell(cell: str) -> str:
    """Quote a cell as one argument of a command line."""
    return shlex.quote(display_text(cell))


def _explain(cell: str, value: float | None) -> tuple[str, str]:
    if value is not None:
        return "the number is too large for a score or a time", "Check for a typo."
    if _COULD_BE_THOUSANDS.fullmatch(cell):
        return "ambiguous comma: thousands or decimal separator", _NUMBER_ADVICE
    if _THOUSANDS.fullmatch(cell):
        return "the number has a thousands separator or two decimal separators", _NUMBER_ADVICE
    if cell.startswith("#"):
        return "the cell holds a spreadsheet error", "Correct the formula, or leave the cell empty."
    return (
        "not a number",
        f"Correct it, leave the cell empty, or add --missing {_quote_for_shell(cell)} if it means missing.",
    )
