"""Sentences about a rupture, the work on it and its repair."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.formats import date_format
from django.utils.timezone import localtime

from securebase.picture.phrases import count
from securebase.workbench.therapy_sessions.models import Rupture

#: Ratings of a rupture worksheet by their fields, with the words before them.
_RATED = {"explored": "discussed", "validated": "felt understood", "closed": "repaired"}


def describe_work(strategies: str, *, recorded: bool) -> str:
    """Return how a rupture was worked on."""
    return strategies or ("recorded, no repair strategy chosen yet" if recorded else "nothing recorded")


def describe_ratings(words: Mapping[str, str]) -> str:
    """Return the ratings of a rupture worksheet, from field id → words."""
    return "".join(f" · {label}: {words[field]}" for field, label in _RATED.items() if words.get(field))


def describe_repair(mark: Rupture, *, sessions: int | None, days: int | None) -> str:
    """Return when the rupture was repaired and how long it was open; nothing while it is open."""
    if mark.repaired_at is None:
        return ""
    session = f", session {mark.repaired_in.number}" if mark.repaired_in else ""
    return f"{date_format(localtime(mark.repaired_at), 'j F Y')}{session} · {_describe_delay(sessions, days or 0)}"


def _describe_delay(sessions: int | None, days: int) -> str:
    if sessions == 0:
        return "in the same session"
    return f"{count(sessions, 'session') if sessions else count(days, 'day')} later"
