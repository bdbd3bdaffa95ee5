r"""Mixed model for repeated measures (MMRM) of arms, by maximum likelihood, with robust errors.

With y_i the ratings of person i at all visits, the first one before treatment, and a(i) the arm,

    y_i ~ N(μ_{a(i)}, Σ),    means of every arm at every visit, Σ unstructured,

from whatever ratings a person has. Where ratings are missing at random, given earlier ratings and the arm, the means
are unbiased for everybody who began, which the last observed ratings are not. Conditioning on the first rating gives
the difference of two arms at the planned end K, adjusted as in analysis of covariance,

    δ = (μ_aK − μ_bK) − (Σ_K0 / Σ_00) (μ_a0 − μ_b0),    g = J δ / √Σ_KK.

√Σ_KK is the pooled standard deviation within arms at the planned end, not adjusted (Hedges 1981; What Works
Clearinghouse 2022, Procedures Handbook 5.0, appendix E), J = 1 − 3/(4 df − 1). The error of g, with that of the SD, is
the sandwich of the scores of all parameters by person or therapist, so it holds without normality and with other
variances in each arm. Estimated by EM (Dempster, Laird & Rubin 1977), then Newton steps with the exact Hessian.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_EM_STEPS, _NEWTON_STEPS = 25, 30
#: largest step in standard errors at which the search ends
_TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class ArmContrast:
    """A difference of two of several arms.

    influence: (persons,), whose sum of squares is its variance, before the degrees of freedom of the means. arm: number
    of each person's arm. pair: arm and reference. adjusted: whether the slope on the first rating was estimated too.
    """

    estimate: float
    influence: Array
    arm: Indices
    pair: tuple[int, int]
    adjusted: bool

    def error(self, cluster: Indices | None = None) -> tuple[float, float]:
        """Return standard error and degrees of freedom; with clusters, from influences summed within each.

        Each arm's variance has its own factor G / (G − 1) and G − 1 degrees of freedom, with G its persons or
        clusters, and both arms together those of Satterthwaite (1946): two therapists in one arm say little, however
        many there are in the other. Where a cluster is in several arms, the arms are not independent; factor and
        degrees of freedom are then those of all clusters of both. Raises ModelError for too few clusters.
        """
        clusters = np.arange(len(self.arm)) if cluster is None else cluster
        in_pair = np.isin(self.arm, self.pair)
        n_pair = len(np.unique(clusters[in_pair]))
        if sum(len(np.unique(clusters[self.arm == k])) for k in np.unique(self.arm)) > len(np.unique(clusters)):
            if n_pair <= len(self.pair):
                raise _too_few(n_pair)
            df = float(n_pair - len(self.pair))
            sums = np.bincount(clusters, weights=self.influence)
            return float(np.sqrt(n_pair / df * (sums**2).sum())), df
        variances, freedoms = [], []
        for k in np.unique(self.arm):
            groups, number = np.unique(clusters[self.arm == k], return_inverse=True)
            if len(groups) < 2 and k in self.pair:
                raise _too_few(n_pair)
            freedom = max(len(groups) - 1, 1)
            sums = np.bincount(number.ravel(), weights=self.influence[self.arm == k])
            variances.append((freedom + 1) / freedom * float((sums**2).sum()))
            freedoms.append(freedom)
        variance = np.array(variances)
        satterthwaite = float(variance.sum() ** 2 / (variance**2 / np.array(freedoms)).sum())
        return float(np.sqrt(variance.sum())), max(satterthwaite - (self.adjusted and cluster is None), 1.0)


def _too_few(therapists: int) -> ModelError:
    return ModelError(
        f"{therapists} therapists in two arms do not show how much therapists differ within each arm",
        advice="Name two or more in each arm, or omit --therapist: intervals then leave out therapist differences.",
    )


@dataclass(frozen=True, eq=False)
class RepeatedMeasuresFit:
    """means (arms, visits), covariance (visits, visits); influence (persons, parameters) of means and covariance."""

    means: Array
    covariance: Array
    influence: Array
    arm: Indices

    @property
    def n_persons(self) -> int:
        return len(self.arm)

    @property
    def df(self) -> int:
        return self.n_persons - len(self.means)

    @property
    def sd(self) -> float:
        """Pooled standard deviation within arms at the planned end."""
        return float(np.sqrt(self.covariance[-1, -1] * self.n_persons / self.df))

    def difference(self, arm: int, reference: int, *, adjusted: bool, standardised: bool) -> ArmContrast:
        """Return arm less reference at the planned end, in points or as Hedges' g; adjusted for the first rating."""
        arms, visits = self.means.shape
        slope = self.covariance[-1, 0] / self.covariance[0, 0] if adjusted else 0.0
        raw = self.means[arm] - self.means[reference]
        delta = raw[-1] - slope * raw[0]
        means = np.zeros((arms, visits))
        means[arm, -1], means[reference, -1] = 1.0, -1.0
        means[arm, 0] -= slope
        means[reference, 0] += slope
        covariance = np.zeros((visits, visits))
        if adjusted:
            covariance[-1, 0] -= raw[0] / self.covariance[0, 0]
            covariance[0, 0] += raw[0] * slope / self.covariance[0, 0]
        scale = 1.0
        if standardised:
            scale = (1.0 - 3.0 / (4.0 * self.df - 1.0)) / self.sd
            covariance[-1, -1] -= delta / (2.0 * self.covariance[-1, -1])
        gradient = np.concatenate([means.ravel(), covariance[np.tril_indices(visits)]])
        # the slope on a first rating costs a degree of freedom; those of the means follow in ArmContrast
        factor = np.sqrt(self.df / max(self.df - adjusted, 1))
        influence = factor * scale * (self.influence @ gradient)
        return ArmContrast(float(scale * delta), influence, self.arm, (arm, reference), adjusted)


def fit_repeated_measures(rated: Array, arm: Indices, n_arms: int) -> RepeatedMeasuresFit:
    """Fit ratings (persons, visits), NaN where missing, of arms 0 … n_arms − 1; everybody has at least one rating.

    Raises ModelError where the ratings do not determine means and covariance.
    """
    patterns = _patterns(rated)
    means = np.array([_column_means(rated[arm == a]) for a in range(n_arms)])
    if not np.isfinite(means).all():
        raise ModelError("an arm has no ratings at a visit")
    covariance = np.diag(np.nanvar(rated - means[arm], axis=0))
    if not (np.diag(covariance) > 0).all():
        raise ModelError("the ratings at a visit are all equal within arms")
    for _ in range(_EM_STEPS):
        means, covariance = _em_step(rated, arm, patterns, means, covariance)
    for _ in range(_NEWTON_STEPS):
        scores, information = _scores(rated, arm, patterns, means, covariance)
        try:
            step = np.linalg.solve(information, scores.sum(axis=0))
            np.linalg.cholesky(information)
            means_after, covariance_after = _move(means, covariance, step)
            np.linalg.cholesky(covariance_after)
        except np.linalg.LinAlgError:
            means, covariance = _em_step(rated, arm, patterns, means, covariance)
            continue
        means, covariance = means_after, covariance_after
        errors = np.sqrt(np.diag(np.linalg.inv(information)))
        if (np.abs(step) < _TOLERANCE * errors).all():
            scores, information = _scores(rated, arm, patterns, means, covariance)
            influence: Array = np.linalg.solve(information, scores.T).T.astype(np.float64)
            return RepeatedMeasuresFit(means, covariance, influence, arm)
    raise ModelError(
        "the mixed model of the ratings did not converge", advice="Too few persons have ratings at several visits."
    )


def _column_means(values: Array) -> Array:
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        means: Array = np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0)
    return means


def _patterns(rated: Array) -> list[tuple[Indices, Indices]]:
    """Return (visits with a rating, persons) of every pattern of missing ratings."""
    patterns, number = np.unique(np.isfinite(rated), axis=0, return_inverse=True)
    return [(np.flatnonzero(p), np.flatnonzero(number.ravel() == k)) for k, p in enumerate(patterns)]


def _em_step(
    rated: Array, arm: Indices, patterns: list[tuple[Indices, Indices]], means: Array, covariance: Array
) -> tuple[Array, Array]:
    complete, uncertain = np.empty_like(rated), np.zeros_like(covariance)
    for visits, persons in patterns:
        slope = np.linalg.solve(covariance[np.ix_(visits, visits)], covariance[visits]).T
        rest = rated[np.ix_(persons, visits)] - means[arm[persons]][:, visits]
        complete[persons] = means[arm[persons]] + rest @ slope.T
        uncertain += len(persons) * (covariance - slope @ covariance[visits])
    new_means = np.array([complete[arm == a].mean(axis=0) for a in range(len(means))])
    rest = complete - new_means[arm]
    return new_means, (rest.T @ rest + uncertain) / len(rated)


def _move(means: Array, covariance: Array, step: Array) -> tuple[Array, Array]:
    visits = len(covariance)
    change = np.zeros_like(covariance)
    change[np.tril_indices(visits)] = step[means.size :]
    change = change + np.tril(change, -1).T
    return means + step[: means.size].reshape(means.shape), covariance + change


def _scores(
    rated: Array, arm: Indices, patterns: list[tuple[Indices, Indices]], means: Array, covariance: Array
) -> tuple[Array, Array]:
    """Return the score of each person (persons, parameters), and the observed information.

    With W the inverse covariance of a person's ratings, zero elsewhere, and u = W (y − μ): the score of the mean is u,
    that of the covariance (uuᵀ − W) / 2, symmetric entries together. Parameters: means by arm, lower triangle.
    """
    n, visits = rated.shape
    u, inverse = np.zeros((n, visits)), np.zeros((n, visits, visits))
    for observed, persons in patterns:
        precision = np.linalg.inv(covariance[np.ix_(observed, observed)])
        rest = rated[np.ix_(persons, observed)] - means[arm[persons]][:, observed]
        u[np.ix_(persons, observed)] = rest @ precision
        inverse[np.ix_(persons, observed, observed)] = precision
    rows, columns = np.tril_indices(visits)
    duplication = np.zeros((visits * visits, len(rows)))
    k = np.arange(len(rows))
    duplication[rows * visits + columns, k] = 1.0
    duplication[columns * visits + rows, k] = 1.0
    outer = u[:, :, None] * u[:, None, :]
    flat = inverse.reshape(n, -1)
    of_covariance = 0.5 * (outer.reshape(n, -1) - flat) @ duplication
    arms, size = len(means), means.size
    of_means = np.zeros((n, arms, visits))
    of_means[np.arange(n), arm] = u
    information = np.zeros((size + len(rows), size + len(rows)))
    for a in range(arms):
        members, block = arm == a, slice(a * visits, (a + 1) * visits)
        information[block, block] = inverse[members].sum(axis=0)
        mixed = np.einsum("iaj,ik->ajk", inverse[members], u[members]).reshape(visits, -1) @ duplication
        information[block, size:], information[size:, block] = mixed, mixed.T
    products = (flat.T @ outer.reshape(n, -1)).reshape((visits,) * 4)  # W_aj u_b u_k
    squares = (flat.T @ flat).reshape((visits,) * 4)  # W_aj W_bk
    hessian = np.einsum("ajbk->abjk", products - 0.5 * squares).reshape(visits * visits, -1)
    information[size:, size:] = duplication.T @ hessian @ duplication
    return np.hstack([of_means.reshape(n, -1), of_covariance]), information
