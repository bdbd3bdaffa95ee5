"""Several starts: further places to begin around the first, and a sentence on where they ended."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from securebase.model.fit.optimise import SmoothFunction
from securebase.model.parameters import Array

#: spread of further starts around the first, on the internal scale: half the SD of a score, a factor of e on a variance
_SPREAD = 0.5
#: log-likelihoods nearer than this to the highest are the highest
SAME_OPTIMUM = 0.01
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def draw_starts(function: SmoothFunction, x: Array, count: int, rng: np.random.Generator) -> list[Array]:
    """`count` starts drawn around x; one at which the function has no value is halved towards x until it has one."""
    found = []
    for _ in range(count):
        step = _SPREAD * rng.standard_normal(len(x))
        for _half in range(20):
            if np.isfinite(function(x + step)[0]):
                break
            step = 0.5 * step
        found.append(x + step)
    return found


def summarise_starts(log_likelihoods: Sequence[float]) -> str:
    """“3 of 5 starts reached the highest log-likelihood; one ended 41 lower.”"""
    values = np.asarray(log_likelihoods, dtype=np.float64)
    best = float(np.max(values[np.isfinite(values)], initial=-np.inf))
    short = sorted(best - v for v in values if not best - v <= SAME_OPTIMUM)
    reached = len(values) - len(short)
    whole = f"{reached} of {len(values)} starts reached the highest log-likelihood"
    if not short:
        return f"All {len(values)} starts reached the same log-likelihood."
    last = "" if reached > 1 else " Only one did: try more starts before trusting it."
    count = _NUMBERS[len(short)] if len(short) < len(_NUMBERS) else str(len(short))
    if len(short) == 1:
        return f"{whole}; one ended {_format_shortfall(short[0])} lower.{last}"
    if _format_shortfall(short[0]) == _format_shortfall(short[-1]):
        return f"{whole}; {count} ended {_format_shortfall(short[0])} lower.{last}"
    return f"{whole}; {count} ended {_format_shortfall(short[0])} to {_format_shortfall(short[-1])} lower.{last}"


def _format_shortfall(by: float) -> str:
    if not np.isfinite(by):
        return "immeasurably"
    return f"{by:.0f}" if by >= 10 else f"{by:.1f}" if by >= 0.1 else f"{by:.2f}"
