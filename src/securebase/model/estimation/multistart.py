"""Multistart: random starting points around the first, and a summary of the optima that they reach."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from securebase.model.estimation.optimise import SmoothFunction
from securebase.model.parameters import Array

#: SD of further starts around the first, on the internal scale: half the SD of a score, or a factor e on a variance
_SPREAD = 0.5
#: log-likelihoods within this of the highest count as the same optimum
SAME_OPTIMUM = 0.01
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def draw_starts(function: SmoothFunction, x: Array, count: int, rng: np.random.Generator) -> list[Array]:
    """Draw `count` starts around x; one where the function is undefined is moved halfway to x until it is defined."""
    starts = []
    for _ in range(count):
        step = _SPREAD * rng.standard_normal(len(x))
        for _halving in range(20):
            if np.isfinite(function(x + step)[0]):
                break
            step = 0.5 * step
        starts.append(x + step)
    return starts


def summarise_starts(log_likelihoods: Sequence[float]) -> str:
    """Return a sentence such as “3 of 5 starts reached the highest log-likelihood; one ended 41 lower”."""
    values = np.asarray(log_likelihoods, dtype=np.float64)
    best = float(np.max(values[np.isfinite(values)], initial=-np.inf))
    shortfalls = sorted(best - v for v in values if not best - v <= SAME_OPTIMUM)
    reached = len(values) - len(shortfalls)
    summary = f"{reached} of {len(values)} starts reached the highest log-likelihood"
    if not shortfalls:
        return f"All {len(values)} starts reached the same log-likelihood."
    warning = "" if reached > 1 else " Only one did: try more starts before trusting it."
    count = _NUMBERS[len(shortfalls)] if len(shortfalls) < len(_NUMBERS) else str(len(shortfalls))
    if len(shortfalls) == 1:
        return f"{summary}; one ended {_format_shortfall(shortfalls[0])} lower.{warning}"
    least, most = _format_shortfall(shortfalls[0]), _format_shortfall(shortfalls[-1])
    if least == most:
        return f"{summary}; {count} ended {least} lower.{warning}"
    return f"{summary}; {count} ended {least} to {most} lower.{warning}"


def _format_shortfall(difference: float) -> str:
    if not np.isfinite(difference):
        return "immeasurably"
    return (
        f"{difference:.0f}" if difference >= 10 else f"{difference:.1f}" if difference >= 0.1 else f"{difference:.2f}"
    )
