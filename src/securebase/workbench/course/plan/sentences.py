"""Sentences of the course page about what disagrees with the course."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils.formats import date_format

from securebase.ipt.course_format import CourseFormat
from securebase.picture.phrases import count, join_names
from securebase.records.vocabulary import Phase, ProblemArea
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.plan.queries import ContractTerms


def describe_contract(terms: ContractTerms | None, episode: Episode) -> str:
    """Return how the contract differs from the course; nothing if it agrees."""
    if terms is None:
        return ""
    agreed = f"{count(terms.sessions, 'session')}, {terms.interval}"
    return f"The contract says {agreed}; the course has {episode.planned_sessions}, {episode.own_format.interval}."


def describe_focus(chosen: Sequence[ProblemArea], episode: Episode) -> str:
    """Return how the worksheet's problem areas differ from the course's; nothing if they agree."""
    if not chosen:
        return ""
    named = join_names([area.label.lower() for area in chosen])
    present = join_names([label.lower() for label in episode.problem_area_labels]) or "none"
    return f"The worksheet names {named}; the course has {present}."


def name_phase(phase: Phase, ending: str) -> str:
    """Return a phase in a sentence; `ending` is the clinic's word for the last one."""
    return ending if phase is Phase.ENDING else f"{phase.label.lower()} phase"


def describe_format(course_format: CourseFormat, ending: str) -> str:
    """Return the sessions of a course, their spacing, and how they are divided."""
    noun = "maintenance session" if course_format.maintenance else "session"
    spacing = f"{count(course_format.sessions, noun)}, {course_format.interval}"
    if course_format.maintenance:
        return f"{spacing}."
    return f"{spacing}: {course_format.initial} to begin, {course_format.ending} for the {ending}."


def describe_end(ended_on: date | None, last_day: date | None) -> str:
    """Return when the course ended or is about to end; nothing for a course without sessions."""
    if last_day is None:
        return ""
    if ended_on is not None:
        return f"Ended {date_format(ended_on, 'j F Y')}."
    return f"The last one is around {date_format(last_day, 'j F Y')}; tell the client at the start."
