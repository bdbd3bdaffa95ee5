"""Small things that a browser sent, read without trust: what is not what it should be is nothing."""

from __future__ import annotations

import uuid


def parse_id(text: str | None) -> uuid.UUID | None:
    """An id, or None."""
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


def parse_number(text: str | None) -> int:
    """A whole number of at most eight digits, or 0."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0
