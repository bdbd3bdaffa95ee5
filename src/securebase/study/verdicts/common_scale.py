r"""Time reversal on a common scale: an order that may not rest on a floor, a ceiling or few categories of one column.

Let one cause z move both columns at once, y = f(z) + e and x = g(z) + e'. Time reversal (G1) needs
Cov(f(z_t), g(z_{t+1})) = Cov(f(z_{t+1}), g(z_t)). This holds where z is reversible in time, or f and g are alike up to
a linear map. It fails where z jumps and fades (crises) and one column is cut off. Equipercentile linking (Kolen and
Brennan 2014) makes f and g alike: a rating takes the value of the other column at its percentile, so that the ties of
either are ties of both. G1 is then tested for normal scores of the linked columns.

Where errors differ in size, linking leaves a bend in the relation of the two, y ≈ x + b x². It gives a person the
asymmetry b Σ_t (x_t² x_{t+1} − x_t x²_{t+1}), which is large where that person's own columns are not reversible. The
test is therefore of the intercept of a regression over persons: the a_i of G1 on this sum of either column, with
standard errors that leave out one person at a time (HC3).
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from securebase.model.distributions import t_tail
from securebase.study.verdicts.course import Array, Pair, adjust_for_common_course
from securebase.study.verdicts.reversal import Reversal, antisymmetry, joint_residuals

#: persons that the regression of three coefficients needs
_MIN_PERSONS = 6
#: smallest 1 − leverage: of one person who decides a coefficient alone
_MIN_LEFT = 0.05


def common_scale_reversal(pair: Pair) -> Reversal:
    """Test a pair as observed for asymmetry in time on a common scale, beyond what either column has by itself.

    The statistic is NaN and p is 1 with fewer than 6 persons.
    """
    y, x = joint_residuals(adjust_for_common_course(on_common_scale(pair)))
    usable = np.isfinite(y).any(axis=1)
    y, x = y[usable], x[usable]
    n, a = len(y), antisymmetry(y, x)
    if n < _MIN_PERSONS or not a.std() > 0:
        return Reversal(float("nan"), 1.0, n)
    design = np.column_stack([np.ones(n), antisymmetry(y**2, y), antisymmetry(x**2, x)])
    inverse = np.linalg.pinv(design)
    coefficients = inverse @ a
    leverage = (design * inverse.T).sum(axis=1)
    influence = inverse[0] * (a - design @ coefficients) / np.maximum(1.0 - leverage, _MIN_LEFT)
    g = float(coefficients[0] / np.sqrt((influence**2).sum()))
    return Reversal(g, float(2.0 * t_tail(abs(g), n - 3)), n)


def on_common_scale(pair: Pair) -> Pair:
    """Return both columns as normal scores of one distribution, NaN in rows where either is unknown."""
    y_residuals, x_residuals = joint_residuals(pair)
    sign = -1.0 if np.nansum(y_residuals * x_residuals) < 0 else 1.0
    joint = np.isfinite(pair.y) & np.isfinite(pair.x)
    y, x = pair.y[joint], sign * pair.x[joint]
    # from the column with more ties, so that exchanged columns give the same scale
    y, x = _link(y, x) if _ties(y) >= _ties(x) else _link(x, y)[::-1]
    scores = np.full((2, *joint.shape), np.nan)
    scores[:, joint] = _normal_scores(y), sign * _normal_scores(x)
    return Pair(scores[0], scores[1], pair.times, pair.discrete)


def _link(coarse: Array, fine: Array) -> tuple[Array, Array]:
    """Return both with the values of `coarse`, less those that the ties of `fine` skip."""
    fine = _at_percentiles(fine, coarse)
    coarse = _at_percentiles(coarse, fine)
    return coarse, _at_percentiles(fine, coarse)


def _at_percentiles(values: Array, other: Array) -> Array:
    """Return, for each value, that of the other column at the same mid-rank; both have as many rows."""
    return np.asarray(np.sort(other)[np.floor(_mid_ranks(values) - 0.5).astype(np.int64)])


def _mid_ranks(values: Array) -> Array:
    """Return the ranks, from 1; tied values share the mean of theirs."""
    _, position, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Array = (np.cumsum(counts) - 0.5 * (counts - 1))[position]
    return ranks


def _ties(values: Array) -> float:
    """Return the sum of squared numbers of rows with the same value."""
    return float((np.unique(values, return_counts=True)[1].astype(float) ** 2).sum())


def _normal_scores(values: Array) -> Array:
    return np.asarray(ndtri((_mid_ranks(values) - 0.5) / max(len(values), 1)))
