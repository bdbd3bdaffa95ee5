"""The schedule of additional questionnaires: which instruments a check-in includes beside its session set.

Two rules keep a check-in short. Weekly questions about a chosen problem area are one or two and come before every
session. Of the other additional questionnaires a check-in includes at most one: where several are due, the rest wait
for the next session. The module is pure: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from securebase.measurement.catalogue import instruments
from securebase.measurement.instrument import AdministrationSchedule, CourseStage, Instrument

#: The session set of each moment.
SESSION_SETS: Mapping[str, str] = {"before": "session_before", "after": "session_after"}
#: Planned length of a course if none was entered.
DEFAULT_PLANNED_SESSIONS = 16
#: Shorter courses have a start and an end, but no middle stage.
MIN_SESSIONS_WITH_MIDDLE = 12

#: instrument → numbers of the sessions at which it was administered
History = Mapping[str, Collection[int]]


@dataclass(frozen=True, slots=True)
class CourseContext:
    """The facts of a course that its schedule depends on.

    `areas` are the chosen problem areas. `disabled` instruments are never due. `requested` ones are due at the next
    check-in of their moment, because the therapist asked for them.
    """

    planned: int = DEFAULT_PLANNED_SESSIONS
    areas: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()
    requested: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScheduledMeasure:
    """An instrument and the session at which it is due."""

    instrument: Instrument
    session: int


def scheduled_instruments() -> tuple[Instrument, ...]:
    """Return every instrument of the shelf that has a schedule, in order of precedence."""
    scheduled = [i for i in instruments().values() if i.schedule is not None]
    return tuple(sorted(scheduled, key=lambda i: (not _schedule(i).weekly, _schedule(i).order, i.id)))


def due_measures(
    *, session: int, moment: str, course: CourseContext, history: History | None = None
) -> tuple[Instrument, ...]:
    """Return the instruments that the check-in before or after this session includes beside its session set.

    First come the weekly questions about the chosen problem areas: the severity of the problem, and the questions of
    one area (several areas alternate). Then at most one other instrument: one that the therapist requested, else one
    whose stage of the course has come, else the one that has been due longest. `history` holds the sessions at which
    each was administered; this session is ignored in it.
    """
    past_sessions = {name: {n for n in numbers if n < session} for name, numbers in (history or {}).items()}
    candidates = [i for i in scheduled_instruments() if i.moment == moment and i.id not in course.disabled]
    weekly = [i for i in candidates if _schedule(i).weekly and _is_relevant(i, course)]
    rotating = _select_other([i for i in candidates if not _schedule(i).weekly], session, course, past_sessions)
    requested = [i for i in weekly if i.id in course.requested]
    return (*_select_weekly(weekly, requested, session), *([rotating] if rotating else []))


def upcoming_measures(
    *, after: int, course: CourseContext, history: History | None = None
) -> tuple[ScheduledMeasure, ...]:
    """Return when each instrument that is not weekly is due after session `after`, if every check-in is answered."""
    administered = {name: set(numbers) for name, numbers in (history or {}).items()}
    due: list[ScheduledMeasure] = []
    for session in range(after + 1, course.planned + 1):
        for moment in SESSION_SETS:
            open_requests = tuple(_open_requests(course.requested, due))
            context = CourseContext(course.planned, course.areas, course.disabled, open_requests)
            for instrument in due_measures(session=session, moment=moment, course=context, history=administered):
                if not _schedule(instrument).weekly:
                    due.append(ScheduledMeasure(instrument, session))
                administered.setdefault(instrument.id, set()).add(session)
    return tuple(due)


def count_rating_items(moment: str, additional: Iterable[Instrument]) -> int:
    """Count the visual analogue items of a check-in. Multiple-choice items do not count."""
    administered = (instruments()[SESSION_SETS[moment]], *additional)
    return sum(not item.choices for instrument in administered for item in instrument.items)


def _open_requests(requested: Sequence[str], due: Sequence[ScheduledMeasure]) -> list[str]:
    fulfilled = {measure.instrument.id for measure in due}
    return [name for name in requested if name not in fulfilled]


def _select_weekly(weekly: Sequence[Instrument], requested: Sequence[Instrument], session: int) -> list[Instrument]:
    """Return the instruments for all problem areas, and that of one area."""
    general = [i for i in weekly if len(_schedule(i).areas) != 1]
    specific = [i for i in weekly if len(_schedule(i).areas) == 1]
    if not specific:
        return general
    first = requested[0] if requested and requested[0] in specific else specific[(session - 1) % len(specific)]
    return [*general, first]


def _select_other(
    candidates: Sequence[Instrument], session: int, course: CourseContext, history: Mapping[str, set[int]]
) -> Instrument | None:
    for instrument in candidates:
        if instrument.id in course.requested:
            return instrument
    due = []
    for instrument in candidates:
        schedule = _schedule(instrument)
        since = _due_since(schedule, course.planned, history.get(instrument.id, set()), session)
        if since is not None and since <= session and _is_relevant(instrument, course):
            due.append((not schedule.at, since, schedule.order, instrument.id, instrument))
    return min(due, key=lambda entry: entry[:4])[-1] if due else None


def _due_since(schedule: AdministrationSchedule, planned: int, administered: set[int], session: int) -> int | None:
    """Return the session since which an instrument has been due; None if it is not."""
    if schedule.every:
        return max(administered) + schedule.every if administered else schedule.first
    reached = [n for stage in schedule.at if (n := stage_session(stage, schedule.first, planned)) and n <= session]
    if not reached or any(n >= max(reached) for n in administered):
        return None
    return max(reached)


def stage_session(stage: CourseStage, first: int, planned: int) -> int | None:
    """Return the session at which a stage of the course begins.

    The end stage begins one session before the last, so that the answers can still be discussed. Short courses have no
    middle stage: the result is None.
    """
    if stage is CourseStage.START:
        return first
    if stage is CourseStage.MIDDLE:
        return max(planned // 2, first + 1) if planned >= MIN_SESSIONS_WITH_MIDDLE else None
    return max(planned - 1, first + 1)


def _is_relevant(instrument: Instrument, course: CourseContext) -> bool:
    areas = _schedule(instrument).areas
    return not areas or bool(set(areas) & set(course.areas))


def _schedule(instrument: Instrument) -> AdministrationSchedule:
    return instrument.schedule if instrument.schedule is not None else AdministrationSchedule()
