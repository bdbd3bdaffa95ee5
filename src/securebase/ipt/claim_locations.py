"""Locations of the claims that need a measure or a tool: a scale, a worksheet, one of its fields, or a page."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from importlib import resources

from securebase.errors import ShelfError
from securebase.ipt.shelf import worksheets
from securebase.measurement.catalogue import instruments
from securebase.schema import Place, ShelfStruct, Text, read_toml

_FILE = "places.toml"


class ClaimNeed(StrEnum):
    """Needs of a claim that the product meets in a place it can point to."""

    MEASURE = "measure"
    TOOL = "tool"


class ClaimLocation(ShelfStruct, frozen=True):
    """One place that serves one claim.

    Either a scale of an instrument, or a worksheet (all of it if `field` is empty), or a workbench page by name.
    """

    claim: Text
    need: ClaimNeed
    instrument: str = ""
    scale: str = ""
    worksheet: str = ""
    field: str = ""
    page: str = ""


@cache
def _locations() -> tuple[ClaimLocation, ...]:
    content = (resources.files("securebase.ipt") / _FILE).read_bytes()
    return read_claim_locations(_FILE, content)


def claim_locations() -> tuple[ClaimLocation, ...]:
    """Return every location in the order of the file. Raises ShelfError if one is not on the shelves."""
    return _locations()


def locations_of(claim: str, need: ClaimNeed | None = None) -> tuple[ClaimLocation, ...]:
    """Return the locations that serve one claim, or one need of it."""
    return tuple(p for p in claim_locations() if p.claim == claim and need in {None, p.need})


class PlacesFile(ShelfStruct, frozen=True):
    """The file of the locations."""

    place: tuple[ClaimLocation, ...] = ()


def read_claim_locations(file: str, content: bytes) -> tuple[ClaimLocation, ...]:
    """Read the locations of a TOML file. Raises ShelfError. Page names are checked by the workbench's tests."""
    place = Place(file, ShelfError)
    locations = read_toml(content, PlacesFile, place).place
    if len(set(locations)) != len(locations):
        place.fail("must not list a place twice", "place")
    for n, location in enumerate(locations, start=1):
        _check_location(location, place.at("place", n))
    return locations


def _check_location(location: ClaimLocation, place: Place) -> None:
    if sum(map(bool, (location.instrument, location.worksheet, location.page))) != 1:
        place.fail("must give exactly one of “instrument”, “worksheet” and “page”")
    if location.instrument:
        _check_scale(location, place)
    if location.worksheet:
        _check_field(location, place)


def _check_scale(location: ClaimLocation, place: Place) -> None:
    instrument = instruments().get(location.instrument)
    if instrument is None:
        place.fail(f"unknown instrument “{location.instrument}”", "instrument", f"Known: {', '.join(instruments())}.")
    scales = [s.id for s in instrument.scales]
    if location.scale not in scales:
        place.fail(f"{instrument.name} has no scale “{location.scale}”", "scale", f"Known: {', '.join(scales)}.")


def _check_field(location: ClaimLocation, place: Place) -> None:
    spec = worksheets().get(location.worksheet)
    if spec is None:
        place.fail(f"unknown worksheet “{location.worksheet}”", "worksheet", f"Known: {', '.join(worksheets())}.")
    if location.field and spec.field(location.field) is None:
        field_ids = ", ".join(f.id for f in spec.fields)
        place.fail(f"{spec.name} has no field “{location.field}”", "field", f"Known: {field_ids}.")
