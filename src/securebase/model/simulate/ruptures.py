"""Alliance ruptures and their repair, session by session."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from securebase.model.parameters import Array
from securebase.model.processes import Ruptures
from securebase.model.simulate.probabilities import shift_log_odds
from securebase.model.simulate.streams import Streams
from securebase.records.vocabulary import RuptureKind


@dataclass(frozen=True, slots=True)
class TrueRupture:
    """One true rupture, recorded or not. repaired: session of its repair, even where the client left before it."""

    session: int
    kind: RuptureKind
    drop: float
    repaired: int | None
    marked: bool


@dataclass(eq=False)
class RuptureProcess:
    """Ruptures of n persons over their sessions; at most one rupture is open at a time."""

    spec: Ruptures
    n: int
    sessions: int
    streams: Streams
    events: list[list[TrueRupture]] = field(init=False)

    def __post_init__(self) -> None:
        self.events = [[] for _ in range(self.n)]
        if self.spec.chance:
            self._u = self.streams.uniforms("ruptures", self.n, self.sessions, 5)
        self._remaining = np.zeros(self.n)
        self._open_until = np.full(self.n, -1)
        self._will_repair = np.zeros(self.n, dtype=bool)

    def at_session(self, j: int, present: NDArray[np.bool_], alliance: Array, retained: Array) -> tuple[Array, Array]:
        """Return the transient and the lasting change (n,) of the alliance at session j (from 0).

        alliance (n,): above the mean of the first session. retained (n,): share of a displacement that is left since
        the last session, exp(a_kk Δt).
        """
        transient, lasting = np.zeros(self.n), np.zeros(self.n)
        if not self.spec.chance:
            return transient, lasting
        self._remaining *= retained
        closes = present & (self._open_until == j)
        repaired_now = closes & self._will_repair
        transient[repaired_now] += self._remaining[repaired_now]
        lasting[repaired_now] += self.spec.gain
        lasting[closes & ~self._will_repair] -= self.spec.loss
        free = present & (self._open_until <= j) & ~closes
        u = self._u[:, j]
        ruptures = free & (u[:, 0] < shift_log_odds(self.spec.chance, -self.spec.with_low_alliance * alliance))
        transient[ruptures] -= self.spec.drop
        self._remaining[ruptures] = self.spec.drop
        self._will_repair[ruptures] = u[ruptures, 2] < self.spec.repaired
        wait = np.where(
            self._will_repair, 1 + np.floor(u[:, 4] * self.spec.within).astype(np.int64), self.spec.within + 1
        )
        self._open_until[ruptures] = j + wait[ruptures]
        for i in np.flatnonzero(ruptures):
            kind = RuptureKind.WITHDRAWAL if u[i, 1] < self.spec.withdrawal else RuptureKind.CONFRONTATION
            repaired = int(self._open_until[i]) + 1 if self._will_repair[i] else None
            self.events[i].append(TrueRupture(j + 1, kind, self.spec.drop, repaired, bool(u[i, 3] < self.spec.marked)))
        return transient, lasting
