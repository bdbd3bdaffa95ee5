"""Exact draws of the model at arbitrary times: persons, true values and rows, without a grid or a step size.

The true value of person i at time t is level_mean + m(t) + b_i + c_i f(t) + s_i(t): trend m, deviation in level b_i,
random slope c_i and state s_i.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from securebase.errors import ModelError
from securebase.model.equations import require, slope_basis, stationary_covariance, transitions, trend_mean
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters
from securebase.model.specification import Specification, Start, Trend


@dataclass(frozen=True, eq=False)
class Persons:
    """Time-invariant deviations of n persons from the mean level and the mean change (n, p each).

    `level` includes covariate and therapist effects. `change` is 0 where the model has no random slopes.
    """

    level: Array
    change: Array


def simulate_panel(
    specification: Specification,
    parameters: Parameters,
    times_by_person: Sequence[Sequence[float] | Array],
    rng: np.random.Generator,
    *,
    persons: Sequence[str] | None = None,
    inputs: Array | None = None,
    covariates: Array | None = None,
    therapist: NDArray[np.int64] | None = None,
) -> Panel:
    """Draw complete rows of many persons at the times given (in time units since the episode began, ascending).

    Exact draws of the model in `parameters.Parameters`; the same seed gives the same bits. inputs (rows, k), covariates
    (persons, c) and therapist (persons,) as in `Panel`, where the specification has them. Raises ModelError where the
    drift is unstable, a covariance is not positive semidefinite, or inputs, covariates or therapists are missing.
    """
    times = [np.asarray(t, dtype=np.float64) for t in times_by_person]
    sizes = [len(t) for t in times]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    padded_inputs = None if inputs is None else _by_person(np.asarray(inputs, dtype=np.float64), starts)
    true = draw_true_values(
        specification, parameters, times, rng, inputs=padded_inputs, covariates=covariates, therapist=therapist
    )
    rows = np.concatenate([true[i, :n] for i, n in enumerate(sizes)]) if sizes else np.empty((0, specification.p))
    scores = indicator_scores(specification, parameters, rows)
    noise = rng.standard_normal(scores.shape) * np.sqrt(parameters.measurement_noise)
    return Panel(
        persons=tuple(persons) if persons is not None else tuple(f"{i + 1}" for i in range(len(times))),
        constructs=specification.constructs,
        starts=starts,
        times=np.concatenate([*times, np.empty(0)]),
        scores=scores + noise,
        wave=np.concatenate([*(np.arange(n) for n in sizes), np.empty(0)]).astype(np.int64),
        time_unit=specification.time_unit,
        days_per_unit=specification.days_per_unit,
        inputs=inputs,
        covariates=covariates,
        therapist=therapist,
    )


def draw_true_values(
    specification: Specification,
    parameters: Parameters,
    times_by_person: Sequence[Array],
    rng: np.random.Generator,
    *,
    displacements: Array | None = None,
    inputs: Array | None = None,
    covariates: Array | None = None,
    therapist: NDArray[np.int64] | None = None,
) -> Array:
    """Draw true values of the constructs, before measurement error (persons, longest course, p).

    displacements (persons, longest course, p): added to the state at that row, as by a life event or a rupture; they
    decay as the drift lets them. inputs (persons, longest course, k): constant from the row before to this one. Rows
    beyond a person's own times are padding.
    """
    n, longest, p = len(times_by_person), max((len(t) for t in times_by_person), default=0), specification.p
    persons = draw_persons(specification, parameters, n, rng, covariates=covariates, therapist=therapist)
    state = (
        rng.standard_normal((n, p)) @ covariance_root(start_covariance(specification, parameters), "start covariance").T
    )
    values = np.empty((n, longest, p))
    if n == 0 or longest == 0:
        return values
    times, gaps = pad_times(times_by_person, longest)
    unique, index = np.unique(gaps, return_inverse=True)
    index = index.reshape(gaps.shape)
    phi, shocks = transitions(parameters.drift, parameters.diffusion, unique)
    roots = covariance_root(shocks, "diffusion")
    integrated = _integrated_inputs(specification, parameters, unique)
    if integrated is not None and (inputs is None or inputs.shape != (n, longest, len(specification.inputs))):
        raise ModelError(
            "the model has inputs, but inputs " + ("is missing" if inputs is None else "has another number of rows"),
            advice=f"Pass an array (rows, {len(specification.inputs)}) with one row for every row of every person.",
        )
    mean = mean_trajectories(specification, parameters, times, persons.change)
    for j in range(longest):
        if j:
            step = index[:, j - 1]
            state = np.einsum("nkl,nl->nk", phi[step], state)
            state += np.einsum("nkl,nl->nk", roots[step], rng.standard_normal((n, p)))
            if integrated is not None and inputs is not None:
                state += np.einsum("nki,ni->nk", integrated[step], inputs[:, j])
        if displacements is not None:
            state = state + displacements[:, j]
        values[:, j] = mean[:, j] + persons.level + state
    return values


def draw_persons(
    specification: Specification,
    parameters: Parameters,
    n: int,
    rng: np.random.Generator,
    *,
    covariates: Array | None = None,
    therapist: NDArray[np.int64] | None = None,
    change_normals: Callable[[int, int], Array] | None = None,
    map_levels: Callable[[Array], Array] | None = None,
) -> Persons:
    """Draw levels and random slopes of n persons, jointly normal: first b, then c given b.

    change_normals: called with (n, p) for the standard normals of the slopes, so that the draws of `rng` stay the same
    with and without random slopes. map_levels: from standard normals (n, p) to levels, instead of those of the model.
    """
    p = specification.p
    z = rng.standard_normal((n, p))
    level = (
        z @ covariance_root(parameters.level_covariance, "level_covariance").T if map_levels is None else map_levels(z)
    )
    change = np.zeros((n, p))
    if specification.random_slopes:
        slope, residual = _regress_change_on_level(parameters)
        z = rng.standard_normal((n, p)) if change_normals is None else change_normals(n, p)
        change = level @ slope.T + z @ covariance_root(residual, "change_covariance").T
    if specification.covariates:
        if covariates is None or covariates.shape != (n, len(specification.covariates)):
            raise ModelError(
                f"the model has covariates, but covariates {_describe_shape(covariates)}",
                advice=f"Pass an array ({n}, {len(specification.covariates)}), persons by covariates.",
            )
        level = level + covariates @ require(parameters.covariate_effect, "covariate_effect").T
    if specification.therapists:
        if therapist is None or therapist.shape != (n,):
            raise ModelError(
                f"the model has therapists, but therapist {_describe_shape(therapist)}",
                advice=f"Pass an array ({n},) with the number of each person's therapist, counted from 0.",
            )
        therapist_root = covariance_root(
            require(parameters.therapist_covariance, "therapist_covariance"), "therapist_covariance"
        )
        effects = rng.standard_normal((int(therapist.max(initial=-1)) + 1, p)) @ therapist_root.T
        level = level + effects[therapist]
    return Persons(level, change)


def indicator_scores(specification: Specification, parameters: Parameters, true: Array) -> Array:
    """Return error-free scores (rows, q) of true values (rows, p): intercept + loading · construct."""
    scores = true[:, list(specification.construct_of)]
    if parameters.loading is not None:
        scores = scores * parameters.loading
    if parameters.intercept is not None:
        scores = scores + parameters.intercept
    return scores


def mean_trajectories(specification: Specification, parameters: Parameters, times: Array, change: Array) -> Array:
    """Return each person's expected trajectory at times (persons, rows): mean level, trend, slope.

    The result is (persons, rows, p). A free initial-state mean decays from each person's first row; a carried trend,
    and the random slope with it, count from there too.
    """
    elapsed = times - times[:, :1]
    mean = parameters.level_mean + _evaluate_once(
        elapsed if specification.trend is Trend.CARRIED else times,
        lambda t: trend_mean(specification, parameters, t, began=0.0),
    )
    if specification.free_start_mean and specification.trend is not Trend.CARRIED:
        start = require(parameters.start_mean, "start_mean")
        mean = mean + _evaluate_once(elapsed, lambda t: expm(t[:, None, None] * parameters.drift) @ start)
    if specification.random_slopes:
        share = slope_basis(specification, parameters, times, elapsed)
        mean = mean + share[:, :, None] * change[:, None, :]
    return mean


def pad_times(times_by_person: Sequence[Array], longest: int) -> tuple[Array, Array]:
    """Return times (persons, longest) and gaps (persons, longest - 1); padding goes on by one unit per row."""
    times = np.zeros((len(times_by_person), longest))
    for i, observed in enumerate(times_by_person):
        times[i, : len(observed)] = observed
        last = observed[-1] if len(observed) else -1.0
        times[i, len(observed) :] = last + np.arange(1, longest - len(observed) + 1)
    # rounded once, so that nearly equal gaps share one transition, as in the likelihood
    return times, np.round(np.diff(times, axis=1), 9)


def start_covariance(specification: Specification, parameters: Parameters) -> Array:
    """Return the covariance of the state (p, p) at a person's first row."""
    if specification.start is Start.FREE:
        return require(parameters.start_covariance, "start_covariance")
    return stationary_covariance(parameters.drift, parameters.diffusion)


def covariance_root(covariance: Array, name: str) -> Array:
    """Return L (..., p, p) with L L' = covariance, which may be singular (zero level variance, a gap of 0).

    By eigendecomposition, as a Cholesky factor needs a positive-definite matrix. Raises ModelError for a negative
    eigenvalue.
    """
    values, vectors = np.linalg.eigh((covariance + np.swapaxes(covariance, -1, -2)) / 2)
    if (values < -1e-8 * np.maximum(values[..., -1:], 1e-300)).any():
        raise ModelError(f"{name} is not a covariance: it has the eigenvalue {values.min():.3g}")
    factor: Array = vectors * np.sqrt(np.clip(values, 0.0, None))[..., None, :]
    return factor


def integrated_input(drift: Array, effect: Array, gaps: Array) -> Array:
    """Return ∫_0^u exp(A v) dv · B (g, p, k) for every gap u (g,), the response to a constant input.

    B (p, k) is the input's effect. By one matrix exponential of the block matrix [[A, B], [0, 0]] (Van Loan).
    """
    p, k = effect.shape
    block = np.zeros((p + k, p + k))
    block[:p, :p], block[:p, p:] = drift, effect
    integral: Array = expm(gaps[:, None, None] * block)[:, :p, p:]
    return integral


def _integrated_inputs(specification: Specification, parameters: Parameters, gaps: Array) -> Array | None:
    if not specification.inputs:
        return None
    return integrated_input(parameters.drift, require(parameters.input_effect, "input_effect"), gaps)


def _regress_change_on_level(parameters: Parameters) -> tuple[Array, Array]:
    """Return the regression of change on level (p, p), and the residual covariance (p, p)."""
    change = require(parameters.change_covariance, "change_covariance")
    cross = parameters.level_change_covariance
    if cross is None:
        return np.zeros_like(change), change
    slope = cross.T @ np.linalg.pinv(parameters.level_covariance)
    return slope, change - slope @ cross


def _by_person(inputs: Array, starts: NDArray[np.int64]) -> Array:
    """Return inputs (rows, k) as (persons, longest course, k), padded with zeros."""
    sizes = np.diff(starts)
    padded = np.zeros((len(sizes), int(sizes.max(initial=0)), inputs.shape[1]))
    for i, size in enumerate(sizes):
        padded[i, :size] = inputs[starts[i] : starts[i + 1]]
    return padded


def _describe_shape(values: Array | NDArray[np.int64] | None) -> str:
    return "is missing" if values is None else f"has the shape {values.shape}"


def _evaluate_once(times: Array, curve: Callable[[Array], Array]) -> Array:
    """Return a curve (times,) → (times, p) at times (persons, rows), evaluated once per distinct time."""
    distinct, index = np.unique(times, return_inverse=True)
    values: Array = curve(distinct)[index.reshape(times.shape)]
    return values
