"""Rows as the likelihood reads them: every person in full, or persons with one pattern compressed, exactly.

Persons who share their times and their pattern of missing scores have one mean m and one covariance V. The
log-likelihood of n such persons depends on their scores y_i only through

    Σ (y_i − m)' V⁻¹ (y_i − m) = n (ȳ − m)' V⁻¹ (ȳ − m) + Σ r_k' V⁻¹ r_k

with r_k the rows of the triangular factor R of the QR decomposition of y_i − ȳ (R'R = Σ (y_i − ȳ)(y_i − ȳ)'): at most
as many rows as a person has scores. Each r_k is filtered like a person with mean zero whose log-determinant has
weight 0 (decision 0009).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.model.panel import Panel
from securebase.model.parameters import Array

#: times closer than this many time units count as equal
_QUANTUM = 1e-9


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows of N persons, or of the compressed rows that represent them.

    starts (N + 1,), times (rows,), scores (rows, q). weights (N, 3): see `kernel.readable.Layout`. The first
    `n_with_mean` rows belong to persons with a mean; the others hold deviations from it. person (rows,): index into
    covariates. inputs (rows, k).
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
        """True if every row belongs to a person with a mean."""
        return self.n_with_mean == len(self.times)


def expand_rows(panel: Panel) -> Rows:
    """Return the rows of a panel without compression."""
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
    """Return the rows of a panel, compressing each pattern with more persons than scores per person + 1."""
    patterns: dict[tuple[bytes, bytes], list[int]] = {}
    ticks, observed = np.round(panel.times / _QUANTUM), np.isfinite(panel.scores)
    for i in range(panel.n_persons):
        rows = panel.rows_of(i)
        patterns.setdefault((ticks[rows].tobytes(), observed[rows].tobytes()), []).append(i)
    if not any(len(p) > observed[panel.rows_of(p[0])].sum() + 1 for p in patterns.values() if len(p) > 1):
        return expand_rows(panel)
    with_mean: list[tuple[Array, Array, float, float]] = []
    deviations: list[tuple[Array, Array]] = []
    for persons in patterns.values():
        first = panel.rows_of(persons[0])
        seen, n = observed[first], len(persons)
        if n <= seen.sum() + 1:
            with_mean += [(panel.times[panel.rows_of(i)], panel.scores[panel.rows_of(i)], 1.0, 1.0) for i in persons]
            continue
        scores = np.array([panel.scores[panel.rows_of(i)] for i in persons])
        with_mean.append((panel.times[first], scores.mean(axis=0), float(n), float(n)))
        values = scores[:, seen]
        root = np.linalg.qr(values - values.mean(axis=0), mode="r")
        for factor_row in root:
            deviation = np.full(seen.shape, np.nan)
            deviation[seen] = factor_row
            deviations.append((panel.times[first], deviation))
    sizes = [len(times) for times, *_ in with_mean] + [len(times) for times, _ in deviations]
    weights = [(quadratic, log, 1.0) for *_, quadratic, log in with_mean] + [(1.0, 0.0, 0.0)] * len(deviations)
    return Rows(
        starts=np.cumsum([0, *sizes]).astype(np.int64),
        times=np.concatenate([*(k[0] for k in with_mean), *(d[0] for d in deviations)]),
        scores=np.concatenate([*(k[1] for k in with_mean), *(d[1] for d in deviations)]),
        weights=np.array(weights),
        n_with_mean=sum(len(k[0]) for k in with_mean),
        person=np.repeat(np.arange(len(sizes)), sizes),
    )
