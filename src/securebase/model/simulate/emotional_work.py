"""Emotional work in sessions: corrective experiences, and retellings of a distressing event (imaginal exposure)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from securebase.model.parameters import Array
from securebase.model.processes import CorrectiveExperiences, Retellings
from securebase.model.simulate.streams import Streams


@dataclass(eq=False)
class CorrectiveProcess:
    """Corrective experiences. events: the sessions (from 1) at which each person had one."""

    spec: CorrectiveExperiences
    n: int
    sessions: int
    streams: Streams
    events: list[list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.events = [[] for _ in range(self.n)]
        if self.spec.chance:
            self._u = self.streams.uniforms("corrective_experiences", self.n, self.sessions)

    def at_session(self, j: int, present: NDArray[np.bool_], alliance: Array) -> Array:
        """Return 1 where session j (from 0) has one, else 0 (n,). alliance (n,): above its first mean."""
        if not self.spec.chance:
            return np.zeros(self.n)
        chance = self.spec.chance * expit(self.spec.steepness * (alliance - self.spec.needs))
        occurs = present & (self._u[:, j] < chance)
        for i in np.flatnonzero(occurs):
            self.events[i].append(j + 1)
        return occurs.astype(np.float64)


@dataclass(frozen=True, slots=True)
class TrueRetelling:
    """One retelling: true distress (0 to 100) at its peak and end, and the client's ratings of both."""

    session: int
    peak: float
    end: float
    rated_peak: float
    rated_end: float


@dataclass(eq=False)
class RetellingProcess:
    """Distress falls within a retelling and partly returns until the next, by less after each one."""

    spec: Retellings
    n: int
    sessions: int
    streams: Streams
    events: list[list[TrueRetelling]] = field(init=False)

    def __post_init__(self) -> None:
        self.events = [[] for _ in range(self.n)]
        if not self.spec.chance:
            return
        # row 0 draws a person's initial distress, every later row a session
        self._u = np.clip(self.streams.uniforms("tellings", self.n, self.sessions + 1, 3), 1e-12, 1 - 1e-12)
        self._end = np.clip(self.spec.peak + self.spec.spread * ndtri(self._u[:, 0, 0]), 5.0, 100.0)
        self._last_fall = np.zeros(self.n)
        self._count = np.zeros(self.n)
        self._week = np.zeros(self.n)

    def at_session(self, j: int, present: NDArray[np.bool_], week: Array) -> Array:
        """Return the relative fall of distress within the retelling of session j (from 0), 0 without one (n,).

        week (n,): time of the session.
        """
        relative_fall = np.zeros(self.n)
        if not self.spec.chance or j + 1 < self.spec.first:
            return relative_fall
        u = self._u[:, j + 1]
        retells = present & (u[:, 0] < self.spec.chance)
        # the share of the last fall that can return shrinks geometrically with the number of retellings
        return_share = self.spec.returns * self.spec.learned ** np.maximum(self._count - 1, 0)
        peak = self._end + return_share * self._last_fall * -np.expm1(-(week - self._week) / self.spec.pause)
        end = peak * (1.0 - self.spec.within)
        rated = np.clip(np.stack([peak, end], axis=1) + self.spec.error * ndtri(u[:, 1:]), 0.0, 100.0)
        for i in np.flatnonzero(retells):
            rated_peak, rated_end = np.rint(rated[i]).tolist()
            self.events[i].append(TrueRetelling(j + 1, float(peak[i]), float(end[i]), rated_peak, rated_end))
        self._end[retells], self._last_fall[retells] = end[retells], (peak - end)[retells]
        self._count[retells] += 1
        self._week[retells] = week[retells]
        relative_fall[retells] = self.spec.within
        return relative_fall
