"""Additional questionnaires of check-ins: the package's schedule applied to the rows of one episode."""

from __future__ import annotations

from datetime import datetime

from securebase.measurement.catalogue import instruments
from securebase.measurement.schedule import CourseContext
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


def is_additional(name: str) -> bool:
    """Return True for an instrument that check-ins ask in addition to the session sets."""
    instrument = instruments().get(name)
    return instrument is not None and instrument.schedule is not None
