"""Exact draws of the model at any times: who people are, and the rows they give. No grid and no step size.

True value of person i = level_mean + m(t) + b_i + c_i f(t) + s_i(t): trend, usual level, own change, movement.
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
from securebase.model.parameters import Array, Parameters, Specification, Start, Trend


@dataclass(frozen=True, eq=False)
class Persons:
    """What is a person's own for good. level, change (n, p): deviations from the mean level and the mean change.

    `level` holds what covariates and the therapist add to it. `change` is 0 where the model has no own change.
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
    """Complete rows of many persons at the times given (in time units since the episode began, ascending).

    Exact draws of the model in `parameters.Parameters`. The same seed gives the same bits. inputs (rows, k), covariates
    (persons, c) and therapist (persons,) as in `Panel`, where the specification has them.
    Raises ModelError where the drift is not stable, a covariance is not one, or something the model needs is missing.
    """
    courses = [np.asarray(t, dtype=np.float64) for t in times_by_person]
    sizes = [len(t) for t in courses]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    done = None if inputs is None else _by_person(np.asarray(inputs, dtype=np.float64), starts)
    true = draw_true_values(
        specification, parameters, courses, rng, inputs=done, covariates=covariates, therapist=therapist
    )
    rows = np.concatenate([true[i, :n] for i, n in enumerate(sizes)]) if sizes else np.empty((0, specification.p))
    shown = as_indicators(specification, parameters, rows)
    noise = rng.standard_normal(shown.shape) * np.sqrt(parameters.measurement_noise)
    return Panel(
        persons=tuple(persons) if persons is not None else tuple(f"{i + 1}" for i in range(len(courses))),
        constructs=specification.constructs,
        starts=starts,
        times=np.concatenate([*courses, np.empty(0)]),
        scores=shown + noise,
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
    courses: Sequence[Array],
    rng: np.random.Generator,
    *,
    pushes: Array | None = None,
    inputs: Array | None = None,
    covariates: Array | None = None,
    therapist: NDArray[np.int64] | None = None,
) -> Array:
    """What the constructs truly are at each time, before any error of measurement: (persons, longest course, p).

    `pushes` (persons, longest course, p) are added to the state-like part at that row, as a life event or a rupture
    would, and die out as the drift lets them. `inputs` (persons, longest course, k): done between the row before and
    this one. Rows beyond a person's own times are filled and mean nothing.
    """
    n, longest, p = len(courses), max((len(t) for t in courses), default=0), specification.p
    own = draw_persons(specification, parameters, n, rng, covariates=covariates, therapist=therapist)
    state = rng.standard_normal((n, p)) @ root(start_covariance(specification, parameters), "start covariance").T
    out = np.empty((n, longest, p))
    if n == 0 or longest == 0:
        return out
    times, gaps = padded(courses, longest)
    unique, index = np.unique(gaps, return_inverse=True)
    index = index.reshape(gaps.shape)
    phi, shocks = transitions(parameters.drift, parameters.diffusion, unique)
    roots = root(shocks, "diffusion")
    gathered = _gathered_inputs(specification, parameters, unique)
    if gathered is not None and (inputs is None or inputs.shape != (n, longest, len(specification.inputs))):
        raise ModelError("the model has inputs, but not every row says what was done before it")
    mean = mean_courses(specification, parameters, times, own.change)
    for j in range(longest):
        if j:
            step = index[:, j - 1]
            state = np.einsum("nkl,nl->nk", phi[step], state)
            state += np.einsum("nkl,nl->nk", roots[step], rng.standard_normal((n, p)))
            if gathered is not None and inputs is not None:
                state += np.einsum("nki,ni->nk", gathered[step], inputs[:, j])
        if pushes is not None:
            state = state + pushes[:, j]
        out[:, j] = mean[:, j] + own.level + state
    return out


def draw_persons(
    specification: Specification,
    parameters: Parameters,
    n: int,
    rng: np.random.Generator,
    *,
    covariates: Array | None = None,
    therapist: NDArray[np.int64] | None = None,
    apart: Callable[[int, int], Array] | None = None,
) -> Persons:
    """Usual levels and own changes of n persons: (level, change) are jointly normal.

    `apart` gives the standard normals (n, p) of own change, so that the other draws of `rng` stay where they are.
    """
    p = specification.p
    level = rng.standard_normal((n, p)) @ root(parameters.level_covariance, "level_covariance").T
    change = np.zeros((n, p))
    if specification.random_slopes:
        foretold, rest = _change_given_level(parameters)
        z = rng.standard_normal((n, p)) if apart is None else apart(n, p)
        change = level @ foretold.T + z @ root(rest, "own change").T
    if specification.covariates:
        if covariates is None or covariates.shape != (n, len(specification.covariates)):
            raise ModelError("the model has covariates, but not every person says what they are")
        level = level + covariates @ require(parameters.covariate_effect, "covariate_effect").T
    if specification.therapists:
        if therapist is None or therapist.shape != (n,):
            raise ModelError("the model has therapists, but not every person says which one is theirs")
        spread = root(require(parameters.therapist_covariance, "therapist_covariance"), "therapist_covariance")
        everyone = rng.standard_normal((int(therapist.max(initial=-1)) + 1, p)) @ spread.T
        level = level + everyone[therapist]
    return Persons(level, change)


def as_indicators(specification: Specification, parameters: Parameters, true: Array) -> Array:
    """Scores without error (rows, q) from true values (rows, p): intercept + loading · construct."""
    shown = true[:, list(specification.construct_of)]
    if parameters.loading is not None:
        shown = shown * parameters.loading
    if parameters.intercept is not None:
        shown = shown + parameters.intercept
    return shown


def mean_courses(specification: Specification, parameters: Parameters, times: Array, change: Array) -> Array:
    """Mean level, trend and own change at times (persons, rows): (persons, rows, p).

    A carried trend, a start deviation and the own change beside them count from each person's own first row.
    """
    elapsed = times - times[:, :1]
    out = parameters.level_mean + _on_unique(
        elapsed if specification.trend is Trend.CARRIED else times,
        lambda t: trend_mean(specification, parameters, t, began=0.0),
    )
    if specification.free_start_mean and specification.trend is not Trend.CARRIED:
        start = require(parameters.start_mean, "start_mean")
        out = out + _on_unique(elapsed, lambda t: expm(t[:, None, None] * parameters.drift) @ start)
    if specification.random_slopes:
        share = slope_basis(specification, parameters, times, elapsed)
        out = out + share[:, :, None] * change[:, None, :]
    return out


def padded(courses: Sequence[Array], longest: int) -> tuple[Array, Array]:
    """Times (persons, longest) and gaps (persons, longest - 1); beyond the end, time goes on by one unit."""
    times = np.zeros((len(courses), longest))
    for i, own in enumerate(courses):
        times[i, : len(own)] = own
        last = own[-1] if len(own) else -1.0
        times[i, len(own) :] = last + np.arange(1, longest - len(own) + 1)
    # rounded once, so that nearly equal gaps share one transition, as in the likelihood
    return times, np.round(np.diff(times, axis=1), 9)


def start_covariance(specification: Specification, parameters: Parameters) -> Array:
    """Spread of movements (p, p) at a person's first row."""
    if specification.start is Start.FREE:
        return require(parameters.start_covariance, "start_covariance")
    return stationary_covariance(parameters.drift, parameters.diffusion)


def root(covariance: Array, name: str) -> Array:
    """L (..., p, p) with L L' = covariance, also where it is singular (a construct without levels, a gap of 0)."""
    values, vectors = np.linalg.eigh((covariance + np.swapaxes(covariance, -1, -2)) / 2)
    if (values < -1e-8 * np.maximum(values[..., -1:], 1e-300)).any():
        raise ModelError(f"{name} is not a covariance: it has the eigenvalue {values.min():.3g}")
    made: Array = vectors * np.sqrt(np.clip(values, 0.0, None))[..., None, :]
    return made


def gathered_push(drift: Array, push: Array, gaps: Array) -> Array:
    """∫_0^u exp(A v) dv · push (g, p, k) for every gap (g,): what a steady push (p, k) has added over it."""
    p, k = push.shape
    block = np.zeros((p + k, p + k))
    block[:p, :p], block[:p, p:] = drift, push
    made: Array = expm(gaps[:, None, None] * block)[:, :p, p:]
    return made


def _gathered_inputs(specification: Specification, parameters: Parameters, gaps: Array) -> Array | None:
    if not specification.inputs:
        return None
    return gathered_push(parameters.drift, require(parameters.input_effect, "input_effect"), gaps)


def _change_given_level(parameters: Parameters) -> tuple[Array, Array]:
    """How own change goes with the level (p, p), and its covariance (p, p) once the level is known."""
    change = require(parameters.change_covariance, "change_covariance")
    cross = parameters.level_change_covariance
    if cross is None:
        return np.zeros_like(change), change
    foretold = cross.T @ np.linalg.pinv(parameters.level_covariance)
    return foretold, change - foretold @ cross


def _by_person(inputs: Array, starts: NDArray[np.int64]) -> Array:
    sizes = np.diff(starts)
    out = np.zeros((len(sizes), int(sizes.max(initial=0)), inputs.shape[1]))
    for i, size in enumerate(sizes):
        out[i, :size] = inputs[starts[i] : starts[i + 1]]
    return out


def _on_unique(times: Array, curve: Callable[[Array], Array]) -> Array:
    """A curve (times,) → (times, p) at times (persons, rows), each different time once."""
    flat, index = np.unique(times, return_inverse=True)
    made: Array = curve(flat)[index.reshape(times.shape)]
    return made
