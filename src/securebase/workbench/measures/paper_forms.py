"""Completion times of paper forms: pictures use the time at which a form was filled in, not when it was typed in."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format

from securebase.errors import InputError
from securebase.records.vocabulary import Moment
from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions.models import TherapySession

#: Assumed completion times of a form dated on the session's own day, relative to the start of the session: before it,
#: after it (a session is assumed to end within the hour), and after the first of two sessions on one day.
TIME_BEFORE, TIME_AFTER, _TIME_BETWEEN = timedelta(minutes=10), timedelta(hours=1), timedelta(hours=2)
_NOON = time(12)


def completion_time(
    *,
    episode: Episode,
    day: date,
    now: datetime,
    session: TherapySession | None = None,
    moment: Moment = Moment.BEFORE,
    before: timedelta = TIME_BEFORE,
) -> datetime:
    """Return the completion time of a form filled in on `day`, between the beginning of the therapy and `now`.

    With a session, the time is before or after it as `moment` says, and between the neighbouring sessions. Raises
    InputError if `day` contradicts that.
    """
    if session is None or moment is Moment.BETWEEN:
        at = _at_noon(day)
    elif moment is Moment.BEFORE:
        at = _time_before(session, day, before)
    else:
        at = _time_after(session, day, now)
    return min(max(at, _local(episode.began_on, time())), now)


def _time_before(session: TherapySession, day: date, margin: timedelta) -> datetime:
    held, earlier = _day(session), _neighbour(session, -1)
    if day > held:
        raise InputError(
            f"a form from before session {session.number} cannot be completed after it ({_format_day(held)})",
            advice="Correct the day, or the date of the session.",
        )
    if earlier is not None and day < _day(earlier):
        raise InputError(
            f"session {earlier.number} ({_format_day(_day(earlier))}) had not been held on that day",
            advice=f"Check the day. Or is this the form from before session {earlier.number}?",
        )
    latest = session.held_at - margin
    at = latest if day == held else _at_noon(day)
    if earlier is not None:
        at = max(at, earlier.held_at + _TIME_BETWEEN)
    return min(at, latest)


def _time_after(session: TherapySession, day: date, now: datetime) -> datetime:
    held, later = _day(session), _neighbour(session, +1)
    if session.held_at > now:
        planned = date_format(timezone.localtime(session.held_at), "j F Y, H:i")
        raise InputError(
            f"session {session.number} is planned for {planned}, so there can be no form from after it yet",
            advice="If it has taken place, correct its date first.",
        )
    if day < held:
        raise InputError(
            f"a form from after session {session.number} cannot be completed before it ({_format_day(held)})",
            advice="Correct the day, or the date of the session.",
        )
    if later is not None and day > _day(later):
        raise InputError(
            f"session {later.number} ({_format_day(_day(later))}) had already been held on that day",
            advice=f"Check the day. Or is this the form from after session {later.number}?",
        )
    at = session.held_at + TIME_AFTER if day == held else _at_noon(day)
    if later is not None:
        at = min(at, later.held_at - 2 * TIME_BEFORE)
    return max(at, session.held_at)


def _neighbour(session: TherapySession, step: int) -> TherapySession | None:
    """Return the previous session (step < 0) or the next one by date."""
    others = session.episode.therapy_sessions.exclude(id=session.id)
    if step < 0:
        return others.filter(held_at__lt=session.held_at).order_by("held_at").last()
    return others.filter(held_at__gt=session.held_at).order_by("held_at").first()


def _day(session: TherapySession) -> date:
    return timezone.localtime(session.held_at).date()


def _format_day(day: date) -> str:
    return date_format(day, "j F Y")


def _at_noon(day: date) -> datetime:
    return _local(day, _NOON)


def _local(day: date, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, at))
