"""Tags for the part above an in-session worksheet: dialogue, weighed options, rating before and after."""

from __future__ import annotations

from dataclasses import dataclass

from django import template

from securebase.ipt import replay
from securebase.workbench.worksheets.models import Artefact
from securebase.workbench.worksheets.queries import ArtefactListing, list_artefacts, values_of

register = template.Library()


@register.simple_tag
def dialogue(artefact: Artefact | None) -> tuple[replay.Turn, ...]:
    return replay.dialogue(values_of(artefact)) if artefact else ()


@register.simple_tag
def options(artefact: Artefact | None) -> tuple[replay.WeighedOption, ...]:
    return replay.weighed_options(values_of(artefact)) if artefact else ()


@register.simple_tag
def shift(artefact: Artefact | None, before: str, after: str) -> replay.RatingShift | None:
    return replay.rating_shift(values_of(artefact), before, after) if artefact else None


@register.filter
def place(value: float | None) -> str:
    """Return the x coordinate of a 0–10 rating on a line from 10 to 210."""
    return f"{10 + 20 * (value or 0):g}"


@register.filter
def share(value: float | None) -> str:
    """Return the length of a 0–10 rating on a bar of length 100."""
    return f"{10 * (value or 0):g}"


@dataclass(frozen=True, slots=True)
class IncidentShift:
    """An incident in a list, with the mood before and after it."""

    listing: ArtefactListing
    shift: replay.RatingShift | None


@register.simple_tag
def incidents(artefact: Artefact | None) -> list[IncidentShift]:
    """Return the other incidents of the same course, last changed first."""
    if artefact is None:
        return []
    listings = [row for row in list_artefacts(artefact.episode, ["incident"]) if row.artefact.id != artefact.id]
    return [
        IncidentShift(row, replay.rating_shift(values_of(row.artefact), "mood_before", "mood_after"))
        for row in listings
    ]
