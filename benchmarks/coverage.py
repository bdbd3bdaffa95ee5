"""Do 95% intervals hold the truth in 95 of 100 cohorts? Irregular fits are counted, never dropped."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from benchmarks.cohorts import TRUTHS, specification
from securebase.model.fit import fit
from securebase.model.parameters import Trend
from securebase.model.simulate import simulate_panel


@dataclass(frozen=True, slots=True)
class Coverage:
    """blocks: block → (share of intervals that hold the truth, number of intervals); a parameter without an interval
    counts as not held. outcomes: how the fits ended. median_seconds: one fit with its standard errors."""

    trend: str
    cohorts: int
    persons: int
    rows: int
    blocks: dict[str, tuple[float, int]]
    outcomes: dict[str, int]
    median_seconds: float
    slowest_seconds: float


def coverage(trend: Trend, *, cohorts: int = 300, persons: int = 200, rows: int = 10, seed: int = 20250701) -> Coverage:
    truth, model = TRUTHS[trend], specification(2, trend, end=rows - 1.0)
    named = truth.named(model)
    held: dict[str, list[bool]] = defaultdict(list)
    outcomes: Counter[str] = Counter()
    seconds = []
    for i in range(cohorts):
        rng = np.random.default_rng([seed, i])
        found = fit(simulate_panel(model, truth, [np.arange(rows)] * persons, rng), model)
        outcomes[found.outcome.kind] += 1
        seconds.append(found.seconds)
        for name, value in named.items():
            block = name.split("[", maxsplit=1)[0]
            if block == "start_mean":  # held at zero, not estimated
                continue
            interval = found.interval(name) if name in found.estimates else None
            held[block].append(interval is not None and interval[0] < value < interval[1])
    return Coverage(
        trend=trend.value,
        cohorts=cohorts,
        persons=persons,
        rows=rows,
        blocks={block: (float(np.mean(hits)), len(hits)) for block, hits in held.items()},
        outcomes=dict(outcomes),
        median_seconds=float(np.median(seconds)),
        slowest_seconds=float(np.max(seconds)),
    )
