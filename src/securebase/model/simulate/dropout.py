"""Early endings: clients who stop because they improved, and clients who drop out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.model.parameters import Array
from securebase.model.processes import SelectiveDropout
from securebase.model.simulate.probabilities import shift_log_odds
from securebase.model.simulate.streams import Streams


@dataclass(eq=False)
class LeavingProcess:
    """Draws an early ending after each session but the last planned one."""

    spec: SelectiveDropout
    n: int
    sessions: int
    streams: Streams

    def __post_init__(self) -> None:
        self._on = bool(self.spec.good_enough or self.spec.unhappy)
        if self._on:
            self._u = self.streams.uniforms("leaving", self.n, self.sessions, 2)

    def after_session(
        self, j: int, present: NDArray[np.bool_], alliance: Array, symptoms: Array, improvement: Array
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return masks (n,) of clients who stop improved and who drop out after session j (from 0).

        alliance, symptoms (n,): above the mean of the first session. improvement (n,): fall of symptoms since the
        client's first session.
        """
        nobody = np.zeros(self.n, dtype=bool)
        if not self._on or j + 1 >= self.sessions:
            return nobody, nobody
        u = self._u[:, j]
        improved = (
            present
            & (u[:, 0] < self.spec.good_enough)
            & (improvement >= self.spec.improved)
            & (j + 1 >= self.spec.earliest)
        )
        log_odds = -self.spec.with_low_alliance * alliance + self.spec.with_symptoms * symptoms
        drops_out = present & ~improved & (u[:, 1] < shift_log_odds(self.spec.unhappy, log_odds))
        return improved, drops_out
