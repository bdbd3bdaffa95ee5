"""Randomness by process and person, so that switching one process on moves no draw of another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from securebase.model.parameters import Array

#: a place for every process that draws; a new one goes to the end, so that seeds keep their meaning
_PLACES = (
    "own_change",
    "therapists",
    "brings",
    "own_effects",
    "ruptures",
    "life_events",
    "sudden_gains",
    "corrective_experiences",
    "tellings",
    "leaving",
    "follow_up",
)


@dataclass(frozen=True, slots=True)
class Streams:
    """Person i of one process draws the same numbers whatever else is on, and however many others there are."""

    root: int

    @staticmethod
    def beside(rng: np.random.Generator) -> Streams:
        """Streams that depend on the seed of `rng` and leave its own draws where they were."""
        return Streams(int(rng.spawn(1)[0].integers(2**62)))

    def uniforms(self, process: str, n: int, *shape: int) -> Array:
        """(n, *shape) between 0 and 1."""
        place = _PLACES.index(process)
        drawn = np.empty((n, *shape))
        for i in range(n):
            drawn[i] = np.random.default_rng((self.root, place, i)).random(shape)
        return drawn

    def normals(self, process: str, n: int, *shape: int) -> Array:
        """(n, *shape) standard normal, from the same stream as the uniforms of this process."""
        made: Array = ndtri(np.clip(self.uniforms(process, n, *shape), 1e-16, 1 - 1e-16))
        return made
