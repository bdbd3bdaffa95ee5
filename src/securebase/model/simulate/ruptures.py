"""Ruptures of the alliance and their repair, session by session."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from securebase.model.parameters import Array
from securebase.model.processes import Ruptures
from securebase.model.simulate.probabilities import at_odds
from securebase.model.simulate.streams import Streams
from securebase.records.vocabulary import RuptureKind


@dataclass(frozen=True, slots=True)
class TrueRupture:
    """One rupture as it was, whoever noticed. repaired: the session of its repair, whether or not it was reached."""

    session: int
    kind: RuptureKind
    drop: float
    repaired: int | None
    marked: bool


@dataclass(eq=False)
class RuptureProcess:
    """State of n persons over so many sessions. One rupture at a time can be open."""

    of: Ruptures
    n: int
    sessions: int
    streams: Streams
    happened: list[list[TrueRupture]] = field(init=False)

    def __post_init__(self) -> None:
        self.happened = [[] for _ in range(self.n)]
        if self.of.chance:
            self._u = self.streams.uniforms("ruptures", self.n, self.sessions, 5)
        self._rest = np.zeros(self.n)
        self._open_until = np.full(self.n, -1)
        self._mends = np.zeros(self.n, dtype=bool)

    def at_session(self, j: int, here: NDArray[np.bool_], alliance: Array, kept: Array) -> tuple[Array, Array]:
        """What session j (from 0) does to the alliance of those who are here: at once and for good, (n,) each.

        alliance (n,): above the mean of the first session. kept (n,): share of a push left since the last session.
        """
        now, lasting = np.zeros(self.n), np.zeros(self.n)
        if not self.of.chance:
            return now, lasting
        self._rest *= kept
        closes = here & (self._open_until == j)
        mended = closes & self._mends
        now[mended] += self._rest[mended]
        lasting[mended] += self.of.gain
        lasting[closes & ~self._mends] -= self.of.loss
        free = here & (self._open_until <= j) & ~closes
        u = self._u[:, j]
        strikes = free & (u[:, 0] < at_odds(self.of.chance, -self.of.with_low_alliance * alliance))
        now[strikes] -= self.of.drop
        self._rest[strikes] = self.of.drop
        self._mends[strikes] = u[strikes, 2] < self.of.repaired
        wait = np.where(self._mends, 1 + np.floor(u[:, 4] * self.of.within).astype(np.int64), self.of.within + 1)
        self._open_until[strikes] = j + wait[strikes]
        for i in np.flatnonzero(strikes):
            kind = RuptureKind.WITHDRAWAL if u[i, 1] < self.of.withdrawal else RuptureKind.CONFRONTATION
            repaired = int(self._open_until[i]) + 1 if self._mends[i] else None
            self.happened[i].append(TrueRupture(j + 1, kind, self.of.drop, repaired, bool(u[i, 3] < self.of.marked)))
        return now, lasting
