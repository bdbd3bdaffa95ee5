"""Adaptive Gauss–Hermite quadrature over each story's own fall and return (Pinheiro and Bates 1995).

The points of a story lie around its own mode, in the directions of its own curvature. A grid that is the same for all
stories misses the narrow peaks of long ones: intervals then cover far too seldom. The points stay where they are while
the parameters are searched, which makes likelihood and gradient exact functions of each other; `fitting` then moves
the points to the modes at the new parameters, until both agree (decision 0030).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase.model.parameters import Array
from securebase.model.retellings.likelihood import StoryLikelihood
from securebase.model.retellings.parameters import LOG_ERROR, RETURNS_SD, SIZE, WITHIN_SD

#: points along each of the two directions
POINTS = 5
#: the mode is searched from the best point of a grid, in SDs between stories
_GRID = np.stack(np.meshgrid(*[np.linspace(-2.0, 2.0, 5)] * 2, indexing="ij")).reshape(2, 1, -1)
_MAX_STEPS = 50
_MAX_HALVINGS = 12
_TOLERANCE = 1e-8


@dataclass(frozen=True, eq=False)
class QuadraturePoints:
    """Points z (2, n, Q) in SDs between stories, and log weights (n, Q) that include the normal density at z."""

    z: Array
    log_weights: Array


def place_points(likelihood: StoryLikelihood, theta: Array, points: int = POINTS) -> QuadraturePoints:
    """Place the points of each story around its mode at the parameters θ."""
    mode, precision = find_modes(likelihood, theta)
    p, q, s = precision[0, 0], precision[0, 1], precision[1, 1]
    # triangular root L of the inverse precision, L L' = precision⁻¹
    first = 1.0 / np.sqrt(p - q * q / s)
    second, across = 1.0 / np.sqrt(s), -q / s * first
    nodes, weights = np.polynomial.hermite_e.hermegauss(points)
    x, y = (axis.ravel() for axis in np.meshgrid(nodes, nodes, indexing="ij"))
    z = mode + np.stack([first * x, across * x + second * y])
    log_weights = np.log(np.multiply.outer(weights, weights)).ravel() + 0.5 * (x**2 + y**2)
    log_weights = log_weights + np.log(first * second) - np.log(2.0 * np.pi) - 0.5 * (z**2).sum(axis=0)
    return QuadraturePoints(z, log_weights)


def find_modes(likelihood: StoryLikelihood, theta: Array) -> tuple[Array, Array]:
    """Return each story's mode (2, n, 1) and precision there (2, 2, n, 1), by damped Gauss–Newton steps."""
    sds = theta[[WITHIN_SD, RETURNS_SD]][:, None, None]

    def height(z: Array) -> Array:
        return np.asarray(likelihood.density(theta, z).value - 0.5 * (z**2).sum(axis=0))

    n = likelihood.table.n
    best = height(np.broadcast_to(_GRID, (2, n, _GRID.shape[2]))).argmax(axis=1)
    z = np.ascontiguousarray(_GRID[:, 0, best])[:, :, None]
    for _ in range(_MAX_STEPS):
        density = likelihood.density(theta, z)
        precision = sds[:, None] * sds[None, :] * likelihood.curvature(theta, z) + np.eye(2)[:, :, None, None]
        gradient = sds * density.along_course[:2] - z
        (p, q), (_, s) = precision
        step = np.stack([s * gradient[0] - q * gradient[1], p * gradient[1] - q * gradient[0]]) / (p * s - q * q)
        if np.abs(step).max() < _TOLERANCE:
            break
        now, size = density.value - 0.5 * (z**2).sum(axis=0), np.ones((n, 1))
        for _ in range(_MAX_HALVINGS):
            overshoots = height(z + size * step) < now - 1e-12 * np.abs(now)
            if not overshoots.any():
                break
            size = np.where(overshoots, 0.5 * size, size)
        z = z + size * step
    return z, precision


def marginal(likelihood: StoryLikelihood, theta: Array, points: QuadraturePoints) -> tuple[Array, Array]:
    """Return the marginal log-likelihood of each story (n,) and its gradient along θ (n, 8), with the points fixed."""
    z = points.z
    density = likelihood.density(theta, z)
    terms = density.value + points.log_weights
    highest = terms.max(axis=1, keepdims=True)
    shares = np.exp(terms - highest)
    total = shares.sum(axis=1, keepdims=True)
    shares /= total
    gradient = np.empty((len(terms), SIZE))
    gradient[:, : LOG_ERROR + 1] = (shares * density.along_fixed).sum(axis=2).T
    along_w, along_r, along_learned = density.along_course
    for column, along in enumerate((along_w, along_r, along_w * z[0], along_r * z[1], along_learned), LOG_ERROR + 1):
        gradient[:, column] = (shares * along).sum(axis=1)
    return (highest + np.log(total))[:, 0], gradient
