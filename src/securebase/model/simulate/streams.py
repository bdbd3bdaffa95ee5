"""Random streams by process and person: switching one process on changes no draw of another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from securebase.model.parameters import Array
from securebase.model.simulate.seeds import SeedState, seed_states

#: every process that draws, by position; append new ones at the end, so that seeds keep their meaning
_PROCESSES = (
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
    "web_levels",
    "web_change",
    "web_start",
    "web_movement",
    "web_events",
    "web_follow_up",
    "web_style",
    "web_ratings",
    "check_ins",
    "ratings",
    "expectations",
)


@dataclass(frozen=True, slots=True)
class Streams:
    """Common random numbers: person i of a process draws the same numbers whatever else is simulated."""

    root: int

    @staticmethod
    def spawn_from(rng: np.random.Generator) -> Streams:
        """Return streams that depend on the seed of `rng` and leave its own draws unchanged."""
        return Streams(int(rng.spawn(1)[0].integers(2**62)))

    def uniforms(self, process: str, n: int, *shape: int) -> Array:
        """Draw uniforms (n, *shape) on [0, 1)."""
        draws = np.empty((n, *shape))
        # The same draws as np.random.default_rng((root, position, i)), whose seeds take most of the time.
        for i, state in enumerate(seed_states(self.root, _PROCESSES.index(process), n)):
            bits = np.random.PCG64(SeedState(state))  # type: ignore[arg-type] # missing in NumPy's stubs
            draws[i] = np.random.Generator(bits).random(shape)
        return draws

    def normals(self, process: str, n: int, *shape: int) -> Array:
        """Draw standard normals (n, *shape) by inversion of this process's uniforms."""
        normals: Array = ndtri(np.clip(self.uniforms(process, n, *shape), 1e-16, 1 - 1e-16))
        return normals
