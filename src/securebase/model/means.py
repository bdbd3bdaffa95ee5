"""The mean of every row and what inputs push, from the parameters, and the exact reverse of both.

Scores lie around intercept + loading (level_mean + trend + covariate_effect x); the state-like part starts at a mean
and is pushed by inputs over each interval. A carried trend relaxes from start_mean to m∞ = −A⁻¹ B as the states do, so
the filter itself carries it: scores lie around level_mean + m∞ and the state starts at start_mean − m∞.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase.model.compression import Rows
from securebase.model.equations import require, share_of_change, slope_basis
from securebase.model.parameters import Array, Parameters, Specification, Trend


def mean_of_rows(of: Specification, parameters: Parameters, rows: Rows) -> tuple[Array, Array]:
    """Mean of the scores of the rows that have one, (rows, q) or (q,), and of the state-like part at the start (p,)."""
    start = require(parameters.start_mean, "start_mean") if of.free_start_mean else np.zeros(of.p)
    times, mean = rows.times[: rows.n_with_mean], parameters.level_mean
    match of.trend:
        case Trend.LINEAR:
            mean = mean + np.multiply.outer(times, require(parameters.slope, "slope"))
        case Trend.APART:
            share = share_of_change(require(parameters.rate, "rate"), times, of.planned_end)
            mean = mean + np.multiply.outer(share, require(parameters.change, "change"))
        case Trend.CARRIED:
            end = carried_equilibrium(parameters)
            mean, start = mean + end, require(parameters.start_mean, "start_mean") - end
        case Trend.NONE:
            pass
    if of.covariates:
        mean = mean + (_covariates(rows) @ require(parameters.covariate_effect, "covariate_effect").T)[rows.person]
    if not of.is_plain:
        mean = require(parameters.intercept, "intercept") + require(parameters.loading, "loading") * mean[..., _at(of)]
    return mean, start


def _at(of: Specification) -> NDArray[np.intp]:
    return np.array(of.construct_of, dtype=np.intp)


def _covariates(rows: Rows) -> Array:
    return require(rows.covariates, "covariates")


def carried_equilibrium(parameters: Parameters) -> Array:
    """m∞ = −A⁻¹ B (p,): where therapy would lead in the end."""
    effect = require(parameters.therapy_effect, "therapy_effect")
    return -np.asarray(np.linalg.solve(parameters.drift, effect), dtype=np.float64)


def slope_basis_of_rows(of: Specification, parameters: Parameters, rows: Rows) -> Array:
    """How far own change has gone at each row (rows,); empty where nobody has a change of their own."""
    return slope_basis(of, parameters, rows.times, elapsed(rows)) if of.random_slopes else np.empty(0)


def elapsed(rows: Rows) -> Array:
    """Time since the person's first row (rows,)."""
    lengths = np.diff(rows.starts)
    some = lengths > 0
    return rows.times - np.repeat(rows.times[rows.starts[:-1][some]], lengths[some])


def reverse_mean(
    of: Specification,
    parameters: Parameters,
    rows: Rows,
    *,
    mean: Array,
    start_mean: Array,
    slope_basis_bar: Array,
    so_far: Parameters,
) -> Parameters:
    """The gradient with the mean's part: from ∂mean (rows, q) of the scores, ∂start_mean (p,) and ∂bend (rows,)."""
    so_far, mean = _reverse_columns(of, parameters, rows, mean, so_far)
    total = mean.sum(axis=0)
    found: dict[str, Array | float] = {"level_mean": total}
    if of.covariates:
        found["covariate_effect"] = mean.T @ _covariates(rows)[rows.person]
    if of.free_start_mean:
        found["start_mean"] = start_mean
    times, end, rate_bar = rows.times[: rows.n_with_mean], of.planned_end, 0.0
    if of.trend == Trend.LINEAR:
        found["slope"] = times @ mean
    if of.trend == Trend.APART:
        rate = require(parameters.rate, "rate")
        found["change"] = share_of_change(rate, times, end) @ mean
        rate_bar += float(_bent(rate, times, end) @ mean @ require(parameters.change, "change"))
    if of.trend == Trend.CARRIED:
        x = np.asarray(np.linalg.solve(parameters.drift.T, total - start_mean), dtype=np.float64)
        found["drift"] = so_far.drift - np.multiply.outer(x, carried_equilibrium(parameters))
        found["therapy_effect"], found["start_mean"] = -x, start_mean
    if of.random_slopes and of.trend in (Trend.APART, Trend.CARRIED):
        at = elapsed(rows) if of.trend == Trend.CARRIED else rows.times
        rate_bar += float(_bent(require(parameters.rate, "rate"), at, end) @ slope_basis_bar)
    if parameters.rate is not None:
        found["rate"] = rate_bar
    return replace(so_far, **found)  # type: ignore[arg-type]


def _bent(rate: float, times: Array, end: float) -> Array:
    """∂f/∂rate of the share of change."""
    share = share_of_change(rate, times, end)
    bent: Array = (times * np.exp(-rate * times) - share * end * np.exp(-rate * end)) / -np.expm1(-rate * end)
    return bent


def _reverse_columns(
    of: Specification, parameters: Parameters, rows: Rows, mean: Array, so_far: Parameters
) -> tuple[Parameters, Array]:
    """From the columns of scores (rows, q) to the constructs (rows, p)."""
    if of.is_plain:
        return so_far, mean
    plain = replace(of, indicators=())
    by_construct = np.broadcast_to(mean_of_rows(plain, parameters, rows)[0], (len(mean), of.p))
    at, loading = _at(of), require(parameters.loading, "loading")
    collected = np.zeros((len(mean), of.p))
    for k, construct in enumerate(at):
        collected[:, construct] += loading[k] * mean[:, k]
    more = (mean * by_construct[:, at]).sum(axis=0)
    told = replace(so_far, intercept=mean.sum(axis=0), loading=require(so_far.loading, "loading") + more)
    return told, collected


@dataclass(frozen=True, eq=False)
class InputAdjoints:
    """Gradients along what made the pushes; zero or None where there are no inputs."""

    drift: Array
    transition: Array | None
    input_effect: Array | None


def input_increments(
    of: Specification, parameters: Parameters, rows: Rows, gap_index: NDArray[np.int64], transition: Array
) -> Array:
    """J E u (rows, p) at every row: inputs u held over the gap before it, J = ∫ exp(A v) dv = A⁻¹ (Phi − I) over it;
    (0, p) where there are no inputs."""
    if not of.inputs:
        return np.empty((0, of.p))
    J = _gathered(parameters, transition)
    held = require(rows.inputs, "inputs") @ require(parameters.input_effect, "input_effect").T
    push = np.zeros((len(rows.times), of.p))
    later = np.flatnonzero(gap_index >= 0)
    push[later] = np.einsum("nij,nj->ni", J[gap_index[later]], held[later])
    return push


def reverse_input_increments(
    of: Specification,
    parameters: Parameters,
    rows: Rows,
    gap_index: NDArray[np.int64],
    *,
    transition: Array,
    increment_bar: Array,
) -> InputAdjoints:
    nothing = np.zeros((of.p, of.p))
    if not of.inputs:
        return InputAdjoints(nothing, None, None)
    J, effect, u = _gathered(parameters, transition), require(parameters.input_effect, "input_effect"), rows.inputs
    later = np.flatnonzero(gap_index >= 0)
    which, bar, u = gap_index[later], increment_bar[later], require(u, "inputs")[later]
    held_bar = np.einsum("nij,ni->nj", J[which], bar)
    J_bar = np.zeros(J.shape)
    np.add.at(J_bar, which, bar[:, :, None] * (u @ effect.T)[:, None, :])
    # J = A⁻¹ (Phi − I)
    turned = np.asarray(np.linalg.solve(parameters.drift.T, J_bar), dtype=np.float64)
    drift: Array = -np.einsum("gij,gkj->ik", turned, J)
    return InputAdjoints(drift, turned, np.asarray(held_bar.T @ u, dtype=np.float64))


def _gathered(parameters: Parameters, transition: Array) -> Array:
    return np.asarray(np.linalg.solve(parameters.drift, transition - np.eye(len(parameters.drift))), dtype=np.float64)
