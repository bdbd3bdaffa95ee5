"""Finds and checks the shelf: every TOML file in `worksheets/` is one tool, named by its file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from securebase.errors import ShelfError
from securebase.ipt.defaults import COURSE_FIELDS
from securebase.ipt.worksheet import Worksheet, WorksheetGroup
from securebase.ipt.worksheet_reader import read_worksheet


@cache
def _shelf() -> MappingProxyType[str, Worksheet]:
    found: list[Worksheet] = []
    folder = resources.files("securebase.ipt") / "worksheets"
    for file in sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name):
        worksheet = read_worksheet(file.name, file.read_bytes())
        if f"{worksheet.id}.toml" != file.name:
            raise ShelfError(
                f"“{worksheet.id}” is not the name of the file", where=f"{file.name}, id", advice="Make them the same."
            )
        found.append(worksheet)
    check_default_sources({w.id: w for w in found})
    groups = list(WorksheetGroup)
    found.sort(key=lambda w: (groups.index(w.group), w.order, w.name))
    return MappingProxyType({w.id: w for w in found})


def check_default_sources(shelf: Mapping[str, Worksheet]) -> None:
    """What a field begins with must be there: it can only be told with the whole shelf at hand."""
    for spec in shelf.values():
        for of in spec.fields:
            place, _, name = of.begins_with.partition(".")
            known = {"": True, "last": not name, "course": name in COURSE_FIELDS}
            there = known.get(place, place in shelf and shelf[place].field(name) is not None)
            if not there:
                raise ShelfError(f"nothing is called “{of.begins_with}”", where=f"{spec.id}.toml, {of.id}, begins_with")


def worksheets() -> dict[str, Worksheet]:
    """Every worksheet by id, in the order of groups and, within a group, of use. Raises ShelfError for a bad file."""
    return dict(_shelf())


def worksheet(name: str) -> Worksheet:
    """The worksheet with this id. Raises ShelfError with the known ones."""
    shelf = _shelf()
    if name not in shelf:
        raise ShelfError(f"there is no worksheet called “{name}”", advice=f"On the shelf are: {', '.join(shelf)}.")
    return shelf[name]
