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


class RowState(StrEnum):
    """covered: a probe shows it. open: nothing shows it."""

    COVERED = "covered"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One kind of support of one claim.

    shown_by: what its probe found, in words. lacks: what an open row needs.
    """

    claim: str
    kind: RowKind
    shown_by: tuple[str, ...] = ()
    lacks: str = ""

    @property
    def state(self) -> RowState:
        return RowState.COVERED if self.shown_by else RowState.OPEN
