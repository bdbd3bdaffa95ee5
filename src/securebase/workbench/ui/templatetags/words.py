"""Filters that word numbers."""

from __future__ import annotations

from collections.abc import Sequence

from django import template

from securebase.workbench.ui import sentences

register = template.Library()


@register.filter
def count(number: int, noun: str) -> str:
    """Return a number with its noun: “1 session”, “16 sessions”."""
    return sentences.count(number, noun)


@register.filter
def sessions(numbers: Sequence[int]) -> str:
    """Return sessions by their numbers: “sessions 2, 5”."""
    return sentences.name_sessions(numbers)
