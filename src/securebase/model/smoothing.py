"""Kalman filter and fixed-interval smoother of one person, and forecasts.

Hidden vector z = [s, b] or [s, b, c]: state (p), deviation of the person's usual level from the mean (p), and random
slope (p). s follows the transitions of `equations`; b and c are constants. With the basis function f of the random
slopes, constructs = level_mean + trend + s + b + f c, and scores = intercept + loading · constructs + error. Each row
is one update (missing scores left out). The smoother runs backwards without inverting any covariance (de Jong 1988),
so a construct without level variance, or one measured without error, needs no special case.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError
from securebase.model.equations import (
    person_covariance,
    require,
    slope_basis,
    stationary_covariance,
    transitions,
    trend_mean,
)
from securebase.model.parameters import Array, Parameters
from securebase.model.specification import Specification, Trend

#: elapsed times closer than this many time units count as equal (rounding of equal gaps)
_QUANTUM = 1e-12


@dataclass(frozen=True, eq=False)
class Smoothed:
    """Filter and smoother output for n rows. z: (n, 2p), [state, level deviation], or (n, 3p) with random slopes.

    Covariances are (n, 2p, 2p) or (n, 3p, 3p); slope_basis (n,) is f at each row. predicted: given all earlier rows;
    filtered: given this row too; smoothed: given every row. `after` and `after_covariance`: z at `after_time`, the last
    row (time 0 and the prior if there is none). transition (n − 1, p, p). shocks (n − 1, p): smoothed sum of shocks
    between a row and the next. covariate_contribution (p,): Γ x, the shift of the level by covariates.
    input_contribution (p,): state contributed by inputs at the last row. Both are part of `trend` (n, p).
    """

    specification: Specification
    parameters: Parameters
    times: Array
    observed: Array
    trend: Array
    slope_basis: Array
    predicted: Array
    predicted_covariance: Array
    filtered: Array
    filtered_covariance: Array
    smoothed: Array
    smoothed_covariance: Array
    transition: Array
    shocks: Array
    after_time: float
    after: Array
    after_covariance: Array
    log_likelihood: float
    covariate_contribution: Array
    input_contribution: Array

    def true_values(self, z: Array, covariance: Array) -> tuple[Array, Array]:
        """Return mean (n, p) and covariance (n, p, p) of the true values: level + trend + state + random slope part."""
        design = _design(self.slope_basis, self.specification.p, z.shape[1])
        return (
            self.parameters.level_mean + self.trend + (design @ z[:, :, None])[:, :, 0],
            design @ covariance @ design.transpose(0, 2, 1),
        )

    @property
    def person_trend(self) -> Array:
        """Trend of this person (n, p): mean trend plus f times the smoothed random slope."""
        p = self.specification.p
        if self.smoothed.shape[1] == 2 * p:
            return self.trend
        own: Array = self.trend + self.slope_basis[:, None] * self.smoothed[:, 2 * p :]
        return own


def smooth(
    specification: Specification,
    parameters: Parameters,
    times: Array,
    observed: Array,
    *,
    inputs: Array | None = None,
    covariates: Array | None = None,
) -> Smoothed:
    """Filter and smooth one person's rows: times (n,) ascending, observed (n, q) with NaN where missing; n may be 0.

    inputs (n, k) and covariates (c,) are as in a panel; their effects are part of the trend. The therapist
    covariance is added to the level covariance, since the therapist's deviation is unknown.
    Raises ModelError if the parameters are not a valid model (see `equations.stationary_covariance`).
    """
    n, p = len(times), specification.p
    phi, shock_covariance = elapsed_transitions(parameters, np.diff(times))
    by_covariates = _covariate_contribution(specification, parameters, covariates)
    by_inputs = _input_contribution(specification, parameters, phi, inputs) if n else np.zeros((1, p))
    trend = trend_mean(specification, parameters, times) + by_covariates + by_inputs if n else np.empty((0, p))
    basis = _slope_basis(specification, parameters, times, float(times[0]) if n else 0.0)
    P = _prior(parameters)
    size = len(P)
    z, design = np.zeros(size), _design(basis, p, size)
    construct_of, loading, intercept = _columns(specification, parameters)
    residual = observed - intercept - loading * (parameters.level_mean + trend)[:, construct_of]
    a = np.empty((2, n, size))
    V = np.empty((2, n, size, size))
    gains: list[tuple[Array, Array, Array] | None] = []
    log_likelihood = 0.0
    for j in range(n):
        if j:
            z, P = _predict(z, P, phi[j - 1], shock_covariance[j - 1])
        a[0, j], V[0, j] = z, P
        seen = np.flatnonzero(np.isfinite(residual[j]))
        if len(seen):
            H = loading[seen, None] * design[j, construct_of[seen]]
            z, P, gain, log_density = _update(z, P, residual[j, seen], H, parameters.measurement_noise[seen])
            log_likelihood += log_density
            gains.append(gain)
        else:
            gains.append(None)
        a[1, j], V[1, j] = z, P
    smoothed, smoothed_covariance, shocks = _backward(a[0], V[0], phi, shock_covariance, gains=gains)
    return Smoothed(
        specification=specification,
        parameters=parameters,
        times=times,
        observed=observed,
        trend=trend,
        slope_basis=basis,
        predicted=a[0],
        predicted_covariance=V[0],
        filtered=a[1],
        filtered_covariance=V[1],
        smoothed=smoothed,
        smoothed_covariance=smoothed_covariance,
        transition=phi,
        shocks=shocks,
        after_time=float(times[-1]) if n else 0.0,
        after=z,
        after_covariance=P,
        log_likelihood=log_likelihood,
        covariate_contribution=by_covariates,
        input_contribution=by_inputs[-1],
    )


def forecast(course: Smoothed, times: Array) -> tuple[Array, Array]:
    """Return mean (f, p) and covariance (f, p, p) of the true values at later times (f,), given all rows.

    E = level_mean + m(t) + Phi s + b + f(t) c and Var = Z P Z' + Q with Z = [Phi, I, f I]. Inputs are taken to be 0
    after the last row.

    Raises ModelError for a time before the last row.
    """
    times = np.asarray(times, dtype=np.float64)
    begin, p, parameters = course.after_time, course.specification.p, course.parameters
    if len(times) and times.min() < begin - 1e-9:
        raise ModelError(
            f"a forecast time must not lie before the last row at {begin:g} (got {times.min():g})",
            advice="Use later times; earlier ones are smoothed, not forecast.",
        )
    phi, shock_covariance = elapsed_transitions(parameters, np.maximum(times - begin, 0.0))
    began = float(course.times[0]) if len(course.times) else begin
    trend = trend_mean(course.specification, parameters, times, began=began)
    if len(course.times):
        # covariates shift the level for good; the contribution of inputs decays with the drift
        trend = trend + course.covariate_contribution + (phi @ course.input_contribution if len(times) else 0.0)
    basis = _slope_basis(course.specification, parameters, times, began)
    design = _design(basis, p, len(course.after))
    ahead = design.copy()
    ahead[:, :, :p] = phi
    mean = parameters.level_mean + trend + ahead @ course.after
    covariance = ahead @ course.after_covariance @ ahead.transpose(0, 2, 1) + shock_covariance
    return mean, covariance


def elapsed_transitions(parameters: Parameters, elapsed: Array) -> tuple[Array, Array]:
    """Return transition and shock covariance (n, p, p) over each elapsed time (n,); equal times are computed once."""
    n, p = len(elapsed), len(parameters.drift)
    phi, shock_covariance = np.broadcast_to(np.eye(p), (n, p, p)).copy(), np.zeros((n, p, p))
    _, first, index = np.unique(np.round(elapsed / _QUANTUM), return_index=True, return_inverse=True)
    unique = elapsed[first]
    # Phi = I and Q = 0 at elapsed time 0; a gap of 0 would also make `discretise` use doubling for all gaps
    positive = unique > 0
    if positive.any():
        Phi, Q = transitions(parameters.drift, parameters.diffusion, unique[positive])
        rows = positive[index]
        which = (np.cumsum(positive) - 1)[index[rows]]
        phi[rows], shock_covariance[rows] = Phi[which], Q[which]
    return phi, shock_covariance


def _prior(parameters: Parameters) -> Array:
    """Return the covariance of z at the first row: P0, and person covariance with the therapist level added."""
    p = len(parameters.drift)
    start, person = parameters.start_covariance, person_covariance(parameters)
    P = np.zeros((p + len(person), p + len(person)))
    P[:p, :p] = stationary_covariance(parameters.drift, parameters.diffusion) if start is None else start
    P[p:, p:] = person
    if parameters.therapist_covariance is not None:
        P[p : 2 * p, p : 2 * p] += parameters.therapist_covariance
    return P


def _design(basis: Array, p: int, size: int) -> Array:
    """Return the design (n, p, size) of the constructs on z at each row: [I, I] or [I, I, f I]."""
    design = np.zeros((len(basis), p, size))
    every = np.arange(p)
    design[:, every, every] = design[:, every, p + every] = 1.0
    if size > 2 * p:
        design[:, every, 2 * p + every] = basis[:, None]
    return design


def _slope_basis(specification: Specification, parameters: Parameters, times: Array, began: float) -> Array:
    if not specification.random_slopes:
        return np.zeros(len(times))
    return slope_basis(specification, parameters, times, times - began)


def _columns(specification: Specification, parameters: Parameters) -> tuple[NDArray[np.intp], Array, Array]:
    """Return construct index, loading and intercept of every column of scores (q,)."""
    construct_of = np.array(specification.construct_of, dtype=np.intp)
    plain = parameters.loading is None or parameters.intercept is None
    loading = np.ones(len(construct_of)) if plain else require(parameters.loading, "loading")
    return construct_of, loading, np.zeros(len(construct_of)) if plain else require(parameters.intercept, "intercept")


def _covariate_contribution(specification: Specification, parameters: Parameters, covariates: Array | None) -> Array:
    """Return Γ x (p,), the shift of the usual level by covariates."""
    if not specification.covariates:
        return np.zeros(specification.p)
    effect: Array = require(parameters.covariate_effect, "covariate_effect") @ require(covariates, "covariates")
    return effect


def _input_contribution(
    specification: Specification, parameters: Parameters, phi: Array, inputs: Array | None
) -> Array:
    """Return the state contributed by inputs and by the initial-state mean at each row (n, p).

    x_0 = start_mean, then x_j = Phi x_{j−1} + J E u_j with J = ∫_0^g exp(A v) dv = A⁻¹ (Phi − I).
    """
    contribution = np.zeros((len(phi) + 1, specification.p))
    if specification.free_start_mean and specification.trend is not Trend.CARRIED:
        contribution[0] = require(parameters.start_mean, "start_mean")
    held = np.zeros(contribution.shape)
    if specification.inputs:
        held = require(inputs, "inputs") @ require(parameters.input_effect, "input_effect").T
    for j, step in enumerate(phi, start=1):
        integral = np.linalg.solve(parameters.drift, step - np.eye(specification.p)) if held[j].any() else step
        contribution[j] = step @ contribution[j - 1] + integral @ held[j]
    return contribution


def _predict(z: Array, P: Array, phi: Array, shock_covariance: Array) -> tuple[Array, Array]:
    """Predict the next row: s ← Phi s, P_ss ← Phi P_ss Phi' + Q; b and c are constants."""
    p = len(phi)
    z, P = z.copy(), P.copy()
    z[:p] = phi @ z[:p]
    P[:p] = phi @ P[:p]
    P[:, :p] = P[:, :p] @ phi.T
    P[:p, :p] += shock_covariance
    return z, P


def _update(
    z: Array, P: Array, residual: Array, H: Array, noise: Array
) -> tuple[Array, Array, tuple[Array, Array, Array], float]:
    """Update z with one row's scores; H (q, size) is their design on z.

    e = residual − H z, F = H P H' + R, K = P H' F⁻¹, z + K e, P − K H P. Also returned: (H, F⁻¹ e, F⁻¹ H) for the
    smoother, and the log-density of e, N(0, F).
    """
    PH = P @ H.T
    F = H @ PH + np.diag(noise)
    e = residual - H @ z
    root = np.linalg.cholesky(F)
    solved = np.asarray(np.linalg.solve(F, np.column_stack([e, H])), dtype=np.float64)
    log_density = -0.5 * (len(e) * np.log(2 * np.pi) + e @ solved[:, 0]) - np.log(np.diag(root)).sum()
    K = np.linalg.solve(F, PH.T).T
    P = P - K @ PH.T
    return z + PH @ solved[:, 0], 0.5 * (P + P.T), (H, solved[:, 0], solved[:, 1:]), float(log_density)


def _backward(
    a: Array, V: Array, phi: Array, shock_covariance: Array, *, gains: list[tuple[Array, Array, Array] | None]
) -> tuple[Array, Array, Array]:
    """Return smoothed z, its covariance, and smoothed shocks (de Jong 1988).

    r and N collect what later rows say of z. Over a row: r ← H'F⁻¹e + L'r and N ← H'F⁻¹H + L'N L with
    L = I − P H'F⁻¹H; over a gap: shocks = Q r_s, r ← Phi'r, N ← Phi'N Phi. Then z = a + V r and Var = V − V N V.
    """
    n, size = a.shape
    p = phi.shape[1]
    r, N = np.zeros(size), np.zeros((size, size))
    smoothed, covariance, shocks = np.empty_like(a), np.empty_like(V), np.empty((max(n - 1, 0), p))
    for j in range(n - 1, -1, -1):
        if j < n - 1:
            shocks[j] = shock_covariance[j] @ r[:p]
            r[:p] = phi[j].T @ r[:p]
            N[:p] = phi[j].T @ N[:p]
            N[:, :p] = N[:, :p] @ phi[j]
        gain = gains[j]
        if gain is not None:
            H, Fe, FH = gain
            left = np.eye(size) - V[j] @ H.T @ FH
            r = H.T @ Fe + left.T @ r
            N = H.T @ FH + left.T @ N @ left
        smoothed[j] = a[j] + V[j] @ r
        covariance[j] = V[j] - V[j] @ N @ V[j]
    return smoothed, covariance, shocks
