"""Filters that word numbers: `16|count:"session"`, and sessions by their numbers."""

from __future__ import annotations

from django import template

from securebase.picture.phrases import count
from securebase.workbench.ui.sentences import name_sessions

register = template.Library()
register.filter("count", count)
register.filter("sessions", name_sessions)
