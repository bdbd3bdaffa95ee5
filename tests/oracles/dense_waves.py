"""Slow, obvious oracle: a person's scores at all waves as one multivariate normal, built wave by wave."""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_discrete_lyapunov
from scipy.stats import multivariate_normal

from securebase.model.discrete_time.specification import DiscreteTimeParameters, DiscreteTimeSpecification
from securebase.model.panel import Panel
from securebase.model.parameters import Array


def at_wave(values: Array, wave: int) -> Array:
    return values[0] if len(values) == 1 else values[wave]


def joint_moments(spec: DiscreteTimeSpecification, q: DiscreteTimeParameters) -> tuple[Array, Array]:
    """Return mean (waves p,) and covariance of all scores of one person, waves one after another."""
    p, T = spec.p, spec.waves
    P = q.start_covariance
    if P is None:
        P = solve_discrete_lyapunov(q.lags[0], q.residual_covariance[0])
    blocks: dict[tuple[int, int], Array] = {(0, 0): P}
    for t in range(1, T):
        Phi, Q = at_wave(q.lags, t - 1), at_wave(q.residual_covariance, t - 1)
        for s in range(t):
            blocks[t, s] = Phi @ blocks[t - 1, s]
            blocks[s, t] = blocks[t, s].T
        blocks[t, t] = Phi @ blocks[t - 1, t - 1] @ Phi.T + Q
    V = np.zeros((T * p, T * p))
    for (t, s), block in blocks.items():
        level = np.zeros((p, p)) if q.level_covariance is None else q.level_covariance
        V[t * p : t * p + p, s * p : s * p + p] = block + level
    return np.concatenate([at_wave(q.mean, t) for t in range(T)]), V


def scores_of(panel: Panel, spec: DiscreteTimeSpecification, person: int) -> Array:
    """Return the scores of a person (waves p,), NaN where missing."""
    Y = np.full((spec.waves, spec.p), np.nan)
    rows = panel.rows_of(person)
    for wave, scores in zip(panel.wave[rows], panel.scores[rows], strict=True):
        Y[wave - spec.first_wave] = scores
    return Y.ravel()


def log_likelihoods(panel: Panel, spec: DiscreteTimeSpecification, q: DiscreteTimeParameters) -> list[float]:
    mean, V = joint_moments(spec, q)
    values = []
    for i in range(panel.n_persons):
        y = scores_of(panel, spec, i)
        observed = np.isfinite(y)
        moments = mean[observed], V[np.ix_(observed, observed)]
        values.append(float(multivariate_normal.logpdf(y[observed], *moments)) if observed.any() else 0.0)
    return values
