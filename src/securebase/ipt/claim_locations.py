"""Where the claims that ask for a measure or a tool have their place: a scale, a worksheet or a field of it, a page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet_reader import read_toml
from securebase.measurement.catalogue import instruments
from securebase.measurement.toml_fields import Fields

_FILE = "places.toml"


class ClaimNeed(StrEnum):
    """What a claim asks the product for, of what has a place that can be pointed at."""

    MEASURE = "measure"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ClaimLocation:
    """One place of one claim: a scale of an instrument, or a worksheet (`field` empty: all of it), or a page of the
    workbench by its name.
    """

    claim: str
    need: ClaimNeed
    instrument: str = ""
    scale: str = ""
    worksheet: str = ""
    field: str = ""
    page: str = ""


@cache
def _places() -> tuple[ClaimLocation, ...]:
    content = (resources.files("securebase.ipt") / _FILE).read_bytes()
    return read_claim_locations(_FILE, content)


def claim_locations() -> tuple[ClaimLocation, ...]:
    """Every place, in the order of the file. Raises ShelfError where one names what is not on the shelves."""
    return _places()


def locations_of(claim: str, need: ClaimNeed | None = None) -> tuple[ClaimLocation, ...]:
    """The places of one claim, all or those of one need."""
    return tuple(p for p in claim_locations() if p.claim == claim and need in {None, p.need})


def read_claim_locations(file: str, content: bytes) -> tuple[ClaimLocation, ...]:
    """The places that a TOML file names. Whether a page is there only the workbench can say. Raises ShelfError."""
    top = read_toml(file, content)
    top.only("place")
    found = tuple(_place(f) for f in top.tables("place"))
    if len(set(found)) != len(found):
        top.fail("names a place twice", "place")
    return found


def _place(f: Fields) -> ClaimLocation:
    f.only("claim", "need", "instrument", "scale", "worksheet", "field", "page")
    place = ClaimLocation(
        f.text("claim"),
        _need(f),
        *(f.text(name, "") for name in ("instrument", "scale", "worksheet", "field", "page")),
    )
    if sum(map(bool, (place.instrument, place.worksheet, place.page))) != 1:
        f.fail("give one of “instrument”, “worksheet” and “page”")
    if place.instrument:
        _check_scale(f, place)
    if place.worksheet:
        _check_field(f, place)
    return place


def _need(f: Fields) -> ClaimNeed:
    value = f.text("need")
    if value not in set(ClaimNeed):
        f.fail(f"“{value}” is not known", "need", f"Known are: {', '.join(ClaimNeed)}.")
    return ClaimNeed(value)


def _check_scale(f: Fields, place: ClaimLocation) -> None:
    known = instruments().get(place.instrument)
    if known is None:
        f.fail(f"there is no instrument called “{place.instrument}”", "instrument")
    if place.scale not in {s.id for s in known.scales}:
        f.fail(f"{known.name} has no scale called “{place.scale}”", "scale")


def _check_field(f: Fields, place: ClaimLocation) -> None:
    known = worksheets().get(place.worksheet)
    if known is None:
        f.fail(f"there is no worksheet called “{place.worksheet}”", "worksheet")
    if place.field and known.field(place.field) is None:
        f.fail(f"{known.name} has no field called “{place.field}”", "field")
