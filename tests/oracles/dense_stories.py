"""The likelihood of one story, slow and obvious: the whole normal vector of its ratings, and a dense grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import multivariate_normal, norm

from securebase.model.retellings import RetellingParameters, RetellingRow


def expected_ratings(
    rows: Sequence[RetellingRow], within: float, returns: float, learned: float, pause: float = 7.0
) -> list[float]:
    """Return the value of every rating of a story that begins at a peak of 1."""
    values, peak = [], 1.0
    for k, row in enumerate(rows):
        end = peak * (1 - within)
        values.append(peak)
        if row.end is not None:
            values.append(end)
        if k + 1 < len(rows):
            gap = rows[k + 1].day - row.day
            peak = end + returns * learned**k * (peak - end) * (1 - np.exp(-gap / pause))
    return values


def story_log_density(
    rows: Sequence[RetellingRow], p: RetellingParameters, within: float, returns: float, pause: float = 7.0
) -> float:
    """Return the log-density of a story's ratings given its own fall and return."""
    a = np.array(expected_ratings(rows, within, returns, p.learned, pause))
    y = np.array([value for row in rows for value in (row.peak, row.end) if value is not None])
    covariance = p.spread**2 * np.outer(a, a) + p.error**2 * np.eye(len(a))
    return float(multivariate_normal.logpdf(y, p.peak * a, covariance))


def dense_posterior(
    rows: Sequence[RetellingRow], p: RetellingParameters, *, points: int = 61, reach: float = 5.0
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Return the marginal log-density of a story, and fall, return and posterior weight at each point of a grid."""
    axis, step = np.linspace(-reach, reach, points, retstep=True)

    def share(typical: float, sd: float) -> np.ndarray:
        return 1 / (1 + (1 - typical) / typical * np.exp(-sd * axis))

    falls, returns = share(p.within, p.within_sd), share(p.returns, p.returns_sd)
    density = np.array([[story_log_density(rows, p, w, r) for r in returns] for w in falls])
    log_joint = density + norm.logpdf(axis)[:, None] + norm.logpdf(axis)[None, :]
    joint = np.exp(log_joint - log_joint.max())
    marginal = float(np.log(joint.sum() * step**2) + log_joint.max())
    w, r = np.meshgrid(falls, returns, indexing="ij")
    return marginal, w, r, joint / joint.sum()
