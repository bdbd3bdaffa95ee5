"""Events between sessions: life events, dependent on the client or independent, and sudden gains."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from securebase.model.parameters import Array
from securebase.model.processes import LifeEvents, SuddenGains
from securebase.model.simulate.streams import Streams

#: shape of the gamma distribution of an event's weight; its mean is 1
_SHAPE = 4.0


@dataclass(frozen=True, slots=True)
class TrueLifeEvent:
    """A life event in the interval that ends at `session`. elapsed_share: share of the interval before the event."""

    session: int
    dependent: bool
    weight: float
    elapsed_share: float


@dataclass(eq=False)
class LifeEventProcess:
    """Poisson life events, at most one of each kind per interval; the next session shows the whole effect."""

    spec: LifeEvents
    n: int
    sessions: int
    streams: Streams
    events: list[list[TrueLifeEvent]] = field(init=False)

    def __post_init__(self) -> None:
        self.events = [[] for _ in range(self.n)]
        self._on = bool(self.spec.independent or self.spec.dependent)
        if self._on:
            self._u = self.streams.uniforms("life_events", self.n, self.sessions, 2, 3)

    def before_session(self, j: int, present: NDArray[np.bool_], log_rate: Array, weeks: Array) -> Array:
        """Return the summed weight (n,) of events in the weeks before session j (from 0).

        log_rate (n,): log of the rate ratio of dependent events.
        """
        weight = np.zeros(self.n)
        if not self._on or j == 0:
            return weight
        for kind, rate in enumerate((np.full(self.n, self.spec.independent), self.spec.dependent * np.exp(log_rate))):
            u = self._u[:, j, kind]
            # P(at least one event) of a Poisson process over the interval
            occurs = present & (u[:, 0] < -np.expm1(-rate * weeks))
            event_weight = gammaincinv(_SHAPE, u[:, 1]) / _SHAPE
            weight += np.where(occurs, event_weight, 0.0)
            for i in np.flatnonzero(occurs):
                self.events[i].append(TrueLifeEvent(j + 1, bool(kind), float(event_weight[i]), float(u[i, 2])))
        return weight


@dataclass(eq=False)
class SuddenGainProcess:
    """A sudden fall of symptoms before a session, at most once per person. session (n,): 0 for none."""

    spec: SuddenGains
    n: int
    sessions: int
    streams: Streams
    session: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.session = np.zeros(self.n, dtype=np.int64)
        if self.spec.chance:
            self._u = self.streams.uniforms("sudden_gains", self.n, self.sessions)

    def before_session(self, j: int, present: NDArray[np.bool_]) -> Array:
        """Return the size of the fall (n,) before session j (from 0)."""
        fall = np.zeros(self.n)
        if not self.spec.chance or not self.spec.first <= j + 1 <= self.spec.last:
            return fall
        gains = present & (self.session == 0) & (self._u[:, j] < self.spec.chance)
        self.session[gains] = j + 1
        fall[gains] = self.spec.size
        return fall
