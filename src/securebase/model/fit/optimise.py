"""Finding the lowest point of a smooth function with an exact gradient: BFGS, then Newton's steps to finish.

A point where the function has no value (an unstable drift) counts as infinitely high, so a step never ends there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from securebase.model.parameters import Array

Indices = NDArray[np.intp]
#: x → (value, gradient); (inf, zeros) where there is none
SmoothFunction = Callable[[Array], tuple[float, Array]]


#: twice the height that Newton's step would still gain, below which a point is the bottom
_MAX_NEWTON_DECREMENT = 1e-12
#: smallest eigenvalue, as a share of the largest, for which a Hessian by differences to one side is good enough
_ONE_SIDED = 1e-4
#: longest move of any coordinate in one step
_MAX_STEP = 1.0


@dataclass(frozen=True, eq=False)
class Iterate:
    x: Array
    value: float
    gradient: Array

    @property
    def steepness(self) -> float:
        """Largest entry of the gradient."""
        return float(np.abs(self.gradient).max(initial=0.0))


def bfgs(
    function: SmoothFunction,
    x: Array,
    *,
    until: float,
    progress: Callable[[int, float], None] | None = None,
    curvature: Callable[[Iterate], Array] | None = None,
) -> tuple[Iterate, int]:
    """Go down until the steepness is below `until`, no step helps any more, or after 150 + 4 len(x) steps.

    Returns the last point and the number of steps. Broyden–Fletcher–Goldfarb–Shanno with a weak Wolfe search
    (Lewis and Overton 2013), begun with the curvature at the first point, which more than pays for itself: by
    differences where no faster way to it is given.
    """
    curved = curvature or partial(forward_difference_hessian, function)
    point = Iterate(x, *function(x))
    most = 150 + 4 * len(x)
    inverse, fresh = _positive_definite_inverse(curved(point)), True
    for step in range(most):
        if progress is not None:
            progress(step, point.value)
        if point.steepness < until:
            return point, step
        direction = -inverse @ point.gradient
        # a leap could end on a far plain where nothing has a slope any more
        direction *= min(1.0, _MAX_STEP / max(float(np.abs(direction).max()), 1e-300))
        found = _line_search(function, point, direction)
        if found is None:
            if fresh:
                return point, step
            inverse, fresh = _positive_definite_inverse(curved(point)), True
            continue
        s, y = found.x - point.x, found.gradient - point.gradient
        bent = float(s @ y)
        if bent > 1e-12 * float(np.linalg.norm(s) * np.linalg.norm(y)):
            pushed = inverse @ y
            inverse = (
                inverse
                - np.multiply.outer(s, pushed) / bent
                - np.multiply.outer(pushed, s) / bent
                + np.multiply.outer(s, s) * (1.0 + float(y @ pushed) / bent) / bent
            )
            fresh = False
        point = found
    return point, most


def forward_difference_hessian(function: SmoothFunction, point: Iterate) -> Array:
    """Second derivatives at a point, roughly: by one-sided differences of the gradient."""
    H = np.zeros((len(point.x), len(point.x)))
    for i in range(len(point.x)):
        ahead = point.x.copy()
        ahead[i] += 1e-4
        value, gradient = function(ahead)
        H[i] = (gradient - point.gradient) / 1e-4 if np.isfinite(value) else np.eye(len(point.x))[i]
    return 0.5 * (H + H.T)


def _positive_definite_inverse(H: Array) -> Array:
    """Inverse of a curvature in which directions that curve down count as if up."""
    values, vectors = np.linalg.eigh(H)
    sizes = np.abs(values)
    inverse: Array = (vectors / np.maximum(sizes, max(1e-2 * float(sizes.max(initial=0.0)), 1e-12))) @ vectors.T
    return inverse


def _line_search(function: SmoothFunction, point: Iterate, direction: Array) -> Iterate | None:
    """A point along the direction that is lower, and less steep along it; None where there is none."""
    slope = float(point.gradient @ direction)
    if not slope < 0:
        return None
    low, high, t = 0.0, np.inf, 1.0
    best: Iterate | None = None
    for _ in range(40):
        x = point.x + t * direction
        here = Iterate(x, *function(x))
        # near the bottom a decrease drowns in rounding, so equal height with less steepness is taken too
        level = here.value <= point.value + 1e-4 * t * slope + 1e-15 * abs(point.value)
        if not level:
            high = t
        elif float(here.gradient @ direction) < 0.9 * slope:
            low, best = t, here
        else:
            return here
        t = 2.0 * low if high == np.inf else 0.5 * (low + high)
        if high - low < 1e-12:
            break
    return best


def hessian(function: SmoothFunction, x: Array, where: Indices, *, at: Array | None = None) -> Array:
    """Second derivatives along the coordinates `where` (indices), by central differences of the exact gradient.

    at: the gradient at x, where it is known: differences to one side then do, at half the cost, as long as no direction
    is so flat that their error (about 1e-6 of the steepest) could turn it over; else central ones are taken after all.
    """
    if at is not None:
        H = _one_sided_hessian(function, x, where, at)
        values = np.linalg.eigvalsh(H)
        if values[0] > _ONE_SIDED * values[-1]:
            return H
    columns = []
    for i in where:
        step = np.zeros(len(x))
        step[i] = 1e-5 * max(1.0, abs(x[i]))
        ahead, behind = function(x + step)[1], function(x - step)[1]
        columns.append((ahead - behind)[where] / (2.0 * step[i]))
    H = np.array(columns).reshape(len(where), len(where))
    return 0.5 * (H + H.T)


def _one_sided_hessian(function: SmoothFunction, x: Array, where: Indices, at: Array) -> Array:
    columns = []
    for i in where:
        ahead = x.copy()
        ahead[i] += 1e-7 * max(1.0, abs(x[i]))
        columns.append((function(ahead)[1] - at)[where] / (ahead[i] - x[i]))
    H: Array = np.array(columns).reshape(len(where), len(where))
    return 0.5 * (H + H.T)


def newton_refine(
    function: SmoothFunction,
    point: Iterate,
    where: Indices,
    *,
    until: float,
    rounds: int = 8,
    curvature: Callable[[Array, Indices], Array] | None = None,
) -> tuple[Iterate, Array]:
    """Newton's steps along the coordinates `where` until the gradient there is below `until`; `curvature`: second
    derivatives at x along `where`, by differences where no faster way is given.

    Returns the point and its Hessian along `where`, taken at that point or nearer to it than a thousandth of a
    standard error's share. Directions that curve down are followed down, so that a saddle is left.
    """
    curved = curvature or partial(hessian, function)
    H = curved(point.x, where)
    for _ in range(rounds):
        values, vectors = np.linalg.eigh(H)
        flat = np.abs(point.gradient[where]).max(initial=0.0) < until
        g = vectors.T @ point.gradient[where]
        size = np.maximum(np.abs(values), 1e-11 * np.abs(values).max(initial=1.0))
        # where the floor hardly curves, a small gradient can still be far from the bottom
        if flat and values.min(initial=1.0) > 0 and float(g @ (g / size)) < _MAX_NEWTON_DECREMENT:
            break
        if flat:
            g = np.where(values < 0, np.where(g < 0, -1.0, 1.0) * np.sqrt(np.abs(values)), g)
        step = np.zeros(len(point.x))
        step[where] = -vectors @ (g / size)
        step *= min(1.0, 3.0 / max(float(np.abs(step).max(initial=0.0)), 1e-300))
        found = _backtrack(function, point, step)
        if found is None:
            break
        moved = (found.x - point.x)[where]
        point = found
        if float(moved @ H @ moved) > 1e-9 or values.min(initial=1.0) <= 0:
            H = curved(point.x, where)
    return point, H


def _backtrack(function: SmoothFunction, point: Iterate, step: Array) -> Iterate | None:
    """The first of ever shorter steps that is lower, or as low and less steep."""
    for half in range(25):
        x = point.x + step / 2**half
        here = Iterate(x, *function(x))
        if here.value < point.value - 1e-14 * abs(point.value):
            return here
        if here.value <= point.value + 1e-13 * abs(point.value) and here.steepness < point.steepness:
            return here
    return None
