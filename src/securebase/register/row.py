"""One row of the register: a claim, a kind of support that it needs, and what showed it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RowKind(StrEnum):
    """Kinds of support that a claim may need, as the shelf of claims names them."""

    MEASURE = "measure"
    EDGE = "edge"
    TOOL = "tool"
    ANALYSIS = "analysis"
    SIMULATION = "simulation"
    STATEMENT = "statement"
    CORE = "core"


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One kind of support of one claim. shown_by: what its probe found, in words; waits_for: what an open row needs."""

    claim: str
    kind: RowKind
    shown_by: tuple[str, ...] = ()
    waits_for: str = ""

    @property
    def is_open(self) -> bool:
        return not self.shown_by
