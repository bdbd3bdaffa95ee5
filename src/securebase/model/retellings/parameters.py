"""Parameters of the model of retellings, natural and as the vector that the search moves.

The vector θ: mean and SD of the first peak, log SD of a rating (all in tens of points), logits of the typical fall
and return, their SDs between stories, and the logarithm of learning. The likelihood depends on the three SDs between
stories through their squares, so they may cross zero in the search: stories that are all alike have no boundary.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from securebase.model.parameters import Array
from securebase.model.retellings.table import UNIT

PEAK, SPREAD, LOG_ERROR, WITHIN, RETURNS, WITHIN_SD, RETURNS_SD, LOG_LEARNED = range(8)
SIZE = 8


@dataclass(frozen=True, slots=True)
class RetellingParameters:
    """Parameters of the model of retellings.

    peak, spread: mean and SD of the first peak between stories, 0 to 100. error: SD of a rating. within: share of the
    peak that a typical story loses within a retelling. returns: share of that fall that comes back after a long pause.
    within_sd, returns_sd: SDs of their logits between stories. learned: factor by which each retelling multiplies later
    return.
    """

    peak: float
    spread: float
    error: float
    within: float
    returns: float
    within_sd: float
    returns_sd: float
    learned: float


def to_vector(p: RetellingParameters) -> Array:
    """Return θ (8,)."""
    rating = [p.peak / UNIT, p.spread / UNIT, np.log(p.error / UNIT)]
    return np.array([*rating, logit(p.within), logit(p.returns), p.within_sd, p.returns_sd, np.log(p.learned)])


def from_vector(theta: Array) -> RetellingParameters:
    within, returns = expit(theta[[WITHIN, RETURNS]])
    return RetellingParameters(
        peak=float(UNIT * theta[PEAK]),
        spread=float(UNIT * abs(theta[SPREAD])),
        error=float(UNIT * np.exp(theta[LOG_ERROR])),
        within=float(within),
        returns=float(returns),
        within_sd=float(abs(theta[WITHIN_SD])),
        returns_sd=float(abs(theta[RETURNS_SD])),
        learned=float(np.exp(theta[LOG_LEARNED])),
    )
