"""The schedule of additional questions: what a check-in asks in addition to its session set.

A check-in has at most twelve questions, the safety question counted. Before a session it has room for one question
about the chosen problem area: the weight of the problem and the questions of the areas take turns. After a session it
has room for five: a whole questionnaire at the start and the end of the course, else rotating questions
(`measurement.rotation`). At some sessions the line on the therapist's share of support takes one of the five.

The module is pure: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from msgspec.structs import replace

from securebase.measurement.catalogue import instruments
from securebase.measurement.instrument import AdministrationSchedule, CourseStage, Instrument
from securebase.measurement.rotation import ROTATION, rotating_items, rotation_slots

#: The session set of each moment.
SESSION_SETS: Mapping[str, str] = {"before": "session_before", "after": "session_after"}
#: Planned length of a course if none was entered.
DEFAULT_PLANNED_SESSIONS = 16
#: Most questions of one check-in, the safety question counted.
MAX_QUESTIONS = 12
SUPPORT_SHARE = "support_share"
#: The first question about a problem area: the weight of the problem, asked every second time.
_PROBLEM = "focus_week"
#: Fewest sessions from the start stage to the end stage: a second answer right after the first tells nothing.
_SESSIONS_BETWEEN_STAGES = 4
#: Sessions that ask for the therapist's share of support before it can have grown, and the part of a course from which
#: every session asks for it; in between every second one does (docs/hand-over.md).
_FIRST_SHARES, _EVERY_SHARE_FROM = (1, 2), Fraction(2, 3)


@dataclass(frozen=True, slots=True)
class AskedPart:
    """An instrument, and the items of it that one check-in asks, in this order."""

    instrument: str
    items: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> AskedPart:
        """Return the part that `str` wrote: “expectation” (all items) or “rotation:4,17”."""
        name, _, numbers = text.partition(":")
        if not numbers:
            return cls.whole(instruments()[name])
        return cls(name, tuple(int(number) for number in numbers.split(",")))

    @classmethod
    def whole(cls, instrument: Instrument) -> AskedPart:
        """Return all items of an instrument, or of a part of one."""
        return cls(instrument.id, tuple(item.number for item in instrument.items))

    def __str__(self) -> str:
        if self.items == tuple(item.number for item in instruments()[self.instrument].items):
            return self.instrument
        return f"{self.instrument}:{','.join(map(str, self.items))}"

    @property
    def questions(self) -> Instrument:
        """The instrument with the asked items only."""
        instrument = instruments()[self.instrument]
        return replace(instrument, items=tuple(instrument.item(number) for number in self.items))

    @property
    def choices(self) -> frozenset[str]:
        """Keys under which a therapist can choose this part: its instrument, and the slots of rotating items."""
        slots = [s for s in rotation_slots() if self.instrument == ROTATION and not set(s.items).isdisjoint(self.items)]
        return frozenset((self.instrument, *(slot_choice(slot.id) for slot in slots)))


@dataclass(frozen=True, slots=True)
class PastCheckIn:
    """Additional questions of one answered check-in, or of a questionnaire that was entered by itself."""

    session: int
    moment: str
    parts: tuple[AskedPart, ...]

    @property
    def choices(self) -> frozenset[str]:
        """Keys under which a therapist can choose what was asked."""
        return frozenset[str]().union(*(part.choices for part in self.parts))


@dataclass(frozen=True, slots=True)
class CourseContext:
    """The facts of a course that its schedule depends on.

    `areas` are the chosen problem areas. `disabled` questionnaires and slots are never asked. `requested` ones are
    asked at the next check-in after a session, because the therapist asked for them. `client` is any whole number that
    belongs to the client: it sets where the rotation starts. Sessions before `rotation_from` have no rotating
    questions, because the course began under an earlier plan.
    """

    planned: int = DEFAULT_PLANNED_SESSIONS
    areas: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()
    requested: tuple[str, ...] = ()
    client: int = 0
    rotation_from: int = 1


def slot_choice(slot: str) -> str:
    """Return the key under which a therapist chooses a slot of the rotation."""
    return f"{ROTATION}:{slot}"


def scheduled_instruments() -> tuple[Instrument, ...]:
    """Return every instrument of the shelf that has a schedule of its own: those of problem areas first."""
    scheduled = [i for i in instruments().values() if i.schedule is not None]
    return tuple(sorted(scheduled, key=lambda i: (not _schedule(i).weekly, _schedule(i).order, i.id)))


def is_additional(instrument: Instrument) -> bool:
    """Return True for questionnaires of our own that check-ins ask or asked, in addition to their session set."""
    return instrument.own_wording and instrument.respondent == "client" and instrument.id not in SESSION_SETS.values()


def additional_choices() -> tuple[str, ...]:
    """Return every key of what a therapist can switch off or ask for."""
    slots = (slot_choice(slot.id) for slot in rotation_slots())
    return (*(i.id for i in scheduled_instruments()), SUPPORT_SHARE, ROTATION, *slots)


def due_parts(
    *, session: int, moment: str, course: CourseContext, history: Sequence[PastCheckIn] = ()
) -> tuple[AskedPart, ...]:
    """Return what the check-in before or after this session asks in addition to its session set.

    `history` holds the answered check-ins so far; those of this session or later ones are ignored. Session, check-in
    and item numbers begin at 1.
    """
    past = sorted((c for c in history if c.session < session), key=lambda c: c.session)
    places = MAX_QUESTIONS - len(instruments()[SESSION_SETS[moment]].items)
    if moment == "before":
        question = _area_question(course, past)
        return (question,) if question else ()
    parts = []
    if SUPPORT_SHARE not in course.disabled and _asks_support_share(session, course.planned):
        parts.append(AskedPart(SUPPORT_SHARE, (1,)))
    whole = _whole_questionnaire(session, course, past)
    if whole is not None:
        return (*parts, whole)
    items = _rotating(session, course, past, places - len(parts))
    return (*parts, AskedPart(ROTATION, items)) if items else tuple(parts)


def walk_course(
    course: CourseContext, *, after: int = 0, history: Sequence[PastCheckIn] = (), missed: Collection[int] = ()
) -> Iterator[PastCheckIn]:
    """Yield what each check-in after session `after` will ask, if all but those of `missed` sessions are answered.

    A request is fulfilled at the first check-in that asks it. Missed check-ins are yielded too.
    """
    answered, requested = list(history), course.requested
    for session in range(after + 1, course.planned + 1):
        for moment in SESSION_SETS:
            context = CourseContext(
                course.planned, course.areas, course.disabled, requested, course.client, course.rotation_from
            )
            parts = due_parts(session=session, moment=moment, course=context, history=answered)
            check_in = PastCheckIn(session, moment, parts)
            requested = tuple(choice for choice in requested if choice not in check_in.choices)
            if session not in missed:
                answered.append(check_in)
            yield check_in


def count_questions(moment: str, parts: Sequence[AskedPart]) -> int:
    """Count the questions of a check-in, the safety question included."""
    return len(instruments()[SESSION_SETS[moment]].items) + sum(len(part.items) for part in parts)


def _area_question(course: CourseContext, past: Sequence[PastCheckIn]) -> AskedPart | None:
    """Return the question about the problem area: its weight, and every other time one of the areas' own questions."""
    weekly = [
        i
        for i in scheduled_instruments()
        if _schedule(i).weekly and i.id not in course.disabled and _is_relevant(i, course)
    ]
    asked = [part for check_in in past if check_in.moment == "before" for part in check_in.parts]
    own = [AskedPart(i.id, (item.number,)) for i in weekly if i.id != _PROBLEM for item in i.items]
    has_problem = any(i.id == _PROBLEM for i in weekly)
    if has_problem and (not own or not asked or asked[-1].instrument != _PROBLEM):
        return AskedPart(_PROBLEM, (1,))
    last = next((own.index(part) for part in reversed(asked) if part in own), -1)
    return own[(last + 1) % len(own)] if own else None


def _asks_support_share(session: int, planned: int) -> bool:
    return session in _FIRST_SHARES or session % 2 == 0 or session >= ceil(_EVERY_SHARE_FROM * planned)


def _whole_questionnaire(session: int, course: CourseContext, past: Sequence[PastCheckIn]) -> AskedPart | None:
    """Return the questionnaire that is asked whole: one requested, else one whose stage of the course has come."""
    sessions = {
        i.id: {c.session for c in past for part in c.parts if part.instrument == i.id} for i in scheduled_instruments()
    }
    candidates = [i for i in scheduled_instruments() if not _schedule(i).weekly and i.id not in course.disabled]
    due = []
    for instrument in candidates:
        since = _due_since(_schedule(instrument), course.planned, sessions[instrument.id], session)
        if instrument.id in course.requested or since is not None:
            due.append((instrument.id not in course.requested, since or 0, _schedule(instrument).order, instrument.id))
    if not due:
        return None
    instrument = instruments()[min(due)[-1]]
    return AskedPart(instrument.id, _schedule(instrument).items or AskedPart.whole(instrument).items)


def _rotating(session: int, course: CourseContext, past: Sequence[PastCheckIn], places: int) -> tuple[int, ...]:
    if session < course.rotation_from or ROTATION in course.disabled:
        return ()
    return rotating_items(
        places=places,
        history=[part.items for check_in in past for part in check_in.parts if part.instrument == ROTATION],
        client=course.client,
        off=_chosen_slots(course.disabled),
        requested=_chosen_slots(course.requested),
    )


def _chosen_slots(choices: Sequence[str]) -> frozenset[str]:
    return frozenset(slot.id for slot in rotation_slots() if slot_choice(slot.id) in choices)


def _due_since(schedule: AdministrationSchedule, planned: int, administered: set[int], session: int) -> int | None:
    """Return the session since which an instrument has been due; None if it is not."""
    begins = {stage: stage_session(stage, schedule.first, planned) for stage in schedule.at}
    reached = {stage: n for stage, n in begins.items() if n is not None and n <= session}
    if not reached:
        return None
    last = max(reached, key=lambda stage: reached[stage])
    # a questionnaire that was requested before the start stage need not be asked again for it
    since = 1 if last is CourseStage.START else reached[last]
    return None if any(n >= since for n in administered) else reached[last]


def stage_session(stage: CourseStage, first: int, planned: int) -> int | None:
    """Return the session at which a stage of the course begins; None for the end of a course that is too short.

    The end stage begins one session before the last, so that the answers can still be discussed.
    """
    if stage is CourseStage.START:
        return first
    return planned - 1 if planned - 1 >= first + _SESSIONS_BETWEEN_STAGES else None


def _is_relevant(instrument: Instrument, course: CourseContext) -> bool:
    areas = _schedule(instrument).areas
    return not areas or bool(set(areas) & set(course.areas))


def _schedule(instrument: Instrument) -> AdministrationSchedule:
    return instrument.schedule if instrument.schedule is not None else AdministrationSchedule()
