"""Maximisation of a likelihood with variances that may vanish, and the classification of its outcome, for every model.

A variance that tends to zero is held at the boundary and the other parameters are fitted again. A fit counts as
converged only with a vanishing gradient and a positive-definite Hessian.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from securebase.model.estimation.optimise import Indices, Iterate, Optimum, bfgs, newton_refine
from securebase.model.estimation.problem import Problem
from securebase.model.parameters import Array

#: convergence: maximum norm of the gradient of log-likelihood / persons, on the internal scale
GRADIENT_TOLERANCE = 1e-6
#: a variance that falls below the first share of its construct's total variance is held at the second
_VANISHING, _HELD_VARIANCE = 1e-4, 1e-9
_HELD_LOG_ROOT = 0.5 * float(np.log(_HELD_VARIANCE))
#: smallest eigenvalue that counts as positive: of the Hessian, whose finite differences are no more accurate, and of
#: the Hessian scaled to a unit diagonal, which does not depend on the scale of single parameters
_MIN_EIGENVALUE = 1e-8


def maximise(problem: Problem[Any, Any], x: Array, progress: Callable[[int, float], None] | None = None) -> Optimum:
    """Maximise the likelihood from one start; variances that vanish are held at zero and the rest is fitted again.

    Ends as soon as the likelihood proves unbounded: it would grow until every step fails.
    """
    floor = problem.floor
    current, iterations = bfgs(
        problem, x, tolerance=GRADIENT_TOLERANCE / 2, progress=progress, curvature=problem.first_curvature, floor=floor
    )
    everything = np.arange(len(x))
    if current.value < floor:
        return _unbounded(current, everything, iterations)
    held: dict[int, str] = {}
    for _ in range(5):
        free = np.setdiff1d(everything, list(held))
        vanishing = _vanishing_variances(problem, current.x, held)
        if not vanishing:
            current, H = _refine(problem, current, free)
            vanishing = _vanishing_variances(problem, current.x, held)
        if not vanishing:
            break
        x_held, candidate = current.x.copy(), dict(held)
        for i, name in vanishing.items():
            if i in _vanishing_variances(problem, x_held, candidate):
                _hold_variance(problem, x_held, i, candidate, name)
        constrained, further = _minimise_over(problem, x_held, np.setdiff1d(everything, list(candidate)))
        iterations += further
        if constrained.value < floor:
            return _unbounded(constrained, everything, iterations)
        # the boundary is accepted only where it costs no likelihood
        if not constrained.value <= current.value + 1e-8:
            current, H = _refine(problem, current, free)
            break
        current, held = constrained, candidate
    names = tuple(name for name in held.values() if name)
    return Optimum(_classify(current, free, H, held), current, free, H, iterations, names)


def _unbounded(current: Iterate, everything: Indices, iterations: int) -> Optimum:
    return Optimum("not_converged", current, everything, np.zeros((0, 0)), iterations, (), unbounded=True)


def _refine(problem: Problem[Any, Any], current: Iterate, free: Indices) -> tuple[Iterate, Array]:
    return newton_refine(problem, current, free, tolerance=GRADIENT_TOLERANCE / 2, curvature=problem.curvature)


def _hold_variance(problem: Problem[Any, Any], x: Array, position: int, held: dict[int, str], name: str) -> None:
    """Set a variance to zero, in place, in x and among the held positions.

    Where a diagonal entry of a Cholesky factor is zero, the entries below it are not identified apart from the later
    rows. They are held at zero too, without a name, and the later rows absorb them, so that the covariance stays what
    it was: L L' = R'R for the QR decomposition of [L c]', with L the later rows and c the entries below. A later
    diagonal entry that was held at zero and is so no longer is set free.
    """
    root = next((at for at in problem.scale.roots if position in np.diag(at)), None)
    held[position] = name
    if root is None:
        x[position] = np.log(_HELD_VARIANCE)
        return
    x[position] = _HELD_LOG_ROOT
    k = int(np.flatnonzero(np.diag(root) == position)[0])
    below, later = root[k + 1 :, k], root[k + 1 :, k + 1 :]
    diagonal, lower = np.diag(later), np.tril_indices(len(later), -1)
    L = np.diag(np.exp(x[diagonal]))
    L[lower] = x[later[lower]]
    R = np.linalg.qr(np.column_stack((L, x[below])).T, mode="r")
    R = np.where(np.diag(R) < 0, -1.0, 1.0)[:, None] * R
    x[diagonal] = np.log(np.maximum(np.diag(R), np.exp(_HELD_LOG_ROOT)))
    x[later[lower]] = R.T[lower]
    x[below] = 0.0
    held |= dict.fromkeys(below.tolist(), "")
    for column, i in enumerate(diagonal):
        if i in held and not _is_vanishing(2.0 * x[i]):
            for j in later[column:, column].tolist():
                held.pop(j, None)


def _minimise_over(problem: Problem[Any, Any], x_held: Array, free: Indices) -> tuple[Iterate, int]:
    """Minimise over the free coordinates, the others held at `x_held`; return the iterate and the iterations."""

    def whole(part: Array) -> Array:
        x = x_held.copy()
        x[free] = part
        return x

    def objective(part: Array) -> tuple[float, Array]:
        value, gradient = problem(whole(part))
        return value, gradient[free]

    def curvature(current: Iterate) -> Array:
        embedded = Iterate(whole(current.x), *problem(whole(current.x)))
        return problem.first_curvature(embedded)[np.ix_(free, free)]

    end, iterations = bfgs(
        objective, x_held[free], tolerance=GRADIENT_TOLERANCE / 2, curvature=curvature, floor=problem.floor
    )
    x = whole(end.x)
    return Iterate(x, *problem(x)), iterations


def _vanishing_variances(problem: Problem[Any, Any], x: Array, held: Mapping[int, str]) -> dict[int, str]:
    """Return position → name of every variance that is nearly zero and not yet held."""
    roots = {int(i) for at in problem.scale.roots for i in np.diag(at)}
    return {
        i: name
        for i, name in problem.scale.variances.items()
        if i not in held and _is_vanishing((2.0 if i in roots else 1.0) * x[i])
    }


def _is_vanishing(log_variance: float) -> bool:
    return bool(log_variance < np.log(_VANISHING))


def _classify(current: Iterate, free: Indices, H: Array, held: Mapping[int, str]) -> str:
    """Return the outcome: not_converged, indefinite, boundary or converged."""
    if not np.isfinite(H).all():
        return "not_converged"
    eigenvalues = np.linalg.eigvalsh(H)
    if not np.isfinite(current.value) or np.abs(current.gradient[free]).max(initial=0.0) >= GRADIENT_TOLERANCE:
        return "not_converged"
    scale = np.sqrt(np.maximum(np.diag(H), 1e-300))
    if (
        eigenvalues[0] <= _MIN_EIGENVALUE
        or np.linalg.eigvalsh(H / np.multiply.outer(scale, scale))[0] <= _MIN_EIGENVALUE
    ):
        return "indefinite"
    return "boundary" if held else "converged"
