"""When a sheet of paper was filled in: what the pictures need is that moment, not that of typing."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format

from securebase.errors import InputError
from securebase.records.vocabulary import Moment
from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions.models import TherapySession

#: A sheet of the session's own day: filled in so long before the session began, or after. A meeting is taken to be over
#: within the hour, and a sheet between two meetings of one day to be filled in two hours after the first.
BEFORE, AFTER, _BETWEEN = timedelta(minutes=10), timedelta(hours=1), timedelta(hours=2)
#: So long after a session was to begin, what is asked before it may still be answered: people come late.
STILL_BEFORE = timedelta(minutes=15)
_NOON = time(12)


def is_before_session(session: TherapySession, at: datetime) -> bool:
    """Whether an answer that came in now can be one from before the session."""
    return at <= session.held_at + STILL_BEFORE


def completion_time(
    *,
    episode: Episode,
    day: date,
    now: datetime,
    session: TherapySession | None = None,
    moment: Moment = Moment.BEFORE,
    before: timedelta = BEFORE,
) -> datetime:
    """The moment to keep for a sheet filled in on `day`, never before the therapy began and never later than `now`.

    With a session it lies on the side of it that `moment` says, and on this side of its neighbours. Raises InputError
    where the day contradicts that.
    """
    if session is None or moment is Moment.BETWEEN:
        at = _at_noon(day)
    elif moment is Moment.BEFORE:
        at = _before(session, day, before)
    else:
        at = _after(session, day, now)
    return min(max(at, _local(episode.began_on, time())), now)


def _before(session: TherapySession, day: date, ahead: timedelta) -> datetime:
    held, earlier = _day(session), _neighbour(session, -1)
    if day > held:
        raise InputError(
            f"a sheet from before session {session.number} cannot be filled in after it ({_said(held)})",
            advice="Correct the day, or the date of the session.",
        )
    if earlier is not None and day < _day(earlier):
        raise InputError(
            f"on that day session {earlier.number} ({_said(_day(earlier))}) had not been held yet",
            advice=f"Is it the sheet from before session {earlier.number}?",
        )
    latest = session.held_at - ahead
    at = latest if day == held else _at_noon(day)
    if earlier is not None:
        at = max(at, earlier.held_at + _BETWEEN)
    return min(at, latest)


def _after(session: TherapySession, day: date, now: datetime) -> datetime:
    held, later = _day(session), _neighbour(session, +1)
    if session.held_at > now:
        planned = date_format(timezone.localtime(session.held_at), "j F Y, H:i")
        raise InputError(
            f"session {session.number} is planned for {planned}, so nothing can be filled in after it yet",
            advice="If it has been held, correct its date first.",
        )
    if day < held:
        raise InputError(
            f"a sheet from after session {session.number} cannot be filled in before it ({_said(held)})",
            advice="Correct the day, or the date of the session.",
        )
    if later is not None and day > _day(later):
        raise InputError(
            f"on that day session {later.number} ({_said(_day(later))}) had been held already",
            advice=f"Is it the sheet from after session {later.number}?",
        )
    at = session.held_at + AFTER if day == held else _at_noon(day)
    if later is not None:
        at = min(at, later.held_at - 2 * BEFORE)
    return max(at, session.held_at)


def _neighbour(session: TherapySession, step: int) -> TherapySession | None:
    """The session held last before this one, or first after it, by their dates."""
    others = session.episode.therapy_sessions.exclude(id=session.id)
    if step < 0:
        return others.filter(held_at__lt=session.held_at).order_by("held_at").last()
    return others.filter(held_at__gt=session.held_at).order_by("held_at").first()


def _day(session: TherapySession) -> date:
    return timezone.localtime(session.held_at).date()


def _said(day: date) -> str:
    return date_format(day, "j F Y")


def _at_noon(day: date) -> datetime:
    return _local(day, _NOON)


def _local(day: date, at: time) -> datetime:
    return timezone.make_aware(datetime.combine(day, at))
