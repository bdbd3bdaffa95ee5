"""One story among many: the posterior of its own fall and return, and its curve with a band.

One story alone says too little for a maximum of its likelihood. With the clinic's estimates as prior, its density is
computed on a dense grid of both logits; peak_0 given the two is normal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from scipy.special import expit, ndtr

from securebase.errors import InputError
from securebase.model.parameters import Array
from securebase.model.retellings.likelihood import PAUSE_DAYS, Moments, story_likelihood, story_logits
from securebase.model.retellings.parameters import (
    LOG_ERROR,
    LOG_LEARNED,
    PEAK,
    SPREAD,
    RetellingParameters,
    to_vector,
)
from securebase.model.retellings.result import RetellingEstimate
from securebase.model.retellings.table import UNIT, RetellingRow, story_table

#: retellings of a story below which no curve is drawn: two points lie on a curve of any shape
MIN_FOR_CURVE = 3
#: grid of both deviations, in SDs between stories
_AXIS = np.linspace(-5.0, 5.0, 61)
_GRID = np.stack(np.meshgrid(_AXIS, _AXIS, indexing="ij")).reshape(2, 1, -1)
#: points of the grid with less than e^−18 of the highest density are left out
_NEGLIGIBLE = 18.0
#: points drawn between two retellings
_STEPS = 8


@dataclass(frozen=True, slots=True)
class StoryCourse:
    """Distress that the model expects over time, 0 to 100: median and band.

    days: from the first retelling. At a retelling two points have the same day, its peak and its end; between two, the
    distress that a retelling on that day would begin with.
    """

    days: tuple[float, ...]
    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    @property
    def retellings(self) -> tuple[int, ...]:
        """Position of the peak of each retelling."""
        return tuple(i for i, (day, after) in enumerate(pairwise(self.days)) if day == after)


@dataclass(frozen=True, slots=True)
class StoryPosterior:
    """Fall and return of one story given its ratings and the clinic. course: None below three retellings."""

    within: RetellingEstimate
    returns: RetellingEstimate
    course: StoryCourse | None


def story_posterior(
    rows: Sequence[RetellingRow],
    parameters: RetellingParameters,
    *,
    errors: Sequence[float] = (),
    level: float = 0.90,
    pause_days: float = PAUSE_DAYS,
) -> StoryPosterior:
    """Return medians and central intervals of one story. Raises InputError unless all rows retell the same story.

    errors: SDs of a rating (0 to 100) that are equally likely beforehand, in place of that of the parameters. A story
    whose ratings jump then gets a wide band.
    """
    table = story_table(rows)
    if table.n != 1:
        raise InputError(
            f"the rows must be retellings of one story (got {table.n} stories)",
            advice="Pass the retellings of one story, and call this once for each.",
        )
    likelihood, tail = story_likelihood(table, pause_days), 0.5 - 0.5 * level
    thetas = [to_vector(replace(parameters, error=error)) for error in errors or (parameters.error,)]
    heights = np.array(
        [likelihood.density(theta, _GRID).value[0] - 0.5 * (_GRID**2).sum(axis=(0, 1)) for theta in thetas]
    )
    error, point = np.nonzero(heights > heights.max() - _NEGLIGIBLE)
    weights = np.exp(heights[error, point] - heights.max())
    weights /= weights.sum()
    logits = story_logits(thetas[0], _GRID[:, 0, point])
    within, returns = (_estimate(expit(logit), weights, tail) for logit in logits)
    course = None
    if len(rows) >= MIN_FOR_CURVE:
        log_learned = float(thetas[0][LOG_LEARNED])
        moments = likelihood.moments(logits[0][None], logits[1][None], log_learned)
        mean, sd = _first_peak(np.array(thetas)[error], moments)
        days, multiples = _multiples(table.days[:, 0], logits, log_learned, pause_days)
        course = _course(days, (multiples * mean, multiples * sd), weights, tail)
    return StoryPosterior(within, returns, course)


def _estimate(values: Array, weights: Array, tail: float) -> RetellingEstimate:
    """Return median and ends of the central interval of a weighted grid, in which values occur repeatedly."""
    distinct, position = np.unique(values, return_inverse=True)
    share = np.bincount(position, weights)
    low, middle, high = np.interp([tail, 0.5, 1.0 - tail], np.cumsum(share) - 0.5 * share, distinct)
    return RetellingEstimate(float(middle), float(low), float(high))


def _first_peak(thetas: Array, moments: Moments) -> tuple[Array, Array]:
    """Return mean and SD of peak_0 given its ratings, at every point of the grid with its θ (points, 8)."""
    m, t, v = thetas[:, PEAK], thetas[:, SPREAD] ** 2, np.exp(2.0 * thetas[:, LOG_ERROR])
    D = v + t * moments.S[0]
    # stories that all begin alike have t = 0; a tiny SD keeps the quantiles defined
    return (t * moments.b[0] + m * v) / D, np.sqrt(np.maximum(t * v / D, 1e-12))


def _course(days: list[float], normal: tuple[Array, Array], weights: Array, tail: float) -> StoryCourse:
    """Return the course as quantiles of mixtures of normals: means and SDs (days, points), and their weights."""
    low, middle, high = (
        tuple(np.clip(UNIT * _mixture_quantile(q, *normal, weights), 0.0, 100.0).tolist())
        for q in (tail, 0.5, 1.0 - tail)
    )
    return StoryCourse(tuple(days), middle, low, high)


def _multiples(
    retold: Array, logits: tuple[Array, Array], log_learned: float, pause_days: float
) -> tuple[list[float], Array]:
    """Return days and, for each, distress as a multiple of peak_0 at every point of the grid (days, points)."""
    w, r = expit(logits[0]), expit(logits[1])
    peak = np.ones_like(w)
    days, multiples = [], []
    for k, day in enumerate(retold):
        end = peak * (1.0 - w)
        days += [float(day), float(day)]
        multiples += [peak, end]
        if k + 1 < len(retold):
            fall = r * np.exp(log_learned * k) * (peak - end)
            gap = retold[k + 1] - day
            for passed in np.linspace(0.0, gap, _STEPS + 1)[1:-1]:
                days.append(float(day + passed))
                multiples.append(end - fall * np.expm1(-passed / pause_days))
            peak = end - fall * np.expm1(-gap / pause_days)
    return days, np.array(multiples)


def _mixture_quantile(q: float, means: Array, sds: Array, weights: Array) -> Array:
    """Return a quantile of a mixture of normals (days, points) by bisection."""
    low, high = (means - 8.0 * sds).min(axis=1), (means + 8.0 * sds).max(axis=1)
    for _ in range(40):
        middle = 0.5 * (low + high)
        is_below = ndtr((middle[:, None] - means) / sds) @ weights < q
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return np.asarray(0.5 * (low + high))
