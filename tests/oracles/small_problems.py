"""Random small problems: a specification, parameters and a panel that looks nothing like a tidy one."""

from __future__ import annotations

import numpy as np

from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters, Specification, Start, Trend


def covariance(p: int, rng: np.random.Generator, size: float = 1.0) -> Array:
    root = rng.normal(size=(p, p + 2))
    return size * root @ root.T / (p + 2)


def stable_drift(p: int, rng: np.random.Generator) -> Array:
    while True:
        drift = -np.diag(rng.uniform(0.2, 1.2, size=p)) + 0.3 * rng.normal(size=(p, p))
        if np.linalg.eigvals(drift).real.max() < -0.05:
            return drift


def specification(p: int, trend: Trend, start: Start) -> Specification:
    return Specification(tuple(f"c{k}" for k in range(p)), trend, start, planned_end=9.0)


def parameters(of: Specification, rng: np.random.Generator) -> Parameters:
    p = of.p
    return Parameters(
        drift=stable_drift(p, rng),
        diffusion=covariance(p, rng),
        level_mean=rng.normal(size=p),
        level_covariance=covariance(p, rng),
        measurement_noise=rng.uniform(0.1, 0.6, size=p),
        start_covariance=covariance(p, rng) if of.start == Start.FREE else None,
        slope=0.2 * rng.normal(size=p) if of.trend == Trend.LINEAR else None,
        change=rng.normal(size=p) if of.trend == Trend.APART else None,
        rate=float(rng.uniform(0.05, 0.6)) if of.trend == Trend.APART else None,
        start_mean=rng.normal(size=p) if of.trend == Trend.CARRIED else None,
        therapy_effect=0.3 * rng.normal(size=p) if of.trend == Trend.CARRIED else None,
    )


def panel(p: int, rng: np.random.Generator, *, persons: int = 11, longest: int = 6, missing: float = 0.25) -> Panel:
    """Persons of one to `longest` rows, irregular times that do not begin at 0, scores missing here and there."""
    lengths = rng.integers(1, longest + 1, size=persons)
    times = np.concatenate([rng.uniform(-1, 2) + np.cumsum(rng.uniform(0.1, 3.0, size=n)) for n in lengths])
    scores = rng.normal(size=(len(times), p)) * 1.5 + 1.0
    scores[rng.uniform(size=scores.shape) < missing] = np.nan
    return Panel(
        persons=tuple(f"person {i}" for i in range(persons)),
        constructs=tuple(f"c{k}" for k in range(p)),
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        times=times,
        scores=scores,
        wave=np.full(len(times), -1, dtype=np.int64),
    )
