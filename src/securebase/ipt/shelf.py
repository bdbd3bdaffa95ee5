"""The shelf of worksheets: every TOML file in `worksheets/` is one tool, named after its file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from securebase.errors import ShelfError
from securebase.ipt.defaults import COURSE_FIELDS
from securebase.ipt.worksheet import Worksheet, WorksheetGroup
from securebase.ipt.worksheet_reader import read_worksheet
from securebase.schema import Place, check_file_name, toml_files


@cache
def _shelf() -> MappingProxyType[str, Worksheet]:
    specs: list[Worksheet] = []
    folder = resources.files("securebase.ipt") / "worksheets"
    for file, content in toml_files(folder):
        spec = read_worksheet(file, content)
        check_file_name(spec.id, Place(file, ShelfError))
        specs.append(spec)
    check_default_sources({w.id: w for w in specs})
    groups = list(WorksheetGroup)
    specs.sort(key=lambda w: (groups.index(w.group), w.order, w.name))
    return MappingProxyType({w.id: w for w in specs})


def check_default_sources(shelf: Mapping[str, Worksheet]) -> None:
    """Check that every default (`begins_with`) names an existing source on the whole shelf. Raises ShelfError."""
    for spec in shelf.values():
        for field in spec.fields:
            source, _, name = field.begins_with.partition(".")
            builtin = {"": True, "last": not name, "course": name in COURSE_FIELDS}
            if not builtin.get(source, source in shelf and shelf[source].field(name) is not None):
                raise ShelfError(
                    f"unknown source “{field.begins_with}”",
                    where=f"{spec.id}.toml, {field.id}, begins_with",
                    advice="Give last, course.planned_sessions, course.days_between or worksheet.field.",
                )


def worksheets() -> dict[str, Worksheet]:
    """Return every worksheet by id, in the order of groups and of use within a group. Raises ShelfError."""
    return dict(_shelf())


def worksheet(name: str) -> Worksheet:
    """Return the worksheet with this id. Raises ShelfError that lists the known ones."""
    shelf = _shelf()
    if name not in shelf:
        raise ShelfError(f"unknown worksheet “{name}”", advice=f"Known: {', '.join(shelf)}.")
    return shelf[name]
