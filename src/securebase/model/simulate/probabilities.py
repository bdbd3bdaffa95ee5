"""A chance moved by log-odds."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from securebase.model.parameters import Array


def at_odds(chance: float, more: Array) -> Array:
    """The chance (0 to 1) at log-odds higher by `more` (n,); 0 and 1 stay what they are."""
    if chance in (0.0, 1.0):
        return np.full(np.shape(more), chance)
    moved: Array = expit(logit(chance) + more)
    return moved
