"""Simulate the parts of a course of sessions with NumPy alone: states, hidden factors, lines and common courses.

Symptoms are rated before a session and alliance after it. All columns are in units of the SD of the weekly shocks. The
design leaves the constants open. These were chosen so that its expected figures of the time-reversal test come out:
persistence .4, shocks of SD 1, errors of SD .5. Usual levels have SD 1, a person's own slope SD .05 a session.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .truth import Array, Rng

SESSIONS = 16
#: sessions simulated and dropped before the first one, so that the states are stationary
BURN_IN = 60
MISSING = 0.08
LEVEL_SD, SLOPE_SD = 1.0, 0.05
ERROR_SD = 0.5
#: change from the first to the last session in the mean of all persons
COURSE = 1.5


@dataclass(frozen=True, slots=True)
class States:
    """Dynamics of a person's latent symptoms y and alliance a.

        y(t) = persistence[0] y(t − 1) + alliance_to_next_symptoms a(t − 1) + u(t)
        a(t) = persistence[1] a(t − 1) + symptoms_to_next_alliance y(t − 1) + symptoms_to_alliance y(t) + v(t)

    u and v are standard normal and correlate. spread: SD of a person's own persistence, on the logit scale.
    """

    persistence: tuple[float, float] = (0.4, 0.4)
    alliance_to_next_symptoms: float = 0.0
    symptoms_to_next_alliance: float = 0.0
    symptoms_to_alliance: float = 0.0
    shock_correlation: float = 0.0
    spread: float = 0.0

    def draw(self, persons: int, rng: Rng, sessions: int = SESSIONS) -> tuple[Array, Array]:
        """Return latent symptoms and alliance, each (persons, sessions)."""
        keep_y, keep_a = (_own_persistence(phi, self.spread, persons, rng) for phi in self.persistence)
        y, a = np.zeros(persons), np.zeros(persons)
        symptoms, alliance = np.empty((2, BURN_IN + sessions, persons))
        for t in range(BURN_IN + sessions):
            u, v = correlated_normal(self.shock_correlation, persons, rng)
            next_y = keep_y * y + self.alliance_to_next_symptoms * a + u
            a = keep_a * a + self.symptoms_to_next_alliance * y + self.symptoms_to_alliance * next_y + v
            symptoms[t], alliance[t], y = next_y, a, next_y
        return symptoms[BURN_IN:].T, alliance[BURN_IN:].T


def _own_persistence(mean: float, spread: float, persons: int, rng: Rng) -> Array:
    logit = np.log(mean / (1.0 - mean)) + spread * rng.standard_normal(persons)
    return np.asarray(1.0 / (1.0 + np.exp(-logit)))


def correlated_normal(correlation: float, persons: int, rng: Rng) -> tuple[Array, Array]:
    """Return two standard normal vectors with a correlation."""
    u, v = rng.standard_normal((2, persons))
    return u, correlation * u + np.sqrt(1.0 - correlation**2) * v


def autoregression(persistence: float, sd: float, persons: int, rng: Rng, steps: int = SESSIONS) -> Array:
    """Return a stationary AR(1) of variance sd² (persons, steps)."""
    values = np.empty((persons, steps))
    values[:, 0] = rng.standard_normal(persons)
    for t in range(1, steps):
        values[:, t] = persistence * values[:, t - 1] + np.sqrt(1.0 - persistence**2) * rng.standard_normal(persons)
    return sd * values


def correlated_autoregressions(
    persistence: tuple[float, float], sd: float, correlation: float, persons: int, rng: Rng
) -> tuple[Array, Array]:
    """Return two AR(1) of variance sd² whose shocks correlate, as symptoms and alliance carry them over."""
    symptoms, alliance = States(persistence=persistence, shock_correlation=correlation).draw(persons, rng)
    scales = [sd * np.sqrt(1.0 - phi**2) for phi in persistence]
    return scales[0] * symptoms, scales[1] * alliance


def own_lines(persons: int, rng: Rng, sessions: int = SESSIONS) -> Array:
    """Return each person's own level and straight line (persons, sessions)."""
    level, slope = rng.standard_normal((2, persons, 1))
    return LEVEL_SD * level + SLOPE_SD * slope * (np.arange(sessions) - (sessions - 1) / 2)


def bend(pace: Array | float, sessions: int = SESSIONS) -> Array:
    """Return 1 − exp(−t / pace): a change that is fast at first; pace in sessions, a column of one value per person."""
    return np.asarray(1.0 - np.exp(-np.arange(sessions) / pace))


def own_pace(persons: int, rng: Rng) -> Array:
    """Return each person's pace of change in sessions (persons, 1): median 4, log SD .6."""
    return np.asarray(4.0 * np.exp(0.6 * rng.standard_normal((persons, 1))))


def observe(latent: Array, rng: Rng, *, sign: int, error_sd: float = ERROR_SD) -> Array:
    """Return latent values as rated: own level and line, the common course in the direction of `sign`, and error."""
    persons, sessions = latent.shape
    course = sign * COURSE * bend(5.0, sessions)
    return latent + own_lines(persons, rng, sessions) + course + error_sd * rng.standard_normal(latent.shape)


def drop_at_random(values: Array, rng: Rng, share: float = MISSING) -> Array:
    """Return the values with a share of them missing, independently of everything else."""
    return np.where(rng.random(values.shape) < share, np.nan, values)
