"""Random small problems for discrete-time panel models: scores and whole waves are missing."""

from __future__ import annotations

import numpy as np

from oracles.small_problems import covariance
from securebase.model.discrete_time import DiscreteTimeParameters, DiscreteTimeSpecification, WaveConstraint
from securebase.model.panel import Panel
from securebase.model.parameters import Array
from securebase.model.specification import Start

FREE, EQUAL = WaveConstraint.FREE, WaveConstraint.EQUAL
#: levels, lags, residuals, means, start
MODELS = {
    "ri-clpm": (True, FREE, FREE, FREE, Start.FREE),
    "ri-clpm, all equal": (True, EQUAL, EQUAL, EQUAL, Start.FREE),
    "ri-clpm, equal lags": (True, EQUAL, FREE, FREE, Start.FREE),
    "ri-clpm, equal residuals": (True, FREE, EQUAL, EQUAL, Start.FREE),
    "clpm": (False, FREE, FREE, FREE, Start.FREE),
    "clpm, equal lags": (False, EQUAL, FREE, EQUAL, Start.FREE),
    "var": (True, EQUAL, EQUAL, EQUAL, Start.STATIONARY),
    "var without levels": (False, EQUAL, EQUAL, FREE, Start.STATIONARY),
}
MODELS_WITH_FREE_START = [name for name, parts in MODELS.items() if parts[-1] == Start.FREE]


def specification(model: str, p: int, waves: int, first_wave: int = 1) -> DiscreteTimeSpecification:
    levels, lags, residuals, means, start = MODELS[model]
    return DiscreteTimeSpecification(tuple("abcdef"[:p]), waves, levels, lags, residuals, means, start, first_wave)


def parameters(spec: DiscreteTimeSpecification, rng: np.random.Generator) -> DiscreteTimeParameters:
    p = spec.p

    def lag() -> Array:
        matrix = 0.4 * np.eye(p) + 0.2 * rng.normal(size=(p, p))
        return matrix * min(1.0, 0.85 / float(np.abs(np.linalg.eigvals(matrix)).max()))

    return DiscreteTimeParameters(
        lags=np.array([lag() for _ in range(spec.n_lags)]),
        residual_covariance=np.array([covariance(p, rng) + 0.1 * np.eye(p) for _ in range(spec.n_residuals)]),
        mean=rng.normal(size=(spec.n_means, p)),
        start_covariance=covariance(p, rng) + 0.1 * np.eye(p) if spec.start == Start.FREE else None,
        level_covariance=covariance(p, rng) + 0.1 * np.eye(p) if spec.levels else None,
    )


def panel(spec: DiscreteTimeSpecification, rng: np.random.Generator, persons: int = 14, missing: float = 0.25) -> Panel:
    """Return scores that follow no model; the first third of persons is complete, the last has no score."""
    parts, waves, starts = [], [], [0]
    for i in range(persons):
        Y = rng.normal(size=(spec.waves, spec.p)) * 1.5 + rng.normal(size=spec.p)
        attended = np.ones(spec.waves, dtype=bool)
        if i >= persons // 3:
            Y[rng.random(Y.shape) < missing] = np.nan
            attended = rng.random(spec.waves) > 0.2
            attended[0] |= not attended.any()
            if i == persons - 1:
                Y[:] = np.nan
        parts.append(Y[attended])
        waves.append(np.flatnonzero(attended) + spec.first_wave)
        starts.append(starts[-1] + int(attended.sum()))
    wave = np.concatenate(waves)
    return Panel(
        tuple(f"person {i}" for i in range(persons)),
        spec.constructs,
        np.array(starts),
        wave.astype(np.float64),
        np.concatenate(parts),
        wave,
    )


def draw_panel(
    spec: DiscreteTimeSpecification,
    q: DiscreteTimeParameters,
    rng: np.random.Generator,
    persons: int,
    missing: float = 0.0,
) -> Panel:
    """Draw a panel from the model; stationary models run 40 waves first to reach stationarity."""
    from_start = 0 if spec.start == Start.FREE else 40
    p = spec.p
    x = rng.multivariate_normal(np.zeros(p), np.eye(p) if from_start else q.start_covariance, persons)
    for _ in range(from_start):
        x = x @ q.lags[0].T + rng.multivariate_normal(np.zeros(p), q.residual_covariance[0], persons)
    levels = np.zeros((persons, p))
    if q.level_covariance is not None:
        levels = rng.multivariate_normal(np.zeros(p), q.level_covariance, persons)
    rows = []
    for t in range(spec.waves):
        if t:
            w, v = (t - 1) % spec.n_lags, (t - 1) % spec.n_residuals
            x = x @ q.lags[w].T + rng.multivariate_normal(np.zeros(p), q.residual_covariance[v], persons)
        rows.append(q.mean[t % spec.n_means] + levels + x)
    Y = np.stack(rows, axis=1)
    Y[rng.random(Y.shape) < missing] = np.nan
    wave = np.tile(np.arange(spec.waves) + spec.first_wave, persons)
    return Panel(
        tuple(str(i) for i in range(persons)),
        spec.constructs,
        np.arange(persons + 1) * spec.waves,
        wave.astype(np.float64),
        Y.reshape(-1, p),
        wave,
    )
