"""The sources of the shelf: keys that worksheets, areas and tasks cite, and the page, paper or manual behind each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from msgspec import field
from msgspec.structs import replace

from securebase.errors import ShelfError
from securebase.schema import Place, ShelfStruct, Text, read_toml

_FILE = "sources.toml"


class Source(ShelfStruct, frozen=True):
    """A page, paper or manual.

    seen: somebody read it, at least in part; otherwise it stands for knowledge
    of the field that nobody looked up.
    """

    description: Text = field(name="what")
    seen: bool
    key: str = ""


class SourcesFile(ShelfStruct, frozen=True):
    """The file of the sources."""

    sources: Mapping[str, Source]


@cache
def _sources() -> MappingProxyType[str, Source]:
    content = (resources.files("securebase.ipt") / _FILE).read_bytes()
    entries = read_toml(content, SourcesFile, Place(_FILE, ShelfError)).sources
    return MappingProxyType({key: replace(entry, key=key) for key, entry in entries.items()})


def sources() -> dict[str, Source]:
    """Return every source by its key. Raises ShelfError if the file is invalid."""
    return dict(_sources())


def source(key: str) -> Source:
    """Return the source with this key. Raises ShelfError that lists the known ones."""
    entries = _sources()
    if key not in entries:
        raise ShelfError(f"unknown source “{key}”", advice=f"Known: {', '.join(entries)}.")
    return entries[key]
