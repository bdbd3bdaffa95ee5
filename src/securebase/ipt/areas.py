"""The problem areas: criteria for choosing one, goals, strategies, and the fields that track the work."""

from __future__ import annotations

from functools import cache
from importlib import resources
from types import MappingProxyType

from securebase.errors import ShelfError
from securebase.ipt.shelf import worksheets
from securebase.records.vocabulary import DisputeStage, ProblemArea
from securebase.schema import Place, ShelfStruct, Text, Texts, read_toml

_FILE = "areas.toml"


class WatchPoint(ShelfStruct, frozen=True):
    """Something to keep an eye on. `at`: the worksheet field that records it, as worksheet.field."""

    what: Text
    at: Text

    @property
    def worksheet(self) -> str:
        return self.at.partition(".")[0]

    @property
    def field(self) -> str:
        return self.at.partition(".")[2]


class DisputeStageGuide(ShelfStruct, frozen=True):
    """One stage of a role dispute: its signs, and what to do."""

    stage: DisputeStage
    looks_like: Text
    what_to_do: Text


class Area(ShelfStruct, frozen=True):
    """One problem area.

    choose_when: its criteria. stages: for a role dispute only. reviewed: an IPT supervisor has read the entry.
    sources: keys of `sources.toml`.
    """

    area: ProblemArea
    in_words: Text
    choose_when: Texts
    goals: Texts
    strategies: Texts
    sources: Texts
    track: tuple[WatchPoint, ...] = ()
    stages: tuple[DisputeStageGuide, ...] = ()
    reviewed: bool = False

    @property
    def label(self) -> str:
        return self.area.label


class AreasFile(ShelfStruct, frozen=True):
    """The file of the problem areas."""

    areas: tuple[Area, ...]


def read_areas(file: str, content: bytes) -> tuple[Area, ...]:
    """Read every area of a TOML file. Raises ShelfError that names the file and the invalid field."""
    place = Place(file, ShelfError)
    entries = read_toml(content, AreasFile, place).areas
    wrong = [a.value for a in ProblemArea if [e.area for e in entries].count(a) != 1]
    if wrong:
        place.fail(f"must describe each problem area exactly once (missing or repeated: {', '.join(wrong)})", "areas")
    for n, entry in enumerate(entries, start=1):
        for m, point in enumerate(entry.track, start=1):
            spec = worksheets().get(point.worksheet)
            if spec is None or spec.field(point.field) is None:
                point_place = place.at("areas", n).at("track", m)
                point_place.fail(f"unknown worksheet field “{point.at}”", "at", "Write it as worksheet.field.")
    return entries


@cache
def _areas() -> MappingProxyType[ProblemArea, Area]:
    content = (resources.files("securebase.ipt") / _FILE).read_bytes()
    return MappingProxyType({entry.area: entry for entry in read_areas(_FILE, content)})


def areas() -> dict[ProblemArea, Area]:
    """Return every problem area in the order of the file. Raises ShelfError if the file is invalid."""
    return dict(_areas())


def area(name: ProblemArea | str) -> Area:
    """Return the area of this name. Raises ShelfError that lists the known ones."""
    guides = _areas()
    if name not in guides:
        raise ShelfError(f"unknown problem area “{name}”", advice=f"Known: {', '.join(guides)}.")
    return guides[ProblemArea(name)]
