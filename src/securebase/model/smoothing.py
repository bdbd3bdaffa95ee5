"""One person's course: filtered and smoothed states, forecasts, and what a change was made of.

Hidden values z = [s, b] or [s, b, c]: state-like movement (p), the person's own usual level as a deviation from the
mean (p) and, where people have one, the change of their own (p). s follows the transitions of `equations`, b and c
stay; constructs = level_mean + trend + s + b + f c, with f how far own change has gone, and scores show them with
error. Rows are taken at once (missing scores left out), and smoothed backwards without inverting any covariance of z
(de Jong 1988), so a construct without levels of its own, or one measured without error, needs no special care.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm

from securebase.errors import ModelError
from securebase.model.equations import (
    person_covariance,
    require,
    slope_basis,
    stationary_covariance,
    transitions,
    trend_mean,
)
from securebase.model.parameters import Array, Parameters, Specification, Trend

#: times nearer to each other than this many time units are one time: what rounding leaves of equal gaps
_QUANTUM = 1e-12


@dataclass(frozen=True, eq=False)
class Smoothed:
    """A course of n rows. z: (n, 2p), [state-like, deviation of the usual level], or (n, 3p) with change of one's own,
    of which `slope_basis` (n,) is how much has come about by each row; covariances (n, 2p, 2p) or (n, 3p, 3p).

    predicted: given all earlier rows; filtered: given this one too; smoothed: given every row. `after` and
    `after_covariance`: z at `after_time`, the last row (time 0 and the prior where there is none). transition
    (n - 1, p, p); shocks (n - 1, p): smoothed sum of shocks between a row and the next. by_covariates, by_inputs (p,):
    what covariates do to the level, and what inputs had done by the last row; both are in `trend`.
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
        """Mean (n, p) and covariance (n, p, p) of what the constructs truly are (level + trend + movement)."""
        shows = _shows(self.slope_basis, self.specification.p, z.shape[1])
        return (
            self.parameters.level_mean + self.trend + (shows @ z[:, :, None])[:, :, 0],
            shows @ covariance @ shows.transpose(0, 2, 1),
        )

    @property
    def person_trend(self) -> Array:
        """(n, p): the trend of this person: the mean one, and what their own change adds by the smoothed values."""
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

    inputs (n, k), covariates (c,): as in a panel, where the model has them; what they do is part of the trend. A person
    whose therapist is not known has the spread between therapists on top of that between persons.
    Raises ModelError where the parameters are no model (see `equations.stationary_covariance`).
    """
    n, p = len(times), specification.p
    phi, shock_covariance = elapsed_transitions(parameters, np.diff(times))
    of_covariates = _by_covariates(specification, parameters, covariates)
    pushed = _by_inputs(specification, parameters, phi, inputs) if n else np.zeros((1, p))
    trend = trend_mean(specification, parameters, times) + of_covariates + pushed if n else np.empty((0, p))
    basis = _slope_basis(specification, parameters, times, float(times[0]) if n else 0.0)
    P = _prior(parameters)
    size = len(P)
    z, shows = np.zeros(size), _shows(basis, p, size)
    of, load, base = _columns(specification, parameters)
    residual = observed - base - load * (parameters.level_mean + trend)[:, of]
    a = np.empty((2, n, size))
    V = np.empty((2, n, size, size))
    gains: list[tuple[Array, Array, Array] | None] = []
    log_likelihood = 0.0
    for j in range(n):
        if j:
            z, P = _step(z, P, phi[j - 1], shock_covariance[j - 1])
        a[0, j], V[0, j] = z, P
        seen = np.flatnonzero(np.isfinite(residual[j]))
        if len(seen):
            H = load[seen, None] * shows[j, of[seen]]
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
        covariate_contribution=of_covariates,
        input_contribution=pushed[-1],
    )


def forecast(course: Smoothed, times: Array) -> tuple[Array, Array]:
    """Mean (f, p) and covariance (f, p, p) of the true values at later times (f,), given every row so far.

    Inputs are taken to be 0 from the last row on, and covariates to be as they were.

    Raises ModelError for a time that is not after the last row.
    """
    times = np.asarray(times, dtype=np.float64)
    begin, p, own = course.after_time, course.specification.p, course.parameters
    if len(times) and times.min() < begin - 1e-9:
        raise ModelError(
            f"a forecast was asked for time {times.min():g}, but the last row is at {begin:g}",
            advice="Ask for times after the last row; earlier ones are smoothed, not forecast.",
        )
    phi, shock_covariance = elapsed_transitions(own, np.maximum(times - begin, 0.0))
    began = float(course.times[0]) if len(course.times) else begin
    trend = trend_mean(course.specification, own, times, began=began)
    if len(course.times):
        # what covariates and inputs have done by the last row: the one stays, the other fades with the drift
        trend = trend + course.covariate_contribution + (phi @ course.input_contribution if len(times) else 0.0)
    basis = _slope_basis(course.specification, own, times, began)
    shows = _shows(basis, p, len(course.after))
    moved = shows.copy()
    moved[:, :, :p] = phi
    mean = own.level_mean + trend + moved @ course.after
    covariance = moved @ course.after_covariance @ moved.transpose(0, 2, 1) + shock_covariance
    return mean, covariance


def elapsed_transitions(parameters: Parameters, elapsed: Array) -> tuple[Array, Array]:
    """Transition and covariance of shocks (n, p, p) over each elapsed time (n,); equal times are computed once."""
    n, p = len(elapsed), len(parameters.drift)
    phi, shock_covariance = np.broadcast_to(np.eye(p), (n, p, p)).copy(), np.zeros((n, p, p))
    _, first, index = np.unique(np.round(elapsed / _QUANTUM), return_index=True, return_inverse=True)
    unique = elapsed[first]
    # no time, no movement: left out, because so short a step would send every other one the slow way
    some = unique > 0
    if some.any():
        made = transitions(parameters.drift, parameters.diffusion, unique[some])
        here = some[index]
        which = (np.cumsum(some) - 1)[index[here]]
        phi[here], shock_covariance[here] = made[0][which], made[1][which]
    return phi, shock_covariance


def _prior(parameters: Parameters) -> Array:
    """Covariance of z at the first row."""
    p = len(parameters.drift)
    start, person = parameters.start_covariance, person_covariance(parameters)
    P = np.zeros((p + len(person), p + len(person)))
    P[:p, :p] = stationary_covariance(parameters.drift, parameters.diffusion) if start is None else start
    P[p:, p:] = person
    if parameters.therapist_covariance is not None:
        P[p : 2 * p, p : 2 * p] += parameters.therapist_covariance
    return P


def _shows(basis: Array, p: int, size: int) -> Array:
    """(n, p, size): how z shows in the constructs at each row, [I, I] or [I, I, f I]."""
    shows = np.zeros((len(basis), p, size))
    every = np.arange(p)
    shows[:, every, every] = shows[:, every, p + every] = 1.0
    if size > 2 * p:
        shows[:, every, 2 * p + every] = basis[:, None]
    return shows


def _slope_basis(specification: Specification, parameters: Parameters, times: Array, began: float) -> Array:
    if not specification.random_slopes:
        return np.zeros(len(times))
    return slope_basis(specification, parameters, times, times - began)


def _columns(specification: Specification, parameters: Parameters) -> tuple[NDArray[np.intp], Array, Array]:
    """Of every column of scores (q,): its construct, loading and intercept."""
    of = np.array(specification.construct_of, dtype=np.intp)
    plain = parameters.loading is None or parameters.intercept is None
    load = np.ones(len(of)) if plain else require(parameters.loading, "loading")
    return of, load, np.zeros(len(of)) if plain else require(parameters.intercept, "intercept")


def _by_covariates(specification: Specification, parameters: Parameters, covariates: Array | None) -> Array:
    if not specification.covariates:
        return np.zeros(specification.p)
    effect: Array = require(parameters.covariate_effect, "covariate_effect") @ require(covariates, "covariates")
    return effect


def _by_inputs(specification: Specification, parameters: Parameters, phi: Array, inputs: Array | None) -> Array:
    """(n, p): what inputs, and a deviation at the start, have done by each row."""
    pushed = np.zeros((len(phi) + 1, specification.p))
    if specification.free_start_mean and specification.trend is not Trend.CARRIED:
        pushed[0] = require(parameters.start_mean, "start_mean")
    held = np.zeros(pushed.shape)
    if specification.inputs:
        held = require(inputs, "inputs") @ require(parameters.input_effect, "input_effect").T
    for j, step in enumerate(phi, start=1):
        gathered = np.linalg.solve(parameters.drift, step - np.eye(specification.p)) if held[j].any() else step
        pushed[j] = step @ pushed[j - 1] + gathered @ held[j]
    return pushed


def _step(z: Array, P: Array, phi: Array, shock_covariance: Array) -> tuple[Array, Array]:
    """To the next row: s moves and takes shocks, b stays."""
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
    """Take one row's scores in; H (q, size): how z shows in them. The gain is (H, F⁻¹ e, F⁻¹ H), for the way back."""
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
    """Smoothed z, its covariance, and smoothed shocks: r and N gather what later rows say of z (de Jong 1988)."""
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


class TermKind(StrEnum):
    """What a named part of a change is.

    own_return: from the construct's own earlier deviation fading. from_construct: from another construct's earlier
    deviation. therapy: therapy's push on the construct itself. therapy_through_others: therapy's push on others that
    reached it within one interval. trend: the mean trend (readings other than carried). random_slope: by how much this
    person changes more or less than the mean (smoothed). shocks: not explained.
    """

    AUTOREGRESSION = "autoregression"
    FROM_CONSTRUCT = "from_construct"
    THERAPY = "therapy"
    THERAPY_THROUGH_OTHERS = "therapy_through_others"
    TREND = "trend"
    RANDOM_SLOPE = "random_slope"
    SHOCKS = "shocks"


@dataclass(frozen=True, slots=True)
class Term:
    """A part of a change, in the construct's own units. `construct` is set for FROM_CONSTRUCT only."""

    kind: TermKind
    value: float
    construct: str = ""


@dataclass(frozen=True, slots=True)
class Decomposition:
    """A smoothed change between two rows and the parts that add up to it."""

    construct: str
    begin: float
    end: float
    change: float
    terms: tuple[Term, ...]


def decompose(course: Smoothed, construct: str, first: int = 0, last: int = -1) -> Decomposition:
    """What the smoothed change of a construct between two rows was made of.

    The reading is the path from lagged states, which is unique: over each interval x ← Phi x + J B + w, and every
    summand is credited to the state it comes from *at the interval's beginning*; then intervals are summed. carried:
    x = trend + state-like movement, so what therapy gave another construct counts as from that construct. apart,
    linear, none: x = state-like movement only, and the trend is a term of its own. An effect that is passed on within
    one interval counts where it began; with shocks that are correlated, no other split is implied.

    Raises ModelError for an unknown construct, rows that are not there in this order, or a carried trend with inputs
    (whose way through the constructs is not told apart from therapy's).
    """
    if course.specification.inputs and course.specification.trend is Trend.CARRIED:
        raise ModelError("a carried change is not taken apart where the model has inputs besides")
    specification, n = course.specification, len(course.times)
    if construct not in specification.constructs:
        raise ModelError(
            f"there is no construct “{construct}” in this course",
            advice=f"It has {', '.join(specification.constructs)}.",
        )
    begin, end = (row + n if row < 0 else row for row in (first, last))
    if not 0 <= begin <= end < n:
        raise ModelError(f"rows {first} to {last} are not in a course of {n} rows")
    k, p = specification.constructs.index(construct), specification.p
    carried = specification.trend is Trend.CARRIED
    x = course.smoothed[:, :p] + (course.trend if carried else 0.0)
    passed = np.zeros(p)
    for j in range(begin, end):
        passed += course.transition[j][k] * x[j] - (np.arange(p) == k) * x[j]
    terms = [Term(TermKind.AUTOREGRESSION, float(passed[k]))]
    terms += [
        Term(TermKind.FROM_CONSTRUCT, float(passed[i]), c) for i, c in enumerate(specification.constructs) if i != k
    ]
    if carried:
        pushed = _pushed(course, begin, end, k)
        terms.append(Term(TermKind.THERAPY, float(pushed[k])))
        terms.append(Term(TermKind.THERAPY_THROUGH_OTHERS, float(pushed.sum() - pushed[k])))
    else:
        terms.append(Term(TermKind.TREND, float(course.trend[end, k] - course.trend[begin, k])))
    own = course.person_trend - course.trend
    if specification.random_slopes:
        terms.append(Term(TermKind.RANDOM_SLOPE, float(own[end, k] - own[begin, k])))
    terms.append(Term(TermKind.SHOCKS, float(course.shocks[begin:end, k].sum())))
    true = course.person_trend[:, k] + course.smoothed[:, k]
    return Decomposition(
        construct, float(course.times[begin]), float(course.times[end]), float(true[end] - true[begin]), tuple(terms)
    )


def _pushed(course: Smoothed, begin: int, end: int, k: int) -> Array:
    """What therapy's push on each construct (p,) gave construct k over the intervals: row k of J diag(B), summed."""
    own, p = course.parameters, course.specification.p
    if own.therapy_effect is None:
        raise ModelError("the parameters have no “therapy_effect”, which a carried trend needs")
    total = np.zeros(p)
    block = np.block([[own.drift, np.eye(p)], [np.zeros((p, 2 * p))]])
    gaps, counts = np.unique(np.diff(course.times[begin : end + 1]), return_counts=True)
    for gap, count in zip(gaps, counts, strict=True):
        total += count * expm(block * gap)[k, p:] * own.therapy_effect
    return total
