"""Additional questions of check-ins: the schedule applied to one episode, and its rows on the Scores page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from securebase.measurement.catalogue import instruments
from securebase.measurement.instrument import Instrument
from securebase.measurement.rotation import ROTATION, rotation_slots
from securebase.measurement.schedule import (
    SUPPORT_SHARE,
    AskedPart,
    CourseContext,
    PastCheckIn,
    additional_choices,
    scheduled_instruments,
    slot_choice,
    walk_course,
)
from securebase.workbench.clients.models import Episode


def course_context(episode: Episode) -> CourseContext:
    """Return the facts of this episode that the schedule depends on."""
    choices = list(episode.extra_choices.all())
    return CourseContext(
        planned=episode.planned_sessions,
        areas=tuple(episode.problem_areas),
        disabled=tuple(c.instrument for c in choices if c.off),
        requested=tuple(c.instrument for c in choices if c.asked_for and not c.off),
        client=episode.rotation_offset,
        rotation_from=episode.rotation_from,
    )


def past_check_ins(episode: Episode, now: datetime) -> tuple[PastCheckIn, ...]:
    """Return the additional questions that were answered or are open, with a check-in or entered by hand."""
    past = []
    sessions = episode.therapy_sessions.prefetch_related("check_ins", "administrations")
    for session in sessions:
        for check_in in session.check_ins.all():
            past.append(PastCheckIn(session.number, check_in.moment, check_in.asked(now)))
        by_hand = [
            AskedPart.whole(instruments()[a.instrument])
            for a in session.administrations.all()
            if a.set_aside_at is None and a.check_in_id is None and a.instrument in instruments()
        ]
        past += [PastCheckIn(session.number, "after", (part,)) for part in by_hand]
    return tuple(past)


@dataclass(frozen=True, slots=True)
class ExtraRow:
    """One questionnaire or topic that check-ins ask in addition to their session set, and when.

    `choice` is the key of the therapist's choices `off` and `asked_for`; `can_ask` is True if it can be requested.
    """

    choice: str
    name: str
    instrument: Instrument
    n_questions: int
    measures: str
    asked: list[int]
    next: str
    off: bool
    asked_for: bool
    can_ask: bool = True
    #: False if it belongs to a problem area that this episode does not have
    fits: bool = True


@dataclass(frozen=True, slots=True)
class ExtraPlan:
    """Additional questions of a course: questionnaires, and the topics of the rotating questions.

    `rotation_from` is the session from which a course that began under the earlier plan has rotating questions; 0 if
    it has had them from the start.
    """

    questionnaires: list[ExtraRow]
    topics: list[ExtraRow]
    rotation_off: bool
    rotation_from: int = 0

    @property
    def other_areas(self) -> list[Instrument]:
        return [row.instrument for row in self.questionnaires if not row.fits]


def extra_plan(episode: Episode, held: int, now: datetime) -> ExtraPlan:
    """Return the plan of additional questions after `held` sessions."""
    course, history = course_context(episode), past_check_ins(episode, now)
    upcoming: dict[str, str] = {}
    for check_in in walk_course(course, after=held, history=history):
        for choice in check_in.choices:
            upcoming.setdefault(choice, f"{check_in.moment} session {check_in.session}")
    rows = _Rows(course, history, upcoming, held)
    questionnaires = []
    for instrument in (*scheduled_instruments(), instruments()[SUPPORT_SHARE]):
        schedule = instrument.schedule
        part = AskedPart(instrument.id, (schedule and schedule.items) or AskedPart.whole(instrument).items)
        row = rows.row(instrument.id, instrument.name, part)
        if schedule is None or schedule.weekly:
            areas = schedule.areas if schedule else ()
            row = replace(row, can_ask=False, fits=not areas or bool(set(areas) & set(course.areas)))
        questionnaires.append(row)
    topics = [rows.row(slot_choice(slot.id), slot.label, AskedPart(ROTATION, slot.items)) for slot in rotation_slots()]
    began_earlier = episode.rotation_from if episode.rotation_from > 1 else 0
    return ExtraPlan(questionnaires, topics, ROTATION in course.disabled, began_earlier)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Builds the rows of one course. `upcoming`: choice → the next check-in that asks it, in words."""

    course: CourseContext
    history: Sequence[PastCheckIn]
    upcoming: Mapping[str, str]
    held: int

    def row(self, choice: str, name: str, part: AskedPart) -> ExtraRow:
        instrument = instruments()[part.instrument]
        labels = dict.fromkeys(s.label.lower() for s in instrument.scales if not set(s.items).isdisjoint(part.items))
        sessions = {c.session for c in self.history if choice in c.choices and c.session <= self.held}
        off, requested = choice in self.course.disabled, choice in self.course.requested
        when = "switched off for this client" if off else self.upcoming.get(choice, "not due again")
        measures = ", ".join(labels)
        return ExtraRow(choice, name, instrument, len(part.items), measures, sorted(sessions), when, off, requested)


def choice_name(choice: str) -> str:
    """Return the name of a questionnaire or topic that the therapist can choose."""
    labels = {slot_choice(slot.id): slot.label for slot in rotation_slots()}
    return labels.get(choice) or instruments()[choice].name


def is_choice(name: str) -> bool:
    """Return True for a questionnaire or topic that the therapist can switch off or request."""
    return name in additional_choices()
