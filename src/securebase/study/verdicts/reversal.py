r"""Time reversal of a pair (G1): asymmetry that causes acting on both columns at once cannot produce.

If Cov(y_s, x_t) = Cov(y_t, x_s) for all s and t (any number of hidden causes of both at once, any autocorrelation, own
noise), then it also holds for residuals of the same linear projection, and

    a_i = Σ_t (ỹ_t x̃_{t+1} − x̃_t ỹ_{t+1})

has mean zero for every number of rows and every pattern of missing values (Haufe, Nikulin, Müller and Nolte 2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase.model.distributions import t_tail
from securebase.study.verdicts.course import Array, Pair, own_line_residuals

#: joint rows of y and x that a person needs
MIN_JOINT = 5


@dataclass(frozen=True, slots=True)
class Reversal:
    """Result of the test.

    statistic: t. Above 0 it supports x → y negative or y → x positive; below 0, x → y positive or y → x negative.
    """

    statistic: float
    p: float
    n_persons: int

    def supports(self, effect: float, *, from_x: bool) -> bool:
        """Return whether the sign of an effect of x on y (or, `from_x` false, of y on x) agrees with the statistic."""
        return (-effect if from_x else effect) * self.statistic > 0

    def agrees(self, other: Reversal) -> bool:
        """Return whether another test of time reversal has the same sign."""
        return self.statistic * other.statistic > 0


def joint_residuals(pair: Pair, *, min_joint: int = MIN_JOINT) -> tuple[Array, Array]:
    """Return residuals of each person's line of y and x, both over the rows where both are known."""
    joint = np.isfinite(pair.y) & np.isfinite(pair.x)
    y, x = (np.where(joint, values, np.nan) for values in (pair.y, pair.x))
    return (
        own_line_residuals(y, pair.times, min_values=min_joint),
        own_line_residuals(x, pair.times, min_values=min_joint),
    )


def antisymmetry(y: Array, x: Array) -> Array:
    """Return Σ_t (y_t x_{t+1} − x_t y_{t+1}) of each person (N,), over neighbours that are both known."""
    return np.asarray(np.nansum(y[:, :-1] * x[:, 1:] - x[:, :-1] * y[:, 1:], axis=1))


def time_reversal(pair: Pair) -> Reversal:
    """Test the pair for asymmetry in time; the common course must be removed before.

    The statistic is NaN and p is 1 with fewer than 3 persons.
    """
    y, x = joint_residuals(pair)
    a = antisymmetry(y, x)[np.isfinite(y).any(axis=1)]
    if len(a) < 3 or not a.std() > 0:
        return Reversal(float("nan"), 1.0, len(a))
    g = float(a.mean() / (a.std(ddof=1) / np.sqrt(len(a))))
    return Reversal(g, float(2.0 * t_tail(abs(g), len(a) - 1)), len(a))
