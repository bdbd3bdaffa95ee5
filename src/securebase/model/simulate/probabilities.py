"""Probabilities shifted on the log-odds scale."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from securebase.model.parameters import Array


def shift_log_odds(probability: float, shift: Array) -> Array:
    """Return expit(logit(probability) + shift) (n,); a probability of exactly 0 or 1 stays as it is."""
    if probability in (0.0, 1.0):
        return np.full(np.shape(shift), probability)
    shifted: Array = expit(logit(probability) + shift)
    return shifted
