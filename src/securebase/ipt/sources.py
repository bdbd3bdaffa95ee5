"""The sources of the shelf: keys that worksheets, areas and tasks cite, and the page, paper or manual behind each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType

from securebase.errors import ShelfError
from securebase.ipt.worksheet_reader import read_toml

_FILE = "sources.toml"


@dataclass(frozen=True, slots=True)
class Source:
    """A page, paper or manual.

    seen: somebody read it, at least in part; otherwise it stands for knowledge
    of the field that nobody looked up.
    """

    key: str
    description: str
    seen: bool


@cache
def _sources() -> MappingProxyType[str, Source]:
    content = (resources.files("securebase.ipt") / _FILE).read_bytes()
    table = read_toml(_FILE, content).table("sources")
    blocks = {key: table.table(key) for key in table.values}
    return MappingProxyType({key: Source(key, b.text("what"), b.flag("seen")) for key, b in blocks.items()})


def sources() -> dict[str, Source]:
    """Return every source by its key. Raises ShelfError if the file is invalid."""
    return dict(_sources())


def source(key: str) -> Source:
    """Return the source with this key. Raises ShelfError that lists the known ones."""
    entries = _sources()
    if key not in entries:
        raise ShelfError(f"unknown source “{key}”", advice=f"Known: {', '.join(entries)}.")
    return entries[key]
