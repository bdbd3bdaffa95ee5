"""Minimisation of a smooth function with an exact gradient: BFGS, then Newton refinement.

A point where the function is undefined (an unstable drift) has the value +∞, so no line search ends there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from securebase.model.parameters import Array

Indices = NDArray[np.intp]
#: coordinates whose mutual second derivatives are known exactly, and these
KnownHessian = tuple[Indices, Array]
#: x → (value, gradient); (inf, zeros) where the function is undefined
SmoothFunction = Callable[[Array], tuple[float, Array]]


#: squared Newton decrement g' H⁻¹ g below which an iterate counts as the minimum
_MAX_NEWTON_DECREMENT = 1e-12
#: smallest eigenvalue over the largest above which a Hessian by one-sided differences is accurate enough
_ONE_SIDED = 1e-4
#: evaluations per iteration allowed in a whole search. A regular one takes 1.2 to 1.5; on a singular likelihood, line
#: searches take up to 40 and still end nowhere.
_MAX_EVALUATIONS = 2
#: longest step of any coordinate in one iteration
_MAX_STEP = 1.0


@dataclass(frozen=True, eq=False)
class Iterate:
    """One iterate: position, value and gradient."""

    x: Array
    value: float
    gradient: Array

    @property
    def gradient_norm(self) -> float:
        """Maximum norm of the gradient."""
        return float(np.abs(self.gradient).max(initial=0.0))


@dataclass(frozen=True, eq=False)
class Optimum:
    """End of one maximisation.

    kind: outcome. free: coordinates that are not held. hessian: along those. held: names of variances held at zero.
    without_persistence: constructs whose fluctuation does not last to the next row. unbounded: the likelihood grew
    beyond any that data with error can have.
    """

    kind: str
    iterate: Iterate
    free: Indices
    hessian: Array
    iterations: int
    held: tuple[str, ...]
    without_persistence: tuple[str, ...] = ()
    unbounded: bool = False


def bfgs(
    function: SmoothFunction,
    x: Array,
    *,
    tolerance: float,
    progress: Callable[[int, float], None] | None = None,
    curvature: Callable[[Iterate], Array] | None = None,
    floor: float = -np.inf,
) -> tuple[Iterate, int]:
    """Minimise by BFGS until the gradient norm falls below `tolerance`, the line search fails, or 150 + 4 len(x) steps.

    A value below `floor` ends the search: the function has no minimum. So do more than 2 evaluations for each of the
    steps allowed.

    Returns the last iterate and the number of iterations. Broyden–Fletcher–Goldfarb–Shanno with a weak Wolfe line
    search (Lewis and Overton 2013). The inverse Hessian starts from the curvature at x, which saves more iterations
    than it costs. curvature: Hessian at an iterate; by forward differences where not given.
    """
    initial_hessian = curvature or partial(forward_difference_hessian, function)
    n_evaluations = 0

    def evaluate(at: Array) -> tuple[float, Array]:
        nonlocal n_evaluations
        n_evaluations += 1
        return function(at)

    current = Iterate(x, *function(x))
    max_iterations = 150 + 4 * len(x)
    inverse, is_fresh = _positive_definite_inverse(initial_hessian(current)), True
    for iteration in range(max_iterations):
        if progress is not None:
            progress(iteration, current.value)
        is_over = n_evaluations > _MAX_EVALUATIONS * max_iterations or current.value < floor
        if current.gradient_norm < tolerance or is_over:
            return current, iteration
        direction = -inverse @ current.gradient
        # an overlong step could reach a distant plateau where the gradient vanishes
        direction *= min(1.0, _MAX_STEP / max(float(np.abs(direction).max()), 1e-300))
        accepted = _line_search(evaluate, current, direction)
        if accepted is None:
            if is_fresh:
                return current, iteration
            # restart from the curvature here
            inverse, is_fresh = _positive_definite_inverse(initial_hessian(current)), True
            continue
        s, y = accepted.x - current.x, accepted.gradient - current.gradient
        sy = float(s @ y)
        # the update keeps the inverse positive definite only with s'y > 0
        if sy > 1e-12 * float(np.linalg.norm(s) * np.linalg.norm(y)):
            Hy = inverse @ y
            inverse = (
                inverse
                - np.multiply.outer(s, Hy) / sy
                - np.multiply.outer(Hy, s) / sy
                + np.multiply.outer(s, s) * (1.0 + float(y @ Hy) / sy) / sy
            )
            is_fresh = False
        current = accepted
    return current, max_iterations


def forward_difference_hessian(function: SmoothFunction, point: Iterate, known: KnownHessian | None = None) -> Array:
    """Approximate the Hessian at an iterate by forward differences of the gradient."""

    def difference(i: np.intp) -> Array:
        ahead = point.x.copy()
        ahead[i] += 1e-4
        value, gradient = function(ahead)
        return (gradient - point.gradient) / 1e-4 if np.isfinite(value) else np.eye(len(point.x))[i]

    return _hessian_from(difference, np.arange(len(point.x)), known)


def _hessian_from(difference: Callable[[np.intp], Array], indices: Indices, known: KnownHessian | None) -> Array:
    """Return the Hessian along `indices`: `difference` gives every row (of the whole x) that is not known."""
    at, block = (np.arange(0), np.zeros((0, 0))) if known is None else known
    rows, inside = np.flatnonzero(~np.isin(indices, at)), np.flatnonzero(np.isin(indices, at))
    H = np.zeros((len(indices), len(indices)))
    for row in rows:
        H[row] = difference(indices[row])[indices]
    H[np.ix_(rows, rows)] = 0.5 * (H[np.ix_(rows, rows)] + H[np.ix_(rows, rows)].T)
    H[np.ix_(inside, rows)] = H[np.ix_(rows, inside)].T
    within = [int(np.flatnonzero(at == i)[0]) for i in indices[inside]]
    H[np.ix_(inside, inside)] = block[np.ix_(within, within)]
    return H


def _positive_definite_inverse(H: Array) -> Array:
    """Invert |H|, with eigenvalues of at least a hundredth of the largest, so that every direction descends."""
    values, vectors = np.linalg.eigh(H)
    sizes = np.abs(values)
    inverse: Array = (vectors / np.maximum(sizes, max(1e-2 * float(sizes.max(initial=0.0)), 1e-12))) @ vectors.T
    return inverse


def _line_search(function: SmoothFunction, current: Iterate, direction: Array) -> Iterate | None:
    """Return an iterate that meets the weak Wolfe conditions along a direction, by bisection; None without descent.

    Sufficient decrease f(x + t d) ≤ f(x) + 1e-4 t g'd and curvature g(x + t d)'d ≥ 0.9 g'd (Lewis and Overton 2013).
    """
    slope = float(current.gradient @ direction)
    if not slope < 0:
        return None
    low, high, t = 0.0, np.inf, 1.0
    best: Iterate | None = None
    for _ in range(40):
        x = current.x + t * direction
        trial = Iterate(x, *function(x))
        # near the minimum the decrease is lost in rounding, so equal values are accepted
        decreases = trial.value <= current.value + 1e-4 * t * slope + 1e-15 * abs(current.value)
        if not decreases:
            high = t
        elif float(trial.gradient @ direction) < 0.9 * slope:
            low, best = t, trial
        else:
            return trial
        t = 2.0 * low if high == np.inf else 0.5 * (low + high)
        if high - low < 1e-12:
            break
    return best


def hessian(
    function: SmoothFunction,
    x: Array,
    indices: Indices,
    *,
    gradient: Array | None = None,
    known: KnownHessian | None = None,
) -> Array:
    """Return the Hessian along the coordinates `indices`, by central differences of the exact gradient.

    gradient: at x, where it is known. One-sided differences then suffice, at half the cost, unless an eigenvalue is so
    small that their error (about 1e-6 of the largest) could change its sign. known: entries that need no differences.
    """

    def central(i: np.intp) -> Array:
        step = np.zeros(len(x))
        step[i] = 1e-5 * max(1.0, abs(x[i]))
        row: Array = (function(x + step)[1] - function(x - step)[1]) / (2.0 * step[i])
        return row

    if gradient is not None:
        H = _hessian_from(partial(_one_sided, function, x, gradient), indices, known)
        if not is_nearly_singular(np.asarray(np.linalg.eigvalsh(H), dtype=np.float64)):
            return H
    return _hessian_from(central, indices, known)


def _one_sided(function: SmoothFunction, x: Array, gradient: Array, i: np.intp) -> Array:
    ahead = x.copy()
    ahead[i] += 1e-7 * max(1.0, abs(x[i]))
    row: Array = (function(ahead)[1] - gradient) / (ahead[i] - x[i])
    return row


def is_nearly_singular(eigenvalues: Array) -> bool:
    """Return whether eigenvalues, in ascending order, are too small or negative for one-sided differences."""
    return len(eigenvalues) > 0 and not eigenvalues[0] > _ONE_SIDED * eigenvalues[-1]


def newton_refine(
    function: SmoothFunction,
    start: Iterate,
    indices: Indices,
    *,
    tolerance: float,
    max_steps: int = 8,
    curvature: Callable[[Array, Indices, bool], Array] | None = None,
) -> tuple[Iterate, Array]:
    """Refine an iterate by Newton steps along the coordinates `indices` until the gradient there is below `tolerance`.

    Returns the iterate and its Hessian along `indices`, evaluated there or at a distance d with d'Hd < 1e-9. Directions
    of negative curvature are followed downhill, which leaves a saddle point. curvature: Hessian at x along `indices`,
    by differences where not given; its last argument says that the one before was nearly singular.
    """
    hessian_at = curvature or (lambda x, along, _: hessian(function, x, along))
    current = start
    H = hessian_at(current.x, indices, False)
    for _ in range(max_steps):
        values, vectors = np.linalg.eigh(H)
        is_flat = np.abs(current.gradient[indices]).max(initial=0.0) < tolerance
        g = vectors.T @ current.gradient[indices]
        size = np.maximum(np.abs(values), 1e-11 * np.abs(values).max(initial=1.0))
        # with little curvature a small gradient can still be far from the minimum, so the decrement decides
        if is_flat and values.min(initial=1.0) > 0 and float(g @ (g / size)) < _MAX_NEWTON_DECREMENT:
            break
        if is_flat:
            # at a saddle the gradient gives no direction: move by one unit along negative curvature
            g = np.where(values < 0, np.where(g < 0, -1.0, 1.0) * np.sqrt(np.abs(values)), g)
        step = np.zeros(len(current.x))
        step[indices] = -vectors @ (g / size)
        step *= min(1.0, 3.0 / max(float(np.abs(step).max(initial=0.0)), 1e-300))
        accepted = _backtrack(function, current, step)
        if accepted is None:
            break
        d = (accepted.x - current.x)[indices]
        current = accepted
        if float(d @ H @ d) > 1e-9 or values.min(initial=1.0) <= 0:
            H = hessian_at(current.x, indices, is_nearly_singular(values))
    return current, H


def _backtrack(function: SmoothFunction, current: Iterate, step: Array) -> Iterate | None:
    """Return the first of successively halved steps with a lower value, or an equal value and a smaller gradient."""
    for halvings in range(25):
        x = current.x + step / 2**halvings
        trial = Iterate(x, *function(x))
        if trial.value < current.value - 1e-14 * abs(current.value):
            return trial
        if trial.value <= current.value + 1e-13 * abs(current.value) and trial.gradient_norm < current.gradient_norm:
            return trial
    return None
