"""Rows as the likelihood walks over them: every person spelled out, or persons with one pattern compressed, exactly.

Persons who share their times and which scores are missing have one mean m and one covariance V. Their log-likelihood
depends on n persons' scores y_i only through Σ (y_i − m)' V⁻¹ (y_i − m) = n (ȳ − m)' V⁻¹ (ȳ − m) + Σ r_k' V⁻¹ r_k, with
r_k the rows of the triangular factor of a QR decomposition of y_i − ȳ: at most as many rows as a person has scores.
Each r_k is walked over like a person whose mean is zero and whose determinant does not count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.model.panel import Panel
from securebase.model.parameters import Array

#: times nearer to each other than this many time units are one time
_QUANTUM = 1e-9


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of N persons or of what stands for them. starts (N + 1,), times (rows,), scores (rows, q).

    weights (N, 3): see `kernel.readable.Layout`. The first `n_with_mean` rows are of persons with a mean; the others
    hold deviations from it. person (rows,): whose covariates a row has. inputs (rows, k).
    """

    starts: NDArray[np.int64]
    times: Array
    scores: Array
    weights: Array
    n_with_mean: int
    person: NDArray[np.int64]
    inputs: Array | None = None
    covariates: Array | None = None

    @property
    def is_uncompressed(self) -> bool:
        return self.n_with_mean == len(self.times)


def expand_rows(panel: Panel) -> Rows:
    """Every person of a panel as they are."""
    return Rows(
        starts=panel.starts,
        times=panel.times,
        scores=panel.scores,
        weights=np.ones((panel.n_persons, 3)),
        n_with_mean=len(panel.times),
        person=np.repeat(np.arange(panel.n_persons), np.diff(panel.starts)),
        inputs=panel.inputs,
        covariates=panel.covariates,
    )


def compress_rows(panel: Panel) -> Rows:
    """Patterns with more persons than their scores need rows are compressed; all others stay as they are."""
    patterns: dict[tuple[bytes, bytes], list[int]] = {}
    ticks, there = np.round(panel.times / _QUANTUM), np.isfinite(panel.scores)
    for i in range(panel.n_persons):
        own = panel.rows_of(i)
        patterns.setdefault((ticks[own].tobytes(), there[own].tobytes()), []).append(i)
    if not any(len(p) > there[panel.rows_of(p[0])].sum() + 1 for p in patterns.values() if len(p) > 1):
        return expand_rows(panel)
    kept: list[tuple[Array, Array, float, float]] = []
    deviations: list[tuple[Array, Array]] = []
    for persons in patterns.values():
        first = panel.rows_of(persons[0])
        seen, n = there[first], len(persons)
        if n <= seen.sum() + 1:
            kept += [(panel.times[panel.rows_of(i)], panel.scores[panel.rows_of(i)], 1.0, 1.0) for i in persons]
            continue
        scores = np.array([panel.scores[panel.rows_of(i)] for i in persons])
        kept.append((panel.times[first], scores.mean(axis=0), float(n), float(n)))
        values = scores[:, seen]
        root = np.linalg.qr(values - values.mean(axis=0), mode="r")
        for row in root:
            spread = np.full(seen.shape, np.nan)
            spread[seen] = row
            deviations.append((panel.times[first], spread))
    sizes = [len(times) for times, *_ in kept] + [len(times) for times, _ in deviations]
    weights = [(quadratic, log, 1.0) for *_, quadratic, log in kept] + [(1.0, 0.0, 0.0)] * len(deviations)
    return Rows(
        starts=np.cumsum([0, *sizes]).astype(np.int64),
        times=np.concatenate([*(k[0] for k in kept), *(d[0] for d in deviations)]),
        scores=np.concatenate([*(k[1] for k in kept), *(d[1] for d in deviations)]),
        weights=np.array(weights),
        n_with_mean=sum(len(k[0]) for k in kept),
        person=np.repeat(np.arange(len(sizes)), sizes),
    )
