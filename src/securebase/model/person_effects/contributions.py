"""How much of one client's change in a construct each other construct carried, with the client's own lagged effects.

The reading is that of `smoothing.decompose`: the path from lagged states, which is unique. Here it comes with its
uncertainty, which has two parts: what the states were (exact given the parameters), and what this client's effects are
(delta method on Laplace's covariance).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase.errors import ModelError
from securebase.model.equations import person_covariance, slope_basis, stationary_covariance, trend_mean
from securebase.model.parameters import Array, Parameters, Specification, Trend
from securebase.model.person_effects.deviation import DeviatingEffects
from securebase.model.person_effects.one_client import PersonEffects
from securebase.model.smoothing import elapsed_transitions

_STEP = 1e-4


@dataclass(frozen=True, eq=False)
class Contributions:
    """Parts of the smoothed change in `construct` between two times, in its own points.

    sources (m,): constructs, in the model's order, without `construct` itself. mean (m,): what the change got from each
    one's lagged state. covariance (m, m): of states and effects together. from_states (m, m): of states alone.
    """

    construct: str
    begin: float
    end: float
    sources: tuple[str, ...]
    mean: Array
    covariance: Array
    from_states: Array

    @property
    def sd(self) -> Array:
        return np.sqrt(np.clip(np.diag(self.covariance), 0.0, None))

    def sum_of(self, sources: tuple[str, ...]) -> tuple[float, float]:
        """(mean, sd) of what several sources carried together."""
        w = np.array([1.0 if s in sources else 0.0 for s in self.sources])
        return float(w @ self.mean), float(np.sqrt(max(w @ self.covariance @ w, 0.0)))


def contributions(
    specification: Specification,
    parameters: Parameters,
    own: PersonEffects,
    times: Array,
    observed: Array,
    *,
    construct: str,
    first: int = 0,
    last: int = -1,
) -> Contributions:
    """What each other construct's lagged state gave to the change in `construct` from row `first` to row `last`.

    parameters: the mean ones that `own` deviates from. times (n,), observed (n, p) with NaN where missing.
    A change of the person's own, where the model has it, is a part of its own and credited to no construct. Raises
    ModelError for an unknown construct, rows that are not there, or a model with several indicators or inputs.
    """
    n, p = observed.shape
    if construct not in specification.constructs:
        raise ModelError(f"there is no construct “{construct}” in this course")
    if p != specification.p or not specification.is_plain or specification.inputs:
        raise ModelError(
            "contributions are read from a model with one score for each construct and no inputs",
            advice="Use a parameter set of that kind.",
        )
    begin, end = (row + n if row < 0 else row for row in (first, last))
    if not 0 <= begin <= end < n:
        raise ModelError(f"rows {first} to {last} are not in a course of {n} rows")
    effects = DeviatingEffects(specification, parameters, own.edges)
    u = own.mean - effects.mean
    points = [u] + [u + _STEP * e for e in np.eye(len(u))]
    k = specification.constructs.index(construct)
    carried = _ContributionFilter(specification, times, observed, k, (begin, end))
    mean, covariance = carried.by([effects.parameters(point) for point in points])
    slope = (mean[1:] - mean[0]).T / _STEP
    others = [i for i in range(p) if i != k]
    from_states = covariance[0][np.ix_(others, others)]
    return Contributions(
        construct=construct,
        begin=float(times[begin]),
        end=float(times[end]),
        sources=tuple(specification.constructs[i] for i in others),
        mean=mean[0][others],
        covariance=from_states + (slope @ own.covariance @ slope.T)[np.ix_(others, others)],
        from_states=from_states,
    )


class _ContributionFilter:
    """Filters [s, b, g] for several parameters at once ([s, b, c, g] with change of one's own, c): g_i gathers
    (Phi_j − I)[k, i] x_j,i from row to row, so at the last row its filtered moments are those given every score."""

    def __init__(
        self, specification: Specification, times: Array, observed: Array, k: int, rows: tuple[int, int]
    ) -> None:
        self.specification, self.times, self.observed, self.k, self.rows = specification, times, observed, k, rows

    def by(self, models: list[Parameters]) -> tuple[Array, Array]:
        """Mean (m, p) and covariance (m, p, p) of what every construct's lagged state gave, for m models."""
        n, p = self.observed.shape
        made = [elapsed_transitions(own, np.diff(self.times)) for own in models]
        phi, shocks = (np.stack([one[part] for one in made]) for part in (0, 1))
        trend = np.stack([trend_mean(self.specification, own, self.times) for own in models])
        level = np.stack([own.level_mean for own in models])
        noise = np.stack([own.measurement_noise for own in models])
        z, V = self._prior(models)
        shows = np.stack([self._shows(own) for own in models])
        shift, size = np.eye(p)[self.k], z.shape[1]
        for j in range(n):
            if j:
                inside = self.rows[0] < j <= self.rows[1]
                weight = phi[:, j - 1, self.k] - shift if inside else np.zeros((len(models), p))
                known = trend[:, j - 1] if self.specification.trend is Trend.CARRIED else np.zeros((len(models), p))
                z, V = _predict(z, V, (phi[:, j - 1], shocks[:, j - 1]), weight, known)
            seen = np.flatnonzero(np.isfinite(self.observed[j]))
            if len(seen):
                residual = self.observed[j, seen] - level[:, seen] - trend[:, j, seen]
                z, V = _update(z, V, residual, shows[:, j, seen], noise[:, seen])
        return z[:, size - p :], V[:, size - p :, size - p :]

    def _prior(self, models: list[Parameters]) -> tuple[Array, Array]:
        m, p = len(models), self.specification.p
        d = len(person_covariance(models[0]))
        V = np.zeros((m, 2 * p + d, 2 * p + d))
        for i, own in enumerate(models):
            start = own.start_covariance
            V[i, :p, :p] = stationary_covariance(own.drift, own.diffusion) if start is None else start
            V[i, p : p + d, p : p + d] = person_covariance(own)
        return np.zeros((m, 2 * p + d)), V

    def _shows(self, own: Parameters) -> Array:
        """(n, p, size): how s, level and own change show in the scores of each row."""
        n, p = self.observed.shape
        every, wide = np.arange(p), self.specification.random_slopes
        shows = np.zeros((n, p, (4 if wide else 3) * p))
        shows[:, every, every] = shows[:, every, p + every] = 1.0
        if wide:
            bend = slope_basis(self.specification, own, self.times, self.times - self.times[0])
            shows[:, every, 2 * p + every] = bend[:, None]
        return shows


def _predict(z: Array, V: Array, move: tuple[Array, Array], weight: Array, known: Array) -> tuple[Array, Array]:
    """To the next row: s moves and takes shocks, b stays, g gathers what came from s (and the known trend) before."""
    (phi, shocks), (m, p), size = move, weight.shape, z.shape[1]
    T = np.broadcast_to(np.eye(size), (m, size, size)).copy()
    T[:, :p, :p] = phi
    every = np.arange(p)
    T[:, size - p + every, every] = weight
    z = (T @ z[:, :, None])[:, :, 0]
    z[:, size - p :] += weight * known
    V = T @ V @ T.transpose(0, 2, 1)
    V[:, :p, :p] += shocks
    return z, V


def _update(z: Array, V: Array, residual: Array, H: Array, noise: Array) -> tuple[Array, Array]:
    """Take one row's scores in; H (m, q, size): how z shows in them."""
    VH = V @ H.transpose(0, 2, 1)
    F = H @ VH
    every = np.arange(H.shape[1])
    F[:, every, every] += noise
    gain = np.linalg.solve(F, VH.transpose(0, 2, 1)).transpose(0, 2, 1)
    error = residual - (H @ z[:, :, None])[:, :, 0]
    z = z + (gain @ error[:, :, None])[:, :, 0]
    V = V - gain @ VH.transpose(0, 2, 1)
    return z, 0.5 * (V + V.transpose(0, 2, 1))
