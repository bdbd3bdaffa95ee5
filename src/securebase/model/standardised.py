"""Conversion of standardised weekly effects, as the literature states them, to drift and the other parameters.

Standard units: among clients at the first session a construct's true values have mean 0 and variance 1, of which
`level_share` is stable between persons (trait-like) and the rest moves within persons (state-like).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.linalg import expm, logm
from scipy.optimize import minimize_scalar

from securebase.errors import ParameterSetError
from securebase.model.parameters import Array, Parameters

Edge = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Standardised:
    """Coherent statements on the standardised scale. Vectors and matrices are in the order of `constructs`.

    persistence: autoregression of the state after one time unit. effects[(from, to)]: standardised cross-lagged effect
    after one time unit, in SDs of the state. level_correlation, state_correlation: of levels between persons and of
    states within them. natural_change: mean change by `planned_end` without therapy. therapy_change: what therapy adds
    to it by then. therapy_push: instead of therapy_change for single constructs, the therapy effect B per time unit.
    reliability: of the score that usually measures the construct.

    random_slope_sd: SD between persons of their change by `planned_end` around the mean change; 0 where not stated.
    random_slope_level_correlation[(a, b)]: correlation of the usual level of a with the random slope of b.
    random_slope_correlation: between random slopes of two constructs. random_slope_rate: rate of bounded change,
    per time unit; where none is stated, the rate of the mean courses.
    """

    constructs: tuple[str, ...]
    persistence: Mapping[str, float]
    effects: Mapping[Edge, float]
    level_share: Mapping[str, float]
    level_correlation: Mapping[Edge, float]
    state_correlation: Mapping[Edge, float]
    natural_change: Mapping[str, float]
    therapy_change: Mapping[str, float]
    reliability: Mapping[str, float]
    planned_end: float
    therapy_push: Mapping[str, float] | None = None
    random_slope_sd: Mapping[str, float] = field(default_factory=dict)
    random_slope_level_correlation: Mapping[Edge, float] = field(default_factory=dict)
    random_slope_correlation: Mapping[Edge, float] = field(default_factory=dict)
    random_slope_rate: float | None = None


def effect_matrix(stated: Standardised) -> Array:
    """Return Phi (p, p) of one time unit on the standardised scale: persistence on the diagonal, effects off it."""
    index = {c: i for i, c in enumerate(stated.constructs)}
    phi = np.diag([stated.persistence[c] for c in stated.constructs]).astype(np.float64)
    for (begin, end), value in stated.effects.items():
        phi[index[end], index[begin]] = value
    return phi


def standardised_effects(drift: Array, stationary: Array) -> Array:
    """Return D^-½ exp(A) D^½ (p, p), D the diagonal of the stationary covariance P."""
    spread = np.sqrt(np.diag(stationary))
    effects: Array = expm(drift) * spread[None, :] / spread[:, None]
    return effects


def drift_from_effects(effects: Array, state_sd: Array) -> Array:
    """Return A (p, p) = D^½ log(Phi) D^-½ by the matrix logarithm.

    The principal logarithm is real and stable if every eigenvalue of Phi lies inside the unit circle and off the
    negative real axis; otherwise ParameterSetError is raised.
    """
    eigenvalues = np.linalg.eigvals(effects)
    if np.abs(eigenvalues).max() >= 1 or ((np.abs(eigenvalues.imag) < 1e-12) & (eigenvalues.real <= 0)).any():
        raise ParameterSetError(
            "the weekly effects belong to no stable process in continuous time",
            advice="All eigenvalues of the effects must lie inside the unit circle and off the negative real axis.",
        )
    drift: Array = np.real(logm(effects)) * state_sd[:, None] / state_sd[None, :]
    return drift


def assemble(stated: Standardised, *, random_slopes: bool = False) -> Parameters:
    """Return the parameters with a carried trend, in standard units and per time unit; on request with random slopes.

    The stationary covariance P is stated, so the diffusion follows: GG' = −(A P + P A'). Error variances follow from
    the reliability: r = (1 − reliability) / reliability. Raises ParameterSetError if statements contradict each other
    (impossible correlations, shocks with a negative variance).
    """
    names = stated.constructs
    share = np.array([stated.level_share[c] for c in names])
    if (share < 0).any() or (share >= 1).any():
        raise ParameterSetError(
            f"a level share must be at least 0 and below 1 (got {share.min():g} to {share.max():g})"
        )
    state_sd, level_sd = np.sqrt(1.0 - share), np.sqrt(share)
    P = _correlations(names, stated.state_correlation, "state_correlation") * np.outer(state_sd, state_sd)
    drift = drift_from_effects(effect_matrix(stated), state_sd)
    diffusion = -(drift @ P + P @ drift.T)
    if np.linalg.eigvalsh(diffusion)[0] <= 0:
        raise ParameterSetError(
            "effects, persistence and state correlations contradict each other: the diffusion has a negative variance",
            advice="Reduce the state correlations that the effects already explain.",
        )
    start_mean, therapy_effect = _course(stated, drift)
    reliability = np.array([stated.reliability[c] for c in names])
    parameters = Parameters(
        drift=drift,
        diffusion=diffusion,
        # standard units have mean 0 at the first session: level_mean + start_mean = 0
        level_mean=-start_mean,
        level_covariance=_correlations(names, stated.level_correlation, "level_correlation")
        * np.outer(level_sd, level_sd),
        measurement_noise=(1.0 - reliability) / reliability,
        start_mean=start_mean,
        therapy_effect=therapy_effect,
    )
    return add_random_slopes(parameters, stated) if random_slopes else parameters


def add_random_slopes(parameters: Parameters, stated: Standardised) -> Parameters:
    """Add the stated covariances of random slopes. Raises ParameterSetError if they contradict the levels."""
    names, p = stated.constructs, len(stated.constructs)
    spread = np.array([stated.random_slope_sd.get(c, 0.0) for c in names])
    if (spread < 0).any():
        raise ParameterSetError(f"random_slope_sd must be at least 0 (got {spread.min():g})")
    change = _correlations(names, stated.random_slope_correlation, "random_slope_correlation") * np.outer(
        spread, spread
    )
    index = {c: i for i, c in enumerate(names)}
    cross = np.zeros((p, p))
    for (level, changed), value in stated.random_slope_level_correlation.items():
        cross[index[level], index[changed]] = value
    cross *= np.outer(np.sqrt(np.diag(parameters.level_covariance)), spread)
    if np.linalg.eigvalsh(np.block([[parameters.level_covariance, cross], [cross.T, change]]))[0] < -1e-12:
        raise ParameterSetError(
            "the covariance of levels and random slopes is not positive semidefinite",
            advice="Reduce the values of random_slope_level_correlation.",
        )
    rate = stated.random_slope_rate or rate_of_course(parameters, stated.planned_end)
    return replace(parameters, rate=rate, change_covariance=change, level_change_covariance=cross)


def _course(stated: Standardised, drift: Array) -> tuple[Array, Array]:
    """Return m(0) and B (p,) from the changes by the planned end T: m(T) = e^{AT} m(0) + J B, J = ∫_0^T e^{Av} dv."""
    names, p = stated.constructs, len(stated.constructs)
    growth = expm(drift * stated.planned_end) - np.eye(p)
    natural = np.array([stated.natural_change[c] for c in names])
    start_mean: Array = np.linalg.solve(growth, natural)
    J = np.linalg.solve(drift, growth)
    if stated.therapy_push is not None:
        return start_mean, np.array([stated.therapy_push.get(c, 0.0) for c in names])
    therapy_effect: Array = np.linalg.solve(J, np.array([stated.therapy_change[c] for c in names]))
    return start_mean, therapy_effect


def apart_reading(carried: Parameters, planned_end: float) -> Parameters:
    """Convert parameters with a carried trend to trend apart, with the same dynamics around the mean.

    Each construct changes as much by the planned end as under the carried trend. All share one rate: that of the random
    slopes if there are any, else the least-squares rate of `rate_of_course`.
    """
    if carried.start_mean is None:
        raise ParameterSetError("only parameters with a carried trend can be converted to trend apart")
    course = _carried_course(carried, np.array([planned_end]))
    return Parameters(
        drift=carried.drift,
        diffusion=carried.diffusion,
        level_mean=carried.level_mean + carried.start_mean,
        level_covariance=carried.level_covariance,
        measurement_noise=carried.measurement_noise,
        change=course[-1],
        rate=carried.rate or rate_of_course(carried, planned_end),
        change_covariance=carried.change_covariance,
        level_change_covariance=carried.level_change_covariance,
    )


def rate_of_course(carried: Parameters, planned_end: float) -> float:
    """Return the rate, per time unit, whose bounded curves fit the carried mean courses best (least squares)."""
    times = np.linspace(0.0, planned_end, 65)
    course = _carried_course(carried, times)
    change = course[-1]

    def misfit(log_rate: float) -> float:
        rate = np.exp(log_rate)
        share = np.expm1(-rate * times) / np.expm1(-rate * planned_end)
        return float(((course - share[:, None] * change) ** 2).sum())

    optimum = minimize_scalar(misfit, bounds=(np.log(0.1 / planned_end), np.log(3.0)), method="bounded")
    return float(np.exp(optimum.x))


def _carried_course(carried: Parameters, times: Array) -> Array:
    """Return the mean change (n, p) from the first row: e^{At} (m(0) + A⁻¹B) − A⁻¹B − m(0)."""
    A, m0, B = carried.drift, carried.start_mean, carried.therapy_effect
    if m0 is None or B is None:
        raise ParameterSetError("only parameters with a carried trend can be converted to trend apart")
    minus_equilibrium = np.linalg.solve(A, B)
    course: Array = expm(times[:, None, None] * A) @ (m0 + minus_equilibrium) - minus_equilibrium - m0
    return course


def _correlations(names: tuple[str, ...], pairs: Mapping[Edge, float], quantity: str) -> Array:
    """Return the correlation matrix of the pairs. Raises ParameterSetError if it is not positive definite."""
    index = {c: i for i, c in enumerate(names)}
    matrix = np.eye(len(names))
    for (a, b), value in pairs.items():
        matrix[index[a], index[b]] = matrix[index[b], index[a]] = value
    if np.linalg.eigvalsh(matrix)[0] <= 0:
        raise ParameterSetError(f"the matrix of “{quantity}” is not positive definite, so its values cannot all hold")
    return matrix
