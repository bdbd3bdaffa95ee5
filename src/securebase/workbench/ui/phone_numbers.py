"""Telephone numbers in a text."""

from __future__ import annotations

import re

#: A telephone number in a text: at least three digits, with spaces, hyphens, slashes or brackets between them.
#: Times (18:00), shares (24/7), decimals (1.5) and numbers inside words are none.
PHONE_NUMBER = re.compile(
    r"(?<![\w.,:/€$£+-])(?!\d{1,2}/\d{1,2}\b)(?:\+|\(0\) ?)?\d(?:[ ()/-]{0,2}\d){2,}(?![\w:%€]|[.,]\d)"
)


def names_a_number(text: str) -> bool:
    """Return True if a text names a telephone number."""
    return PHONE_NUMBER.search(text) is not None


def dial_string(number: str) -> str:
    """Return a telephone number as a `tel:` link needs it (RFC 3966): digits, after a plus if it begins with one."""
    digits = re.sub(r"\D", "", number.replace("(0)", "") if number.startswith("+") else number)
    return f"+{digits}" if number.startswith("+") else digits
