"""Additional questionnaires of check-ins: the schedule applied to one episode, and its rows on the Scores page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from securebase.measurement.catalogue import instruments
from securebase.measurement.instrument import Instrument
from securebase.measurement.schedule import CourseContext, scheduled_instruments, upcoming_measures
from securebase.workbench.clients.models import Episode


def course_context(episode: Episode) -> CourseContext:
    """Return the facts of this episode that the schedule depends on."""
    choices = list(episode.extra_choices.all())
    return CourseContext(
        planned=episode.planned_sessions,
        areas=tuple(episode.problem_areas),
        disabled=tuple(c.instrument for c in choices if c.off),
        requested=tuple(c.instrument for c in choices if c.asked_for and not c.off),
    )


def administered_sessions(episode: Episode, now: datetime) -> dict[str, set[int]]:
    """Return instrument → sessions in which it was answered or is open, with a check-in or by itself."""
    sessions_by_instrument: dict[str, set[int]] = {}
    sessions = episode.therapy_sessions.prefetch_related("check_ins", "administrations")
    for session in sessions:
        for check_in in session.check_ins.all():
            for name in check_in.asked(now):
                sessions_by_instrument.setdefault(name, set()).add(session.number)
        for administration in session.administrations.all():
            if administration.set_aside_at is None:
                sessions_by_instrument.setdefault(administration.instrument, set()).add(session.number)
    return sessions_by_instrument


@dataclass(frozen=True, slots=True)
class ExtraRow:
    """One additional questionnaire: its scales, the sessions that asked it, and the next one in words.

    `off` and `asked_for` are the therapist's choices.
    """

    instrument: Instrument
    measures: str
    asked: list[int]
    next: str
    off: bool
    asked_for: bool
    #: False if it belongs to a problem area that this episode does not have
    fits: bool


def extra_rows(episode: Episode, held: int, now: datetime) -> list[ExtraRow]:
    """Return all additional questionnaires, weekly ones first, then in order of precedence."""
    course, history = course_context(episode), administered_sessions(episode, now)
    next_sessions: dict[str, int] = {}
    for planned in upcoming_measures(after=held, course=course, history=history):
        next_sessions.setdefault(planned.instrument.id, planned.session)
    rows = []
    for instrument in scheduled_instruments():
        assert instrument.schedule is not None
        fits = not instrument.schedule.areas or bool(set(instrument.schedule.areas) & set(course.areas))
        labels = dict.fromkeys(s.label.lower() for s in instrument.scales)
        off, requested = instrument.id in course.disabled, instrument.id in course.requested
        text = _describe_next(instrument, next_sessions.get(instrument.id), off=off, requested=requested, fits=fits)
        asked = sorted(n for n in history.get(instrument.id, ()) if n <= held)
        rows.append(ExtraRow(instrument, ", ".join(labels), asked, text, off, requested, fits))
    return rows


def _describe_next(instrument: Instrument, session: int | None, *, off: bool, requested: bool, fits: bool) -> str:
    if off:
        return "switched off for this client"
    if requested:
        return f"next check-in {instrument.moment} a session"
    if instrument.schedule is not None and instrument.schedule.weekly:
        return "before every session" if fits else "only with its problem area"
    return f"after session {session}" if session is not None else "not due again"


def is_additional(name: str) -> bool:
    """Return True for an instrument that check-ins ask in addition to the session sets."""
    instrument = instruments().get(name)
    return instrument is not None and instrument.schedule is not None
