"""Random small problems: a specification, parameters and an irregular panel."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters
from securebase.model.specification import Specification, Start, Trend


def covariance(p: int, rng: np.random.Generator, size: float = 1.0) -> Array:
    root = rng.normal(size=(p, p + 2))
    return size * root @ root.T / (p + 2)


def stable_drift(p: int, rng: np.random.Generator) -> Array:
    while True:
        drift = -np.diag(rng.uniform(0.2, 1.2, size=p)) + 0.3 * rng.normal(size=(p, p))
        if np.linalg.eigvals(drift).real.max() < -0.05:
            return drift


def specification(p: int, trend: Trend, start: Start, **more: Any) -> Specification:
    """Return a specification with further parts `more`."""
    return Specification(tuple(f"c{k}" for k in range(p)), trend, start, planned_end=9.0, **more)


def specification_with(p: int, trend: Trend, start: Start, part: str) -> Specification:
    """Return a specification with one optional component, with all of them, or with none (an empty text)."""
    options: dict[str, dict[str, Any]] = {
        "random slopes": {"random_slopes": True},
        "initial-state mean": {"free_start_mean": True},
        "indicators": {"indicators": (*((f"c{k} {i}", f"c{k}") for i in range(2) for k in range(p)), ("x", "c0"))},
        "inputs": {"inputs": ("technique", "phase")},
        "covariates": {"covariates": ("age", "history", "arm")},
        "therapists": {"therapists": True},
    }
    if not part:
        return specification(p, trend, start)
    if part == "all":
        return specification(
            p, trend, start, **{name: value for parts in options.values() for name, value in parts.items()}
        )
    return specification(p, trend, start, **options[part])


PARTS = ("random slopes", "initial-state mean", "indicators", "inputs", "covariates", "therapists", "all")


def parameters(spec: Specification, rng: np.random.Generator) -> Parameters:
    p, q = spec.p, len(spec.scores)
    has_rate = spec.trend == Trend.APART or (spec.random_slopes and spec.trend == Trend.CARRIED)
    drift, person = stable_drift(p, rng), covariance(2 * p, rng)
    leading = np.array(spec.is_reference)
    return Parameters(
        drift=drift,
        diffusion=covariance(p, rng),
        level_mean=rng.normal(size=p),
        level_covariance=person[:p, :p] if spec.random_slopes else covariance(p, rng),
        measurement_noise=rng.uniform(0.1, 0.6, size=q),
        start_covariance=covariance(p, rng) if spec.start == Start.FREE else None,
        slope=0.2 * rng.normal(size=p) if spec.trend == Trend.LINEAR else None,
        change=rng.normal(size=p) if spec.trend == Trend.APART else None,
        rate=float(rng.uniform(0.05, 0.6)) if has_rate else None,
        start_mean=rng.normal(size=p) if spec.trend == Trend.CARRIED or spec.free_start_mean else None,
        therapy_effect=0.3 * rng.normal(size=p) if spec.trend == Trend.CARRIED else None,
        change_covariance=person[p:, p:] if spec.random_slopes else None,
        level_change_covariance=person[:p, p:] if spec.random_slopes else None,
        input_effect=0.4 * rng.normal(size=(p, len(spec.inputs))) if spec.inputs else None,
        covariate_effect=0.4 * rng.normal(size=(p, len(spec.covariates))) if spec.covariates else None,
        therapist_covariance=0.5 * covariance(p, rng) if spec.therapists else None,
        loading=None if spec.is_plain else np.where(leading, 1.0, rng.uniform(0.4, 1.6, size=q)),
        intercept=None if spec.is_plain else np.where(leading, 0.0, rng.normal(size=q)),
    )


def panel_for(spec: Specification, rng: np.random.Generator, **more: Any) -> Panel:
    """Return a panel with all data that the specification reads."""
    plain = panel(spec.p, rng, **more)
    rows, persons = len(plain.times), plain.n_persons
    scores = rng.normal(size=(rows, len(spec.scores))) * 1.5 + 1.0
    scores[rng.uniform(size=scores.shape) < 0.25] = np.nan
    return replace(
        plain,
        scores=scores,
        inputs=rng.normal(size=(rows, len(spec.inputs))) if spec.inputs else None,
        covariates=rng.normal(size=(persons, len(spec.covariates))) if spec.covariates else None,
        therapist=rng.integers(0, 4, size=persons) if spec.therapists else None,
    )


def panel(p: int, rng: np.random.Generator, *, persons: int = 11, longest: int = 6, missing: float = 0.25) -> Panel:
    """Return persons of one to `longest` rows, at irregular times not starting at 0, with scores missing at random."""
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
