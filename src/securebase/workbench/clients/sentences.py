"""Sentences about a client and their course of therapy."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.text import capfirst

from securebase.picture.phrases import count
from securebase.records.vocabulary import Phase
from securebase.workbench.clients.models import Client, Episode


@dataclass(frozen=True, slots=True)
class ClientHeading:
    """The line below a client’s name: the phase with its label, and facts in words."""

    phase: str
    phase_label: str
    facts: list[str]


def describe_phase(phase: Phase, ending: str) -> str:
    """Return the phase as a label; `ending` is the word of the clinic's IPT tradition for the last one."""
    return capfirst(ending) if phase is Phase.ENDING and ending else f"{phase.label} phase"


def describe_course(episode: Episode, held: int) -> list[str]:
    """Return where the course is, what it is about, and when it ended; `held` is the number of the last session."""
    planned = episode.planned_sessions
    facts = [f"session {held} of {planned}" if held else f"{count(planned, 'session')} planned"]
    facts += [label.lower() for label in episode.problem_area_labels]
    return facts + ([f"ended {date_format(episode.ended_on, 'j F Y')}"] if episode.ended_on else [])


def describe_client(client: Client, episode: Episode | None, *, held: int, ending: str) -> ClientHeading:
    """Return the heading of a client's pages."""
    pronouns = [client.pronouns] if client.pronouns else []
    if episode is None:
        return ClientHeading("", "", pronouns)
    label = describe_phase(Phase(episode.phase), ending)
    return ClientHeading(episode.phase, label, describe_course(episode, held) + pronouns)
