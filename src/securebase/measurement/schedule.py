"""When what is not asked every time is asked: which instruments a check-in carries beside its session set.

Two rules keep a check-in short. What is asked of a chosen problem area comes before every session and is a question or
two. Of everything that is asked seldom, one check-in carries one at most: where several are due, the others wait for
the next session. Nothing here knows a database or a clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from securebase.measurement.catalogue import instruments
from securebase.measurement.instrument import AdministrationSchedule, CourseStage, Instrument

#: What the check-in itself asks at each moment.
SESSION_SETS: Mapping[str, str] = {"before": "session_before", "after": "session_after"}
#: A course that nobody planned is taken to be as long as a usual one.
USUAL_COURSE = 16
#: A shorter course has a start and an end, and no middle to ask at.
LEAST_WITH_MIDDLE = 12

#: instrument → numbers of the sessions at which it was asked
History = Mapping[str, Collection[int]]


@dataclass(frozen=True, slots=True)
class CourseContext:
    """What the schedule must know of a course: planned sessions, problem areas that were chosen, instruments that were
    switched off, and instruments that were asked for by hand at the next check-in of their moment."""

    planned: int = USUAL_COURSE
    areas: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScheduledMeasure:
    """One instrument that will be asked, at which session."""

    instrument: Instrument
    session: int


def extras() -> tuple[Instrument, ...]:
    """Every instrument of the shelf that has a rhythm of its own, in the order in which they take turns."""
    found = [i for i in instruments().values() if i.asked is not None]
    return tuple(sorted(found, key=lambda i: (not _rhythm(i).weekly, _rhythm(i).order, i.id)))


def asked_at(
    *, session: int, moment: str, course: CourseContext, history: History | None = None
) -> tuple[Instrument, ...]:
    """The instruments that the check-in before or after this session carries beside its session set.

    First what is asked at every session of a chosen problem area: the weight of the problem, and the questions of one
    area (of several areas, they take turns). Then at most one of those that are asked seldom: one that was asked for
    by hand, else one whose stage of the course has come, else the one that has waited longest. history: sessions at
    which each was asked; the present one does not count.
    """
    known = {name: {n for n in numbers if n < session} for name, numbers in (history or {}).items()}
    there = [i for i in extras() if i.moment == moment and i.id not in course.off]
    weekly = [i for i in there if _rhythm(i).weekly and _concerns(i, course)]
    seldom = _seldom([i for i in there if not _rhythm(i).weekly], session, course, known)
    by_hand = [i for i in weekly if i.id in course.by_hand]
    return (*_weekly(weekly, by_hand, session), *([seldom] if seldom else []))


def to_come(*, after: int, course: CourseContext, history: History | None = None) -> tuple[ScheduledMeasure, ...]:
    """What will be asked seldom from the session after `after` on, if every check-in to the planned end is answered."""
    known = {name: set(numbers) for name, numbers in (history or {}).items()}
    found: list[ScheduledMeasure] = []
    for session in range(after + 1, course.planned + 1):
        for moment in SESSION_SETS:
            left = CourseContext(course.planned, course.areas, course.off, tuple(_still(course.by_hand, found)))
            for one in asked_at(session=session, moment=moment, course=left, history=known):
                if not _rhythm(one).weekly:
                    found.append(ScheduledMeasure(one, session))
                known.setdefault(one.id, set()).add(session)
    return tuple(found)


def sliders(moment: str, extra: Iterable[Instrument]) -> int:
    """How many lines a client answers at a check-in; a choice between sentences is not one of them."""
    asked = (instruments()[SESSION_SETS[moment]], *extra)
    return sum(not item.options for one in asked for item in one.items)


def _still(by_hand: Sequence[str], found: Sequence[ScheduledMeasure]) -> list[str]:
    done = {due.instrument.id for due in found}
    return [name for name in by_hand if name not in done]


def _weekly(weekly: Sequence[Instrument], by_hand: Sequence[Instrument], session: int) -> list[Instrument]:
    """What every problem area is asked, and the questions of one area."""
    of_all = [i for i in weekly if len(_rhythm(i).areas) != 1]
    of_one = [i for i in weekly if len(_rhythm(i).areas) == 1]
    if not of_one:
        return of_all
    return [*of_all, by_hand[0] if by_hand and by_hand[0] in of_one else of_one[(session - 1) % len(of_one)]]


def _seldom(
    there: Sequence[Instrument], session: int, course: CourseContext, known: Mapping[str, set[int]]
) -> Instrument | None:
    for one in there:
        if one.id in course.by_hand:
            return one
    waiting = []
    for one in there:
        since = _wanted_since(_rhythm(one), course.planned, known.get(one.id, set()), session)
        if since is not None and since <= session and _concerns(one, course):
            waiting.append((not _rhythm(one).at, since, _rhythm(one).order, one.id, one))
    return min(waiting, key=lambda w: w[:4])[-1] if waiting else None


def _wanted_since(rhythm: AdministrationSchedule, planned: int, asked: set[int], session: int) -> int | None:
    """The session from which on it is wanted; None where it is not."""
    if rhythm.every:
        return max(asked) + rhythm.every if asked else rhythm.first
    reached = [n for stage in rhythm.at if (n := stage_at(stage, rhythm.first, planned)) and n <= session]
    if not reached or any(n >= max(reached) for n in asked):
        return None
    return max(reached)


def stage_at(stage: CourseStage, first: int, planned: int) -> int | None:
    """The session at which a stage of the course begins: the first at which it may be asked, the middle one, and the
    last but one, so that what was answered can still be talked over. None for the middle of a short course."""
    if stage is CourseStage.START:
        return first
    if stage is CourseStage.MIDDLE:
        return max(planned // 2, first + 1) if planned >= LEAST_WITH_MIDDLE else None
    return max(planned - 1, first + 1)


def _concerns(one: Instrument, course: CourseContext) -> bool:
    areas = _rhythm(one).areas
    return not areas or bool(set(areas) & set(course.areas))


def _rhythm(one: Instrument) -> AdministrationSchedule:
    return one.asked if one.asked is not None else AdministrationSchedule()
