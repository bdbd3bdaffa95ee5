"""The problem areas: criteria for choosing one, goals, strategies, and the fields that track the work."""

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
    """Something to keep an eye on, and the worksheet field that records it."""

    what: str
    worksheet: str
    field: str


@dataclass(frozen=True, slots=True)
class DisputeStageGuide:
    """One stage of a role dispute: its signs, and what to do."""

    stage: DisputeStage
    looks_like: str
    what_to_do: str


@dataclass(frozen=True, slots=True)
class Area:
    """One problem area.

    choose_when: its criteria. stages: for a role dispute only. reviewed: an IPT supervisor has read the entry.
    sources: keys of `sources.toml`.
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
    """Read every area of a TOML file. Raises ShelfError that names the file and the invalid field."""
    top = read_toml(file, content)
    top.allow_only("areas")
    entries = tuple(_read_area(block) for block in top.tables("areas"))
    wrong = [a.value for a in ProblemArea if [e.area for e in entries].count(a) != 1]
    if wrong:
        top.fail(f"must describe each problem area exactly once (missing or repeated: {', '.join(wrong)})", "areas")
    return entries


def _read_area(block: Fields) -> Area:
    block.allow_only("area", "in_words", "choose_when", "goals", "strategies", "track", "stages", "sources", "reviewed")
    return Area(
        area=read_enum(block, "area", ProblemArea),
        in_words=block.text("in_words"),
        choose_when=_required_texts(block, "choose_when"),
        goals=_required_texts(block, "goals"),
        strategies=_required_texts(block, "strategies"),
        track=tuple(_read_watch_point(t) for t in block.tables("track")),
        stages=tuple(_read_stage(s) for s in block.tables("stages")),
        sources=_required_texts(block, "sources"),
        reviewed=block.flag("reviewed", default=False),
    )


def _required_texts(block: Fields, name: str) -> tuple[str, ...]:
    entries = block.texts(name)
    if not entries:
        block.fail("must not be empty", name)
    return entries


def _read_watch_point(block: Fields) -> WatchPoint:
    block.allow_only("what", "at")
    worksheet, _, field = block.text("at").partition(".")
    spec = worksheets().get(worksheet)
    if spec is None or spec.field(field) is None:
        block.fail(f"unknown worksheet field “{block.text('at')}”", "at", "Write it as worksheet.field.")
    return WatchPoint(block.text("what"), worksheet, field)


def _read_stage(block: Fields) -> DisputeStageGuide:
    block.allow_only("stage", "looks_like", "what_to_do")
    return DisputeStageGuide(
        read_enum(block, "stage", DisputeStage), block.text("looks_like"), block.text("what_to_do")
    )


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
