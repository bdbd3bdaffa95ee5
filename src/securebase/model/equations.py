"""Exact discretisation of the continuous-time model over gaps, mean courses, and their exact adjoints.

State-like process ds = A s dt + G dW, with drift A and diffusion GG'. Over a gap u

    Phi_u = exp(A u),   Q_u = ∫_0^u exp(A v) GG' exp(A' v) dv = P − Phi_u P Phi_u',   A P + P A' + GG' = 0.

The tables (Phi_u, Q_u) are computed in one of two ways. By eigenvectors of the drift: all gaps at once, as a few matrix
products; the adjoint of Phi is the Daleckii–Krein formula. If the eigenvectors are ill-conditioned, or the process
decays so slowly that Q is a small difference of large numbers: by Van Loan's block exponential on a short step and
repeated doubling, which holds for any drift. A name that ends in `_bar` is the adjoint (gradient) of its stem.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from securebase.errors import ModelError
from securebase.model.kernel import tables
from securebase.model.kernel.tables import Eigen
from securebase.model.parameters import Array, Parameters
from securebase.model.specification import Specification, Trend

_Value = TypeVar("_Value")

#: above this condition number of V, or below this decay |λ_i + λ_j| u over the shortest gap, doubling is used
_MAX_CONDITION = 200.0
_MIN_DECAY = 1e-5
#: two eigenvalues are close if their difference times the longest gap is below this
_MIN_SEPARATION = 1e-2
#: largest norm of A u in a step of the block exponential; 14 Taylor terms then reach rounding (.5¹⁵ / 15! < 1e-16)
_MAX_STEP_NORM = 0.5
_TAYLOR_TERMS = 14


class UnstableDriftError(ModelError):
    """The drift has no stationary distribution."""

    def __init__(self) -> None:
        super().__init__(
            "the drift is not stable, so the state has no stationary covariance",
            advice="Use a drift whose eigenvalues have negative real parts, or a free start.",
        )


def stationary_covariance(drift: Array, diffusion: Array) -> Array:
    """Return the stationary covariance P (p, p) of the state: A P + P A' + GG' = 0.

    Raises UnstableDriftError (a ModelError) if the drift is not stable or P is not positive definite.
    """
    if not np.isfinite(drift).all() or np.linalg.eigvals(drift).real.max() >= 0:
        raise UnstableDriftError
    P = lyapunov(drift, diffusion)
    if not is_positive_definite(P):
        raise UnstableDriftError
    return P


def is_positive_definite(matrix: Array) -> bool:
    """Return True if a Cholesky factor exists and the matrix is finite."""
    try:
        np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        return False
    return bool(np.isfinite(matrix).all())


def lyapunov(drift: Array, constant: Array) -> Array:
    """Return the symmetric X (p, p) with A X + X A' + C = 0 for symmetric C.

    Solves the p² linear equations (A ⊗ I + I ⊗ A) vec X = −vec C; p is small.
    """
    p = len(drift)
    each = np.arange(p)
    system = np.zeros((p, p, p, p))
    system[:, each, :, each] = drift
    system[each, :, each, :] += drift
    X = np.linalg.solve(system.reshape(p * p, p * p), -constant.ravel()).reshape(p, p)
    return 0.5 * (X + X.T)


def transitions(drift: Array, diffusion: Array, gaps: Array) -> tuple[Array, Array]:
    """Return transition matrices Phi and shock covariances Q, each (g, p, p), over gaps (g,) in time units."""
    tables = discretise(drift, diffusion, gaps)
    return tables.transition, tables.shock_covariance


def trend_mean(specification: Specification, parameters: Parameters, times: Array, began: float | None = None) -> Array:
    """Return the mean trend m (n, p) at times (n,) of the panel, as a deviation from `level_mean`.

    none: 0. linear: slope · t. apart: change · (1 − exp(−rate t)) / (1 − exp(−rate T)) with planned end T.
    carried: dm = (A m + B) dt from m = start_mean at `began`, the time of the person's first row (default: times[0]).
    """
    times = np.asarray(times, dtype=np.float64)
    if specification.trend == Trend.LINEAR:
        return times[:, None] * require(parameters.slope, "slope")
    if specification.trend == Trend.APART:
        share = share_of_change(require(parameters.rate, "rate"), times, specification.planned_end)
        return share[:, None] * require(parameters.change, "change")
    if specification.trend == Trend.CARRIED:
        first = times[0] if began is None and len(times) else began or 0.0
        return carried_mean(
            parameters.drift,
            require(parameters.therapy_effect, "therapy_effect"),
            require(parameters.start_mean, "start_mean"),
            times - first,
        )
    return np.zeros((len(times), specification.p))


def share_of_change(rate: float, times: Array, planned_end: float) -> Array:
    """Return (1 − exp(−rate t)) / (1 − exp(−rate T)): 0 at time 0, 1 at the planned end T."""
    share: Array = np.expm1(-rate * times) / np.expm1(-rate * planned_end)
    return share


def slope_basis(specification: Specification, parameters: Parameters, times: Array, since_first: Array) -> Array:
    """Return the basis function f (n,) of the random slopes.

    f(t) = t with trend none or linear, else the share of change by the planned end (decision 0008). With a carried
    trend t counts from the person's first row (`since_first`), as m(t) does.
    """
    if specification.slopes_per_time:
        return times
    at = since_first if specification.trend == Trend.CARRIED else times
    return share_of_change(require(parameters.rate, "rate"), at, specification.planned_end)


def carried_mean(drift: Array, therapy_effect: Array, start_mean: Array, elapsed: Array) -> Array:
    """Return m (n, p) after each elapsed time (n,) for dm = (A m + B) dt, m(0) = start_mean.

    The block exponential exp([[A, B], [0, 0]] t) applied to (start_mean, 1) is exact for a singular A too.
    """
    p = len(drift)
    block = np.zeros((p + 1, p + 1))
    block[:p, :p], block[:p, p] = drift, therapy_effect
    mean: Array = (expm(elapsed[:, None, None] * block) @ np.append(start_mean, 1.0))[:, :p]
    return mean


def person_covariance(parameters: Parameters) -> Array:
    """Return the covariance of the person's random effects: levels (p, p), or levels and random slopes (2p, 2p)."""
    if parameters.change_covariance is None:
        return parameters.level_covariance
    both = require(parameters.level_change_covariance, "level_change_covariance")
    return join_levels_and_slopes(parameters.level_covariance, both, parameters.change_covariance)


def join_levels_and_slopes(level: Array, both: Array, change: Array) -> Array:
    """Return [[level, both], [both', change]] (2p, 2p); faster than `np.block`, once for every evaluation of a fit."""
    p = len(level)
    joint = np.empty((2 * p, 2 * p))
    joint[:p, :p], joint[:p, p:], joint[p:, :p], joint[p:, p:] = level, both, both.T, change
    return joint


def require(value: _Value | None, name: str) -> _Value:
    """Return the value; raise ModelError if the parameters lack this part."""
    if value is None:
        raise ModelError(f"the parameters have no “{name}”, which this model needs")
    return value


@dataclass(frozen=True, eq=False)
class Eigenvectors:
    """Eigendecomposition A = V diag(values) W with W = V⁻¹.

    split: see `kernel.tables.spectral_components`. pairs (p, p): values_i + values_j.
    """

    values: Eigen
    V: Eigen
    W: Eigen
    split: Array
    pairs: Eigen

    def lyapunov(self, constant: Array) -> Array:
        """Return X with A X + X A' + C = 0: (W X W')_ij = −(W C W')_ij / (values_i + values_j)."""
        X = np.real(self.V @ ((self.W @ constant @ self.W.T) / -self.pairs) @ self.V.T)
        return 0.5 * (X + X.T)

    def lyapunov_transposed(self, constant: Array) -> Array:
        """Return X with A' X + X A + C = 0."""
        X = np.real(self.W.T @ ((self.V.T @ constant @ self.V) / -self.pairs) @ self.W)
        return 0.5 * (X + X.T)


@dataclass(frozen=True, eq=False)
class Discretisation:
    """Tables over unique gaps (g,), and the quantities that their adjoint reuses.

    transition, shock_covariance: (g, p, p). stationary_covariance (p, p), eigen and tables are None if computed by
    doubling.
    """

    drift: Array
    diffusion: Array
    gaps: Array
    transition: Array
    shock_covariance: Array
    eigen: Eigenvectors | None
    stationary_covariance: Array | None
    tables: tables.GapTables | None
    compiled: bool

    def stationary(self) -> Array:
        """Return the stationary covariance, reused where it is known. Raises UnstableDriftError."""
        if self.eigen is None or self.stationary_covariance is None:
            return stationary_covariance(self.drift, self.diffusion)
        if self.eigen.values.real.max() >= 0 or not is_positive_definite(self.stationary_covariance):
            raise UnstableDriftError
        return self.stationary_covariance

    def reverse(
        self, transition_bar: Array, shocks_bar: Array, stationary_bar: Array | None = None
    ) -> tuple[Array, Array]:
        """Return (∂drift, ∂diffusion) from (∂Phi, ∂Q), each (g, p, p) with ∂Q symmetric.

        stationary_bar is ∂P if the stationary covariance was used besides. ∂diffusion is a full symmetric matrix: the
        change of the result is the sum over all p² entries of ∂diffusion times the change of the diffusion.
        """
        if self.eigen is None or self.stationary_covariance is None or self.tables is None:
            by_tables = _reverse_by_doubling(self, transition_bar, shocks_bar)
            if stationary_bar is None:
                return by_tables
            by_start = reverse_stationary(self.drift, self.stationary(), stationary_bar)
            return by_tables[0] + by_start[0], by_tables[1] + by_start[1]
        bars = (transition_bar, shocks_bar)
        return _reverse_by_eigenvectors(
            self, self.eigen, self.tables, self.stationary_covariance, bars=bars, stationary_bar=stationary_bar
        )


def reverse_stationary(drift: Array, stationary: Array, stationary_bar: Array) -> tuple[Array, Array]:
    """Return (∂drift, ∂diffusion) from ∂P of the stationary covariance P.

    With X from A'X + X A + ∂P = 0: ∂(GG') = X and ∂A = 2 X P.
    """
    X = lyapunov(drift.T, stationary_bar)
    return 2.0 * X @ stationary, X


def discretise(drift: Array, diffusion: Array, gaps: Array, *, compiled: bool = True) -> Discretisation:
    """Return the tables for unique gaps (g,), by eigenvectors where these keep all digits, else by doubling."""
    eigen = _eigenvectors(drift)
    size = np.abs(eigen.V).sum(axis=0).max() * np.abs(eigen.W).sum(axis=0).max()
    decay = np.abs(eigen.pairs).min() * (gaps.min() if len(gaps) else 1.0)
    if not (decay >= _MIN_DECAY and size <= _MAX_CONDITION):
        return discretise_by_doubling(drift, diffusion, gaps)
    return _steps_by_eigenvectors(drift, diffusion, gaps, eigen, compiled=compiled)


def _eigenvectors(drift: Array) -> Eigenvectors:
    """Return the eigendecomposition of the drift; W is infinite if the drift is exactly defective."""
    try:
        values, V = np.linalg.eig(drift)
        W = np.linalg.inv(V)
    except np.linalg.LinAlgError:
        # a defective drift has no V⁻¹: an infinite W fails the condition test, so that doubling is used
        W = np.full(V.shape, np.inf)
    return Eigenvectors(values, V, W, tables.spectral_components(values, V, W), values[:, None] + values)


def discretise_by_eigenvectors(drift: Array, diffusion: Array, gaps: Array, *, compiled: bool = True) -> Discretisation:
    """Return the tables by Phi_u = Σ_k exp(values_k u) V_k V⁻¹_k and Q_u = P − Phi_u P Phi_u'."""
    return _steps_by_eigenvectors(drift, diffusion, gaps, _eigenvectors(drift), compiled=compiled)


def _steps_by_eigenvectors(
    drift: Array, diffusion: Array, gaps: Array, eigen: Eigenvectors, *, compiled: bool
) -> Discretisation:
    P = eigen.lyapunov(diffusion)
    built = tables.build(eigen.values, eigen.split, P, gaps, compiled=compiled)
    return Discretisation(drift, diffusion, gaps, built.transition, built.shock_covariance, eigen, P, built, compiled)


def _reverse_by_eigenvectors(
    result: Discretisation,
    eigen: Eigenvectors,
    known: tables.GapTables,
    P: Array,
    *,
    bars: tuple[Array, Array],
    stationary_bar: Array | None,
) -> tuple[Array, Array]:
    """Return (∂drift, ∂diffusion): through Q = P − Phi P Phi' to ∂Phi and ∂P, then through Phi by Daleckii and Krein.

    With E_u = V' ∂Phi_u V⁻¹', ∂A = V⁻¹' (Σ_u F_u ∘ E_u) V' and F_u[i, j] = (e_i − e_j) / (values_i − values_j),
    e_i = exp(values_i u). E is linear in ∂Phi, so the sums over gaps are taken first:
    Σ_u e_i E_u = V' (Σ_u e_i ∂Phi_u) V⁻¹'. ∂P closes by the Lyapunov adjoint of `reverse_stationary`.
    """
    values, V, W, gaps = eigen.values, eigen.V, eigen.W, result.gaps
    Phi_bar, P_bar, once, by_gap = tables.reverse(
        values, eigen.split, P, gaps, tables=known, bars=bars, compiled=result.compiled
    )
    sums: Eigen = V.T @ once @ W.T
    every = np.arange(len(P))
    between = values[:, None] - values
    close = np.abs(between) * (gaps.max() if len(gaps) else 0.0) < _MIN_SEPARATION
    total = (sums[every, every, :] - sums[every, :, every].T) / np.where(close, 1.0, between)
    total[every, every] = (V.T @ by_gap @ W.T)[every, every, every]
    close[every, every] = False
    if close.any():
        # close eigenvalues: e_i − e_j cancels, so F = u e_j expm1(δ u) / (δ u) with δ = values_i − values_j
        rows, columns = np.nonzero(close)
        products = np.multiply.outer(gaps, between[rows, columns])
        growth = np.where(products == 0, 1.0, np.expm1(products) / np.where(products == 0, 1.0, products))
        weights = gaps[:, None] * np.exp(np.multiply.outer(gaps, values[columns])) * growth
        turned = V.T @ np.einsum("gn,gij->nij", weights, Phi_bar) @ W.T
        total[rows, columns] = turned[np.arange(len(rows)), rows, columns]
    drift_bar = (W.T @ total @ V.T).real
    if stationary_bar is not None:
        P_bar = P_bar + stationary_bar
    X = eigen.lyapunov_transposed(0.5 * (P_bar + P_bar.T))
    return drift_bar + 2.0 * X @ P, X


def discretise_by_doubling(drift: Array, diffusion: Array, gaps: Array) -> Discretisation:
    """Return the tables by Van Loan's block exponential on u / 2^k, then k times Q ← Q + Phi Q Phi', Phi ← Phi Phi."""
    p = len(drift)
    transition, shocks = np.empty((len(gaps), p, p)), np.empty((len(gaps), p, p))
    for k, group in _doublings(drift, gaps):
        Phi, Q = _short_step(drift, diffusion, gaps[group] / 2**k)[:2]
        for _ in range(k):
            Phi, Q = Phi @ Phi, Q + Phi @ Q @ Phi.transpose(0, 2, 1)
        transition[group], shocks[group] = Phi, Q
    return Discretisation(drift, diffusion, gaps, transition, shocks, None, None, None, compiled=False)


def _doublings(drift: Array, gaps: Array) -> list[tuple[int, NDArray[np.intp]]]:
    """Return (number of doublings k, gaps that need k) so that the norm of A u / 2^k is at most `_MAX_STEP_NORM`."""
    size = float(np.abs(drift).sum(axis=1).max())
    need = np.ceil(np.log2(np.maximum(size * gaps / _MAX_STEP_NORM, 1.0))).astype(np.int64)
    return [(int(k), np.flatnonzero(need == k)) for k in np.unique(need)]


def _short_step(drift: Array, diffusion: Array, gaps: Array) -> tuple[Array, Array, Array]:
    """Return (Phi, Q, X) with X = exp([[A, GG'], [0, −A']] u) = [[Phi, Q Phi'⁻¹], [0, Phi'⁻¹]], so Q = X12 Phi'."""
    p = len(drift)
    X = _taylor(gaps[:, None, None] * _van_loan(drift, diffusion))
    Phi = X[:, :p, :p]
    Q = X[:, :p, p:] @ Phi.transpose(0, 2, 1)
    return Phi, 0.5 * (Q + Q.transpose(0, 2, 1)), X


def _van_loan(drift: Array, diffusion: Array) -> Array:
    return np.block([[drift, diffusion], [np.zeros_like(drift), -drift.T]])


def _taylor(M: Array) -> Array:
    """Return exp(M) of short steps (n, m, m) by Horner's rule.

    exp([[M, E], [0, M]]) holds the derivative of exp at M along E in its upper right block.
    """
    identity = np.eye(M.shape[-1])
    total = np.broadcast_to(identity, M.shape)
    for k in range(_TAYLOR_TERMS, 0, -1):
        total = identity + (M @ total) / k
    return total


def _reverse_by_doubling(result: Discretisation, transition_bar: Array, shocks_bar: Array) -> tuple[Array, Array]:
    """Return (∂drift, ∂diffusion) by running the doublings backwards.

    Adjoint of one doubling (Phi, Q) → (Phi Phi, Q + Phi Q Phi'):
    ∂Phi ← Phi' ∂Phi + ∂Phi Phi' + 2 ∂Q Phi Q and ∂Q ← ∂Q + Phi' ∂Q Phi.
    """
    A, p = result.drift, len(result.drift)
    drift_bar, diffusion_bar = np.zeros((p, p)), np.zeros((p, p))
    for k, group in _doublings(A, result.gaps):
        short = result.gaps[group] / 2**k
        Phi, Q, X = _short_step(A, result.diffusion, short)
        tape = []  # (Phi, Q) before each doubling
        for _ in range(k):
            tape.append((Phi, Q))
            Phi, Q = Phi @ Phi, Q + Phi @ Q @ Phi.transpose(0, 2, 1)
        Phi_bar, Q_bar = transition_bar[group], shocks_bar[group]
        for Phi, Q in reversed(tape):
            turned = Phi.transpose(0, 2, 1)
            Phi_bar = turned @ Phi_bar + Phi_bar @ turned + 2.0 * Q_bar @ Phi @ Q
            Q_bar = Q_bar + turned @ Q_bar @ Phi
        X_bar = np.zeros_like(X)
        X_bar[:, :p, :p] = Phi_bar + Q_bar @ X[:, :p, p:]
        X_bar[:, :p, p:] = Q_bar @ X[:, :p, :p]
        # adjoint of exp at M along X̄ = derivative of exp at M' along X̄ (Najfeld and Havel 1995), read off the block
        # exponential exp([[M', X̄], [0, M']])
        turned = short[:, None, None] * _van_loan(A, result.diffusion).T
        block = np.zeros((len(group), 4 * p, 4 * p))
        block[:, : 2 * p, : 2 * p], block[:, 2 * p :, 2 * p :] = turned, turned
        block[:, : 2 * p, 2 * p :] = X_bar
        M_bar = (short[:, None, None] * _taylor(block)[:, : 2 * p, 2 * p :]).sum(axis=0)
        drift_bar += M_bar[:p, :p] - M_bar[p:, p:].T
        diffusion_bar += M_bar[:p, p:]
    return drift_bar, 0.5 * (diffusion_bar + diffusion_bar.T)
