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
    """covered: a probe shows it. waiting: it is not built yet, for a stated reason. open: nothing shows it."""

    COVERED = "covered"
    WAITING = "waiting"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One kind of support of one claim.

    shown_by: what its probe found, in words. lacks: what an open row needs. waits_for: why it is not built yet.
    """

    claim: str
    kind: RowKind
    shown_by: tuple[str, ...] = ()
    lacks: str = ""
    waits_for: str = ""

    @property
    def state(self) -> RowState:
        if self.shown_by:
            return RowState.COVERED
        return RowState.WAITING if self.waits_for else RowState.OPEN
