"""Who ends early: those for whom it is enough, and those who stay away."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.model.parameters import Array
from securebase.model.processes import SelectiveDropout
from securebase.model.simulate.probabilities import at_odds
from securebase.model.simulate.streams import Streams


@dataclass(eq=False)
class LeavingProcess:
    """Decides after each session but the last planned one."""

    of: SelectiveDropout
    n: int
    sessions: int
    streams: Streams

    def __post_init__(self) -> None:
        self._on = bool(self.of.good_enough or self.of.unhappy)
        if self._on:
            self._u = self.streams.uniforms("leaving", self.n, self.sessions, 2)

    def after_session(
        self, j: int, here: NDArray[np.bool_], alliance: Array, symptoms: Array, fallen: Array
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Who has enough and who stays away after session j (from 0), (n,) each. alliance, symptoms (n,): above the
        mean of the first session. fallen (n,): of the person's symptoms since their own first session."""
        nobody = np.zeros(self.n, dtype=bool)
        if not self._on or j + 1 >= self.sessions:
            return nobody, nobody
        u = self._u[:, j]
        enough = here & (u[:, 0] < self.of.good_enough) & (fallen >= self.of.improved) & (j + 1 >= self.of.earliest)
        more = -self.of.with_low_alliance * alliance + self.of.with_symptoms * symptoms
        away = here & ~enough & (u[:, 1] < at_odds(self.of.unhappy, more))
        return enough, away
