"""Escaping of spreadsheet formulas (CSV injection) with an apostrophe, and its reverse."""

from __future__ import annotations

import re

#: Start of a cell that a spreadsheet may run as a formula. The pattern includes leading apostrophes, so that escaping
#: can be reversed without loss.
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


def escape_formula(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would run as a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def unescape_formula(text: str) -> str:
    """Return the text that `escape_formula` received."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
