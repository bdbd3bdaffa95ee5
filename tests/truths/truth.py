"""Define a truth: a way to simulate cohorts of sessions, and the links between columns that hold in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Rng = np.random.Generator
Occasion = Literal["same", "next"]
Moment = Literal["before", "after"]
#: one cohort: name of a column → (persons, sessions), NaN where missing
Columns = Mapping[str, Array]

SYMPTOMS, ALLIANCE = "symptoms", "alliance"


@dataclass(frozen=True, slots=True)
class TrueLink:
    """An effect of one column on another, at the same session or the next one, with its sign.

    tellable: False where an opposite and stronger effect hides it, or where one of the columns is no process.
    """

    source: str
    target: str
    occasion: Occasion
    sign: Literal[-1, 1]
    tellable: bool = True


@dataclass(frozen=True, slots=True)
class Truth:
    """A known truth. `draw(persons, rng)` simulates one cohort of 16 sessions.

    letters: name in the design. moments: column → when it is rated, before or after the session. outcome: the column
    that the others are related to. links: every effect that holds. unseen: (source, target) of links that do not hold,
    but that no analysis of the two columns can tell from a true one, because a confounder reaches source first.
    refused: columns that cannot serve as a process.
    """

    name: str
    letters: str
    summary: str
    draw: Callable[[int, Rng], Columns]
    links: tuple[TrueLink, ...] = ()
    unseen: tuple[tuple[str, str], ...] = ()
    refused: tuple[str, ...] = ()
    moments: tuple[tuple[str, Moment], ...] = ((SYMPTOMS, "before"), (ALLIANCE, "after"))
    outcome: str = SYMPTOMS

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.moments)

    @property
    def processes(self) -> tuple[str, ...]:
        return tuple(name for name in self.columns if name != self.outcome)
