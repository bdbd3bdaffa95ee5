"""The part above a worksheet of the hour: its dialogue, its options, its change from before to after."""

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
    """Where a rating of 0 to 10 lies on a line that is drawn from 10 to 210."""
    return f"{10 + 20 * (value or 0):g}"


@register.filter
def share(value: float | None) -> str:
    """A rating of 0 to 10 as the length of a bar of 100."""
    return f"{10 * (value or 0):g}"


@dataclass(frozen=True, slots=True)
class Moved:
    """An incident in a list, with the mood before and after it."""

    listed: ArtefactListing
    shift: replay.RatingShift | None


@register.simple_tag
def incidents(artefact: Artefact | None) -> list[Moved]:
    """Every incident of the same course but this one, last changed first."""
    if artefact is None:
        return []
    found = [one for one in list_artefacts(artefact.episode, ["incident"]) if one.artefact.id != artefact.id]
    return [Moved(one, replay.rating_shift(values_of(one.artefact), "mood_before", "mood_after")) for one in found]
