r"""Time reversal on a common scale: an order that may not rest on a floor, a ceiling or few categories of one column.

Let one cause z move both columns at once, y = f(z) + e and x = g(z) + e'. Time reversal (G1) needs
Cov(f(z_t), g(z_{t+1})) = Cov(f(z_{t+1}), g(z_t)). This holds where z is reversible in time, or f and g are alike up to
a linear map. It fails where z jumps and fades (crises) and one column is cut off. Equipercentile linking (Kolen and
Brennan 2014) makes f and g alike: a rating takes the value of the other column at its percentile, so that the ties of
either are ties of both. G1 then tests normal scores of the linked columns. Errors are linked with the ratings, which
makes this approximate.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from securebase.study.verdicts.course import Array, Pair, adjust_for_common_course
from securebase.study.verdicts.reversal import Reversal, joint_residuals, time_reversal


def common_scale_reversal(pair: Pair) -> Reversal:
    """Test a pair as observed for asymmetry in time on a common scale; the signs are those of the observed columns."""
    return time_reversal(adjust_for_common_course(on_common_scale(pair)))


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
    return np.asarray(np.sort(other)[np.floor(rankdata(values) - 0.5).astype(np.int64)])


def _ties(values: Array) -> float:
    """Return the sum of squared numbers of rows with the same value."""
    return float((np.unique(values, return_counts=True)[1].astype(float) ** 2).sum())


def _normal_scores(values: Array) -> Array:
    return np.asarray(ndtri((rankdata(values) - 0.5) / max(len(values), 1)))
