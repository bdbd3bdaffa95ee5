"""`simulate`: draws from the model. The same equations that are fitted and tracked, drawn exactly at any times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from securebase.errors import ModelError
from securebase.model.equations import stationary_covariance, transitions, trend_mean
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters, Specification, Start, Trend


def simulate_panel(
    specification: Specification,
    parameters: Parameters,
    times_by_person: Sequence[Sequence[float] | Array],
    rng: np.random.Generator,
    *,
    persons: Sequence[str] | None = None,
) -> Panel:
    """Complete rows of many persons at the times given (in time units since the episode began, ascending).

    Exact draws of the model in `parameters.Parameters`: no grid and no step size. The same seed gives the same bits.
    Raises ModelError where the drift is not stable or a covariance is not one.
    """
    courses = [np.asarray(t, dtype=np.float64) for t in times_by_person]
    true = draw_true_values(specification, parameters, courses, rng)
    sizes = [len(t) for t in courses]
    rows = np.concatenate([true[i, :n] for i, n in enumerate(sizes)]) if sizes else np.empty((0, specification.p))
    noise = rng.standard_normal(rows.shape) * np.sqrt(parameters.measurement_noise)
    return Panel(
        persons=tuple(persons) if persons is not None else tuple(f"{i + 1}" for i in range(len(courses))),
        constructs=specification.constructs,
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        times=np.concatenate([*courses, np.empty(0)]),
        scores=rows + noise,
        wave=np.concatenate([*(np.arange(n) for n in sizes), np.empty(0)]).astype(np.int64),
        time_unit=specification.time_unit,
        days_per_unit=specification.days_per_unit,
    )


def draw_true_values(
    specification: Specification,
    parameters: Parameters,
    courses: Sequence[Array],
    rng: np.random.Generator,
    *,
    pushes: Array | None = None,
) -> Array:
    """What the constructs truly are at each time, before any error of measurement: (persons, longest course, p).

    `pushes` (persons, longest course, p) are added to the state-like part at that row, as a life event or a rupture
    would, and die out as the drift lets them. Rows beyond a person's own times are filled and mean nothing.
    """
    n, longest, p = len(courses), max((len(t) for t in courses), default=0), specification.p
    level = rng.standard_normal((n, p)) @ _root(parameters.level_covariance, "level_covariance").T
    state = rng.standard_normal((n, p)) @ _root(_start_covariance(specification, parameters), "start covariance").T
    out = np.empty((n, longest, p))
    if n == 0 or longest == 0:
        return out
    times, gaps = _padded(courses, longest)
    unique, index = np.unique(gaps, return_inverse=True)
    index = index.reshape(gaps.shape)
    phi, shocks = transitions(parameters.drift, parameters.diffusion, unique)
    roots = _root(shocks, "diffusion")
    trend = _trend_of_all(specification, parameters, times)
    for j in range(longest):
        if j:
            step = index[:, j - 1]
            state = np.einsum("nkl,nl->nk", phi[step], state)
            state += np.einsum("nkl,nl->nk", roots[step], rng.standard_normal((n, p)))
        if pushes is not None:
            state = state + pushes[:, j]
        out[:, j] = parameters.level_mean + trend[:, j] + level + state
    return out


def _padded(courses: Sequence[Array], longest: int) -> tuple[Array, Array]:
    """Times (persons, longest) and gaps (persons, longest - 1); beyond the end, time goes on by one unit."""
    times = np.zeros((len(courses), longest))
    for i, own in enumerate(courses):
        times[i, : len(own)] = own
        last = own[-1] if len(own) else -1.0
        times[i, len(own) :] = last + np.arange(1, longest - len(own) + 1)
    # rounded once, so that nearly equal gaps share one transition, as in the likelihood
    return times, np.round(np.diff(times, axis=1), 9)


def _trend_of_all(specification: Specification, parameters: Parameters, times: Array) -> Array:
    """Mean courses (persons, rows, p). A carried trend counts from each person's own first row."""
    if specification.trend is Trend.CARRIED:
        times = times - times[:, :1]
    flat, index = np.unique(times, return_inverse=True)
    courses: Array = trend_mean(specification, parameters, flat, began=0.0)[index.reshape(times.shape)]
    return courses


def _start_covariance(specification: Specification, parameters: Parameters) -> Array:
    if specification.start is Start.FREE:
        if parameters.start_covariance is None:
            raise ModelError("the start is free but the parameters have no start covariance")
        return parameters.start_covariance
    return stationary_covariance(parameters.drift, parameters.diffusion)


def _root(covariance: Array, name: str) -> Array:
    """L (..., p, p) with L L' = covariance, also where it is singular (a construct without levels, a gap of 0)."""
    values, vectors = np.linalg.eigh((covariance + np.swapaxes(covariance, -1, -2)) / 2)
    if (values < -1e-8 * np.maximum(values[..., -1:], 1e-300)).any():
        raise ModelError(f"{name} is not a covariance: it has the eigenvalue {values.min():.3g}")
    root: Array = vectors * np.sqrt(np.clip(values, 0.0, None))[..., None, :]
    return root
