"""ARCHITECTURE.md lists every room that exists, and no other."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "securebase"
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
TABLE = TEXT.split("## Rooms")[1].split("\n## ")[0]
NAMED = set(re.findall(r"^\| `([^`]+)` \|", TABLE, flags=re.MULTILINE))
#: folders of one app (migrations, templates, static) are part of its room
PARTS = {"migrations", "templates", "static", "templatetags", "management", "commands", "locale"}


def rooms() -> set[str]:
    result = set()
    for folder in SOURCE.rglob("*"):
        relative = folder.relative_to(SOURCE)
        is_part = (
            is_page_folder(folder)
            or is_component(folder)
            or any(part in PARTS or part.startswith("__") for part in relative.parts)
        )
        if folder.is_dir() and not is_part:
            result.add(f"{relative.as_posix()}/")
    return result


def is_page_folder(folder: Path) -> bool:
    """Return whether the folder holds one page of an app, and is found by it: it belongs to the app's room."""
    return (folder / "urls.py").is_file() and (folder.parent / "apps.py").is_file()


def is_component(folder: Path) -> bool:
    """Return whether the folder holds one component of the pages, which is an entry on their shelf."""
    return (folder / "component.toml").is_file()


def test_every_room_is_in_the_architecture() -> None:
    shelves = {"measurement/instruments/", "measurement/instruments/earlier/"}  # named inside the line of its room
    shelves |= {name for name in rooms() if name.startswith("ipt/worksheets/")}  # each folder is one entry of the shelf
    assert rooms() - NAMED - shelves == set()


def test_every_room_in_the_architecture_exists() -> None:
    assert NAMED, "no rooms found in ARCHITECTURE.md: has the layout of the table changed?"
    assert [name for name in sorted(NAMED) if not (SOURCE / name).exists()] == []


def test_the_folders_of_tests_named_there_exist() -> None:
    named = set(re.findall(r"`(tests/[a-z_]+/|benchmarks/|examples/|docs/decisions/)`", TEXT))
    assert len(named) >= 6
    assert [name for name in sorted(named) if not (ROOT / name).is_dir()] == []


#: Folders where each file adds one thing of a kind. Benchmarks and decisions are described in `docs/`.
SHELVES = (
    "measurement/instruments",
    "ipt/worksheets",
    "model/mechanisms",
    "model/claims",
    "model/states",
    "model/parameter_sets",
    "model/scenarios",
    "study/estimators",
    "study/calibration/targets",
    "charts",
    "cli",
    "workbench/demo/recorded_courses",
    "workbench/ui/components",
)


def test_every_shelf_has_a_short_readme_that_names_files_on_it() -> None:
    problems = []
    for shelf in SHELVES:
        text = (SOURCE / shelf / "README.md").read_text(encoding="utf-8")
        if len(text.split()) > 120:
            problems.append(f"{shelf}: too long")
        for name in re.findall(r"Start from `([^`]+)`", text):
            if not (SOURCE / shelf / name).exists():
                problems.append(f"{shelf}: no file {name}")
        for name in re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.py)`", text):
            if not (SOURCE / name).exists():
                problems.append(f"{shelf}: no file {name}")
    assert problems == []
