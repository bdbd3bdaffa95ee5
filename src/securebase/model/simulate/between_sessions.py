"""What happens between sessions: life events, of the client's making or not, and sudden gains."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from securebase.model.parameters import Array
from securebase.model.processes import LifeEvents, SuddenGains
from securebase.model.simulate.streams import Streams

#: shape of the gamma distribution of an event's weight, whose mean is 1
_SHAPE = 4.0


@dataclass(frozen=True, slots=True)
class TrueLifeEvent:
    """An event in the interval that ends at a session. when: share of that interval that had passed."""

    session: int
    dependent: bool
    weight: float
    when: float


@dataclass(eq=False)
class LifeEventProcess:
    """At most one event of each kind in an interval; its effect is felt in full at the session that follows."""

    of: LifeEvents
    n: int
    sessions: int
    streams: Streams
    happened: list[list[TrueLifeEvent]] = field(init=False)

    def __post_init__(self) -> None:
        self.happened = [[] for _ in range(self.n)]
        self._on = bool(self.of.independent or self.of.dependent)
        if self._on:
            self._u = self.streams.uniforms("life_events", self.n, self.sessions, 2, 3)

    def before_session(self, j: int, here: NDArray[np.bool_], symptoms: Array, stress: Array, weeks: Array) -> Array:
        """Weight (n,) of what happened in the weeks before session j (from 0), from the state at the session before."""
        weight = np.zeros(self.n)
        if not self._on or j == 0:
            return weight
        more = np.exp(self.of.with_symptoms * symptoms + self.of.with_stress * stress)
        for kind, rate in enumerate((np.full(self.n, self.of.independent), self.of.dependent * more)):
            u = self._u[:, j, kind]
            happens = here & (u[:, 0] < -np.expm1(-rate * weeks))
            heavy = gammaincinv(_SHAPE, u[:, 1]) / _SHAPE
            weight += np.where(happens, heavy, 0.0)
            for i in np.flatnonzero(happens):
                self.happened[i].append(TrueLifeEvent(j + 1, bool(kind), float(heavy[i]), float(u[i, 2])))
        return weight


@dataclass(eq=False)
class SuddenGainProcess:
    """A fall of symptoms before a session, once a person at most. happened (n,): which session, or 0 for none."""

    of: SuddenGains
    n: int
    sessions: int
    streams: Streams
    happened: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.happened = np.zeros(self.n, dtype=np.int64)
        if self.of.chance:
            self._u = self.streams.uniforms("sudden_gains", self.n, self.sessions)

    def before_session(self, j: int, here: NDArray[np.bool_]) -> Array:
        """Size of the fall (n,) before session j (from 0)."""
        fall = np.zeros(self.n)
        if not self.of.chance or not self.of.first <= j + 1 <= self.of.last:
            return fall
        gains = here & (self.happened == 0) & (self._u[:, j] < self.of.chance)
        self.happened[gains] = j + 1
        fall[gains] = self.of.size
        return fall
