"""One climb to the highest likelihood, variances that head to zero held there, and how it ended: for every model.

“Converged” is only said where the gradient is flat and the Hessian positive definite.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from securebase.model.fit.optimise import Indices, Iterate, bfgs, newton_refine
from securebase.model.fit.transforms import CovarianceBlock, ParameterBlock
from securebase.model.parameters import Array

#: “converged”: no entry of the gradient of log-likelihood / persons is larger, on the internal scale
GRADIENT_TOLERANCE = 1e-6
#: a variance that falls below the first share of its construct's total variance is held at the second
_VANISHING, _HELD_VARIANCE = 1e-4, 1e-9
#: smallest eigenvalue that counts as positive: of the Hessian, whose differences are no more exact than this, and of
#: the Hessian scaled to a unit diagonal, which does not depend on how strongly a single parameter is determined
_MIN_EIGENVALUE = 1e-8


class InternalScale(Protocol):
    """An internal scale: its blocks, and where each one's numbers stand."""

    @property
    def blocks(self) -> tuple[ParameterBlock, ...]: ...

    def where(self, name: str) -> Indices: ...


class Objective(Protocol):
    """Minus log-likelihood / persons as a function of the internal numbers, with what a climb asks of it."""

    @property
    def scale(self) -> InternalScale: ...

    def __call__(self, x: Array) -> tuple[float, Array]: ...

    def variances(self) -> dict[int, str]:
        """Position in x → name, of every logarithm of a variance or of a diagonal root of a covariance."""
        ...

    def first_curvature(self, point: Iterate) -> Array:
        """Second derivatives where a climb begins; they need not be exact."""
        ...

    def curvature(self, x: Array, where: Indices) -> Array:
        """Second derivatives along the coordinates `where`."""
        ...


@dataclass(frozen=True, eq=False)
class Optimum:
    kind: str
    point: Iterate
    free: Indices
    hessian: Array
    steps: int
    held: tuple[str, ...]
    #: constructs whose movement does not last to the next row
    fleeting: tuple[str, ...] = ()


def diagonal_roots(scale: InternalScale) -> list[tuple[CovarianceBlock, tuple[int, int]]]:
    """Every diagonal root of every covariance: its block, its row there and its position in x."""
    return [
        (block, (int(row), int(i)))
        for block in scale.blocks
        if isinstance(block, CovarianceBlock)
        for i, row, column in zip(scale.where(block.name), *block.lower, strict=True)
        if row == column
    ]


def maximise(problem: Objective, x: Array, told: Callable[[int, float], None] | None = None) -> Optimum:
    """One climb from one start; variances that head to zero are held there and the rest is fitted again."""
    point, steps = bfgs(problem, x, until=GRADIENT_TOLERANCE / 2, progress=told, curvature=problem.first_curvature)
    everything = np.arange(len(x))
    held: dict[int, str] = {}
    for _ in range(5):
        free = np.setdiff1d(everything, list(held))
        heading = _vanishing_variances(problem, point, held)
        if not heading:
            point, H = _refine(problem, point, free)
            heading = _vanishing_variances(problem, point, held)
        if not heading:
            break
        pinned, tried = point.x.copy(), dict(held)
        for i, name in heading.items():
            tried |= _hold_variance(problem, pinned, i, name)
        lower, more = _minimise_over(problem, pinned, np.setdiff1d(everything, list(tried)))
        steps += more
        if not lower.value <= point.value + 1e-8:
            point, H = _refine(problem, point, free)
            break
        point, held = lower, tried
    return Optimum(_classify(point, free, H, held), point, free, H, steps, tuple(n for n in held.values() if n))


def _refine(problem: Objective, point: Iterate, free: Indices) -> tuple[Iterate, Array]:
    return newton_refine(problem, point, free, until=GRADIENT_TOLERANCE / 2, curvature=problem.curvature)


def _hold_variance(problem: Objective, x: Array, position: int, name: str) -> dict[int, str]:
    """Put a variance at zero, in place. Where a diagonal root is zero, the entries below it and the later roots say
    the same thing twice, so those entries are held at zero too (without a name) and the roots take them over."""
    if name.startswith("measurement_noise"):
        x[position] = np.log(_HELD_VARIANCE)
        return {position: name}
    x[position] = 0.5 * np.log(_HELD_VARIANCE)
    held = {position: name}
    block, k = next((block, row) for block, (row, at) in diagonal_roots(problem.scale) if at == position)
    at = {(int(r), int(c)): int(w) for r, c, w in zip(*block.lower, problem.scale.where(block.name), strict=True)}
    for r in range(k + 1, block.shape[0]):
        below, root = at[r, k], at[r, r]
        x[root] = 0.5 * np.log(np.exp(2.0 * x[root]) + x[below] ** 2)
        x[below] = 0.0
        held[below] = ""
    return held


def _minimise_over(problem: Objective, pinned: Array, free: Indices) -> tuple[Iterate, int]:
    def whole(part: Array) -> Array:
        x = pinned.copy()
        x[free] = part
        return x

    def rest(part: Array) -> tuple[float, Array]:
        value, gradient = problem(whole(part))
        return value, gradient[free]

    def curved(point: Iterate) -> Array:
        there = Iterate(whole(point.x), *problem(whole(point.x)))
        return problem.first_curvature(there)[np.ix_(free, free)]

    found, steps = bfgs(rest, pinned[free], until=GRADIENT_TOLERANCE / 2, curvature=curved)
    x = whole(found.x)
    return Iterate(x, *problem(x)), steps


def _vanishing_variances(problem: Objective, point: Iterate, held: Mapping[int, str]) -> dict[int, str]:
    """Position → name of every variance that is nearly zero and not yet held."""
    found = {}
    for i, name in problem.variances().items():
        log_variance = point.x[i] if name.startswith("measurement_noise") else 2.0 * point.x[i]
        if i not in held and log_variance < np.log(_VANISHING):
            found[i] = name
    return found


def _classify(point: Iterate, free: Indices, H: Array, held: Mapping[int, str]) -> str:
    if not np.isfinite(H).all():
        return "not_converged"
    values = np.linalg.eigvalsh(H)
    if not np.isfinite(point.value) or np.abs(point.gradient[free]).max(initial=0.0) >= GRADIENT_TOLERANCE:
        return "not_converged"
    scaled = np.sqrt(np.maximum(np.diag(H), 1e-300))
    if values[0] <= _MIN_EIGENVALUE or np.linalg.eigvalsh(H / np.multiply.outer(scaled, scaled))[0] <= _MIN_EIGENVALUE:
        return "indefinite"
    return "boundary" if held else "converged"
