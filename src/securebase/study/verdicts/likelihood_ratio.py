"""Test of one parameter: signed root of the likelihood ratio of nested fits, each from several starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from securebase.model.distributions import normal_tail
from securebase.model.estimation.optimise import Iterate, SmoothFunction, bfgs, forward_difference_hessian
from securebase.study.verdicts.course import Array

#: largest gradient, in log-likelihood units, at which a fit counts as ended
_TOLERANCE = 1e-3
#: gradient at which ends of several starts are compared
_COARSE = 0.1
#: rounds in which both fits restart from each other's end, and the gain for which another one is made
_MAX_ROUNDS, _GAIN = 3, 1e-2


@dataclass(frozen=True, eq=False)
class RatioTest:
    """z: sign(β̂) √(2 (ℓ(θ̂) − ℓ(θ̂ | β = 0))). theta: of the full fit. regular: both fits ended at proper optima."""

    z: float
    p: float
    regular: bool
    theta: Array
    log_likelihood: float


def ratio_test(objective: SmoothFunction, starts: Sequence[Array], position: int) -> RatioTest:
    """Minimise an objective with and without the parameter at a position, and test that it is 0.

    Both fits restart from each other's ends until neither gains, so that the likelihoods compared are ordered and
    belong to one optimum.
    """
    held = [np.where(np.arange(len(start)) == position, 0.0, start) for start in starts]
    full = _best([_minimise(objective, start, None, _COARSE) for start in starts])
    restricted = _best([_minimise(objective, start, position, _COARSE) for start in held])
    for _ in range(_MAX_ROUNDS):
        before = full.value, restricted.value
        full = _best([full, _minimise(objective, restricted.x, None, _COARSE)])
        restricted = _best([restricted, _minimise(objective, full.x, position, _COARSE)])
        if full.value > before[0] - _GAIN and restricted.value > before[1] - _GAIN:
            break
    full, restricted = (
        _minimise(objective, end.x, held, _TOLERANCE) for end, held in ((full, None), (restricted, position))
    )
    z = float(np.copysign(np.sqrt(max(0.0, 2.0 * (restricted.value - full.value))), full.x[position]))
    ended = all(np.isfinite(end.value) and end.gradient_norm < 10.0 * _TOLERANCE for end in (full, restricted))
    regular = bool(ended and np.linalg.eigvalsh(forward_difference_hessian(objective, full))[0] > 0)
    return RatioTest(z, float(2.0 * normal_tail(abs(z))), regular, full.x, -full.value)


def _minimise(objective: SmoothFunction, x: Array, held: int | None, tolerance: float) -> Iterate:
    """Minimise from x along all coordinates but the held one, which is 0."""
    free = np.arange(len(x)) != (len(x) if held is None else held)

    def function(part: Array) -> tuple[float, Array]:
        whole = np.zeros(len(x))
        whole[free] = part
        value, gradient = objective(whole)
        return value, gradient[free]

    end, _ = bfgs(function, x[free], tolerance=tolerance)
    whole, gradient = np.zeros(len(x)), np.zeros(len(x))
    whole[free], gradient[free] = end.x, end.gradient
    return Iterate(whole, end.value, gradient)


def _best(ends: Sequence[Iterate]) -> Iterate:
    return min(ends, key=lambda end: end.value)
