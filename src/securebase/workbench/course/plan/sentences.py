"""Sentences of the course page about what disagrees with the course."""

from __future__ import annotations

from collections.abc import Sequence

from securebase.records.vocabulary import Phase, ProblemArea
from securebase.workbench.clients.models import Episode
from securebase.workbench.course.plan.queries import ContractTerms
from securebase.workbench.ui.sentences import count, join_words


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
    named = join_words([area.label.lower() for area in chosen])
    present = join_words([label.lower() for label in episode.problem_area_labels]) or "none"
    return f"The worksheet names {named}; the course has {present}."


def name_phase(phase: Phase, ending: str) -> str:
    """Return a phase in a sentence; `ending` is the clinic's word for the last one."""
    return ending if phase is Phase.ENDING else f"{phase.label.lower()} phase"
