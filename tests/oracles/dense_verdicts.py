"""Slow, obvious oracles of the verdict engine: loops over persons and dense matrices, no formula of the product."""

from __future__ import annotations

import numpy as np
from scipy.linalg import block_diag, expm, solve_continuous_lyapunov, solve_discrete_lyapunov
from scipy.optimize import minimize

from securebase.model.parameters import Array


def line_residuals(values: Array, times: Array, min_values: int) -> Array:
    known = np.flatnonzero(np.isfinite(values))
    left = np.full(len(values), np.nan)
    if len(known) >= min_values:
        slope, start = np.polyfit(times[known], values[known], 1)
        left[known] = values[known] - start - slope * times[known]
    return left


def course_adjusted(values: Array, times: Array, min_values: int) -> Array:
    """Return the residuals' least-squares fit of session means and persons' lines, solved at once: lines left in."""
    N, T = values.shape
    keep = np.isfinite(values) & (np.isfinite(values).sum(axis=1) >= min_values)[:, None]
    i, j = np.nonzero(keep)
    design = np.zeros((len(i), 2 * N + T))
    design[np.arange(len(i)), 2 * i] = 1.0
    design[np.arange(len(i)), 2 * i + 1] = times[i, j]
    design[np.arange(len(i)), 2 * N + j] = 1.0
    solution = np.linalg.lstsq(design, values[i, j], rcond=None)[0]
    left = np.full((N, T), np.nan)
    left[i, j] = values[i, j] - design @ solution
    return left


def antisymmetry(y: Array, x: Array, times: Array, min_joint: int) -> list[float]:
    """Return a_i of every person with enough joint rows."""
    sums = []
    for yi, xi, ti in zip(y, x, times, strict=True):
        joint = np.isfinite(yi) & np.isfinite(xi)
        if joint.sum() < min_joint:
            continue
        H = np.eye(joint.sum())
        D = np.column_stack([np.ones(joint.sum()), ti[joint]])
        H = H - D @ np.linalg.pinv(D)
        ry, rx = np.full(len(yi), np.nan), np.full(len(yi), np.nan)
        ry[joint], rx[joint] = H @ yi[joint], H @ xi[joint]
        total = 0.0
        for t in range(len(yi) - 1):
            if joint[t] and joint[t + 1]:
                total += ry[t] * rx[t + 1] - rx[t] * ry[t + 1]
        sums.append(total)
    return sums


def restricted_log_likelihood(
    y: Array,
    x: Array,
    times: Array,
    A: Array,
    Q: Array,
    noise: Array,
    private: tuple[Array, Array] | None,
    *,
    discrete: bool,
) -> float:
    """Return −½ Σ_i [log|V| + log|D'V⁻¹D| + w'(V⁻¹ − V⁻¹D(D'V⁻¹D)⁻¹D'V⁻¹)w] over persons (A: drift if not discrete)."""
    P = solve_discrete_lyapunov(A, Q) if discrete else solve_continuous_lyapunov(A, -Q)
    total, covariance = 0.0, {}
    for yi, xi, ti in zip(y, x, times, strict=True):
        cells = [(0, t, v) for t, v in zip(ti, yi, strict=True) if np.isfinite(v)]
        cells += [(1, t, v) for t, v in zip(ti, xi, strict=True) if np.isfinite(v)]
        w = np.array([v for _, _, v in cells])
        V = np.zeros((len(w), len(w)))
        for a, (c, s, _) in enumerate(cells):
            for b, (d, t, _) in enumerate(cells):
                gap = s - t
                if abs(gap) not in covariance:
                    power = np.linalg.matrix_power(A, round(abs(gap))) if discrete else expm(A * abs(gap))
                    covariance[abs(gap)] = power @ P
                lagged = covariance[abs(gap)]
                V[a, b] = lagged[c, d] if gap >= 0 else lagged[d, c]
                if private is not None and c == d:
                    V[a, b] += private[0][c] ** 2 * private[1][c] ** abs(gap)
                if a == b:
                    V[a, b] += noise[c]
        lines = [np.column_stack([np.ones(k), [t for c, t, _ in cells if c == col]]) for col, k in _sizes(cells)]
        D = block_diag(*lines)
        inverse = np.linalg.inv(V)
        F = D.T @ inverse @ D
        R = inverse - inverse @ D @ np.linalg.inv(F) @ D.T @ inverse
        total -= 0.5 * (np.linalg.slogdet(V)[1] + np.linalg.slogdet(F)[1] + w @ R @ w)
    return total


def _sizes(cells: list[tuple[int, float, float]]) -> list[tuple[int, int]]:
    return [(c, sum(1 for cell in cells if cell[0] == c)) for c in (0, 1)]


def best_shared_dynamics(y: Array, x: Array, free: list[int]) -> float:
    """Return the largest penalised restricted log-likelihood of the shared dynamics in discrete time, by brute force.

    y and x in units of their within-person standard deviation; the penalties are written out as they stand in the
    documentation. free: positions that are not held at 0.
    """
    times = np.broadcast_to(np.arange(y.shape[1], dtype=float), y.shape)

    def minus(part: Array) -> float:
        q = np.zeros(9)
        q[free] = part
        A = np.array([[np.tanh(q[0]), q[2]], [q[3], np.tanh(q[1])]])
        if np.abs(np.linalg.eigvals(A)).max() >= 0.985:
            return 1e6
        s, r = np.exp(q[4:6]), np.tanh(q[6])
        Q = np.array([[s[0] ** 2, r * s[0] * s[1]], [r * s[0] * s[1], s[1] ** 2]])
        value = restricted_log_likelihood(y, x, times, A, Q, np.exp(2 * q[7:9]), None, discrete=True)
        for k, mean, sd in ((0, 0.4, 1.5), (1, 0.4, 1.5), (6, 0.0, 1.5)):
            value -= 0.5 * ((q[k] - mean) / sd) ** 2
        for k, mean, sd in ((4, np.log(0.7), 3), (5, np.log(0.7), 3), (7, np.log(0.5), 1.5), (8, np.log(0.5), 1.5)):
            value -= 0.5 * ((q[k] - mean) / sd) ** 2
        B = A / 0.985
        margins = [1 - np.linalg.det(B), 1 - np.trace(B) + np.linalg.det(B), 1 + np.trace(B) + np.linalg.det(B)]
        return float(-value - 0.01 * np.log(margins).sum()) if min(margins) > 0 else 1e6

    start = np.array([0.4, 0.4, 0, 0, -0.4, -0.4, 0, -0.7, -0.7])[free]
    return -float(minimize(minus, start, method="BFGS", options={"gtol": 1e-2}).fun)
