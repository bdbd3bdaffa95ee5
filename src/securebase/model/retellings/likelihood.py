"""Log-density of stories given their own fall and return, with first derivatives.

For retelling k at t_k, with peak_0 ~ N(m, τ²) and ratings + N(0, σ²):

    end_k = peak_k (1 − w),    peak_k+1 = end_k + r λ^k (peak_k − end_k) (1 − exp(−(t_k+1 − t_k) / pause)),

so that every value is a multiple a of peak_0. The ratings y of a story are then N(m a, τ² a a' + σ² I), whose density
depends on a only through b = a'y and S = a'a: with D = σ² + τ² S and n ratings,

    −2 log p = n log 2π + (n − 1) log σ² + log D + y'y / σ² + (m² S − 2 b m − τ² b² / σ²) / D.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from securebase.model.parameters import Array
from securebase.model.retellings.parameters import (
    LOG_ERROR,
    LOG_LEARNED,
    PEAK,
    RETURNS,
    RETURNS_SD,
    SPREAD,
    WITHIN,
    WITHIN_SD,
)
from securebase.model.retellings.table import StoryTable

#: Length of the pause that lets all but exp(−1) of the return happen. Only where gaps differ could it be estimated.
PAUSE_DAYS = 7.0


class Moments(NamedTuple):
    """b = a'y and S = a'a (n, Q), and their derivatives along (logit w, logit r, log λ) (3, n, Q)."""

    b: Array
    S: Array
    db: Array
    dS: Array  # noqa: N815 (the derivative of S)


class StoryDensity(NamedTuple):
    """Log-densities of stories at Q points each, and their derivatives.

    value (n, Q). along_fixed (3, n, Q): along mean and SD of the first peak, and log SD of a rating. along_course
    (3, n, Q): along logit w, logit r, log λ.
    """

    value: Array
    along_fixed: Array
    along_course: Array


@dataclass(frozen=True, eq=False)
class StoryLikelihood:
    """The log-density of a table of stories. recovered (K, n): 1 − exp(−gap / pause) before the next retelling."""

    table: StoryTable
    recovered: Array
    n_ratings: Array
    squares: Array

    def density(self, theta: Array, z: Array) -> StoryDensity:
        """Return the density at standard normal deviations z (2, n, Q) of each story's logits."""
        b, S, db, dS = self.moments(*story_logits(theta, z), float(theta[LOG_LEARNED]))
        m, t, v, D = _scales(theta, S)
        n, yy = self.n_ratings[:, None], self.squares[:, None]
        N = m * m * S - 2.0 * b * m - t * b * b / v
        value = -0.5 * (n * np.log(2.0 * np.pi) + (n - 1.0) * np.log(v) + np.log(D) + yy / v + N / D)
        along_b = (m + t * b / v) / D
        along_S = -0.5 * ((t + m * m) / D - N * t / D**2)
        along_m = (b - m * S) / D
        along_t = -0.5 * (S / D - b * b / (v * D) - N * S / D**2)
        along_v = -0.5 * ((n - 1.0) / v + 1.0 / D - yy / v**2 + t * b * b / (v * v * D) - N / D**2)
        return StoryDensity(
            value=value,
            along_fixed=np.stack([along_m, 2.0 * theta[SPREAD] * along_t, 2.0 * v * along_v]),
            along_course=along_b * db + along_S * dS,
        )

    def curvature(self, theta: Array, z: Array) -> Array:
        """Return the Gauss–Newton part of minus the second derivative along logit w and logit r (2, 2, n, Q)."""
        logits, log_learned = story_logits(theta, z), float(theta[LOG_LEARNED])
        b, S, _, dS = self.moments(*logits, log_learned)
        m, t, v, D = _scales(theta, S)
        products = np.zeros((2, 2, *b.shape))
        for _, exists, value, slope in self._ratings(*logits, log_learned):
            products += value**2 * exists * slope[:2, None] * slope[None, :2]
        # what the mean of peak_0 can explain is projected out; that mean is (t b + m v) / D
        return np.asarray(
            ((t * b + m * v) / D) ** 2 / v * (products - t / (4.0 * D) * dS[:2, None] * dS[None, :2]), dtype=np.float64
        )

    def moments(self, logit_w: Array, logit_r: Array, log_learned: float) -> Moments:
        b, S = np.zeros_like(logit_w), np.zeros_like(logit_w)
        db, dS = np.zeros((3, *b.shape)), np.zeros((3, *b.shape))
        for y, exists, value, slope in self._ratings(logit_w, logit_r, log_learned):
            along_y, square = value * y, value**2 * exists
            b += along_y
            S += square
            db += along_y * slope
            dS += 2.0 * square * slope
        return Moments(b, S, db, dS)

    def _ratings(
        self, logit_w: Array, logit_r: Array, log_learned: float
    ) -> Iterator[tuple[Array, Array, Array, Array]]:
        """Yield y and whether it exists (n, 1), its multiple of peak_0 (n, Q) and the derivatives of its logarithm.

        Those run along logit w, logit r and log λ (3, n, Q).
        """
        table, w, r = self.table, expit(logit_w), expit(logit_r)
        rest, zero = 1.0 - w, np.zeros_like(w)
        within = np.stack([w, zero, zero])  # minus the derivative of log(1 − w)
        peak, slopes = np.ones_like(w), np.zeros((3, *w.shape))
        for k in range(len(table.days)):
            yield table.peaks[k, :, None], table.has_peak[k, :, None], peak, slopes
            yield table.ends[k, :, None], table.has_end[k, :, None], peak * rest, slopes - within
            share = np.exp(log_learned * k) * self.recovered[k, :, None]
            factor = rest + r * w * share
            growth = np.stack([w * rest * (r * share - 1.0), r * (1.0 - r) * w * share, k * r * w * share])
            peak, slopes = peak * factor, slopes + growth / factor


def story_logits(theta: Array, z: Array) -> tuple[Array, Array]:
    """Return the logits of fall and return at standard normal deviations z (2, …)."""
    return theta[WITHIN] + theta[WITHIN_SD] * z[0], theta[RETURNS] + theta[RETURNS_SD] * z[1]


def _scales(theta: Array, S: Array) -> tuple[float, float, float, Array]:
    """Return mean and variance of peak_0, the variance of a rating, and D."""
    t, v = float(theta[SPREAD] ** 2), float(np.exp(2.0 * theta[LOG_ERROR]))
    return float(theta[PEAK]), t, v, v + t * S


def story_likelihood(table: StoryTable, pause: float = PAUSE_DAYS) -> StoryLikelihood:
    """Return the likelihood of a table; pause in days."""
    gaps = np.diff(table.days, axis=0, append=table.days[-1:])
    return StoryLikelihood(
        table,
        recovered=-np.expm1(-gaps / pause),
        n_ratings=(table.has_peak + table.has_end).sum(axis=0),
        squares=(table.peaks**2 + table.ends**2).sum(axis=0),
    )
