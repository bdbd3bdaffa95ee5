"""Filters that word numbers: `16|count:"session"`, and sessions by their numbers."""

from __future__ import annotations

from django import template

from securebase.picture.phrases import count, percent, signed_number
from securebase.workbench.ui.sentences import name_sessions

register = template.Library()
register.filter("count", count)
register.filter("sessions", name_sessions)
register.filter("percent", percent)


@register.filter
def signed_percent(share: float) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    return f"{signed_number(100 * share, 0)} points"
