"""Second derivatives of the log-likelihood of a model of waves with a start of its own, from dense moments.

With B = (I − L)⁻¹ (L holds the lags below its diagonal), Ω the block diagonal of start and residuals, and J the map of
levels to scores, all scores of a person have mean m and covariance V = B Ω B' + J Ψ J'. Every parameter moves V by f g'
+ g f' with two vectors, and m by a unit vector. With A = V⁻¹ among the scores that are there (zero elsewhere), b = A r
and weights q, l of the quadratic form and of the determinant (`compressed.Rows`), minus the log-likelihood has
    ∂²(k, l) = Σ tr(∂V_k A ∂V_l (q b b' − ½ l A)) + tr(G ∂²V_kl),    G = ½ Σ (l A − q b b'),
    ∂²(m, k) = Σ q A ∂V_k b,    ∂²(m, m) = Σ q A,
and the expected information is Σ l ½ tr(A ∂V_k A ∂V_l), Σ l A and nothing between the two. Values and first
derivatives stay the kernel's; tests hold these to differences of the kernel's gradient.
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

#: up to this many patterns of missing scores they are taken one by one; beyond, all at once, which needs memory that
#: grows with the fourth power of the number of scores a person can have
MAX_PATTERNS, MAX_SCORES = 24, 64
#: patterns taken at once
_CHUNK = 1024


@dataclass(frozen=True, eq=False)
class CompressedUnits:
    """Compressed persons sorted by pattern: scores (U, D) with 0 where missing; mean (U,): 1 where a unit has the
    mean; quadratic, log (U,); patterns (m, D): which scores are there; first (m,): a pattern's first unit."""

    scores: Array
    mean: Array
    quadratic: Array
    log: Array
    patterns: NDArray[np.bool_]
    first: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class _Moments:
    mean: Array
    V: Array
    B: Array
    within: Array
    f: Array
    g: Array


def compress_units(rows: Rows, of: DiscreteTimeSpecification) -> CompressedUnits:
    """The rows of a likelihood, person by person. Means of an absent wave are no matter."""
    lengths = np.diff(rows.starts)
    person = np.repeat(np.arange(len(lengths)), lengths)
    table = np.full((len(lengths), of.waves, of.p), np.nan)
    table[person, np.round(rows.times).astype(np.intp)] = rows.scores
    Y = table.reshape(len(lengths), -1)
    keys = np.packbits(np.isfinite(Y), axis=1)
    _, pattern = np.unique(keys, axis=0, return_inverse=True)
    order = np.argsort(pattern.ravel(), kind="stable")
    _, first = np.unique(pattern.ravel()[order], return_index=True)
    Y, weights = Y[order], rows.weights[order]
    there = np.isfinite(Y)
    return CompressedUnits(
        scores=np.where(there, Y, 0.0),
        mean=weights[:, 2],
        quadratic=weights[:, 0],
        log=weights[:, 1],
        patterns=there[first],
        first=first,
    )


def uses_dense_moments(data: CompressedUnits) -> bool:
    """Whether second derivatives come from here."""
    m, D = data.patterns.shape
    return bool(m <= MAX_PATTERNS or D <= MAX_SCORES)


def observed_information(
    of: DiscreteTimeSpecification, parameters: DiscreteTimeParameters, data: CompressedUnits
) -> tuple[Array, DiscreteTimeParameters]:
    """(Second derivatives of minus the log-likelihood along the named parameters, its gradient with full symmetric
    covariances)."""
    at = _moments(of, parameters)
    A = _pattern_inverses(at.V, data.patterns)
    pattern = np.repeat(np.arange(len(data.first)), np.diff([*data.first, len(data.scores)]))
    residual = np.where(data.patterns[pattern], data.scores - data.mean[:, None] * at.mean, 0.0)
    b = np.matmul(A[pattern], residual[:, :, None])[:, :, 0]
    log = np.add.reduceat(data.log, data.first)
    of_mean = np.add.reduceat((data.quadratic * data.mean)[:, None] * b, data.first, axis=0)
    weight = np.add.reduceat(data.quadratic * data.mean, data.first)
    if len(A) <= MAX_PATTERNS:
        ends = [*data.first[1:], len(b)]
        squares = [(b[i:j].T * data.quadratic[i:j]) @ b[i:j] for i, j in zip(data.first, ends, strict=True)]
        H, crossed = _sum_by_pattern(at, A, np.array(squares) - 0.5 * log[:, None, None] * A, of_mean)
        G = 0.5 * (np.tensordot(log, A, 1) - np.sum(squares, axis=0))
    else:
        H, crossed, G = _sum_vectorised(at, A, b, data, of_mean, log=log)
    H = H + _second_derivative_term(of, at, G)
    gradient = _gradient(of, at, G, -of_mean.sum(axis=0))
    return _apply_constraints(of, H, crossed, np.tensordot(weight, A, 1)), gradient


def expected_information(
    of: DiscreteTimeSpecification, parameters: DiscreteTimeParameters, data: CompressedUnits
) -> Array:
    """Expected information of the named parameters, given which scores are there."""
    at = _moments(of, parameters)
    A = _pattern_inverses(at.V, data.patterns)
    log = np.add.reduceat(data.log, data.first)
    nothing = np.zeros((len(A), len(at.V)))
    if len(A) <= MAX_PATTERNS:
        H, crossed = _sum_by_pattern(at, A, 0.5 * log[:, None, None] * A, nothing)
    else:
        H, crossed, _ = _sum_vectorised(at, A, None, data, nothing, log=-log)
    return _apply_constraints(of, H, crossed, np.tensordot(log, A, 1))


def complete_data_information(
    of: DiscreteTimeSpecification, parameters: DiscreteTimeParameters, persons: float
) -> Array:
    """Expected information of this many persons with every score."""
    at = _moments(of, parameters)
    A = np.asarray(np.linalg.inv(at.V), dtype=np.float64)[None]
    H, crossed = _sum_by_pattern(at, A, 0.5 * persons * A, np.zeros((1, len(at.V))))
    return _apply_constraints(of, H, crossed, persons * A[0])


def _moments(of: DiscreteTimeSpecification, parameters: DiscreteTimeParameters) -> _Moments:
    p, T = of.p, of.waves
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
    """(row, column) in L of every lag, wave by wave, as they are named."""
    w, k, j = (i.ravel() for i in np.indices((T - 1, p, p)))
    return (w + 1) * p + k, w * p + j


def _covariance_entries(p: int, T: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """(row, column) in Ω of every entry: residuals wave by wave, then the start."""
    rows, columns = np.tril_indices(p)
    waves = np.repeat([*range(1, T), 0], len(rows)) * p
    return waves + np.tile(rows, T), waves + np.tile(columns, T)


def _pattern_inverses(V: Array, patterns: NDArray[np.bool_]) -> Array:
    """V⁻¹ among the scores that are there, zero elsewhere, pattern by pattern (m, D, D): with P = V⁻¹ it is
    P − P_·x (P_xx)⁻¹ P_x·, x the missing ones, of which there are mostly few."""
    P = np.linalg.inv(V)
    m, D = patterns.shape
    most = int((~patterns).sum(axis=1).max(initial=0))
    if most == 0:
        return np.broadcast_to(P, (m, D, D)).copy()
    order = np.argsort(patterns, axis=1, kind="stable")[:, :most]
    gone = ~np.take_along_axis(patterns, order, axis=1)
    rows = np.where(gone[:, :, None], P[order], 0.0)
    block = np.take_along_axis(rows, order[:, None, :], axis=2) * gone[:, None, :]
    block[:, np.arange(most), np.arange(most)] += ~gone
    half = np.linalg.solve(np.linalg.cholesky(block), rows)
    A: Array = P - half.transpose(0, 2, 1) @ half
    A *= patterns[:, :, None] & patterns[:, None, :]
    return A


def _sum_by_pattern(at: _Moments, A: Array, C: Array, b: Array) -> tuple[Array, Array]:
    """(Σ tr(∂V_k A ∂V_l C), Σ A ∂V_k b), pattern by pattern."""
    f, g = at.f, at.g
    H, crossed = np.zeros((len(f), len(f))), np.zeros((len(at.V), len(f)))
    for own, with_own, mean in zip(A, C, b, strict=True):
        fA, gA, fC, gC = f @ own, g @ own, f @ with_own, g @ with_own
        one, two = gA @ f.T, gC @ f.T
        H += one * two.T + one.T * two + (gA @ g.T) * (fC @ f.T) + (fA @ f.T) * (gC @ g.T)
        crossed += fA.T * (g @ mean) + gA.T * (f @ mean)
    return H, crossed


def _sum_vectorised(
    at: _Moments, A: Array, b: Array | None, data: CompressedUnits, of_mean: Array, *, log: Array
) -> tuple[Array, Array, Array]:
    """The same and G, from Σ A ⊗ C and Σ A ⊗ b. Without b, C is −½ log A alone."""
    D = len(at.V)
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
        third += own.T @ of_mean[i:j]
        pulled += 0.25 * (log[i:j] @ own) - 0.5 * C.sum(axis=0)
    place = np.zeros((D, D), dtype=np.intp)
    place[rows, columns] = place[columns, rows] = np.arange(n)
    moved = at.f[:, rows] * at.g[:, columns] + at.f[:, columns] * at.g[:, rows]
    # Σ A[b, c] C[d, a] over the orders of (a, b) and of (c, d), all of which ∂V does not tell apart
    both, a, b_, c, d = fourth + fourth.T, rows[:, None], columns[:, None], rows[None], columns[None]
    turned = both[place[b_, c], place[a, d]] + both[place[a, c], place[b_, d]]
    once = np.where(rows == columns, 0.5, 1.0) * moved
    H = once @ (turned @ once.T)
    spread = moved[:, place].reshape(-1, D * D)
    return H, third[place].reshape(D, D * D) @ spread.T, pulled[place]


def _second_derivative_term(of: DiscreteTimeSpecification, at: _Moments, G: Array) -> Array:
    """tr(G ∂²V): by two lags, and by a lag and an entry of Ω."""
    U, W = at.B.T @ G @ at.within, at.B.T @ G @ at.B
    a, b = _lag_entries(of.p, of.waves)
    e, f = _covariance_entries(of.p, of.waves)
    H = np.zeros((len(at.f), len(at.f)))
    n = len(a)
    once = at.B[b[:, None], a] * U[a[:, None], b]
    H[:n, :n] = 2.0 * (once + once.T + at.within[b[:, None], b] * W[a[:, None], a])
    twice = np.where(e == f, 1.0, 2.0)
    to, since, row, column = a[:, None], b[:, None], e[None], f[None]
    both = twice * (at.B[since, row] * W[to, column] + W[row, to] * at.B[since, column])
    H[:n, n : n + len(e)], H[n : n + len(e), :n] = both, both.T
    return H


def _gradient(of: DiscreteTimeSpecification, at: _Moments, G: Array, along_mean: Array) -> DiscreteTimeParameters:
    p, T = of.p, of.waves
    U = (2.0 * at.B.T @ G @ at.within).reshape(T, p, T, p)
    W = (at.B.T @ G @ at.B).reshape(T, p, T, p)
    lags = np.array([U[w + 1, :, w] for w in range(T - 1)])
    own = np.array([W[w, :, w] for w in range(T)])
    mean = along_mean.reshape(T, p)

    def kept(each: Array, over: WaveConstraint) -> Array:
        return each if over == WaveConstraint.FREE else each.sum(axis=0, keepdims=True)

    return DiscreteTimeParameters(
        lags=kept(lags, of.lags),
        residual_covariance=kept(own[1:], of.residuals),
        mean=kept(mean, of.means),
        start_covariance=own[0],
        level_covariance=G.reshape(T, p, T, p).sum(axis=(0, 2)) if of.levels else None,
    )


def _apply_constraints(of: DiscreteTimeSpecification, H: Array, crossed: Array, of_mean: Array) -> Array:
    """Along the named parameters: what is equal over waves is the sum over them."""
    whole = np.block([[H, crossed.T], [crossed, of_mean]])
    p, T, pairs = of.p, of.waves, of.p * (of.p + 1) // 2
    place: list[NDArray[np.intp]] = []
    at = 0
    for size, times, over in ((p * p, T - 1, of.lags), (pairs, T - 1, of.residuals)):
        place.append(at + (np.arange(size * times) if over == WaveConstraint.FREE else np.tile(np.arange(size), times)))
        at = int(place[-1].max()) + 1
    single = pairs * (1 + of.levels)
    place.append(at + np.arange(single))
    at += single
    place.append(at + (np.arange(p * T) if of.means == WaveConstraint.FREE else np.tile(np.arange(p), T)))
    where = np.concatenate(place)
    if len(where) == int(where.max()) + 1:
        return whole
    summed = np.zeros((int(where.max()) + 1, len(where)))
    summed[where, np.arange(len(where))] = 1.0
    joined: Array = summed @ whole @ summed.T
    return joined
