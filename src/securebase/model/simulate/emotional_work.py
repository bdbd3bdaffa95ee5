"""What happens in a session's emotional work: corrective experiences, and tellings of something hard."""

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
    """happened: sessions (from 1) of each person's corrective experiences."""

    of: CorrectiveExperiences
    n: int
    sessions: int
    streams: Streams
    happened: list[list[int]] = field(init=False)

    def __post_init__(self) -> None:
        self.happened = [[] for _ in range(self.n)]
        if self.of.chance:
            self._u = self.streams.uniforms("corrective_experiences", self.n, self.sessions)

    def at_session(self, j: int, here: NDArray[np.bool_], alliance: Array) -> Array:
        """1 where session j (from 0) holds one, else 0 (n,). alliance (n,): above the mean of the first session."""
        if not self.of.chance:
            return np.zeros(self.n)
        chance = self.of.chance * expit(self.of.steepness * (alliance - self.of.needs))
        has = here & (self._u[:, j] < chance)
        for i in np.flatnonzero(has):
            self.happened[i].append(j + 1)
        return has.astype(np.float64)


@dataclass(frozen=True, slots=True)
class TrueTelling:
    """One telling: true distress (0 to 100) at its height and end, and what the client rated."""

    session: int
    peak: float
    end: float
    rated_peak: float
    rated_end: float


@dataclass(eq=False)
class TellingProcess:
    """Distress falls within a telling, comes back in part until the next, and less so the more has been learned."""

    of: Retellings
    n: int
    sessions: int
    streams: Streams
    happened: list[list[TrueTelling]] = field(init=False)

    def __post_init__(self) -> None:
        self.happened = [[] for _ in range(self.n)]
        if not self.of.chance:
            return
        # the first row holds what a person begins with, every other a session
        self._u = np.clip(self.streams.uniforms("tellings", self.n, self.sessions + 1, 3), 1e-12, 1 - 1e-12)
        self._end = np.clip(self.of.peak + self.of.spread * ndtri(self._u[:, 0, 0]), 5.0, 100.0)
        self._fell = np.zeros(self.n)
        self._told = np.zeros(self.n)
        self._week = np.zeros(self.n)

    def at_session(self, j: int, here: NDArray[np.bool_], week: Array) -> Array:
        """Share of the peak that fell in the telling of session j (from 0), 0 without one (n,). week (n,): its time."""
        worked = np.zeros(self.n)
        if not self.of.chance or j + 1 < self.of.first:
            return worked
        u = self._u[:, j + 1]
        tells = here & (u[:, 0] < self.of.chance)
        back = self.of.returns * self.of.learned ** np.maximum(self._told - 1, 0)
        peak = self._end + back * self._fell * -np.expm1(-(week - self._week) / self.of.pause)
        end = peak * (1.0 - self.of.within)
        rated = np.clip(np.stack([peak, end], axis=1) + self.of.error * ndtri(u[:, 1:]), 0.0, 100.0)
        for i in np.flatnonzero(tells):
            rated_peak, rated_end = np.rint(rated[i]).tolist()
            self.happened[i].append(TrueTelling(j + 1, float(peak[i]), float(end[i]), rated_peak, rated_end))
        self._end[tells], self._fell[tells] = end[tells], (peak - end)[tells]
        self._told[tells] += 1
        self._week[tells] = week[tells]
        worked[tells] = self.of.within
        return worked
