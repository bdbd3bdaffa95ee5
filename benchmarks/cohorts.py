"""Simulated cohorts with known parameters for the measurements."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from securebase.model.panel import Panel
from securebase.model.parameters import Parameters
from securebase.model.simulate import simulate_panel
from securebase.model.specification import Specification, Start, Trend

_TWO = Parameters(
    drift=np.array([[-0.45, -0.10], [0.15, -0.60]]),
    diffusion=np.array([[0.5, -0.1], [-0.1, 0.6]]),
    level_mean=np.array([3.0, 1.0]),
    level_covariance=np.array([[0.6, -0.2], [-0.2, 0.8]]),
    measurement_noise=np.array([0.2, 0.25]),
)

#: parameters of two constructs, for each trend
TRUTHS = {
    Trend.NONE: _TWO,
    Trend.LINEAR: replace(_TWO, slope=np.array([-0.10, 0.05])),
    Trend.APART: replace(_TWO, change=np.array([-1.5, 0.8]), rate=0.2),
    Trend.CARRIED: replace(_TWO, start_mean=np.zeros(2), therapy_effect=np.array([-0.5, 0.3])),
}


def specification(
    p: int, trend: Trend = Trend.NONE, start: Start = Start.STATIONARY, end: float = 16.0
) -> Specification:
    return Specification(tuple(f"c{k + 1}" for k in range(p)), trend, start, planned_end=end)


def truth(p: int) -> Parameters:
    """Return parameters of p constructs, each with small effects on its neighbours."""
    if p == 2:
        return _TWO
    drift = -np.diag(np.linspace(0.35, 0.7, p)) + 0.06 * (np.eye(p, k=1) - np.eye(p, k=-1))
    correlation = 0.2 ** np.abs(np.subtract.outer(np.arange(p), np.arange(p)))
    return Parameters(drift, 0.5 * correlation, np.linspace(1.0, 3.0, p), 0.7 * correlation, np.full(p, 0.2))


def panel(p: int, n: int, rows: int, *, irregular: bool, missing: float, seed: int) -> Panel:
    """Simulate weekly rows, or rows with gaps of 0.25 to 1.75 weeks, rounded to three decimals."""
    rng = np.random.default_rng(seed)
    gaps = np.round(rng.uniform(0.25, 1.75, size=(n, rows)), 3) if irregular else np.ones((n, rows))
    times = np.cumsum(gaps, axis=1) - gaps[:, :1]
    simulated = simulate_panel(specification(p), truth(p), list(times), rng)
    scores = np.where(rng.uniform(size=simulated.scores.shape) < missing, np.nan, simulated.scores)
    return replace(simulated, scores=scores)
