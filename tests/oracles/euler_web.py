"""The web in small steps: its differential equations without matrix exponentials, solvers or closed forms."""

from __future__ import annotations

import numpy as np

from securebase.model.parameters import Array

STEPS = 2000


def effect_of_a_week(decay_of_origin: float, decay_of_end: float) -> float:
    """Return what a drift of 1 adds to the end a week after its origin deviated by 1."""
    pair = np.array([[-decay_of_origin, 0.0], [1.0, -decay_of_end]])
    return float(after(1.0, pair, np.array([1.0, 0.0]), np.zeros(2))[1])


def after(weeks: float, drift: Array, state: Array, constant: Array) -> Array:
    """Return the state after some weeks of dx = (A x + input) dt, by the midpoint rule."""
    dt = 1.0 / STEPS
    for _ in range(round(weeks * STEPS)):
        half = state + (drift @ state + constant) * dt / 2
        state = state + (drift @ half + constant) * dt
    return state


def covariance_after(weeks: float, drift: Array, diffusion: Array, covariance: Array) -> Array:
    """Return the covariance after some weeks of dP = (A P + P A' + GG') dt, by the midpoint rule."""
    dt = 1.0 / STEPS
    for _ in range(round(weeks * STEPS)):
        slope = drift @ covariance
        half = covariance + (slope + slope.T + diffusion) * dt / 2
        slope = drift @ half
        covariance = covariance + (slope + slope.T + diffusion) * dt
    return covariance
