"""Tests of one column's effect on the next value of the other within persons, by the restricted likelihood (M and M⁺).

M fits the shared dynamics (`dynamics`) once with both effects and once without each of them. M⁺ adds a private
autoregressive part to each column and tests one direction. The statistic is the signed root of the likelihood ratio,
sign(β̂) √(2 (ℓ(θ̂) − ℓ(θ̂ | β = 0))), of penalised likelihoods with the same penalties on both sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from securebase.model.distributions import normal_tail
from securebase.model.estimation.optimise import Iterate, bfgs, forward_difference_hessian
from securebase.study.verdicts import dynamics
from securebase.study.verdicts.course import Array, Pair
from securebase.study.verdicts.likelihood import RestrictedLikelihood

#: largest gradient, in log-likelihood units, at which a fit counts as ended
_TOLERANCE = 1e-3
#: gradient at which fits from one of several starts are compared
_COARSE = 0.1
#: rounds in which both fits restart from each other's end
_MAX_ROUNDS = 3
#: gain in log-likelihood, beyond the error of a coarse end, for which another round is made
_GAIN = 1e-2
#: spectral radius over one step from which the dynamics lie on the boundary
_BOUNDARY = 0.98
#: start values of the private parts: standard deviations λ and persistence ψ of y, then x
_PRIVATE_STARTS = (
    ((0.5, 0.5), (0.85, 0.85)),
    ((0.4, 0.4), (0.35, 0.35)),
    ((0.6, 0.2), (0.85, 0.5)),
    ((0.2, 0.6), (0.5, 0.85)),
    ((0.1, 0.1), (0.6, 0.6)),
)


class LagDirection(StrEnum):
    """Direction of an effect between the two columns of a pair."""

    X_TO_Y = "x_to_y"
    Y_TO_X = "y_to_x"

    @property
    def position(self) -> int:
        """Return the position of the effect among the parameters."""
        return dynamics.X_TO_Y if self is LagDirection.X_TO_Y else dynamics.Y_TO_X

    @property
    def reversed(self) -> LagDirection:
        """Return the other direction."""
        return LagDirection.Y_TO_X if self is LagDirection.X_TO_Y else LagDirection.X_TO_Y


@dataclass(frozen=True, slots=True)
class LagTest:
    """Test of one effect over one step (in continuous time over the usual gap), later column per unit of the earlier.

    z: signed root of the likelihood ratio. regular: both fits ended, the full one at a proper optimum. on_boundary: its
    dynamics are at the edge of stability. standard_error: by the curvature; None if not regular, or on the boundary.
    """

    estimate: float
    standard_error: float | None
    z: float
    p: float
    regular: bool
    on_boundary: bool


@dataclass(frozen=True, eq=False)
class WithinFit:
    """Both tests of M. theta: parameters of the full fit; restricted: of the fits without each effect.

    scale (2,): units of y and x among the parameters; unit: of time.
    """

    tests: dict[LagDirection, LagTest]
    theta: Array
    restricted: dict[LagDirection, Array]
    scale: Array
    unit: float
    log_likelihood: float
    n_persons: int

    @property
    def exchanged(self) -> WithinFit:
        """Return the fit of the pair with its columns exchanged."""
        order = [1, 0, 3, 2, 5, 4, 6, 8, 7]
        return WithinFit(
            tests={direction.reversed: test for direction, test in self.tests.items()},
            theta=self.theta[order],
            restricted={direction.reversed: theta[order] for direction, theta in self.restricted.items()},
            scale=self.scale[::-1],
            unit=self.unit,
            log_likelihood=self.log_likelihood,
            n_persons=self.n_persons,
        )


def fit_within(pair: Pair) -> WithinFit:
    """Fit M to a pair without its common course and test both effects."""
    likelihood = RestrictedLikelihood(pair, private=False)
    starts = [dynamics.start(discrete=pair.discrete)]
    ends = _ordered_fits(likelihood, dict.fromkeys((None, *LagDirection), starts))
    full = ends[None]
    return WithinFit(
        tests={direction: _test(likelihood, full, ends[direction], direction) for direction in LagDirection},
        theta=full.x,
        restricted={direction: ends[direction].x for direction in LagDirection},
        scale=likelihood.scale,
        unit=likelihood.unit,
        log_likelihood=-full.value,
        n_persons=likelihood.n_persons,
    )


def effect_beside_private_parts(pair: Pair, direction: LagDirection, within: WithinFit) -> LagTest:
    """Fit M⁺ from several starts around the fits of M and test one effect."""
    likelihood = RestrictedLikelihood(pair, private=True)
    starts: dict[LagDirection | None, list[Array]] = {
        None: _private_starts(within.theta),
        direction: _private_starts(within.restricted[direction]),
    }
    ends = _ordered_fits(likelihood, starts)
    return _test(likelihood, ends[None], ends[direction], direction)


def _private_starts(theta: Array) -> list[Array]:
    starts = []
    for deviations, persistence in _PRIVATE_STARTS:
        psi = np.array(persistence)
        start = np.concatenate([theta, np.log(deviations), np.log(psi / (1.0 - psi))])
        # the private parts take their variance from shocks and errors
        start[4:6] += np.log(0.8)
        start[7:9] += np.log(0.8)
        starts.append(start)
    return starts


def _ordered_fits(
    likelihood: RestrictedLikelihood, starts: dict[LagDirection | None, list[Array]]
) -> dict[LagDirection | None, Iterate]:
    """Return the best end of each fit (None: all effects free), no restricted one above the full one.

    All fits restart from each other's ends until none gains, so that the likelihoods compared belong to one optimum.
    Only the ends that remain are refined to the tolerance.
    """
    ends = {held: _best([_minimise(likelihood, x, held, _COARSE) for x in every]) for held, every in starts.items()}
    tried: set[tuple[LagDirection | None, float]] = set()
    for _ in range(_MAX_ROUNDS):
        gained = False
        for held, end in list(ends.items()):
            others = [ends[other] for other in ends if other != held and (held is None or other is None)]
            new = [other for other in others if (held, other.value) not in tried]
            tried.update((held, other.value) for other in new)
            ends[held] = _best([end, *(_minimise(likelihood, other.x, held, _COARSE) for other in new)])
            gained = gained or ends[held].value < end.value - _GAIN
        if not gained:
            break
    return {held: _minimise(likelihood, end.x, held, _TOLERANCE) for held, end in ends.items()}


def _minimise(likelihood: RestrictedLikelihood, x: Array, held: LagDirection | None, tolerance: float) -> Iterate:
    """Minimise the objective from x along all coordinates but the held effect, which is 0."""
    free = np.ones(len(x), dtype=bool)
    if held is not None:
        free[held.position] = False

    def function(part: Array) -> tuple[float, Array]:
        whole = np.zeros(len(x))
        whole[free] = part
        value, gradient = likelihood.objective(whole)
        return value, gradient[free]

    end, _ = bfgs(function, x[free], tolerance=tolerance)
    whole, gradient = np.zeros(len(x)), np.zeros(len(x))
    whole[free], gradient[free] = end.x, end.gradient
    return Iterate(whole, end.value, gradient)


def _best(ends: Sequence[Iterate]) -> Iterate:
    return min(ends, key=lambda end: end.value)


def _test(likelihood: RestrictedLikelihood, full: Iterate, restricted: Iterate, direction: LagDirection) -> LagTest:
    ratio = max(0.0, 2.0 * (restricted.value - full.value))
    z = float(np.copysign(np.sqrt(ratio), full.x[direction.position]))
    variance = _variance(likelihood, full, direction.position)
    regular = variance is not None and all(_has_ended(end) for end in (full, restricted))
    radius = dynamics.spectral_radius(
        dynamics.drift(full.x[None], discrete=likelihood.discrete)[0], discrete=likelihood.discrete
    )
    on_boundary = not radius < _BOUNDARY
    factor = _over_one_step(likelihood, full.x, direction)
    return LagTest(
        estimate=float(full.x[direction.position]) * factor,
        standard_error=None
        if variance is None or not regular or on_boundary
        else abs(factor) * float(np.sqrt(variance)),
        z=z,
        p=float(2.0 * normal_tail(abs(z))),
        regular=regular,
        on_boundary=on_boundary,
    )


def _variance(likelihood: RestrictedLikelihood, full: Iterate, position: int) -> float | None:
    """Return the variance of one parameter by the inverse Hessian, None where that is not positive definite."""
    if not np.isfinite(full.value):
        return None
    H = forward_difference_hessian(likelihood.objective, full)
    if not np.isfinite(H).all() or np.linalg.eigvalsh(H)[0] <= 0:
        return None
    return float(np.linalg.inv(H)[position, position])


def _has_ended(end: Iterate) -> bool:
    return bool(np.isfinite(end.value)) and end.gradient_norm < 10.0 * _TOLERANCE


def _over_one_step(likelihood: RestrictedLikelihood, theta: Array, direction: LagDirection) -> float:
    """Return the factor from the parameter to the effect over one step, in units of the columns."""
    later, earlier = (0, 1) if direction is LagDirection.X_TO_Y else (1, 0)
    factor = likelihood.scale[later] / likelihood.scale[earlier]
    value = theta[direction.position]
    if likelihood.discrete or value == 0:
        return float(factor)
    step = dynamics.matrices(theta[None, : dynamics.N_SHARED], np.ones(1), discrete=False).transition[0, 0]
    return float(factor * step[later, earlier] / value)
