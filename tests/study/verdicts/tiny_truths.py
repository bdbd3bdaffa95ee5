"""Small generators of two columns for the tests of the verdict engine; they share nothing with the product."""

from __future__ import annotations

import numpy as np

from securebase.study.verdicts.course import Pair


def pair(name: str, rng: np.random.Generator, N: int, T: int = 16) -> Pair:
    """Return y and x of N persons with lines of their own, errors, a common bend and 8% missing values.

    no_link; same_week_factor: a hidden factor moves both at once; unequal_carry_over: correlated shocks that last
    longer in y; true_lag: x lowers y at the next session.
    """
    A, Q, factor = np.diag([0.45, 0.45]), 0.8 * np.eye(2), 0.0
    if name == "true_lag":
        A[0, 1] = -0.3
    if name == "unequal_carry_over":
        A, Q = np.diag([0.7, 0.2]), 0.8 * np.array([[1.0, -0.6], [-0.6, 1.0]])
    if name == "same_week_factor":
        factor = 0.9
    root = np.linalg.cholesky(Q)
    state, hidden, values = np.zeros((N, 2)), np.zeros(N), np.zeros((N, T, 2))
    for t in range(-40, T):
        state = state @ A.T + rng.normal(size=(N, 2)) @ root.T
        hidden = 0.7 * hidden + 0.71 * rng.normal(size=N)
        if t >= 0:
            values[:, t] = state + factor * hidden[:, None] * np.array([-1.0, 1.0])
    values += np.sqrt(0.5) * rng.normal(size=values.shape)
    values += 2.0 * rng.normal(size=(N, 1, 2)) + 0.1 * rng.normal(size=(N, 1, 2)) * np.arange(T)[:, None]
    values += (np.linspace(0.0, 1.5, T) ** 2)[:, None]
    values[rng.random(values.shape) < 0.08] = np.nan
    return Pair.of_sessions(values[:, :, 0], values[:, :, 1])
