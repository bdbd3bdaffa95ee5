r"""Within-person dynamics of two columns: parameters, matrices, and weak penalties.

η_t = A η_{t−1} + ε_t with correlated shocks ε ~ N(0, Q), stationary, and scores = the person's line + η + π + error.
In continuous time dη = 𝒜 η dt + shocks, with the usual gap as the unit of time. The private part π (only with
`private`) is one autoregression a column, λ²ψ^|d|, without influence on anything: slow mood, or autocorrelated error of
rating. State of the filter: (η + π, π) or η alone, so that every score loads on one coordinate.

Parameters on the working scale, y first and x second: persistence (2; atanh φ, continuous: logit φ), the effects x → y
and y → x, log standard deviations of the shocks (2), atanh of their correlation, log standard deviations of the errors
(2); private: log λ (2) and logit ψ (2). All functions take a batch of parameter vectors (m, k).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase.study.verdicts.course import Array

#: positions of the effects x → y and y → x among the parameters
X_TO_Y, Y_TO_X = 2, 3
N_SHARED, N_PRIVATE = 9, 4
#: largest spectral radius of A over one unit of time
_MAX_RADIUS = 0.985
#: weight of the logarithmic barrier that keeps A inside the largest radius: 0.01 log-likelihood units at a third of it
_BARRIER = 0.01
#: mean and standard deviation of the penalties, in units of the columns' within-person standard deviation
_PERSISTENCE = (0.4, 1.5)  # atanh φ
_PERSISTENCE_IN_TIME = (-0.4, 2.0)  # logit φ, which an atanh would let run to −∞
_CORRELATION = (0.0, 1.5)
_SHOCK = (np.log(0.7), 3.0)
_ERROR = (np.log(0.5), 1.5)
_PRIVATE = (np.log(0.4), 1.5)
_PRIVATE_PERSISTENCE = (0.4, 1.5)  # atanh φ


@dataclass(frozen=True, eq=False)
class Matrices:
    """transition, shocks (m, g, p, p) over g gaps, stationary (m, p, p), error variances (m, 2), drift A (m, 2, 2)."""

    transition: Array
    shocks: Array
    stationary: Array
    error: Array
    drift: Array


def start(*, discrete: bool) -> Array:
    """Return start values of the shared parameters: persistence .4, no effects."""
    persistence = np.arctanh(0.4) if discrete else np.log(0.4 / 0.6)
    return np.array([persistence] * 2 + [0.0, 0.0] + [np.log(0.7)] * 2 + [0.0] + [np.log(0.5)] * 2)


def matrices(theta: Array, gaps: Array, *, discrete: bool) -> Matrices:
    """Return the matrices of a batch; in discrete time every gap is one step."""
    A, Q = drift(theta, discrete=discrete), _shock_covariance(theta)
    eye = np.eye(2)
    if discrete:
        system = np.eye(4) - _kronecker(A, A)
        P = _solve(system, Q)
        Phi, Q_gap = A[:, None], Q[:, None]
    else:
        identity = np.broadcast_to(eye, A.shape)
        P = _solve(_kronecker(A, identity) + _kronecker(identity, A), -Q)
        Phi = _exponential(A, gaps)
        Q_gap = P[:, None] - Phi @ P[:, None] @ Phi.transpose(0, 1, 3, 2)
    error = np.exp(2.0 * theta[:, 7:9])
    if theta.shape[1] == N_SHARED:
        return Matrices(Phi, Q_gap, P, error, A)
    variance = np.exp(2.0 * theta[:, 9:11])[:, :, None] * eye
    psi = 1.0 / (1.0 + np.exp(-theta[:, 11:13]))
    steps = np.ones(1) if discrete else gaps
    Psi = (psi[:, None, :] ** steps[None, :, None])[..., None] * eye
    R = variance[:, None] * (1.0 - Psi**2)
    return Matrices(
        _block(Phi, Psi - Phi, np.zeros_like(Psi), Psi),
        _block(Q_gap + R, R, R, R),
        _block(P + variance, variance, variance, variance),
        error,
        A,
    )


def penalty(theta: Array, *, discrete: bool) -> Array:
    """Return the logarithms (m,) of the weak priors and of the barrier; −∞ where the dynamics are not stable."""
    total = _normal(theta[:, :2], _PERSISTENCE if discrete else _PERSISTENCE_IN_TIME) + _normal(theta[:, 4:6], _SHOCK)
    total += _normal(theta[:, 6:7], _CORRELATION) + _normal(theta[:, 7:9], _ERROR)
    if theta.shape[1] > N_SHARED:
        total += _normal(theta[:, 9:11], _PRIVATE) + _normal(theta[:, 11:13], _PRIVATE_PERSISTENCE)
    margins = _stability_margins(drift(theta, discrete=discrete), discrete)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((margins > 0).all(axis=1), total + _BARRIER * np.log(margins).sum(axis=1), -np.inf)


def spectral_radius(drift: Array, *, discrete: bool) -> float:
    """Return the spectral radius of one A (2, 2) over one unit of time."""
    values = np.linalg.eigvals(drift)
    return float(np.abs(values).max() if discrete else np.exp(values.real.max()))


def drift(theta: Array, *, discrete: bool) -> Array:
    """Return A (m, 2, 2), in continuous time the drift matrix."""
    A = np.empty((len(theta), 2, 2))
    own = np.tanh(theta[:, :2]) if discrete else -np.logaddexp(0.0, -theta[:, :2])
    A[:, 0, 0], A[:, 1, 1], A[:, 0, 1], A[:, 1, 0] = own[:, 0], own[:, 1], theta[:, X_TO_Y], theta[:, Y_TO_X]
    return A


def _shock_covariance(theta: Array) -> Array:
    sd, r = np.exp(theta[:, 4:6]), np.tanh(theta[:, 6])
    Q = sd[:, :, None] * sd[:, None, :]
    Q[:, 0, 1] *= r
    Q[:, 1, 0] *= r
    return Q


def _exponential(A: Array, gaps: Array) -> Array:
    """Return exp(A u) (m, g, 2, 2): e^{mu} [cosh(δu) I + sinh(δu)/δ (A − m I)], m half the trace, δ² = m² − |A|."""
    half = 0.5 * (A[:, 0, 0] + A[:, 1, 1])
    square = 0.25 * (A[:, 0, 0] - A[:, 1, 1]) ** 2 + A[:, 0, 1] * A[:, 1, 0]
    delta = np.sqrt(square.astype(np.complex128))[:, None]
    # e^{(m ± δ)u} and not e^{mu} cosh(δu), which overflows over long gaps
    rising, falling = np.exp((half[:, None] + delta) * gaps), np.exp((half[:, None] - delta) * gaps)
    small = np.abs(delta * gaps) < 1e-4
    limit = np.exp(half[:, None] * gaps) * gaps * (1.0 + (delta * gaps) ** 2 / 6.0)
    ratio = np.where(small, limit, 0.5 * (rising - falling) / np.where(small, 1.0, delta)).real
    deviation = A - half[:, None, None] * np.eye(2)
    even = 0.5 * (rising + falling).real
    result: Array = even[..., None, None] * np.eye(2) + ratio[..., None, None] * deviation[:, None]
    return result


def _stability_margins(A: Array, discrete: bool) -> Array:
    """Return quantities that are all positive if and only if the spectral radius is below the largest (Jury, Routh)."""
    if discrete:
        A = A / _MAX_RADIUS
        trace, det = A[:, 0, 0] + A[:, 1, 1], A[:, 0, 0] * A[:, 1, 1] - A[:, 0, 1] * A[:, 1, 0]
        return np.stack([1.0 - det, 1.0 - trace + det, 1.0 + trace + det], axis=1)
    A = A - np.log(_MAX_RADIUS) * np.eye(2)
    trace, det = A[:, 0, 0] + A[:, 1, 1], A[:, 0, 0] * A[:, 1, 1] - A[:, 0, 1] * A[:, 1, 0]
    return np.stack([-trace, np.where(trace < 0, det, -1.0)], axis=1)


def _solve(system: Array, Q: Array) -> Array:
    return np.asarray(np.linalg.solve(system, Q.reshape(-1, 4, 1)).reshape(-1, 2, 2), dtype=np.float64)


def _kronecker(A: Array, B: Array) -> Array:
    product: Array = np.einsum("mij,mkl->mikjl", A, B).reshape(-1, 4, 4)
    return product


def _block(a: Array, b: Array, c: Array, d: Array) -> Array:
    return np.concatenate([np.concatenate([a, b], axis=-1), np.concatenate([c, d], axis=-1)], axis=-2)


def _normal(values: Array, prior: tuple[float, float]) -> Array:
    total: Array = -0.5 * (((values - prior[0]) / prior[1]) ** 2).sum(axis=1)
    return total
