"""Checks for too little data, shared by every kind of model. Only the first refusal of a check is reported."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from securebase.errors import Advice
from securebase.model.parameters import Array


def refuse(sentence: str, what_to_do: str) -> Advice:
    return Advice("not_enough_data", sentence, what_to_do)


def check_variation(name: str, scores: Array, remedy: str) -> Iterator[Advice]:
    """Refuse a column without variation. remedy: advice for a constant column."""
    observed = scores[np.isfinite(scores)]
    if not len(observed):
        yield refuse(f"There is no score for “{name}”.", "Leave it out, or check its column.")
    elif len(observed) == 1:
        yield refuse(f"There is only one score for “{name}”.", "Gather more rows.")
    elif np.ptp(observed) == 0:
        yield refuse(f"Every score of “{name}” is the same.", remedy)


def check_count(n_observations: int, n_parameters: int, remedy: str) -> Iterator[Advice]:
    if n_observations <= n_parameters:
        yield refuse(f"{n_observations} scores cannot determine {n_parameters} parameters.", remedy)
