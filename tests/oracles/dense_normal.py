"""Slow and obvious: a person's scores as one multivariate normal, its mean and covariance written out entry by entry.

Shares no formula with the product: transitions by scipy's matrix exponential, shocks by numerical integration's exact
companion (Van Loan's block), stationary covariance by scipy's Schur solver, the trend carried by a block exponential.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm, solve_continuous_lyapunov
from scipy.stats import multivariate_normal

from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters, Specification, Trend


def shocks(drift: Array, diffusion: Array, gap: float) -> Array:
    p = len(drift)
    block = expm(np.block([[-drift, diffusion], [np.zeros((p, p)), drift.T]]) * gap)
    return block[p:, p:].T @ block[:p, p:]


def mean_course(specification: Specification, q: Parameters, times: Array) -> Array:
    """(n, p), level_mean included."""
    p = specification.p
    rows = []
    for t in times:
        m = np.zeros(p)
        if specification.trend == Trend.LINEAR:
            m = q.slope * t
        if specification.trend == Trend.APART:
            m = q.change * (1 - np.exp(-q.rate * t)) / (1 - np.exp(-q.rate * specification.planned_end))
        if specification.trend == Trend.CARRIED:
            block = np.zeros((p + 1, p + 1))
            block[:p, :p], block[:p, p] = q.drift, q.therapy_effect
            m = (expm(block * (t - times[0])) @ np.append(q.start_mean, 1.0))[:p]
        rows.append(q.level_mean + m)
    return np.array(rows)


def joint(specification: Specification, q: Parameters, times: Array) -> tuple[Array, Array]:
    """Mean (n p,) and covariance (n p, n p) of all scores of one person, rows one after another."""
    p, n = specification.p, len(times)
    P = q.start_covariance
    if P is None:
        P = solve_continuous_lyapunov(q.drift, -q.diffusion)
    own = [P]
    for j in range(1, n):
        Phi = expm(q.drift * (times[j] - times[j - 1]))
        own.append(Phi @ own[-1] @ Phi.T + shocks(q.drift, q.diffusion, times[j] - times[j - 1]))
    covariance = np.zeros((n * p, n * p))
    for i in range(n):
        for j in range(i, n):
            block = expm(q.drift * (times[j] - times[i])) @ own[i] + q.level_covariance
            if i == j:
                block = block + np.diag(q.measurement_noise)
            covariance[j * p : (j + 1) * p, i * p : (i + 1) * p] = block
            covariance[i * p : (i + 1) * p, j * p : (j + 1) * p] = block.T
    return mean_course(specification, q, times).ravel(), covariance


def log_likelihood(panel: Panel, specification: Specification, q: Parameters) -> float:
    total = 0.0
    for person in range(panel.n_persons):
        rows = panel.rows_of(person)
        if rows.start == rows.stop:
            continue
        mean, covariance = joint(specification, q, panel.times[rows])
        y = panel.scores[rows].ravel()
        there = np.isfinite(y)
        if there.any():
            total += multivariate_normal(mean[there], covariance[np.ix_(there, there)]).logpdf(y[there])
    return float(total)
