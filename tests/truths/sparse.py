"""Two columns asked at different sessions, with known effects from week to week; shares nothing with the package.

Each true value is the person's level, plus a change of the person's own along a bending course, plus a state; states
follow a VAR(1) over weeks with correlated shocks. Scores add error. True values have an SD of 1 at the first session.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .truth import Array, Rng

SESSIONS = 16
#: sessions in which the whole change has happened to 1 − 1/e
BEND = 6.0


class Rated(NamedTuple):
    """The sessions that ask for a construct, and the parts of its scores."""

    persistence: float
    reliability: float
    level_share: float
    change: float
    asked: Callable[[int, Rng], Array]


def every_session(persons: int, rng: Rng) -> Array:
    """Return which sessions ask (persons, sessions): all."""
    return np.ones((persons, SESSIONS), dtype=bool)


def one_in_four(persons: int, rng: Rng) -> Array:
    """Return one random session in each block of four, as a rotation of questionnaires does."""
    return _one_in(4, persons, rng)


def one_in_eight(persons: int, rng: Rng) -> Array:
    """Return one random session in each half of the course."""
    return _one_in(8, persons, rng)


def _one_in(n: int, persons: int, rng: Rng) -> Array:
    chosen = rng.integers(0, n, size=(persons, SESSIONS // n))
    asked: Array = (np.arange(n) == chosen[:, :, None]).reshape(persons, SESSIONS)
    return asked


def every_fourth(persons: int, rng: Rng) -> Array:
    """Return every fourth session, from a start that differs between persons."""
    return _every(4, persons, rng)


def every_fifth(persons: int, rng: Rng) -> Array:
    """Return every fifth session, from a start that differs between persons."""
    return _every(5, persons, rng)


def _every(n: int, persons: int, rng: Rng) -> Array:
    asked: Array = np.arange(SESSIONS) % n == rng.integers(0, n, size=(persons, 1))
    return asked


@dataclass(frozen=True, slots=True)
class SparsePair:
    """A truth of two columns x and y: standardised effects of a week, and correlations of states and of levels.

    change_sd: SD between persons of their change by the last session.
    """

    x: Rated
    y: Rated
    forward: float = 0.10
    back: float = 0.06
    state_correlation: float = 0.2
    level_correlation: float = 0.3
    change_sd: float = 0.3

    def draw(self, persons: int, rng: Rng) -> tuple[Array, Array]:
        """Return the scores of x and of y (persons, sessions), NaN where they were not asked."""
        phi = np.array([[self.x.persistence, self.back], [self.forward, self.y.persistence]])
        P = np.array([[1.0, self.state_correlation], [self.state_correlation, 1.0]])
        shocks = np.linalg.cholesky(P - phi @ P @ phi.T)
        state = rng.standard_normal((persons, 2)) @ np.linalg.cholesky(P).T
        states = np.empty((persons, SESSIONS, 2))
        for t in range(SESSIONS):
            states[:, t] = state
            state = state @ phi.T + rng.standard_normal((persons, 2)) @ shocks.T
        R = np.array([[1.0, self.level_correlation], [self.level_correlation, 1.0]])
        levels = rng.standard_normal((persons, 2)) @ np.linalg.cholesky(R).T
        weeks = np.arange(SESSIONS)
        course = -np.expm1(-weeks / BEND) / -np.expm1(-weeks[-1] / BEND)
        scores = []
        for k, rated in enumerate((self.x, self.y)):
            change = rated.change + self.change_sd * rng.standard_normal((persons, 1))
            true = np.sqrt(rated.level_share) * levels[:, [k]] + np.sqrt(1 - rated.level_share) * states[:, :, k]
            error = np.sqrt((1 - rated.reliability) / rated.reliability) * rng.standard_normal((persons, SESSIONS))
            scores.append(np.where(rated.asked(persons, rng), true + change * course + error, np.nan))
        return scores[0], scores[1]


def rare(asked: Callable[[int, Rng], Array], persistence: float = 0.85) -> Rated:
    """Return a construct asked rarely: slow, of moderate reliability."""
    return Rated(persistence=persistence, reliability=0.70, level_share=0.55, change=0.4, asked=asked)


WEEKLY = Rated(persistence=0.50, reliability=0.85, level_share=0.60, change=-0.8, asked=every_session)
