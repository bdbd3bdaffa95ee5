"""Start values of discrete-time panel models: pairwise moments of the observed scores."""

from __future__ import annotations

import numpy as np

from securebase.model.discrete_time.specification import (
    DiscreteTimeParameters,
    DiscreteTimeSpecification,
    WaveConstraint,
)
from securebase.model.panel import Panel
from securebase.model.parameters import Array
from securebase.model.specification import Start

#: bound of the spectral radius of the lags, and of a covariance's eigenvalues relative to its diagonal
_MAX_RADIUS, _MIN_EIGENVALUE = 0.9, 0.1


def initial_values(
    panel: Panel, spec: DiscreteTimeSpecification, *, persistence: float | None = None
) -> DiscreteTimeParameters:
    """Return start values from a panel of standardised scores by the method of moments.

    Level covariance from waves at least half the panel apart, lags C_t,t+1' C_t⁻¹ from adjacent waves after subtracting
    it. persistence: autoregressive lags to start from, with cross-lags of 0.
    """
    p, T = spec.p, spec.waves
    mean, S = _moments(panel, spec)
    distant = [S[w, :, v] for w in range(T) for v in range(w) if w - v >= max(T // 2, 1)]
    level = _bound_within(0.9 * np.mean(distant, axis=0), _pool(S)) if spec.levels else np.zeros((p, p))
    within = S - level[:, None, :]
    variance = np.array([_bound_below(within[w, :, w], S[w, :, w]) for w in range(T)])
    adjacent = np.array([within[w + 1, :, w] for w in range(T - 1)])
    before, after = variance[:-1], variance[1:]
    if spec.lags == WaveConstraint.EQUAL:
        adjacent, before = adjacent.mean(axis=0, keepdims=True), before.mean(axis=0, keepdims=True)
    if persistence is not None:
        lags = np.broadcast_to(persistence * np.eye(p), adjacent.shape).copy()
    else:
        lags = np.array([_stabilise(C @ np.linalg.inv(P)) for C, P in zip(adjacent, before, strict=True)])
    # Q = P_t+1 − Phi P_t Phi'
    remainder = after - lags @ variance[:-1] @ lags.transpose(0, 2, 1)
    residual = np.array([_bound_below(Q, V) for Q, V in zip(remainder, after, strict=True)])
    if spec.residuals == WaveConstraint.EQUAL:
        residual = residual.mean(axis=0, keepdims=True)
    return DiscreteTimeParameters(
        lags=lags,
        residual_covariance=residual,
        mean=mean,
        start_covariance=variance[0] if spec.start == Start.FREE else None,
        level_covariance=level if spec.levels else None,
    )


def _moments(panel: Panel, spec: DiscreteTimeSpecification) -> tuple[Array, Array]:
    """Return mean (waves, p) or (1, p) and pairwise covariance (waves, p, waves, p) of the observed scores.

    Pairs that are never observed together get a covariance of 0.
    """
    p, T = spec.p, spec.waves
    person = np.repeat(np.arange(panel.n_persons), np.diff(panel.starts))
    Y = np.full((panel.n_persons, T, p), np.nan)
    Y[person, panel.wave - spec.first_wave] = panel.scores
    observed = np.isfinite(Y)
    filled = np.where(observed, Y, 0.0)
    over = (0, 1) if spec.means == WaveConstraint.EQUAL else (0,)
    mean = filled.sum(axis=over, keepdims=True)[0] / np.maximum(observed.sum(axis=over, keepdims=True)[0], 1)
    centred = np.where(observed, Y - mean, 0.0).reshape(-1, T * p)
    indicator = observed.reshape(-1, T * p).astype(np.float64)
    S = (centred.T @ centred) / np.maximum(indicator.T @ indicator, 1.0)
    return mean, S.reshape(T, p, T, p)


def _pool(S: Array) -> Array:
    pooled: Array = np.mean([S[w, :, w] for w in range(len(S))], axis=0)
    return pooled


def _bound_below(V: Array, reference: Array) -> Array:
    """Return V with eigenvalues of at least `_MIN_EIGENVALUE`, relative to the diagonal of `reference`."""
    d = np.sqrt(np.maximum(np.diag(reference), 1e-6))
    scale = np.multiply.outer(d, d)
    values, vectors = np.linalg.eigh(0.5 * (V + V.T) / scale)
    return np.asarray((vectors * np.maximum(values, _MIN_EIGENVALUE)) @ vectors.T * scale)


def _bound_within(V: Array, whole: Array) -> Array:
    """Return V with eigenvalues between `_MIN_EIGENVALUE` and 1 − 2 `_MIN_EIGENVALUE`, relative to `whole`."""
    root = np.linalg.cholesky(_bound_below(whole, whole))
    inverse = np.linalg.inv(root)
    values, vectors = np.linalg.eigh(inverse @ (0.5 * (V + V.T)) @ inverse.T)
    side = root @ vectors
    return np.asarray((side * np.clip(values, _MIN_EIGENVALUE, 1.0 - 2.0 * _MIN_EIGENVALUE)) @ side.T)


def _stabilise(lags: Array) -> Array:
    """Shrink lags to a spectral radius of at most `_MAX_RADIUS`."""
    radius = float(np.abs(np.linalg.eigvals(lags)).max())
    return lags * min(1.0, _MAX_RADIUS / max(radius, 1e-12))
