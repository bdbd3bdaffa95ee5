"""Where a fit of a model of waves begins: moments of the scores that are there, pair by pair."""

from __future__ import annotations

import numpy as np

from securebase.model.discrete_time.specification import (
    DiscreteTimeParameters,
    DiscreteTimeSpecification,
    WaveConstraint,
)
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Start

#: lags begin no farther out than this, and a covariance no nearer to singular than this share of its diagonal
_FARTHEST, _LEAST = 0.9, 0.1


def initial_values(
    panel: Panel, of: DiscreteTimeSpecification, *, persistence: float | None = None
) -> DiscreteTimeParameters:
    """Start values from a panel of standardised scores. `persistence`: begin with these lags, and none across.

    Levels from how waves far apart still resemble each other, lags from neighbouring waves once levels are out.
    """
    p, T = of.p, of.waves
    mean, S = _moments(panel, of)
    apart = [S[w, :, v] for w in range(T) for v in range(w) if w - v >= max(T // 2, 1)]
    level = _bounded_within(0.9 * np.mean(apart, axis=0), _pooled(S)) if of.levels else np.zeros((p, p))
    within = S - level[:, None, :]
    own = np.array([_bounded_below(within[w, :, w], S[w, :, w]) for w in range(T)])
    next_to = np.array([within[w + 1, :, w] for w in range(T - 1)])
    before, after = own[:-1], own[1:]
    if of.lags == WaveConstraint.EQUAL:
        next_to, before = next_to.mean(axis=0, keepdims=True), before.mean(axis=0, keepdims=True)
    if persistence is not None:
        lags = np.broadcast_to(persistence * np.eye(p), next_to.shape).copy()
    else:
        lags = np.array([_stabilise(C @ np.linalg.inv(P)) for C, P in zip(next_to, before, strict=True)])
    left = after - lags @ own[:-1] @ lags.transpose(0, 2, 1)
    residual = np.array([_bounded_below(Q, V) for Q, V in zip(left, after, strict=True)])
    if of.residuals == WaveConstraint.EQUAL:
        residual = residual.mean(axis=0, keepdims=True)
    return DiscreteTimeParameters(
        lags=lags,
        residual_covariance=residual,
        mean=mean,
        start_covariance=own[0] if of.start == Start.FREE else None,
        level_covariance=level if of.levels else None,
    )


def _moments(panel: Panel, of: DiscreteTimeSpecification) -> tuple[Array, Array]:
    """(mean (waves, p) or (1, p), covariance (waves, p, waves, p)) from the scores that are there, pair by pair; pairs
    that nobody has count as not moving together."""
    p, T = of.p, of.waves
    person = np.repeat(np.arange(panel.n_persons), np.diff(panel.starts))
    Y = np.full((panel.n_persons, T, p), np.nan)
    Y[person, panel.wave - of.first_wave] = panel.scores
    there = np.isfinite(Y)
    filled = np.where(there, Y, 0.0)
    over = (0, 1) if of.means == WaveConstraint.EQUAL else (0,)
    mean = filled.sum(axis=over, keepdims=True)[0] / np.maximum(there.sum(axis=over, keepdims=True)[0], 1)
    moved = np.where(there, Y - mean, 0.0).reshape(-1, T * p)
    shared = there.reshape(-1, T * p).astype(np.float64)
    S = (moved.T @ moved) / np.maximum(shared.T @ shared, 1.0)
    return mean, S.reshape(T, p, T, p)


def _pooled(S: Array) -> Array:
    pooled: Array = np.mean([S[w, :, w] for w in range(len(S))], axis=0)
    return pooled


def _bounded_below(V: Array, beside: Array) -> Array:
    """The nearest covariance that keeps `_LEAST` of the diagonal of `beside` in every direction."""
    d = np.sqrt(np.maximum(np.diag(beside), 1e-6))
    both = np.multiply.outer(d, d)
    values, vectors = np.linalg.eigh(0.5 * (V + V.T) / both)
    return np.asarray((vectors * np.maximum(values, _LEAST)) @ vectors.T * both)


def _bounded_within(V: Array, whole: Array) -> Array:
    """A covariance between `_LEAST` and 1 − `_LEAST` of `whole` in every direction."""
    root = np.linalg.cholesky(_bounded_below(whole, whole))
    inverse = np.linalg.inv(root)
    values, vectors = np.linalg.eigh(inverse @ (0.5 * (V + V.T)) @ inverse.T)
    side = root @ vectors
    return np.asarray((side * np.clip(values, _LEAST, 1.0 - 2.0 * _LEAST)) @ side.T)


def _stabilise(lags: Array) -> Array:
    radius = float(np.abs(np.linalg.eigvals(lags)).max())
    return lags * min(1.0, _FARTHEST / max(radius, 1e-12))
