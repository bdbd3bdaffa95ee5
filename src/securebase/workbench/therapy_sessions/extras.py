"""What a check-in asks beside its session set: the schedule of the core, fed from the rows of one episode."""

from __future__ import annotations

from datetime import datetime

from securebase.measurement.catalogue import instruments
from securebase.measurement.instrument import Instrument
from securebase.measurement.schedule import CourseContext, ScheduledMeasure, due_measures, upcoming_measures
from securebase.records.vocabulary import Moment
from securebase.workbench.clients.models import Episode
from securebase.workbench.therapy_sessions.models import CheckIn, CheckInState, TherapySession


def course_context(episode: Episode) -> CourseContext:
    """What the schedule must know of this episode."""
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
            if check_in.is_answered or _still_open(check_in, now):
                for name in check_in.extras:
                    sessions_by_instrument.setdefault(name, set()).add(session.number)
        for given in session.administrations.all():
            if given.set_aside_at is None:
                sessions_by_instrument.setdefault(given.instrument, set()).add(session.number)
    return sessions_by_instrument


def due_instruments(session: TherapySession, moment: Moment, now: datetime) -> tuple[Instrument, ...]:
    """What the check-in of this moment asks beside its session set: as fixed when it was opened, else as due now."""
    check_in = session.check_ins.filter(moment=moment.value).first()
    if check_in is not None and check_in.state != CheckInState.WITHDRAWN:
        return tuple(check_in.extra_instruments)
    history = {
        name: numbers - {session.number} for name, numbers in administered_sessions(session.episode, now).items()
    }
    return due_measures(
        session=session.number, moment=moment.value, course=course_context(session.episode), history=history
    )


def scheduled_measures(episode: Episode, held: int, now: datetime) -> tuple[ScheduledMeasure, ...]:
    """What will be asked seldom after session `held`, as far as is known today."""
    return upcoming_measures(after=held, course=course_context(episode), history=administered_sessions(episode, now))


def is_additional(name: str) -> bool:
    """Whether this is an instrument that the workbench asks beside the session sets."""
    known = instruments().get(name)
    return known is not None and known.schedule is not None


def _still_open(check_in: CheckIn, now: datetime) -> bool:
    return check_in.is_waiting and (check_in.expires_at is None or check_in.expires_at > now)
