"""Where the content of the shelf is from: the keys that worksheets and areas name, and what each stands for."""

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
    """A page, paper or manual. seen: somebody read it, if in part; otherwise it is what the field is said to know."""

    key: str
    what: str
    seen: bool


@cache
def _sources() -> MappingProxyType[str, Source]:
    content = (resources.files("securebase.ipt") / _FILE).read_bytes()
    table = read_toml(_FILE, content).table("sources")
    found = {key: table.table(key) for key in table.values}
    return MappingProxyType({key: Source(key, at.text("what"), at.flag("seen")) for key, at in found.items()})


def sources() -> dict[str, Source]:
    """Every source by its key. Raises ShelfError where the file is not sound."""
    return dict(_sources())


def source(key: str) -> Source:
    """The source with this key. Raises ShelfError with the known ones."""
    known = _sources()
    if key not in known:
        raise ShelfError(f"there is no source “{key}”", advice=f"Known are: {', '.join(known)}.")
    return known[key]
