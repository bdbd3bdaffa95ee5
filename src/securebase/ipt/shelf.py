"""The shelf of worksheets: each file `ID.toml` or folder `ID/` in `worksheets/` is one tool of IPT.

A folder holds `worksheet.toml` and what the worksheet does beyond being filled in: `behaviour.py` (functions, see
`behaviour.Behaviour`) and `above.html` (a template above its fields).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import MappingProxyType, ModuleType

from securebase.errors import ShelfError
from securebase.ipt.behaviour import PLAIN, Behaviour
from securebase.ipt.defaults import COURSE_FIELDS
from securebase.ipt.worksheet import Worksheet, WorksheetGroup, WorksheetRole
from securebase.ipt.worksheet_reader import read_worksheet
from securebase.records.artefact import ArtefactRecord
from securebase.records.episode import EpisodeRecord
from securebase.records.vocabulary import ProblemArea
from securebase.schema import Place, check_file_name

#: The folder of the shelf, and the names of the files in the folder of one worksheet.
FOLDER = Path(__file__).parent / "worksheets"
DEFINITION, BEHAVIOUR_FILE = "worksheet.toml", "behaviour.py"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A worksheet on the shelf with its behaviour."""

    worksheet: Worksheet
    behaviour: Behaviour = PLAIN


@cache
def _shelf() -> MappingProxyType[str, _Entry]:
    """Read the shelf, sorted by group and by order within a group."""
    paths = sorted(p for p in FOLDER.iterdir() if p.suffix == ".toml" or (p / DEFINITION).is_file())
    entries = [_Entry(read_definition(path), load_behaviour(path)) for path in paths]
    shelf = {e.worksheet.id: e.worksheet for e in entries}
    if len(shelf) < len(entries):
        name = next(e.worksheet.id for e in entries if [x.worksheet.id for x in entries].count(e.worksheet.id) > 1)
        raise ShelfError(f"“{name}” is both a file and a folder", advice="Keep one of them.")
    check_default_sources(shelf)
    groups = list(WorksheetGroup)
    entries.sort(key=lambda e: (groups.index(e.worksheet.group), e.worksheet.order, e.worksheet.name))
    return MappingProxyType({e.worksheet.id: e for e in entries})


def read_definition(path: Path) -> Worksheet:
    """Read a worksheet from its TOML file or its folder, which must be named after its id. Raises ShelfError."""
    if not path.is_dir():
        spec = read_worksheet(path.name, path.read_bytes())
        check_file_name(spec.id, Place(path.name, ShelfError))
        return spec
    file = f"{path.name}/{DEFINITION}"
    spec = read_worksheet(file, (path / DEFINITION).read_bytes())
    if spec.id != path.name:
        problem = f"must be the name of the folder (got “{spec.id}”)"
        Place(file, ShelfError).fail(problem, "id", "Rename the folder or change the id.")
    return spec


def load_behaviour(path: Path) -> Behaviour:
    """Return the behaviour that a worksheet's folder defines, `PLAIN` if it defines none. Raises ShelfError."""
    file = path / BEHAVIOUR_FILE
    if not file.is_file():
        return PLAIN
    where = f"{path.name}/{BEHAVIOUR_FILE}"
    try:
        on_shelf = path.parent == FOLDER
        module = import_module(f"securebase.ipt.worksheets.{path.name}.behaviour") if on_shelf else _run(file)
    except Exception as error:
        raise ShelfError(f"cannot be loaded: {type(error).__name__}: {error}", where=where) from error
    defined = getattr(module, "BEHAVIOUR", None)
    if not isinstance(defined, Behaviour):
        advice = "Add BEHAVIOUR = Behaviour(...) or delete the file."
        raise ShelfError("must define BEHAVIOUR, a Behaviour", where=where, advice=advice)
    return defined


def _run(file: Path) -> ModuleType:
    """Return the module in a file outside the shelf."""
    spec = spec_from_file_location(f"{file.parent.name}_behaviour", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check_default_sources(shelf: Mapping[str, Worksheet]) -> None:
    """Check that defaults (`begins_with`) and follow-ups name sources that the whole shelf has. Raises ShelfError."""
    for spec in shelf.values():
        for field in spec.fields:
            source, _, name = field.begins_with.partition(".")
            builtin = {"": True, "last": not name, "course": name in COURSE_FIELDS}
            if not builtin.get(source, source in shelf and shelf[source].field(name) is not None):
                raise ShelfError(
                    f"unknown source “{field.begins_with}”",
                    where=f"{spec.id}, {field.id}, begins_with",
                    advice="Give last, course.planned_sessions, course.days_between or worksheet.field.",
                )
        for follow_up in spec.follows:
            source_spec = shelf.get(follow_up.worksheet)
            unknown = [name for name in follow_up.fields.values() if not source_spec or not source_spec.field(name)]
            if unknown or source_spec is None:
                raise ShelfError(
                    f"unknown source “{'.'.join([follow_up.worksheet, *unknown[:1]])}”", where=f"{spec.id}, follows"
                )


def worksheets() -> dict[str, Worksheet]:
    """Return every worksheet by id, in the order of groups and of use within a group. Raises ShelfError."""
    return {name: entry.worksheet for name, entry in _shelf().items()}


def worksheet(name: str) -> Worksheet:
    """Return the worksheet with this id. Raises ShelfError that lists the known ones."""
    shelf = _shelf()
    if name not in shelf:
        raise ShelfError(f"unknown worksheet “{name}”", advice=f"Known: {', '.join(shelf)}.")
    return shelf[name].worksheet


def behaviour(name: str) -> Behaviour:
    """Return the behaviour of a worksheet, `PLAIN` if it has none or has left the shelf."""
    entry = _shelf().get(name)
    return entry.behaviour if entry else PLAIN


def worksheets_with(role: WorksheetRole) -> tuple[Worksheet, ...]:
    """Return the worksheets with a role, in the order of the shelf."""
    return tuple(spec for spec in worksheets().values() if spec.role is role)


def ids_with(role: WorksheetRole) -> tuple[str, ...]:
    """Return the ids of the worksheets with a role; empty if the shelf has none."""
    return tuple(spec.id for spec in worksheets_with(role))


def entries_with(record: EpisodeRecord, role: WorksheetRole) -> tuple[ArtefactRecord, ...]:
    """Return the entries of the worksheets with a role, in the order in which they were begun."""
    return record.artefacts_of(*ids_with(role))


def area_worksheet(area: ProblemArea) -> Worksheet | None:
    """Return the worksheet of the work in a problem area, or None."""
    return next((spec for spec in worksheets_with(WorksheetRole.AREA_WORK) if area in spec.areas), None)


def first_with(role: WorksheetRole) -> Worksheet | None:
    """Return the first worksheet with a role, or None."""
    return next(iter(worksheets_with(role)), None)


def worksheet_with(role: WorksheetRole) -> Worksheet:
    """Return the first worksheet with a role. Raises ShelfError if the shelf has none."""
    spec = first_with(role)
    if spec is None:
        raise ShelfError(f"no worksheet has the role “{role.value}”", advice="Give one worksheet this role.")
    return spec
