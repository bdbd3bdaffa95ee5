"""Reads of check-ins: the list of sessions, what a check-in asks, and the client's link."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from securebase.measurement.instrument import Instrument
from securebase.measurement.schedule import due_parts
from securebase.records.vocabulary import Moment
from securebase.workbench.check_ins.models import CheckIn, CheckInState
from securebase.workbench.clients.models import Episode
from securebase.workbench.clients.tokens import digest
from securebase.workbench.measures.schedule import course_context, past_check_ins
from securebase.workbench.therapy_sessions.models import Rupture, TherapySession

#: Time after the planned start during which the check-in before a session can still be answered, because people are
#: late.
GRACE_PERIOD = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session of the list, with both check-ins and its ruptures."""

    session: TherapySession
    before: CheckIn | None
    after: CheckIn | None
    ruptures: list[Rupture]
    ahead: bool


def session_rows(episode: Episode, now: datetime) -> list[SessionRow]:
    """Return all sessions, last first."""
    sessions = episode.therapy_sessions.prefetch_related("check_ins", "ruptures").order_by("-number")
    rows = []
    for session in sessions:
        check_ins = {c.moment: c for c in session.check_ins.all()}
        rows.append(
            SessionRow(
                session,
                check_ins.get("before"),
                check_ins.get("after"),
                list(session.ruptures.all()),
                session.held_at > now,
            )
        )
    return rows


def check_in_by_token(token: str) -> CheckIn | None:
    """Return the check-in of this link in any state; None for an unknown link.

    The lookup compares digests, so its timing reveals nothing about stored tokens.
    """
    rows = CheckIn.objects.unscoped(reason="the client's own link")
    return (
        rows.filter(token_digest=digest(token))
        .select_related("therapy_session", "episode__client__therapist__clinic")
        .first()
    )


def due_instruments(session: TherapySession, moment: Moment, now: datetime) -> tuple[Instrument, ...]:
    """Return the additional questions of this check-in: those fixed when it was opened, else those due now."""
    check_in = session.check_ins.filter(moment=moment.value).first()
    if check_in is not None and check_in.state != CheckInState.WITHDRAWN:
        return tuple(check_in.extra_instruments)
    episode = session.episode
    parts = due_parts(
        session=session.number,
        moment=moment.value,
        course=course_context(episode),
        history=past_check_ins(episode, now),
    )
    return tuple(part.questions for part in parts)


def is_before_session(session: TherapySession, at: datetime) -> bool:
    """Return True if an answer given at this time counts as given before the session."""
    return at <= session.held_at + GRACE_PERIOD
