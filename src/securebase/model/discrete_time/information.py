"""Observed and expected information of discrete-time panel models with a free start, from dense moments.

With B = (I − L)⁻¹ (L holds the lags below its diagonal), Ω the block diagonal of start and residual covariances, and J
the map of levels to scores, the scores of a person have mean m and covariance V = B Ω B' + J Ψ J'. Each parameter has
∂V = f g' + g f' with two vectors, and ∂m is a unit vector. With A = V⁻¹ among the observed scores (zero elsewhere),
b = A r for residuals r, and weights q, l of quadratic form and determinant (`compression.Rows`), minus the
log-likelihood has the second derivatives
    ∂²(k, l) = Σ tr(∂V_k A ∂V_l (q b b' − ½ l A)) + tr(G ∂²V_kl),    G = ½ Σ (l A − q b b'),
    ∂²(m, k) = Σ q A ∂V_k b,    ∂²(m, m) = Σ q A.
The expected information has the blocks Σ l ½ tr(A ∂V_k A ∂V_l) and Σ l A, and zero between them. Values and first
derivatives come from the kernel; tests compare these formulas with differences of the kernel's gradient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.model.compression import Rows
from securebase.model.discrete_time.specification import (
    DiscreteTimeParameters,
    DiscreteTimeSpecification,
    WaveConstraint,
)
from securebase.model.parameters import Array

#: up to the first number of missing-data patterns, sum over patterns in a loop; beyond, vectorised, with memory of the
#: order of the fourth power of the scores per person, which the second number bounds
MAX_PATTERNS, MAX_SCORES = 24, 64
#: patterns per vectorised chunk
_CHUNK = 1024


@dataclass(frozen=True, eq=False)
class CompressedUnits:
    """Compressed persons, sorted by missing-data pattern.

    scores (U, D): 0 where missing. mean (U,): 1 where a unit has the mean. quadratic, log (U,): weights of quadratic
    form and determinant. patterns (m, D): True where observed. first (m,): first unit of each pattern.
    """

    scores: Array
    mean: Array
    quadratic: Array
    log: Array
    patterns: NDArray[np.bool_]
    first: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class _Moments:
    """Model-implied moments. within: B Ω B'. f, g (parameters, D): ∂V = f g' + g f'."""

    mean: Array
    V: Array
    B: Array
    within: Array
    f: Array
    g: Array


def compress_units(rows: Rows, spec: DiscreteTimeSpecification) -> CompressedUnits:
    """Return the rows of a likelihood as one unit per person. Means of unobserved waves have no effect."""
    lengths = np.diff(rows.starts)
    person = np.repeat(np.arange(len(lengths)), lengths)
    table = np.full((len(lengths), spec.waves, spec.p), np.nan)
    table[person, np.round(rows.times).astype(np.intp)] = rows.scores
    Y = table.reshape(len(lengths), -1)
    keys = np.packbits(np.isfinite(Y), axis=1)
    _, pattern = np.unique(keys, axis=0, return_inverse=True)
    order = np.argsort(pattern.ravel(), kind="stable")
    _, first = np.unique(pattern.ravel()[order], return_index=True)
    Y, weights = Y[order], rows.weights[order]
    observed = np.isfinite(Y)
    return CompressedUnits(
        scores=np.where(observed, Y, 0.0),
        mean=weights[:, 2],
        quadratic=weights[:, 0],
        log=weights[:, 1],
        patterns=observed[first],
        first=first,
    )


def uses_dense_moments(data: CompressedUnits) -> bool:
    """Return True where the information can be computed from dense moments."""
    m, D = data.patterns.shape
    return bool(m <= MAX_PATTERNS or D <= MAX_SCORES)


def observed_information(
    spec: DiscreteTimeSpecification, parameters: DiscreteTimeParameters, data: CompressedUnits
) -> tuple[Array, DiscreteTimeParameters]:
    """Return the Hessian of minus the log-likelihood along the named parameters, and its gradient.

    The gradient has full symmetric covariances.
    """
    moments = _moments(spec, parameters)
    A = _pattern_inverses(moments.V, data.patterns)
    pattern = np.repeat(np.arange(len(data.first)), np.diff([*data.first, len(data.scores)]))
    residual = np.where(data.patterns[pattern], data.scores - data.mean[:, None] * moments.mean, 0.0)
    b = np.matmul(A[pattern], residual[:, :, None])[:, :, 0]
    log = np.add.reduceat(data.log, data.first)
    mean_gradient = np.add.reduceat((data.quadratic * data.mean)[:, None] * b, data.first, axis=0)
    weight = np.add.reduceat(data.quadratic * data.mean, data.first)
    if len(A) <= MAX_PATTERNS:
        ends = [*data.first[1:], len(b)]
        squares = [(b[i:j].T * data.quadratic[i:j]) @ b[i:j] for i, j in zip(data.first, ends, strict=True)]
        H, crossed = _sum_by_pattern(moments, A, np.array(squares) - 0.5 * log[:, None, None] * A, mean_gradient)
        G = 0.5 * (np.tensordot(log, A, 1) - np.sum(squares, axis=0))
    else:
        H, crossed, G = _sum_vectorised(moments, A, b, data, mean_gradient, log=log)
    H = H + _second_derivative_term(spec, moments, G)
    gradient = _gradient(spec, moments, G, -mean_gradient.sum(axis=0))
    return _apply_constraints(spec, H, crossed, np.tensordot(weight, A, 1)), gradient


def expected_information(
    spec: DiscreteTimeSpecification, parameters: DiscreteTimeParameters, data: CompressedUnits
) -> Array:
    """Return the expected information of the named parameters, given the missing-data patterns."""
    moments = _moments(spec, parameters)
    A = _pattern_inverses(moments.V, data.patterns)
    log = np.add.reduceat(data.log, data.first)
    zeros = np.zeros((len(A), len(moments.V)))
    if len(A) <= MAX_PATTERNS:
        H, crossed = _sum_by_pattern(moments, A, 0.5 * log[:, None, None] * A, zeros)
    else:
        H, crossed, _ = _sum_vectorised(moments, A, None, data, zeros, log=-log)
    return _apply_constraints(spec, H, crossed, np.tensordot(log, A, 1))


def complete_data_information(
    spec: DiscreteTimeSpecification, parameters: DiscreteTimeParameters, persons: float
) -> Array:
    """Return the expected information of this many persons with complete data."""
    moments = _moments(spec, parameters)
    A = np.asarray(np.linalg.inv(moments.V), dtype=np.float64)[None]
    H, crossed = _sum_by_pattern(moments, A, 0.5 * persons * A, np.zeros((1, len(moments.V))))
    return _apply_constraints(spec, H, crossed, persons * A[0])


def _moments(spec: DiscreteTimeSpecification, parameters: DiscreteTimeParameters) -> _Moments:
    p, T = spec.p, spec.waves
    D = p * T
    Phi = np.broadcast_to(parameters.lags, (T - 1, p, p))
    Q = np.broadcast_to(parameters.residual_covariance, (T - 1, p, p))
    L, omega = np.zeros((D, D)), np.zeros((D, D))
    omega[:p, :p] = parameters.start_covariance
    for w in range(1, T):
        now, before = slice(w * p, w * p + p), slice(w * p - p, w * p)
        L[now, before], omega[now, now] = Phi[w - 1], Q[w - 1]
    B = np.asarray(np.linalg.inv(np.eye(D) - L), dtype=np.float64)
    within = B @ omega @ B.T
    V = within
    lower = np.tril_indices(p)
    half = np.where(lower[0] == lower[1], 0.5, 1.0)[:, None]
    to, since = _lag_entries(p, T)
    e, f = _covariance_entries(p, T)
    left, right = [B.T[to], np.tile(half, (T, 1)) * B.T[e]], [within[since], B.T[f]]
    if parameters.level_covariance is not None:
        ones = np.tile(np.eye(p), T)
        V = V + np.tile(parameters.level_covariance, (T, T))
        left.append(half * ones[lower[0]])
        right.append(ones[lower[1]])
    mean = np.broadcast_to(parameters.mean, (T, p)).ravel()
    return _Moments(mean, V, B, within, np.concatenate(left), np.concatenate(right))


def _lag_entries(p: int, T: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return (row, column) in L of every lag, wave by wave, in the order of their names."""
    w, k, j = (i.ravel() for i in np.indices((T - 1, p, p)))
    return (w + 1) * p + k, w * p + j


def _covariance_entries(p: int, T: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return (row, column) in Ω of every entry: residuals wave by wave, then the start."""
    rows, columns = np.tril_indices(p)
    waves = np.repeat([*range(1, T), 0], len(rows)) * p
    return waves + np.tile(rows, T), waves + np.tile(columns, T)


def _pattern_inverses(V: Array, patterns: NDArray[np.bool_]) -> Array:
    """Return V⁻¹ among the observed scores, zero elsewhere, for each pattern (m, D, D).

    With P = V⁻¹ and the missing scores x, mostly few, it is P − P_·x (P_xx)⁻¹ P_x·.
    """
    P = np.linalg.inv(V)
    m, D = patterns.shape
    most = int((~patterns).sum(axis=1).max(initial=0))
    if most == 0:
        return np.broadcast_to(P, (m, D, D)).copy()
    order = np.argsort(patterns, axis=1, kind="stable")[:, :most]
    missing = ~np.take_along_axis(patterns, order, axis=1)
    rows = np.where(missing[:, :, None], P[order], 0.0)
    block = np.take_along_axis(rows, order[:, None, :], axis=2) * missing[:, None, :]
    block[:, np.arange(most), np.arange(most)] += ~missing
    half = np.linalg.solve(np.linalg.cholesky(block), rows)
    A: Array = P - half.transpose(0, 2, 1) @ half
    A *= patterns[:, :, None] & patterns[:, None, :]
    return A


def _sum_by_pattern(moments: _Moments, A: Array, C: Array, b: Array) -> tuple[Array, Array]:
    """Return Σ tr(∂V_k A ∂V_l C) and Σ A ∂V_k b, in a loop over patterns."""
    f, g = moments.f, moments.g
    H, crossed = np.zeros((len(f), len(f))), np.zeros((len(moments.V), len(f)))
    for A_pattern, C_pattern, mean in zip(A, C, b, strict=True):
        fA, gA, fC, gC = f @ A_pattern, g @ A_pattern, f @ C_pattern, g @ C_pattern
        along_A, along_C = gA @ f.T, gC @ f.T
        H += along_A * along_C.T + along_A.T * along_C + (gA @ g.T) * (fC @ f.T) + (fA @ f.T) * (gC @ g.T)
        crossed += fA.T * (g @ mean) + gA.T * (f @ mean)
    return H, crossed


def _sum_vectorised(
    moments: _Moments, A: Array, b: Array | None, data: CompressedUnits, mean_gradient: Array, *, log: Array
) -> tuple[Array, Array, Array]:
    """Return the sums of `_sum_by_pattern` and G, from Σ A ⊗ C and Σ A ⊗ b. Without b, C = −½ log · A."""
    D = len(moments.V)
    rows, columns = np.tril_indices(D)
    n = len(rows)
    fourth, third, pulled = np.zeros((n, n)), np.zeros((n, D)), np.zeros(n)
    ends = np.append(data.first, len(data.scores))
    for i in range(0, len(A), _CHUNK):
        j = min(i + _CHUNK, len(A))
        own = A[i:j, rows, columns]
        C = -0.5 * log[i:j, None] * own
        if b is not None:
            mine = b[ends[i] : ends[j]]
            squares = (mine * data.quadratic[ends[i] : ends[j], None])[:, rows] * mine[:, columns]
            C += squares if len(squares) == j - i else np.add.reduceat(squares, ends[i:j] - ends[i], axis=0)
        fourth += own.T @ C
        third += own.T @ mean_gradient[i:j]
        pulled += 0.25 * (log[i:j] @ own) - 0.5 * C.sum(axis=0)
    place = np.zeros((D, D), dtype=np.intp)
    place[rows, columns] = place[columns, rows] = np.arange(n)
    moved = moments.f[:, rows] * moments.g[:, columns] + moments.f[:, columns] * moments.g[:, rows]
    # Σ A[b, c] C[d, a] over both orders of (a, b) and of (c, d), as ∂V is symmetric
    both, a, b_, c, d = fourth + fourth.T, rows[:, None], columns[:, None], rows[None], columns[None]
    turned = both[place[b_, c], place[a, d]] + both[place[a, c], place[b_, d]]
    once = np.where(rows == columns, 0.5, 1.0) * moved
    H = once @ (turned @ once.T)
    spread = moved[:, place].reshape(-1, D * D)
    return H, third[place].reshape(D, D * D) @ spread.T, pulled[place]


def _second_derivative_term(spec: DiscreteTimeSpecification, moments: _Moments, G: Array) -> Array:
    """Return tr(G ∂²V_kl): for two lags, and for a lag and an entry of Ω."""
    U, W = moments.B.T @ G @ moments.within, moments.B.T @ G @ moments.B
    a, b = _lag_entries(spec.p, spec.waves)
    e, f = _covariance_entries(spec.p, spec.waves)
    H = np.zeros((len(moments.f), len(moments.f)))
    n = len(a)
    once = moments.B[b[:, None], a] * U[a[:, None], b]
    H[:n, :n] = 2.0 * (once + once.T + moments.within[b[:, None], b] * W[a[:, None], a])
    twice = np.where(e == f, 1.0, 2.0)
    to, since, row, column = a[:, None], b[:, None], e[None], f[None]
    both = twice * (moments.B[since, row] * W[to, column] + W[row, to] * moments.B[since, column])
    H[:n, n : n + len(e)], H[n : n + len(e), :n] = both, both.T
    return H


def _gradient(
    spec: DiscreteTimeSpecification, moments: _Moments, G: Array, along_mean: Array
) -> DiscreteTimeParameters:
    p, T = spec.p, spec.waves
    U = (2.0 * moments.B.T @ G @ moments.within).reshape(T, p, T, p)
    W = (moments.B.T @ G @ moments.B).reshape(T, p, T, p)
    lags = np.array([U[w + 1, :, w] for w in range(T - 1)])
    own = np.array([W[w, :, w] for w in range(T)])
    mean = along_mean.reshape(T, p)
    return DiscreteTimeParameters(
        lags=spec.lags.add_up(lags),
        residual_covariance=spec.residuals.add_up(own[1:]),
        mean=spec.means.add_up(mean),
        start_covariance=own[0],
        level_covariance=G.reshape(T, p, T, p).sum(axis=(0, 2)) if spec.levels else None,
    )


def _apply_constraints(spec: DiscreteTimeSpecification, H: Array, crossed: Array, mean_block: Array) -> Array:
    """Return second derivatives along the named parameters; those equal over waves are summed over the waves."""
    whole = np.block([[H, crossed.T], [crossed, mean_block]])
    p, T, pairs = spec.p, spec.waves, spec.p * (spec.p + 1) // 2
    positions: list[NDArray[np.intp]] = []
    start = 0
    for size, times, constraint in ((p * p, T - 1, spec.lags), (pairs, T - 1, spec.residuals)):
        positions.append(
            start + (np.arange(size * times) if constraint == WaveConstraint.FREE else np.tile(np.arange(size), times))
        )
        start = int(positions[-1].max()) + 1
    single = pairs * (1 + spec.levels)
    positions.append(start + np.arange(single))
    start += single
    positions.append(start + (np.arange(p * T) if spec.means == WaveConstraint.FREE else np.tile(np.arange(p), T)))
    target = np.concatenate(positions)
    if len(target) == int(target.max()) + 1:
        return whole
    summed = np.zeros((int(target.max()) + 1, len(target)))
    summed[target, np.arange(len(target))] = 1.0
    joined: Array = summed @ whole @ summed.T
    return joined
