"""Locations of the claims that need a measure or a tool: a scale, a worksheet, one of its fields, or a page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet_reader import read_enum, read_toml
from securebase.measurement.catalogue import instruments
from securebase.measurement.toml_fields import Fields

_FILE = "places.toml"


class ClaimNeed(StrEnum):
    """Needs of a claim that the product meets in a place it can point to."""

    MEASURE = "measure"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ClaimLocation:
    """One place that serves one claim.

    Either a scale of an instrument, or a worksheet (all of it if `field` is empty), or a workbench page by name.
    """

    claim: str
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


def read_claim_locations(file: str, content: bytes) -> tuple[ClaimLocation, ...]:
    """Read the locations of a TOML file. Raises ShelfError. Page names are checked by the workbench's tests."""
    top = read_toml(file, content)
    top.allow_only("place")
    locations = tuple(_read_location(block) for block in top.tables("place"))
    if len(set(locations)) != len(locations):
        top.fail("must not list a place twice", "place")
    return locations


def _read_location(block: Fields) -> ClaimLocation:
    block.allow_only("claim", "need", "instrument", "scale", "worksheet", "field", "page")
    location = ClaimLocation(
        block.text("claim"),
        read_enum(block, "need", ClaimNeed),
        *(block.text(name, "") for name in ("instrument", "scale", "worksheet", "field", "page")),
    )
    if sum(map(bool, (location.instrument, location.worksheet, location.page))) != 1:
        block.fail("must give exactly one of “instrument”, “worksheet” and “page”")
    if location.instrument:
        _check_scale(block, location)
    if location.worksheet:
        _check_field(block, location)
    return location


def _check_scale(block: Fields, location: ClaimLocation) -> None:
    instrument = instruments().get(location.instrument)
    if instrument is None:
        block.fail(f"unknown instrument “{location.instrument}”", "instrument", f"Known: {', '.join(instruments())}.")
    scales = [s.id for s in instrument.scales]
    if location.scale not in scales:
        block.fail(f"{instrument.name} has no scale “{location.scale}”", "scale", f"Known: {', '.join(scales)}.")


def _check_field(block: Fields, location: ClaimLocation) -> None:
    spec = worksheets().get(location.worksheet)
    if spec is None:
        block.fail(f"unknown worksheet “{location.worksheet}”", "worksheet", f"Known: {', '.join(worksheets())}.")
    if location.field and spec.field(location.field) is None:
        field_ids = ", ".join(f.id for f in spec.fields)
        block.fail(f"{spec.name} has no field “{location.field}”", "field", f"Known: {field_ids}.")
