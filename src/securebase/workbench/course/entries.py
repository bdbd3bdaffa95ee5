"""Entries of the course page: the pages that it leads to, each declared in the `urls.py` of its page folder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module

from securebase.ipt.lineage import Lineage
from securebase.workbench.ui.page_folders import page_folders


@dataclass(frozen=True, slots=True)
class CourseEntry:
    """One entry: its place in the list, the name of its URL, its title and what the page is for.

    An empty title stands for the lineage’s word for the ending.
    """

    place: int
    url_name: str
    title: str
    about: str


def course_entries(lineage: Lineage) -> list[CourseEntry]:
    """Return the entries of all page folders in their order."""
    modules = [import_module(f"{folder}.urls") for folder in page_folders("securebase.workbench.course")]
    entries = [entry for module in modules for entry in getattr(module, "ENTRIES", ())]
    titled = [replace(e, title=e.title or lineage.ending.capitalize()) for e in entries]
    return sorted(titled, key=lambda e: e.place)
