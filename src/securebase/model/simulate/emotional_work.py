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

    def at_session(self, j: int, present: NDArray[np.bool_], alliance: Array, factor: Array | float = 1.0) -> Array:
        """Return 1 where session j (from 0) has one, else 0 (n,).

        alliance (n,): above its first mean. factor: on the chance, by what else makes an experience likely.
        """
        if not self.spec.chance:
            return np.zeros(self.n)
        chance = factor * self.spec.chance * expit(self.spec.steepness * (alliance - self.spec.needs))
        occurs = present & (self._u[:, j] < chance)
        for i in np.flatnonzero(occurs):
            self.events[i].append(j + 1)
        return occurs.astype(np.float64)


@dataclass(frozen=True, slots=True)
class TrueRetelling:
    """One retelling: true distress (0 to 100) at its peak and end, and the client's ratings of both.

    expectation: how sure the client was that something bad would happen (0 to 100). surprise: share of certainty that
    was disproved (0 to 1).
    """

    session: int
    peak: float
    end: float
    rated_peak: float
    rated_end: float
    expectation: float = 0.0
    surprise: float = 0.0


@dataclass(eq=False)
class RetellingProcess:
    """Distress falls within a retelling and partly returns until the next, by less after each one.

    surprise (n,): of the last retelling, 1 where expectations are off.
    """

    spec: Retellings
    n: int
    sessions: int
    streams: Streams
    events: list[list[TrueRetelling]] = field(init=False)

    def __post_init__(self) -> None:
        self.events = [[] for _ in range(self.n)]
        self.surprise = np.ones(self.n)
        if not self.spec.chance:
            return
        # row 0 draws a person's initial distress, every later row a session
        self._u = np.clip(self.streams.uniforms("tellings", self.n, self.sessions + 1, 3), 1e-12, 1 - 1e-12)
        self._end = np.clip(self.spec.peak + self.spec.spread * ndtri(self._u[:, 0, 0]), 5.0, 100.0)
        self._last_fall = np.zeros(self.n)
        self._return_share = np.full(self.n, self.spec.returns)
        self._tells = np.zeros(self.n, dtype=bool)
        self._week = np.zeros(self.n)
        self._expectation = np.full(self.n, self.spec.expectation)
        if self.spec.expectation or self.spec.renewal:
            self._settings = self.streams.uniforms("expectations", self.n, self.sessions, 2)

    def at_session(self, j: int, present: NDArray[np.bool_], week: Array) -> Array:
        """Return the relative fall of distress within the retelling of session j (from 0), 0 without one (n,).

        week (n,): time of the session.
        """
        relative_fall = np.zeros(self.n)
        if not self.spec.chance or j + 1 < self.spec.first:
            return relative_fall
        u = self._u[:, j + 1]
        retells = present & (u[:, 0] < self.spec.chance)
        return_share = self._return_share
        if self.spec.renewal:
            return_share = np.where(self._settings[:, j, 1] < self.spec.renewal, 1.0, return_share)
        peak = self._end + return_share * self._last_fall * -np.expm1(-(week - self._week) / self.spec.pause)
        end = peak * (1.0 - self.spec.within)
        rated = np.clip(np.stack([peak, end], axis=1) + self.spec.error * ndtri(u[:, 1:]), 0.0, 100.0)
        expectation = self._expectation.copy()
        self._disprove(j, retells)
        for i in np.flatnonzero(retells):
            rated_peak, rated_end = np.rint(rated[i]).tolist()
            known = (float(expectation[i]), float(self.surprise[i])) if self.spec.expectation else (0.0, 0.0)
            self.events[i].append(TrueRetelling(j + 1, float(peak[i]), float(end[i]), rated_peak, rated_end, *known))
        self._end[retells], self._last_fall[retells] = end[retells], (peak - end)[retells]
        self._learn(retells)
        self._week[retells] = week[retells]
        relative_fall[retells] = self.spec.within
        return relative_fall

    def _disprove(self, j: int, retells: NDArray[np.bool_]) -> None:
        """Note the surprise of the retellings of this session, and lower the expectations that they disprove."""
        if self.spec.expectation:
            disproved = retells & (self._settings[:, j, 0] >= self.spec.happens)
            self.surprise = np.where(disproved, self._expectation / 100.0, 0.0)
            self._expectation[disproved] *= 1.0 - self.spec.disproof

    def _learn(self, retells: NDArray[np.bool_]) -> None:
        """Lower what can return of a fall: by the same share each time, or in proportion to the surprise."""
        if self.spec.expectation:
            again, learned = retells, (1.0 - self.spec.learned) * self.surprise / (self.spec.expectation / 100.0)
            taught = 1.0 - learned
        else:
            # the first retelling has nothing to compare with
            again, taught = retells & self._tells, np.full(self.n, self.spec.learned)
        self._return_share = np.where(again, self._return_share * taught, self._return_share)
        self._tells |= retells
