"""From what the literature states to the model's parameters: standardised weekly effects → drift and its companions.

Standard units: a construct's true values among clients at the first session have mean 0 and variance 1, of which
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
    """One coherent set of statements on the standardised scale. Vectors and matrices are in the order of `constructs`.

    persistence: how much of a state-like deviation is left after one time unit. effects[(from, to)]: standardised
    effect after one time unit, in SDs of state-like movement. correlations: of levels between persons and of states
    within them. natural_change: mean change by `planned_end` without therapy. therapy_change: what therapy adds to it
    by then. therapy_push: instead of therapy_change for single constructs, the push itself per time unit.
    reliability: of the score the construct is usually followed with.

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
    """Phi (p, p) of one time unit on the standardised scale: persistence on the diagonal, effects beside it."""
    index = {c: i for i, c in enumerate(stated.constructs)}
    phi = np.diag([stated.persistence[c] for c in stated.constructs]).astype(np.float64)
    for (begin, end), value in stated.effects.items():
        phi[index[end], index[begin]] = value
    return phi


def standardised_effects(drift: Array, stationary: Array) -> Array:
    """D^-½ exp(A) D^½ (p, p) with D the diagonal of the stationary covariance: the inverse of `drift_from_effects`."""
    spread = np.sqrt(np.diag(stationary))
    effects: Array = expm(drift) * spread[None, :] / spread[:, None]
    return effects


def drift_from_effects(effects: Array, state_sd: Array) -> Array:
    """A (p, p) = D^½ log(Phi) D^-½ by the matrix logarithm. Raises ParameterSetError where no real stable A exists."""
    roots = np.linalg.eigvals(effects)
    if np.abs(roots).max() >= 1 or ((np.abs(roots.imag) < 1e-12) & (roots.real <= 0)).any():
        raise ParameterSetError(
            "the weekly effects do not belong to any stable course in continuous time",
            advice="Every root of the matrix of effects must lie inside the unit circle and off the negative axis.",
        )
    drift: Array = np.real(logm(effects)) * state_sd[:, None] / state_sd[None, :]
    return drift


def assemble(stated: Standardised, *, random_slopes: bool = False) -> Parameters:
    """Parameters of the carried reading in standard units, per time unit; with the own change stated, where asked.

    Diffusion follows from the stationary covariance, which is stated: GG' = −(A P + P A'). Raises ParameterSetError
    where statements contradict each other (correlations that are none, shocks with a negative variance).
    """
    names = stated.constructs
    share = np.array([stated.level_share[c] for c in names])
    if (share < 0).any() or (share >= 1).any():
        raise ParameterSetError("a level share must be at least 0 and below 1")
    state_sd, level_sd = np.sqrt(1.0 - share), np.sqrt(share)
    P = _correlations(names, stated.state_correlation, "state_correlation") * np.outer(state_sd, state_sd)
    drift = drift_from_effects(effect_matrix(stated), state_sd)
    diffusion = -(drift @ P + P @ drift.T)
    if np.linalg.eigvalsh(diffusion)[0] <= 0:
        raise ParameterSetError(
            "effects, persistence and state correlations contradict each other: some shocks would need a negative "
            "variance",
            advice="Make the state correlations smaller where the effects already explain them.",
        )
    start_mean, therapy_effect = _course(stated, drift)
    reliability = np.array([stated.reliability[c] for c in names])
    made = Parameters(
        drift=drift,
        diffusion=diffusion,
        # the mean at the first session is 0, so the usual level without distress lies as far below as people start
        level_mean=-start_mean,
        level_covariance=_correlations(names, stated.level_correlation, "level_correlation")
        * np.outer(level_sd, level_sd),
        measurement_noise=(1.0 - reliability) / reliability,
        start_mean=start_mean,
        therapy_effect=therapy_effect,
    )
    return add_random_slopes(made, stated) if random_slopes else made


def add_random_slopes(made: Parameters, stated: Standardised) -> Parameters:
    """The same with covariances of own change. Raises ParameterSetError where what is stated of levels and changes
    cannot all hold at once."""
    names, p = stated.constructs, len(stated.constructs)
    spread = np.array([stated.random_slope_sd.get(c, 0.0) for c in names])
    if (spread < 0).any():
        raise ParameterSetError("the spread of own change must be at least 0")
    change = _correlations(names, stated.random_slope_correlation, "random_slope_correlation") * np.outer(
        spread, spread
    )
    index = {c: i for i, c in enumerate(names)}
    cross = np.zeros((p, p))
    for (level, changed), value in stated.random_slope_level_correlation.items():
        cross[index[level], index[changed]] = value
    cross *= np.outer(np.sqrt(np.diag(made.level_covariance)), spread)
    if np.linalg.eigvalsh(np.block([[made.level_covariance, cross], [cross.T, change]]))[0] < -1e-12:
        raise ParameterSetError(
            "own change goes so closely with the levels that what is stated of both cannot hold at once",
            advice="Make the numbers of random_slope_level_correlation smaller.",
        )
    rate = stated.random_slope_rate or rate_of_course(made, stated.planned_end)
    return replace(made, rate=rate, change_covariance=change, level_change_covariance=cross)


def _course(stated: Standardised, drift: Array) -> tuple[Array, Array]:
    """m(0) and B (p,) from the changes by the planned end T: m(T) = e^{AT} m(0) + J B, J = ∫_0^T e^{Av} dv."""
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
    """The same movements with the trend read apart: each construct changes as much by the planned end as it does in
    the carried reading, at one common rate, the one whose curves lie nearest to the carried ones (least squares), or
    that of own change where there is one."""
    if carried.start_mean is None:
        raise ParameterSetError("only a carried trend can be read apart")
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
    """Per time unit, the one rate whose curves lie nearest to the mean courses of the carried reading."""
    times = np.linspace(0.0, planned_end, 65)
    course = _carried_course(carried, times)
    change = course[-1]

    def misfit(log_rate: float) -> float:
        rate = np.exp(log_rate)
        share = np.expm1(-rate * times) / np.expm1(-rate * planned_end)
        return float(((course - share[:, None] * change) ** 2).sum())

    found = minimize_scalar(misfit, bounds=(np.log(0.1 / planned_end), np.log(3.0)), method="bounded")
    return float(np.exp(found.x))


def _carried_course(carried: Parameters, times: Array) -> Array:
    """Mean change (n, p) from the first row to each of the times."""
    A, m0, B = carried.drift, carried.start_mean, carried.therapy_effect
    if m0 is None or B is None:
        raise ParameterSetError("only a carried trend can be read apart")
    push = np.linalg.solve(A, B)
    course: Array = expm(times[:, None, None] * A) @ (m0 + push) - push - m0
    return course


def _correlations(names: tuple[str, ...], pairs: Mapping[Edge, float], what: str) -> Array:
    index = {c: i for i, c in enumerate(names)}
    matrix = np.eye(len(names))
    for (a, b), value in pairs.items():
        matrix[index[a], index[b]] = matrix[index[b], index[a]] = value
    if np.linalg.eigvalsh(matrix)[0] <= 0:
        raise ParameterSetError(f"the numbers of “{what}” cannot all hold at once: the matrix is not positive definite")
    return matrix
