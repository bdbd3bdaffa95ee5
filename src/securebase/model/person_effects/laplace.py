"""The Laplace approximation of the marginal likelihood of random effects, and its maximum.

Each client's mode and curvature give a normal approximation of log p(y_i | u) (`one_client`). With these the marginal
likelihood of means, coefficients and variances is in closed form and is maximised.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize

from securebase.model.parameters import Array
from securebase.model.person_effects.one_client import Conditional, Mode, find_mode

Flags = NDArray[np.bool_]
#: Start value of a between-client SD, and the value below which it counts as zero.
_START_SD, ZERO_SD = 0.1, 1e-3
_MAX_ROUNDS = 60
_TOLERANCE = 1e-4
#: Scale of v for effects whose SD is zero.
_MIN_SCALE = 0.02


@dataclass(frozen=True, eq=False)
class LaplacePoint:
    """Second-order expansion of every client's log p(y | u), and the Laplace log-likelihood.

    B (k, 1 + q): mean deviation and coefficients. variance (k,). points u (N, k), with curvature (N, k, k) and slope
    (N, k) of log p(y | u) there.
    """

    B: Array
    variance: Array
    points: Array
    curvature: Array
    slope: Array
    log_likelihood: float


def maximise(conditionals: list[Conditional], design: Array, k: int, *, free: bool) -> tuple[LaplacePoint, bool]:
    """Alternate expansion and closed-form maximisation until neither changes; return the end and convergence."""
    N, columns = design.shape
    B, variance = np.zeros((k, columns)), np.full(k, _START_SD**2 if free else 0.0)
    points = np.zeros((N, k))
    for _ in range(_MAX_ROUNDS):
        expansion = _laplace_point(conditionals, design, B, variance, points)
        new_B, new_variance = _maximise_expansion(expansion, design, free=free)
        change = max(np.abs(new_B - B).max(), np.abs(np.sqrt(new_variance) - np.sqrt(variance)).max())
        B, variance, points = new_B, new_variance, expansion.points
        if change < _TOLERANCE:
            return _laplace_point(conditionals, design, B, variance, points), True
    return _laplace_point(conditionals, design, B, variance, points), False


def _laplace_point(
    conditionals: list[Conditional], design: Array, B: Array, variance: Array, points: Array
) -> LaplacePoint:
    """Expand at every client's mode under this prior; with an SD of zero the mode is the prior mean."""
    N, k = points.shape
    sd = np.sqrt(variance)
    is_zero = sd < ZERO_SD
    scale = np.where(is_zero, _MIN_SCALE, sd)
    total, modes = 0.0, np.empty((N, k))
    curvature, slope = np.empty((N, k, k)), np.empty((N, k))
    for i, conditional in enumerate(conditionals):
        mean = B @ design[i]
        mode = _restricted_mode(conditional, mean, scale, ~is_zero, (points[i] - mean) / scale)
        modes[i] = mean + scale * mode.v
        curvature[i] = mode.curvature / np.outer(scale, scale)
        slope[i] = (mode.gradient + mode.v) / scale
        inside = np.ix_(~is_zero, ~is_zero)
        whole = np.eye(int((~is_zero).sum())) + mode.curvature[inside]
        total += mode.value - 0.5 * float(mode.v @ mode.v) - 0.5 * float(np.linalg.slogdet(whole)[1])
    return LaplacePoint(B, variance, modes, curvature, slope, total)


def _restricted_mode(conditional: Conditional, mean: Array, scale: Array, differs: Flags, start: Array) -> Mode:
    """Return the mode over the effects that vary, the others held at their mean, with slope and curvature for all."""
    if differs.all():
        return find_mode(conditional, mean, scale, start)
    restricted = _SubsetConditional(conditional, mean, differs)
    v = np.zeros(len(mean))
    if differs.any():
        v[differs] = find_mode(restricted, mean[differs], scale[differs], start[differs]).v
    value, gradient = conditional.value_and_gradient(mean + scale * v)
    h = 1e-4
    rows = []
    for e in np.eye(len(mean)):
        ahead, behind = (conditional.value_and_gradient(mean + scale * v + sign * h * e)[1] for sign in (1.0, -1.0))
        rows.append((behind - ahead) / (2 * h))
    H = np.array(rows)
    return Mode(v, value, scale * gradient - v, 0.5 * (H + H.T) * np.outer(scale, scale), True)


class _SubsetConditional(Conditional):
    """log p(y | u) as a function of some effects, the others held at their mean."""

    def __init__(self, whole: Conditional, mean: Array, differs: Flags) -> None:
        self._whole, self._mean, self._differs = whole, mean, differs

    def value_and_gradient(self, u: Array) -> tuple[float, Array]:
        full = self._mean.copy()
        full[self._differs] = u
        value, gradient = self._whole.value_and_gradient(full)
        return value, gradient[self._differs]


def _maximise_expansion(expansion: LaplacePoint, design: Array, *, free: bool) -> tuple[Array, Array]:
    """Maximise the marginal likelihood of the expansion over B and the variances, by L-BFGS-B.

    log p(y | u) ≈ g + s'(u − u0) − ½ (u − u0)' C (u − u0) and u ~ N(m, T) give it in closed form.
    """
    k, columns = expansion.B.shape
    start = np.append(expansion.B.ravel(), expansion.variance)
    low = np.append(np.full(k * columns, -np.inf), np.zeros(k))
    high = np.append(np.full(k * columns, np.inf), np.full(k, 1.0 if free else 0.0))

    def objective(x: Array) -> float:
        return -_expanded_likelihood(x, expansion, design)

    result = minimize(
        objective,
        start,
        method="L-BFGS-B",
        bounds=Bounds(low, high),
        options={"ftol": 1e-13},
    )
    B: Array = result.x[: k * columns].reshape(k, columns)
    return B, np.clip(result.x[k * columns :], 0.0, None)


def _expanded_likelihood(x: Array, expansion: LaplacePoint, design: Array) -> float:
    """Return Σ_i log ∫ exp(s'd − ½ d'Cd) N(u0 + d; m, T) dd, up to a constant in m and T.

    In v = (u − m) / sd, which also holds for an SD of zero: with R = diag(sd) and c = s + C (u0 − m) it is
    q(m) + ½ c'R (I + R C R)⁻¹ R c − ½ log |I + R C R|, q(m) = s'(m − u0) − ½ (m − u0)' C (m − u0).
    """
    k = expansion.points.shape[1]
    B, sd = x[:-k].reshape(k, -1), np.sqrt(np.clip(x[-k:], 0.0, None))
    offset = design @ B.T - expansion.points
    pulled = np.einsum("nij,nj->ni", expansion.curvature, offset)
    c = (expansion.slope - pulled) * sd
    whole = np.eye(k) + expansion.curvature * np.outer(sd, sd)
    sign, log_size = np.linalg.slogdet(whole)
    if (sign <= 0).any():
        return -1e10
    gain = np.einsum("ni,ni->n", c, np.linalg.solve(whole, c[:, :, None])[:, :, 0])
    by_client = (
        np.einsum("ni,ni->n", expansion.slope, offset) - 0.5 * np.einsum("ni,ni->n", pulled, offset) + 0.5 * gain
    )
    return float((by_client - 0.5 * log_size).sum())


def standard_errors(expansion: LaplacePoint, design: Array, is_zero: Flags) -> tuple[Array, bool]:
    """Return standard errors from the Hessian of the closed form along B and sd; NaN for an SD of zero.

    By central differences. The flag is True where the Hessian is positive definite.
    """
    k, columns = expansion.B.shape
    free = np.append(np.ones(k * columns, dtype=bool), ~is_zero)
    x = np.append(expansion.B.ravel(), np.sqrt(expansion.variance))

    def value(part: Array) -> float:
        full = x.copy()
        full[free] = part
        full[k * columns :] = np.where(is_zero, 0.0, full[k * columns :]) ** 2
        return _expanded_likelihood(full, expansion, design)

    here, h, m = x[free], 1e-3, int(free.sum())
    H, steps = np.empty((m, m)), h * np.eye(m)
    for i in range(m):
        for j in range(i + 1):
            a, b = steps[i], steps[j]
            crossed = value(here + a + b) - value(here + a - b) - value(here - a + b) + value(here - a - b)
            H[i, j] = H[j, i] = -crossed / (4 * h * h)
    errors = np.full(len(x), np.nan)
    if not np.isfinite(H).all() or np.linalg.eigvalsh(H)[0] <= 0:
        return errors, False
    errors[free] = np.sqrt(np.diag(np.linalg.inv(H)))
    return errors, True
