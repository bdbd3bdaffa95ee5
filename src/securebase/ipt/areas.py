"""What is done in each problem area: when to choose it, goals, strategies, and where it is tracked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from securebase.errors import ShelfError
from securebase.ipt.shelf import worksheets
from securebase.ipt.worksheet_reader import read_enum, read_toml
from securebase.measurement.toml_fields import Fields
from securebase.records.vocabulary import DisputeStage, ProblemArea

_FILE = "areas.toml"


@dataclass(frozen=True, slots=True)
class WatchPoint:
    """Something to keep an eye on, and the worksheet and field where it is written down."""

    what: str
    worksheet: str
    field: str


@dataclass(frozen=True, slots=True)
class DisputeStageGuide:
    """One stage of a role dispute: how to know it, and what it asks for."""

    stage: DisputeStage
    looks_like: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class Area:
    """One problem area. choose_when: its criteria. stages: of a role dispute only.

    reviewed: whether a supervisor of IPT has read it. sources: keys of `sources.toml`.
    """

    area: ProblemArea
    in_words: str
    choose_when: tuple[str, ...]
    goals: tuple[str, ...]
    strategies: tuple[str, ...]
    track: tuple[WatchPoint, ...]
    stages: tuple[DisputeStageGuide, ...] = ()
    sources: tuple[str, ...] = ()
    reviewed: bool = False

    @property
    def label(self) -> str:
        return self.area.label


def read_areas(file: str, content: bytes) -> tuple[Area, ...]:
    """Every area of a TOML file. Raises ShelfError that names the file and the field that is not sound."""
    top = read_toml(file, content)
    top.only("areas")
    found = tuple(_area(at) for at in top.tables("areas"))
    missing = [a.value for a in ProblemArea if [f.area for f in found].count(a) != 1]
    if missing:
        top.fail(f"must have each problem area once, which does not hold for {', '.join(missing)}", "areas")
    return found


def _area(at: Fields) -> Area:
    at.only("area", "in_words", "choose_when", "goals", "strategies", "track", "stages", "sources", "reviewed")
    return Area(
        area=read_enum(at, "area", ProblemArea),
        in_words=at.text("in_words"),
        choose_when=_some(at, "choose_when"),
        goals=_some(at, "goals"),
        strategies=_some(at, "strategies"),
        track=tuple(_tracked(t) for t in at.tables("track")),
        stages=tuple(_stage(s) for s in at.tables("stages")),
        sources=_some(at, "sources"),
        reviewed=at.flag("reviewed", default=False),
    )


def _some(at: Fields, name: str) -> tuple[str, ...]:
    listed = at.texts(name)
    if not listed:
        at.fail("is empty", name)
    return listed


def _tracked(at: Fields) -> WatchPoint:
    at.only("what", "at")
    worksheet, _, field = at.text("at").partition(".")
    kept = worksheets().get(worksheet)
    if kept is None or kept.field(field) is None:
        at.fail(f"no such field on the shelf, found “{at.text('at')}”", "at", "Write it as worksheet.field.")
    return WatchPoint(at.text("what"), worksheet, field)


def _stage(at: Fields) -> DisputeStageGuide:
    at.only("stage", "looks_like", "what_to_do")
    return DisputeStageGuide(read_enum(at, "stage", DisputeStage), at.text("looks_like"), at.text("what_to_do"))


@cache
def _areas() -> MappingProxyType[ProblemArea, Area]:
    content = (resources.files("securebase.ipt") / _FILE).read_bytes()
    return MappingProxyType({found.area: found for found in read_areas(_FILE, content)})


def areas() -> dict[ProblemArea, Area]:
    """Every problem area, in the order of the file. Raises ShelfError where the file is not sound."""
    return dict(_areas())


def area(name: ProblemArea | str) -> Area:
    """The area of this name. Raises ShelfError with the known ones."""
    known = _areas()
    if name not in known:
        raise ShelfError(f"there is no problem area “{name}”", advice=f"Known are: {', '.join(known)}.")
    return known[ProblemArea(name)]
