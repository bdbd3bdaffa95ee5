"""Slow, obvious oracle: all scores of a person, or of one therapist's clients, as one multivariate normal.

Mean and covariance are written out entry by entry. No formula is shared with the product: transitions by SciPy's matrix
exponential, shock covariance by Van Loan's block, stationary covariance by SciPy's Schur solver, the carried trend by a
block exponential.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import block_diag, expm, solve_continuous_lyapunov
from scipy.stats import multivariate_normal

from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters
from securebase.model.specification import Specification, Trend


def shock_covariance(drift: Array, diffusion: Array, gap: float) -> Array:
    p = len(drift)
    block = expm(np.block([[-drift, diffusion], [np.zeros((p, p)), drift.T]]) * gap)
    return block[p:, p:].T @ block[:p, p:]


def slope_basis(specification: Specification, q: Parameters, times: Array) -> Array:
    """Return the basis function f of the random slopes (n,)."""
    if specification.trend in (Trend.NONE, Trend.LINEAR):
        return np.array(times)
    since = times[0] if specification.trend == Trend.CARRIED else 0.0
    return np.array([1 - np.exp(-q.rate * (t - since)) for t in times]) / (
        1 - np.exp(-q.rate * specification.planned_end)
    )


def mean_course(specification: Specification, q: Parameters, times: Array, inputs: Array, x: Array) -> Array:
    """Return the mean (n, p) of the constructs, level_mean included; inputs (n, k), x (c,): covariates."""
    p = specification.p
    rows = []
    pushed = np.zeros(p)
    if specification.free_start_mean and specification.trend != Trend.CARRIED:
        pushed = q.start_mean
    for j, t in enumerate(times):
        m = np.zeros(p)
        if specification.trend == Trend.LINEAR:
            m = q.slope * t
        if specification.trend == Trend.APART:
            m = q.change * (1 - np.exp(-q.rate * t)) / (1 - np.exp(-q.rate * specification.planned_end))
        if specification.trend == Trend.CARRIED:
            block = np.zeros((p + 1, p + 1))
            block[:p, :p], block[:p, p] = q.drift, q.therapy_effect
            m = (expm(block * (t - times[0])) @ np.append(q.start_mean, 1.0))[:p]
        if j:
            block = np.zeros((p + 1, p + 1))
            block[:p, :p] = q.drift
            if specification.inputs:
                block[:p, p] = q.input_effect @ inputs[j]
            pushed = (expm(block * (t - times[j - 1])) @ np.append(pushed, 1.0))[:p]
        covariate_part = q.covariate_effect @ x if specification.covariates else np.zeros(p)
        rows.append(q.level_mean + covariate_part + m + pushed)
    return np.array(rows)


def state_covariance(specification: Specification, q: Parameters, times: Array) -> Array:
    """Return the covariance (n, n, p, p) of the state at every two times."""
    p, n = specification.p, len(times)
    P = q.start_covariance
    if P is None:
        P = solve_continuous_lyapunov(q.drift, -q.diffusion)
    covariances = [P]
    for j in range(1, n):
        Phi = expm(q.drift * (times[j] - times[j - 1]))
        covariances.append(
            Phi @ covariances[-1] @ Phi.T + shock_covariance(q.drift, q.diffusion, times[j] - times[j - 1])
        )
    blocks = np.zeros((n, n, p, p))
    for i in range(n):
        for j in range(i, n):
            blocks[j, i] = expm(q.drift * (times[j] - times[i])) @ covariances[i]
            blocks[i, j] = blocks[j, i].T
    return blocks


def joint_moments(
    specification: Specification,
    q: Parameters,
    times: Array,
    inputs: Array | None = None,
    x: Array | None = None,
) -> tuple[Array, Array, Array]:
    """Return mean (n q,) and covariance (n q, n q) of one person's scores, and their loadings on the level (n q, p).

    Rows follow one another.
    """
    p, n = specification.p, len(times)
    at = [specification.constructs.index(construct) for _, construct in specification.indicators] or list(range(p))
    load = np.ones(p) if q.loading is None else q.loading
    base = np.zeros(p) if q.intercept is None else q.intercept
    mean = mean_course(specification, q, times, inputs, x)
    moved = state_covariance(specification, q, times)
    f = slope_basis(specification, q, times) if specification.random_slopes else np.zeros(n)
    columns = len(at)
    covariance = np.zeros((n, columns, n, columns))
    for i in range(n):
        for j in range(n):
            block = moved[i, j] + q.level_covariance
            if specification.random_slopes:
                level_change = q.level_change_covariance
                block = block + f[j] * level_change + f[i] * level_change.T + f[i] * f[j] * q.change_covariance
            for a in range(columns):
                for b in range(columns):
                    covariance[i, a, j, b] = load[a] * load[b] * block[at[a], at[b]]
                if i == j:
                    covariance[i, a, j, a] += q.measurement_noise[a]
    levels = np.zeros((n, columns, p))
    for a in range(columns):
        levels[:, a, at[a]] = load[a]
    scores = base + load * mean[:, at]
    return scores.ravel(), covariance.reshape(n * columns, -1), levels.reshape(n * columns, p)


def log_likelihood(panel: Panel, specification: Specification, q: Parameters) -> float:
    """Return the log-likelihood, person by person, or with therapists one normal per therapist."""
    groups = [[i] for i in range(panel.n_persons)]
    if specification.therapists:
        groups = [np.flatnonzero(panel.therapist == t).tolist() for t in np.unique(panel.therapist)]
    total = 0.0
    for group in groups:
        parts = []
        for person in group:
            rows = panel.rows_of(person)
            if rows.start < rows.stop:
                inputs = None if panel.inputs is None else panel.inputs[rows]
                x = None if panel.covariates is None else panel.covariates[person]
                parts.append(
                    (*joint_moments(specification, q, panel.times[rows], inputs, x), panel.scores[rows].ravel())
                )
        if not parts:
            continue
        mean, y = np.concatenate([part[0] for part in parts]), np.concatenate([part[3] for part in parts])
        covariance = block_diag(*[part[1] for part in parts])
        if specification.therapists:
            levels = np.concatenate([part[2] for part in parts])
            covariance = covariance + levels @ q.therapist_covariance @ levels.T
        observed = np.isfinite(y)
        if observed.any():
            total += multivariate_normal.logpdf(y[observed], mean[observed], covariance[np.ix_(observed, observed)])
    return float(total)
