"""Mean of every row, increments of the state by inputs, and the exact adjoints of both.

Scores lie around intercept + loading (level_mean + trend + covariate_effect x). The state starts at a mean and inputs
add to it over each interval. A carried trend relaxes from start_mean to m∞ = −A⁻¹ B just as the state does, so the
filter itself carries it: scores lie around level_mean + m∞ and the state starts at start_mean − m∞.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase.model.compression import Rows
from securebase.model.equations import require, share_of_change, slope_basis
from securebase.model.parameters import Array, Parameters
from securebase.model.specification import Specification, Trend


def mean_of_rows(specification: Specification, parameters: Parameters, rows: Rows) -> tuple[Array, Array]:
    """Return the mean of the scores, (rows with a mean, q) or (q,), and the initial-state mean (p,)."""
    start = require(parameters.start_mean, "start_mean") if specification.free_start_mean else np.zeros(specification.p)
    times, mean = rows.times[: rows.n_with_mean], parameters.level_mean
    match specification.trend:
        case Trend.LINEAR:
            mean = mean + np.multiply.outer(times, require(parameters.slope, "slope"))
        case Trend.APART:
            share = share_of_change(require(parameters.rate, "rate"), times, specification.planned_end)
            mean = mean + np.multiply.outer(share, require(parameters.change, "change"))
        case Trend.CARRIED:
            end = carried_equilibrium(parameters)
            mean, start = mean + end, require(parameters.start_mean, "start_mean") - end
        case Trend.NONE:
            pass
    if specification.covariates:
        mean = mean + (_covariates(rows) @ require(parameters.covariate_effect, "covariate_effect").T)[rows.person]
    if not specification.is_plain:
        mean = (
            require(parameters.intercept, "intercept")
            + require(parameters.loading, "loading") * mean[..., _construct_index(specification)]
        )
    return mean, start


def _construct_index(specification: Specification) -> NDArray[np.intp]:
    return np.array(specification.construct_of, dtype=np.intp)


def _covariates(rows: Rows) -> Array:
    return require(rows.covariates, "covariates")


def carried_equilibrium(parameters: Parameters) -> Array:
    """Return m∞ = −A⁻¹ B (p,), the equilibrium of the carried trend: 0 = A m∞ + B."""
    effect = require(parameters.therapy_effect, "therapy_effect")
    return -np.asarray(np.linalg.solve(parameters.drift, effect), dtype=np.float64)


def slope_basis_of_rows(specification: Specification, parameters: Parameters, rows: Rows) -> Array:
    """Return f at each row (rows,), empty without random slopes."""
    if not specification.random_slopes:
        return np.empty(0)
    since_first = elapsed_times(rows) if specification.trend == Trend.CARRIED else rows.times
    return slope_basis(specification, parameters, rows.times, since_first)


def elapsed_times(rows: Rows) -> Array:
    """Return the time since the person's first row (rows,)."""
    lengths = np.diff(rows.starts)
    nonempty = lengths > 0
    return rows.times - np.repeat(rows.times[rows.starts[:-1][nonempty]], lengths[nonempty])


def reverse_mean(
    specification: Specification,
    parameters: Parameters,
    rows: Rows,
    *,
    mean: Array,
    start_mean: Array,
    slope_basis_bar: Array,
    so_far: Parameters,
) -> Parameters:
    """Return the gradient completed by the part that runs through the means.

    mean (rows, q), start_mean (p,) and slope_basis_bar (rows,) are ∂ of the mean scores, the initial-state mean and f.
    With x = A⁻ᵀ (Σ ∂mean − ∂start) the carried trend gives ∂B = −x and, through m∞ = −A⁻¹ B, ∂A −= x m∞'.
    """
    so_far, mean = _reverse_columns(specification, parameters, rows, mean, so_far)
    total = mean.sum(axis=0)
    changes: dict[str, Array | float] = {"level_mean": total}
    if specification.covariates:
        changes["covariate_effect"] = mean.T @ _covariates(rows)[rows.person]
    if specification.free_start_mean:
        changes["start_mean"] = start_mean
    times, end, rate_bar = rows.times[: rows.n_with_mean], specification.planned_end, 0.0
    if specification.trend == Trend.LINEAR:
        changes["slope"] = times @ mean
    if specification.trend == Trend.APART:
        rate = require(parameters.rate, "rate")
        changes["change"] = share_of_change(rate, times, end) @ mean
        rate_bar += float(_rate_derivative(rate, times, end) @ mean @ require(parameters.change, "change"))
    if specification.trend == Trend.CARRIED:
        x = np.asarray(np.linalg.solve(parameters.drift.T, total - start_mean), dtype=np.float64)
        changes["drift"] = so_far.drift - np.multiply.outer(x, carried_equilibrium(parameters))
        changes["therapy_effect"], changes["start_mean"] = -x, start_mean
    if specification.random_slopes and specification.trend in (Trend.APART, Trend.CARRIED):
        at = elapsed_times(rows) if specification.trend == Trend.CARRIED else rows.times
        rate_bar += float(_rate_derivative(require(parameters.rate, "rate"), at, end) @ slope_basis_bar)
    if parameters.rate is not None:
        changes["rate"] = rate_bar
    return replace(so_far, **changes)  # type: ignore[arg-type]


def _rate_derivative(rate: float, times: Array, end: float) -> Array:
    """Return ∂/∂rate of the share of change: (t e^{−rt} − share · T e^{−rT}) / (1 − e^{−rT})."""
    share = share_of_change(rate, times, end)
    derivative: Array = (times * np.exp(-rate * times) - share * end * np.exp(-rate * end)) / -np.expm1(-rate * end)
    return derivative


def _reverse_columns(
    specification: Specification, parameters: Parameters, rows: Rows, mean: Array, so_far: Parameters
) -> tuple[Parameters, Array]:
    """Carry ∂mean from columns of scores (rows, q) to constructs (rows, p), and add to ∂loading and ∂intercept."""
    if specification.is_plain:
        return so_far, mean
    plain = replace(specification, indicators=())
    by_construct = np.broadcast_to(mean_of_rows(plain, parameters, rows)[0], (len(mean), specification.p))
    at, loading = _construct_index(specification), require(parameters.loading, "loading")
    collected = np.zeros((len(mean), specification.p))
    for k, construct in enumerate(at):
        collected[:, construct] += loading[k] * mean[:, k]
    more = (mean * by_construct[:, at]).sum(axis=0)
    extended = replace(so_far, intercept=mean.sum(axis=0), loading=require(so_far.loading, "loading") + more)
    return extended, collected


@dataclass(frozen=True, eq=False)
class InputAdjoints:
    """Adjoints of the arguments of `input_increments`; zero or None without inputs."""

    drift: Array
    transition: Array | None
    input_effect: Array | None


def input_increments(
    specification: Specification, parameters: Parameters, rows: Rows, gap_index: NDArray[np.int64], transition: Array
) -> Array:
    """Return the increment J E u (rows, p) of the state by inputs at every row; (0, p) without inputs.

    Inputs u are held over the gap g before the row: J = ∫_0^g exp(A v) dv = A⁻¹ (Phi − I).
    """
    if not specification.inputs:
        return np.empty((0, specification.p))
    J = _held_input_integral(parameters, transition)
    held = require(rows.inputs, "inputs") @ require(parameters.input_effect, "input_effect").T
    increment = np.zeros((len(rows.times), specification.p))
    later = np.flatnonzero(gap_index >= 0)
    increment[later] = np.einsum("nij,nj->ni", J[gap_index[later]], held[later])
    return increment


def reverse_input_increments(
    specification: Specification,
    parameters: Parameters,
    rows: Rows,
    gap_index: NDArray[np.int64],
    *,
    transition: Array,
    increment_bar: Array,
) -> InputAdjoints:
    """Return the adjoints of `input_increments` from increment_bar (rows, p)."""
    nothing = np.zeros((specification.p, specification.p))
    if not specification.inputs:
        return InputAdjoints(nothing, None, None)
    J, effect, u = (
        _held_input_integral(parameters, transition),
        require(parameters.input_effect, "input_effect"),
        rows.inputs,
    )
    later = np.flatnonzero(gap_index >= 0)
    which, bar, u = gap_index[later], increment_bar[later], require(u, "inputs")[later]
    held_bar = np.einsum("nij,ni->nj", J[which], bar)
    J_bar = np.zeros(J.shape)
    np.add.at(J_bar, which, bar[:, :, None] * (u @ effect.T)[:, None, :])
    # J = A⁻¹ (Phi − I): ∂Phi = A⁻ᵀ ∂J and ∂A = −Σ A⁻ᵀ ∂J J'
    solved = np.asarray(np.linalg.solve(parameters.drift.T, J_bar), dtype=np.float64)
    drift: Array = -np.einsum("gij,gkj->ik", solved, J)
    return InputAdjoints(drift, solved, np.asarray(held_bar.T @ u, dtype=np.float64))


def _held_input_integral(parameters: Parameters, transition: Array) -> Array:
    """Return J (g, p, p) = A⁻¹ (Phi − I)."""
    return np.asarray(np.linalg.solve(parameters.drift, transition - np.eye(len(parameters.drift))), dtype=np.float64)
