"""Locations of the claims that need a measure or a tool: a scale, a worksheet, one of its fields, or a page.

Scales, worksheets and fields name the claims that they measure (`measures`) or give a tool for (`tools`) in their own
files. Only the pages of the workbench, which have no file on a shelf, are listed in `places.toml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from securebase.errors import ShelfError
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet import Field, Worksheet
from securebase.measurement.catalogue import instruments
from securebase.measurement.instrument import Instrument
from securebase.schema import Place, ShelfStruct, Text, read_toml

_FILE = "places.toml"


class ClaimNeed(StrEnum):
    """Needs of a claim that the product meets in a place it can point to."""

    MEASURE = "measure"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ClaimLocation:
    """One place that serves one claim.

    Either a scale of an instrument, or a worksheet (all of it if `field` is empty), or a workbench page by name with
    the column that its use fills.
    """

    claim: str
    need: ClaimNeed
    instrument: str = ""
    scale: str = ""
    worksheet: str = ""
    field: str = ""
    page: str = ""
    leaves: str = ""


class PagePlace(ShelfStruct, frozen=True):
    """A workbench page, by name, that serves one claim. leaves: column of the clinic's table that its use fills."""

    claim: Text
    need: ClaimNeed
    page: Text
    leaves: Text


class PlacesFile(ShelfStruct, frozen=True):
    """The file of the pages that serve claims."""

    place: tuple[PagePlace, ...] = ()


@cache
def claim_locations() -> tuple[ClaimLocation, ...]:
    """Return every location: scales (our own wording first), worksheets with their fields, pages. Raises ShelfError."""
    content = (resources.files("securebase.ipt") / _FILE).read_bytes()
    shelf = sorted(instruments().values(), key=lambda i: not i.own_wording)
    return (
        *(location for instrument in shelf for location in scale_locations(instrument)),
        *(location for spec in worksheets().values() for location in worksheet_locations(spec)),
        *read_page_places(_FILE, content),
    )


def locations_of(claim: str, need: ClaimNeed | None = None) -> tuple[ClaimLocation, ...]:
    """Return the locations that serve one claim, or one need of it."""
    return tuple(p for p in claim_locations() if p.claim == claim and need in {None, p.need})


def scale_locations(instrument: Instrument) -> Iterator[ClaimLocation]:
    """Yield a location for each claim that a scale measures."""
    for scale in instrument.scales:
        for claim in scale.measures:
            yield ClaimLocation(claim, ClaimNeed.MEASURE, instrument=instrument.id, scale=scale.id)


def worksheet_locations(spec: Worksheet) -> Iterator[ClaimLocation]:
    """Yield a location for each claim that the worksheet, as a whole or in one field, measures or is a tool for."""
    parts: list[tuple[str, Worksheet | Field]] = [("", spec), *((f.id, f) for f in spec.fields)]
    for field, part in parts:
        for need, claims in ((ClaimNeed.MEASURE, part.measures), (ClaimNeed.TOOL, part.tools)):
            for claim in claims:
                yield ClaimLocation(claim, need, worksheet=spec.id, field=field)


def read_page_places(file: str, content: bytes) -> tuple[ClaimLocation, ...]:
    """Read the pages of a TOML file. Raises ShelfError. Page names are checked by the workbench's tests."""
    place = Place(file, ShelfError)
    pages = read_toml(content, PlacesFile, place).place
    if len(set(pages)) != len(pages):
        place.fail("must not list a place twice", "place")
    return tuple(ClaimLocation(p.claim, p.need, page=p.page, leaves=p.leaves) for p in pages)
