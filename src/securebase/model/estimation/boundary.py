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
        vanishing = _vanishing_variances(problem, current, held)
        if not vanishing:
            current, H = _refine(problem, current, free)
            vanishing = _vanishing_variances(problem, current, held)
        if not vanishing:
            break
        x_held, candidate = current.x.copy(), dict(held)
        for i, name in vanishing.items():
            candidate |= _hold_variance(problem, x_held, i, name)
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


def _hold_variance(problem: Problem[Any, Any], x: Array, position: int, name: str) -> dict[int, str]:
    """Set a variance to zero in x, in place, and return the held positions with their names.

    Where a diagonal entry of a Cholesky factor is zero, the entries below it are not identified apart from the later
    diagonal entries. They are held at zero too, without a name, and the later entries absorb them: L_rr² += L_rk².
    """
    root = next((at for at in problem.scale.roots if position in np.diag(at)), None)
    if root is None:
        x[position] = np.log(_HELD_VARIANCE)
        return {position: name}
    x[position] = 0.5 * np.log(_HELD_VARIANCE)
    held = {position: name}
    k = int(np.flatnonzero(np.diag(root) == position)[0])
    for r in range(k + 1, len(root)):
        below, diagonal = int(root[r, k]), int(root[r, r])
        x[diagonal] = 0.5 * np.log(np.exp(2.0 * x[diagonal]) + x[below] ** 2)
        x[below] = 0.0
        held[below] = ""
    return held


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


def _vanishing_variances(problem: Problem[Any, Any], current: Iterate, held: Mapping[int, str]) -> dict[int, str]:
    """Return position → name of every variance that is nearly zero and not yet held."""
    roots = {int(i) for at in problem.scale.roots for i in np.diag(at)}
    return {
        i: name
        for i, name in problem.scale.variances.items()
        if i not in held and (2.0 if i in roots else 1.0) * current.x[i] < np.log(_VANISHING)
    }


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
