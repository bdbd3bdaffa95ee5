"""Behaviours of worksheets: the core reaches them by property and role, whatever the worksheets are called."""

from __future__ import annotations

import ast
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import msgspec
import pytest
from setuptools import find_namespace_packages

from each import each
from securebase.errors import ShelfError
from securebase.exchange.record_json import read_record
from securebase.ipt import shelf
from securebase.ipt.behaviour import PLAIN, Behaviour
from securebase.ipt.consent import consents_to_sharing
from securebase.ipt.evidence import area_evidence
from securebase.ipt.fidelity import fidelity_over_sessions
from securebase.ipt.network import network_at, support_share_history
from securebase.ipt.portfolio import portfolio
from securebase.ipt.retellings import retelling_series
from securebase.ipt.shelf import FOLDER, load_behaviour, read_definition, worksheets
from securebase.ipt.timeline import timeline, undated_entries
from securebase.ipt.typed_records import add_typed_records
from securebase.ipt.worksheet import Audience, WorksheetRole
from securebase.records.episode import EpisodeRecord

RECORD = Path(__file__).parents[1] / "fixtures" / "clinic_2026_11" / "record.json"
BEHAVIOURS = sorted(FOLDER.glob("*/behaviour.py"))
#: Packages below and beside `ipt`; a behaviour must not reach up to pages, charts or the model.
ALLOWED = ("securebase.errors", "securebase.schema", "securebase.measurement", "securebase.records", "securebase.ipt")


@each(BEHAVIOURS, lambda file: file.parent.name)
def test_a_behaviour_imports_only_the_core_below_it_and_no_other_worksheet(file: Path) -> None:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            assert name.startswith(ALLOWED) or name.partition(".")[0] in sys.stdlib_module_names
            assert not name.startswith("securebase.ipt.worksheets.")


@each(sorted(p for p in FOLDER.iterdir() if p.is_dir() and not p.name.startswith("__")), lambda folder: folder.name)
def test_a_folder_does_something_that_a_file_could_not(folder: Path) -> None:
    assert {p.name for p in folder.iterdir() if p.is_file()} <= {"worksheet.toml", "behaviour.py", "above.html"}
    assert load_behaviour(folder) != Behaviour()


def test_every_folder_of_the_shelf_is_installed() -> None:
    source = FOLDER.parents[2]
    setup = tomllib.loads((source.parent / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    assert setup["packages"]["find"] == {"where": ["src"]}
    packages = find_namespace_packages(str(source))
    for folder in (p for p in FOLDER.iterdir() if (p / "worksheet.toml").is_file()):
        assert f"securebase.ipt.worksheets.{folder.name}" in packages
    assert {"*.toml", "*.html"} <= set(setup["package-data"]["*"])


def test_every_role_is_played() -> None:
    assert {spec.role for spec in worksheets().values()} == set(WorksheetRole)


def readings(record: EpisodeRecord) -> dict[str, str]:
    """Return everything that the core reads in a record by roles and behaviours."""
    return {
        "typed": str(add_typed_records(record).inputs + add_typed_records(record).life_events),
        "typed emotion": str(add_typed_records(record).tellings + add_typed_records(record).corrective_experiences),
        "timeline": str(timeline(record, today=record.last_at)),
        "undated": str([a.id for a in undated_entries(record)]),
        "evidence": str(area_evidence(record)),
        "fidelity": str(fidelity_over_sessions(record).techniques) + str(fidelity_over_sessions(record).agenda),
        "portfolio": str(portfolio(record)),
        "network": str(network_at(record)) + str(support_share_history(record)),
        "retellings": str(retelling_series(record)),
        "consent": str([consents_to_sharing(record, reader) for reader in Audience]),
        "overview": str([shelf.behaviour(a.worksheet).overview(a) for a in record.artefacts]),
        "progress": str([list(shelf.behaviour(n).progress(record, record.artefacts_of(n))) for n in worksheets()]),
    }


def test_readings_do_not_depend_on_the_names_of_worksheets(monkeypatch: pytest.MonkeyPatch) -> None:
    record = read_record(RECORD)
    expected = readings(record)
    empty = readings(replace(record, artefacts=()))
    assert [name for name in expected if expected[name] == empty[name]] == ["undated"]
    entries = shelf._shelf().values()
    renamed = {f"qq_{e.worksheet.id}": msgspec.structs.replace(e.worksheet, id=f"qq_{e.worksheet.id}") for e in entries}
    behaviours = {f"qq_{e.worksheet.id}": e.behaviour for e in entries}
    other = MappingProxyType({name: shelf._Entry(spec, behaviours[name]) for name, spec in renamed.items()})
    monkeypatch.setattr(shelf, "_shelf", lambda: other)
    artefacts = tuple(replace(a, worksheet=f"qq_{a.worksheet}") for a in record.artefacts)
    after = readings(replace(record, artefacts=artefacts))
    assert {name: text.replace("qq_", "") for name, text in after.items()} == expected


DEFINITION = 'id = "{}"\nname = "N"\nabout = "A"\ngroup = "session"\n[[fields]]\nid = "a"\nlabel = "L"\nkind = "line"\n'


def test_a_folder_is_read_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "sleep"
    folder.mkdir()
    (folder / "worksheet.toml").write_text(DEFINITION.format("sleep"), encoding="utf-8")
    assert read_definition(folder).id == "sleep"
    assert load_behaviour(folder) == PLAIN
    (folder / "worksheet.toml").write_text(DEFINITION.format("dream"), encoding="utf-8")
    with pytest.raises(ShelfError, match=r"sleep/worksheet.toml, id: must be the name of the folder \(got “dream”\)"):
        read_definition(folder)


def test_a_behaviour_file_without_a_behaviour_is_refused(tmp_path: Path) -> None:
    (tmp_path / "behaviour.py").write_text("BEHAVIOUR = 1\n", encoding="utf-8")
    with pytest.raises(ShelfError, match="must define BEHAVIOUR"):
        load_behaviour(tmp_path)
