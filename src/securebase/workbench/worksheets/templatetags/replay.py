"""Tags for the part above a worksheet: ratings before and after something."""

from __future__ import annotations

from dataclasses import dataclass

from django import template

from securebase.ipt.rating_shift import RatingShift, rating_shift
from securebase.workbench.worksheets.models import Artefact
from securebase.workbench.worksheets.queries import ArtefactListing, list_artefacts, values_of

register = template.Library()


@register.filter
def place(value: float | None) -> str:
    """Return the x coordinate of a 0–10 rating on a line from 10 to 210."""
    return f"{10 + 20 * (value or 0):g}"


@register.filter
def share(value: float | None) -> str:
    """Return the length of a 0–10 rating on a bar of length 100."""
    return f"{10 * (value or 0):g}"


@dataclass(frozen=True, slots=True)
class ListedShift:
    """A worksheet in a list, with a rating before and after."""

    listing: ArtefactListing
    shift: RatingShift | None


@register.simple_tag
def other_shifts(artefact: Artefact | None, before: str, after: str) -> list[ListedShift]:
    """Return the shifts in the other worksheets of this kind in the same course, last changed first."""
    if artefact is None:
        return []
    listings = list_artefacts(artefact.episode, [artefact.worksheet])
    return [
        ListedShift(row, rating_shift(values_of(row.artefact), before, after))
        for row in listings
        if row.artefact.id != artefact.id
    ]
