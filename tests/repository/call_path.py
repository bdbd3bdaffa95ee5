"""Follow the calls of a journey through the package: the folders on its way, and the calls that lead upward.

The *way* is what is called, at any depth, by given functions of the package. Every folder of `src/securebase` with a
function on the way counts, except `workbench/database`, which is Django's database driver and serves every query.
Modules that lie in no folder (`errors.py`, `schema.py`) do not count, and the modules
`workbench/casefile.py` and `workbench/clinic_set.py` count as `workbench`.

*Layers* are those of `.importlinter`, from top to bottom: in the whole package, in the workbench, in the model. A
call leads *upward* if the called function is in a higher layer than the nearest function of the package on the stack:
the lower one calls it directly or through a library such as Django, and control comes back. A pair of functions
counts once, however often one calls the other. Imports do not show such calls, because the higher function is handed
down as a callback, as a method of an object or by a registry.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import CodeType, FrameType

ROOT = Path(__file__).parents[2]
SOURCE = f"{ROOT / 'src' / 'securebase'}/"
DRIVER = "workbench/database"


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the package: its module as a path under `src/securebase`, and its name."""

    module: str
    name: str

    @property
    def folder(self) -> str:
        return self.module.rpartition("/")[0].removesuffix("/templatetags")

    def __str__(self) -> str:
        return f"{self.module} {self.name}"


@dataclass(frozen=True, slots=True)
class Call:
    """A function called by another (None: from outside), directly or through a library."""

    caller: Function | None
    function: Function
    on_way: bool


@dataclass
class CallPath:
    """Calls of one journey in the order of their first occurrence."""

    calls: dict[Call, None] = field(default_factory=dict)

    def folders(self) -> dict[str, list[str]]:
        """Return the folders on the way in their order, each with the calls that enter it."""
        result: dict[str, list[str]] = {}
        for call in self.calls:
            folder = call.function.folder
            if call.on_way and folder not in {"", DRIVER}:
                entries = result.setdefault(folder, [])
                if call.caller is not None and call.caller.folder != folder:
                    entries.append(f"{call.caller} → {call.function}")
        return result

    def upward(self, layers: Layers) -> list[str]:
        """Return each pair of functions of which the first calls the second in a higher layer."""
        pairs = {(c.caller, c.function): None for c in self.calls if c.caller is not None}
        return [f"{a} → {b}" for a, b in pairs if a is not None and layers.is_upward(a, b)]


@contextmanager
def follow_calls(*starts: str, through: Collection[str] = ()) -> Iterator[CallPath]:
    """Record the calls of functions of the package in this thread.

    starts: names of the functions that begin the way. through: modules that hand calls on as a library does, so that
    what they call is ascribed to the function before them.
    """
    path, inside = CallPath(), 0

    def observe(frame: FrameType, event: str, _: object) -> None:
        nonlocal inside
        if event not in {"call", "return"} or (function := _function_of(frame.f_code)) is None:
            return
        begins = str(function) in starts
        if event == "return":
            inside -= begins
            return
        inside += begins
        path.calls.setdefault(Call(_caller_of(frame, through), function, on_way=inside > 0))

    previous = sys.getprofile()
    sys.setprofile(observe)
    try:
        yield path
    finally:
        sys.setprofile(previous)


def _caller_of(frame: FrameType, through: Collection[str]) -> Function | None:
    """Return the nearest function of the package on the stack, beyond those of libraries and of `through`."""
    outer = frame.f_back
    while outer is not None:
        if (function := _function_of(outer.f_code)) is not None and function.module not in through:
            return function
        outer = outer.f_back
    return None


@cache
def _function_of(code: CodeType) -> Function | None:
    """Return the function of this code; None outside the package, and for what an import runs."""
    if not code.co_filename.startswith(SOURCE) or code.co_name == "<module>":
        return None
    return Function(code.co_filename.removeprefix(SOURCE), code.co_qualname)


@dataclass(frozen=True, slots=True)
class Layers:
    """Ranks of modules inside each container of `.importlinter`; 0 is the top."""

    ranks: dict[str, dict[str, int]]

    @classmethod
    def read(cls) -> Layers:
        parser = ConfigParser()
        parser.read(ROOT / ".importlinter", encoding="utf-8")
        contracts = [parser[name] for name in parser.sections() if parser[name].get("type") == "layers"]
        return cls({contract["containers"].strip(): _ranks(contract["layers"]) for contract in contracts})

    def is_upward(self, caller: Function, function: Function) -> bool:
        """Return whether a function is above its caller in the innermost container that has both."""
        container = "securebase"
        for pair in zip(caller.module.split("/"), function.module.split("/"), strict=False):
            first, second = (part.removesuffix(".py") for part in pair)
            if first != second:
                ranks = self.ranks.get(container, {})
                return first in ranks and second in ranks and ranks[second] < ranks[first]
            container += f".{first}"
        return False


def _ranks(layers: str) -> dict[str, int]:
    rows = [line for line in layers.splitlines() if line.strip()]
    return {name.strip(" ()"): rank for rank, row in enumerate(rows) for name in row.split("|")}
