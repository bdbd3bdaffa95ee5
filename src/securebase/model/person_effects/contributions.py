"""Contributions of lagged states to one client's change in a construct, under the client's own lagged effects.

The decomposition is that of `smoothing.decompose`, the unique path from lagged states. Its uncertainty has two parts:
that of the states (exact given the parameters), and that of the client's effects (delta method on the Laplace
covariance).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from securebase.errors import ModelError
from securebase.model.arguments import check_instance, check_names, check_numbers
from securebase.model.equations import person_covariance, slope_basis, stationary_covariance, trend_mean
from securebase.model.parameters import Array, Parameters
from securebase.model.person_effects.deviation import DeviatingEffects
from securebase.model.person_effects.one_client import PersonEffects
from securebase.model.smoothing import elapsed_transitions
from securebase.model.specification import Specification, Trend

_STEP = 1e-4


@dataclass(frozen=True, eq=False)
class Contributions:
    """Parts of the smoothed change in `construct` between two times, in its points.

    Parameters
    ----------
    construct : str
        The construct whose change is decomposed.
    begin, end : float
        Times of the first and the last row, in time units.
    sources : tuple of str
        The m other constructs, in the model's order.
    mean : array, (m,)
        Contribution of each source's lagged state, in points of `construct`.
    covariance : array, (m, m)
        Covariance of these contributions, from the uncertainty of states and effects together (points²).
    from_states : array, (m, m)
        The same from the uncertainty of the states alone.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> parts = securebase.Contributions(
    ...     "symptoms",
    ...     begin=0.0,
    ...     end=15.0,
    ...     sources=("alliance", "social_support"),
    ...     mean=np.array([-1.0, -0.5]),
    ...     covariance=np.array([[0.16, 0.0], [0.0, 0.09]]),
    ...     from_states=np.array([[0.04, 0.0], [0.0, 0.04]]),
    ... )
    >>> mean, sd = parts.total(("alliance", "social_support"))
    >>> round(mean, 2), round(sd, 2)
    (-1.5, 0.5)
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
        """Standard deviations (m,), from states and effects together."""
        return np.sqrt(np.clip(np.diag(self.covariance), 0.0, None))

    def total(self, sources: tuple[str, ...]) -> tuple[float, float]:
        """Return mean and SD of the joint contribution of several sources. Raises ModelError for an unknown source."""
        sources = check_names(sources, "sources")
        unknown = [source for source in sources if source not in self.sources]
        if unknown:
            raise ModelError(f"no contribution of “{unknown[0]}”", advice=f"The sources are {', '.join(self.sources)}.")
        w = np.array([float(source in sources) for source in self.sources])
        return float(w @ self.mean), float(np.sqrt(max(w @ self.covariance @ w, 0.0)))


def contributions(
    specification: Specification,
    parameters: Parameters,
    effects: PersonEffects,
    times: Array,
    observed: Array,
    *,
    construct: str,
    first: int = 0,
    last: int = -1,
) -> Contributions:
    """Decompose one client's change in a construct into contributions of the other constructs' lagged states.

    With transitions Φ_j = exp(A (t_j+1 − t_j)) the contribution of construct l to the change in construct k is ::

        Σ_j (Φ_j)_kl s_l(t_j),    l ≠ k

    summed over the rows from `first` to `last`, with the state s smoothed over all scores. With a carried trend s
    includes the mean trend, which acts through the drift as well.

    Parameters
    ----------
    specification : Specification
        The model: one score per construct, no inputs.
    parameters : Parameters
        The mean parameters from which `effects` deviates.
    effects : PersonEffects
        The client's lagged effects, as from `estimate_person_effects`.
    times : array, (n,)
        Times of the rows.
    observed : array, (n, p)
        Scores, NaN where missing.
    construct : str
        The construct whose change is decomposed.
    first, last : int
        Rows between which the change is taken; negative values count from the end.

    Returns
    -------
    Contributions
        Mean and uncertainty by source, in points of `construct`. A random slope is credited to no construct.

    Raises
    ------
    ModelError
        If the construct is unknown, a row does not exist, or the model has several indicators or inputs.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> known = securebase.parameter_set()
    >>> specification, parameters = known.specification, known.in_score_units()
    >>> rng = np.random.default_rng(1)
    >>> cohort = securebase.simulate("default", n_clients=1, rng=rng, sessions=16, dropout=0.0)
    >>> rows = securebase.panel(cohort, specification.constructs)
    >>> effects = securebase.estimate_person_effects(
    ...     rows, specification, parameters, [("alliance", "symptoms")], prior_sd=0.12
    ... )
    >>> parts = securebase.contributions(
    ...     specification, parameters, effects, rows.times, rows.scores, construct="symptoms"
    ... )
    >>> len(parts.sources), bool((parts.sd > 0).all())
    (5, True)
    """
    check_instance(effects, PersonEffects, "effects", advice="Estimate them with securebase.estimate_person_effects.")
    times, observed = check_numbers(times, "times"), check_numbers(observed, "observed")
    if observed.ndim != 2 or times.shape != observed.shape[:1]:
        raise ModelError(
            f"times must be (n,) and observed (n, constructs) (got {times.shape} and {observed.shape})",
            advice="Pass rows.times and rows.scores of one client's panel.",
        )
    if not (np.diff(times) >= 0).all():
        raise ModelError("times must not decrease from row to row", advice="Sort the rows by time.")
    n, p = observed.shape
    if construct not in specification.constructs:
        raise ModelError(
            f"unknown construct “{construct}”", advice=f"The model has {', '.join(specification.constructs)}."
        )
    if p != specification.p or not specification.is_plain or specification.inputs:
        raise ModelError(
            "contributions need a model with one score per construct and no inputs",
            advice="Use a parameter set of that kind.",
        )
    begin, end = (row + n if row < 0 else row for row in (first, last))
    if not 0 <= begin <= end < n:
        raise ModelError(f"rows {first} to {last} do not exist in a course of {n} rows", advice="Rows count from 0.")
    deviating = DeviatingEffects(specification, parameters, effects.edges)
    u = effects.mean - deviating.mean
    # forward differences along every effect, for the delta method
    points = [u] + [u + _STEP * e for e in np.eye(len(u))]
    k = specification.constructs.index(construct)
    decomposition = _ContributionFilter(specification, times, observed, k, (begin, end))
    mean, covariance = decomposition.moments([deviating.parameters(point) for point in points])
    jacobian = (mean[1:] - mean[0]).T / _STEP
    others = [i for i in range(p) if i != k]
    from_states = covariance[0][np.ix_(others, others)]
    return Contributions(
        construct=construct,
        begin=float(times[begin]),
        end=float(times[end]),
        sources=tuple(specification.constructs[i] for i in others),
        mean=mean[0][others],
        covariance=from_states + (jacobian @ effects.covariance @ jacobian.T)[np.ix_(others, others)],
        from_states=from_states,
    )


class _ContributionFilter:
    """Kalman filter of the augmented state [s, b, g] for several models at once; [s, b, c, g] with random slopes c.

    g_i accumulates (Phi_j − I)[k, i] x_j,i over the rows, so its filtered moments at the last row are smoothed ones.
    """

    def __init__(
        self, specification: Specification, times: Array, observed: Array, k: int, rows: tuple[int, int]
    ) -> None:
        self.specification, self.times, self.observed, self.k, self.rows = specification, times, observed, k, rows

    def moments(self, models: list[Parameters]) -> tuple[Array, Array]:
        """Return mean (m, p) and covariance (m, p, p) of every construct's contribution, for m models."""
        n, p = self.observed.shape
        transitions = [elapsed_transitions(model, np.diff(self.times)) for model in models]
        phi, shocks = (np.stack([pair[part] for pair in transitions]) for part in (0, 1))
        trend = np.stack([trend_mean(self.specification, model, self.times) for model in models])
        level = np.stack([model.level_mean for model in models])
        noise = np.stack([model.measurement_noise for model in models])
        z, V = self._prior(models)
        H = np.stack([self._observation_matrix(model) for model in models])
        shift, size = np.eye(p)[self.k], z.shape[1]
        for j in range(n):
            if j:
                inside = self.rows[0] < j <= self.rows[1]
                weight = phi[:, j - 1, self.k] - shift if inside else np.zeros((len(models), p))
                known = trend[:, j - 1] if self.specification.trend is Trend.CARRIED else np.zeros((len(models), p))
                z, V = _predict(z, V, (phi[:, j - 1], shocks[:, j - 1]), weight, known)
            observed = np.flatnonzero(np.isfinite(self.observed[j]))
            if len(observed):
                residual = self.observed[j, observed] - level[:, observed] - trend[:, j, observed]
                z, V = _update(z, V, residual, H[:, j, observed], noise[:, observed])
        return z[:, size - p :], V[:, size - p :, size - p :]

    def _prior(self, models: list[Parameters]) -> tuple[Array, Array]:
        """Return mean and covariance of the augmented state before the first row."""
        m, p = len(models), self.specification.p
        d = len(person_covariance(models[0]))
        V = np.zeros((m, 2 * p + d, 2 * p + d))
        for i, model in enumerate(models):
            start = model.start_covariance
            V[i, :p, :p] = stationary_covariance(model.drift, model.diffusion) if start is None else start
            V[i, p : p + d, p : p + d] = person_covariance(model)
        return np.zeros((m, 2 * p + d)), V

    def _observation_matrix(self, model: Parameters) -> Array:
        """Return the observation matrix (n, p, size) of every row: state, level and random slope."""
        n, p = self.observed.shape
        every, has_slopes = np.arange(p), self.specification.random_slopes
        H = np.zeros((n, p, (4 if has_slopes else 3) * p))
        H[:, every, every] = H[:, every, p + every] = 1.0
        if has_slopes:
            basis = slope_basis(self.specification, model, self.times, self.times - self.times[0])
            H[:, every, 2 * p + every] = basis[:, None]
        return H


def _predict(z: Array, V: Array, transition: tuple[Array, Array], weight: Array, known: Array) -> tuple[Array, Array]:
    """Predict the next row: s by Phi and Q, b constant, g plus weight · (s + known trend)."""
    (phi, shocks), (m, p), size = transition, weight.shape, z.shape[1]
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
    """Update with the scores of one row (Kalman); H (m, q, size): their observation matrix."""
    VH = V @ H.transpose(0, 2, 1)
    F = H @ VH
    every = np.arange(H.shape[1])
    F[:, every, every] += noise
    gain = np.linalg.solve(F, VH.transpose(0, 2, 1)).transpose(0, 2, 1)
    error = residual - (H @ z[:, :, None])[:, :, 0]
    z = z + (gain @ error[:, :, None])[:, :, 0]
    V = V - gain @ VH.transpose(0, 2, 1)
    return z, 0.5 * (V + V.transpose(0, 2, 1))
