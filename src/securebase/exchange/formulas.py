"""Text that a spreadsheet would run as a formula is disarmed by an apostrophe, and read back without it."""

from __future__ import annotations

import re

#: a cell that begins so may be run as a formula; apostrophes before it are part of the pattern so that the
#: apostrophe put in front can be taken off again without loss
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")


def neutralised(text: str) -> str:
    """Text that no spreadsheet runs: an apostrophe stands before what would start a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def restored(text: str) -> str:
    """The text that `neutralised` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
