"""Parsing of untrusted values from a request; malformed values become None or 0."""

from __future__ import annotations

import uuid


def parse_id(text: str | None) -> uuid.UUID | None:
    """Return the UUID, or None if it is malformed."""
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


def parse_number(text: str | None) -> int:
    """Return the non-negative integer of at most eight digits, or 0."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0
