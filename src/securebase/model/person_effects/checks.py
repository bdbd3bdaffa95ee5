"""Checks of person-specific lagged effects: confounding, a negative control, simulated decoys, and expected resolution.

The first three are falsification checks; the last predicts whether more sessions will identify the largest effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.linalg import expm

from securebase.model.equations import stationary_covariance
from securebase.model.likelihood import Likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters
from securebase.model.person_effects.deviation import DeviatingEffects
from securebase.model.person_effects.one_client import Conditional, PersonEffects, probability_largest
from securebase.model.smoothing import Smoothed
from securebase.model.specification import Specification
from securebase.model.standardised import Edge

#: Smallest lag, in time units, at which a score counts as later: answers of one day belong together.
_MIN_LAG = 0.5
#: Simulated futures, and posterior draws in each.
_N_FUTURES = 300


def required_confounding(specification: Specification, parameters: Parameters, edge: Edge) -> float:
    """Return the partial correlation with both ends that a confounder needs to explain an effect away (0 to 1).

    Let x be the state where an edge starts, y the state where it ends one time unit later, and r all other states at
    the earlier time, including y's own. If x has no effect on y, but a confounder c has one on both, then x and y are
    independent given (c, r), and for normal variables the partial correlations obey
        rho(x, y | r) = rho(x, c | r) · rho(c, y | r).
    The effect phi implies the left side: with X = Var(x | r) = 1 / (P⁻¹)_xx and shocks Q = P − Phi P Phi',
        rho(x, y | r) = phi √X / √(phi² X + Q_yy).
    A confounder that correlates equally with both needs √|rho(x, y | r)|, the value returned; a weaker correlation with
    one end needs a stronger one with the other.
    """
    index = {c: i for i, c in enumerate(specification.constructs)}
    x, y = index[edge[0]], index[edge[1]]
    P = stationary_covariance(parameters.drift, parameters.diffusion)
    Phi = expm(parameters.drift)
    Q = P - Phi @ P @ Phi.T
    explained = Phi[y, x] ** 2 / np.linalg.inv(P)[x, x]
    return float((explained / (explained + Q[y, y])) ** 0.25)


def negative_control(course: Smoothed, early: str, late: str) -> tuple[float, int]:
    """Return (z, pairs) of a negative control: the cross-correlation of innovations against the direction of an edge.

    Innovations of `early` are paired with those of `late` at its next score at least half a time unit later. For an
    edge x → y, `late` is x and `early` is y, as a later score cannot affect an earlier one. An innovation is a score
    minus its one-step prediction, over its SD. Under the model innovations at different rows are independent standard
    normals, so the sum of n products over √n has mean 0 and variance 1. (0, 0) without pairs.
    """
    names = course.specification.constructs
    first, second = (_standardised_innovations(course, names.index(name)) for name in (early, late))
    products = []
    later = np.flatnonzero(np.isfinite(second))
    for j in np.flatnonzero(np.isfinite(first)):
        after = later[course.times[later] >= course.times[j] + _MIN_LAG]
        if len(after):
            products.append(first[j] * second[after[0]])
    n = len(products)
    return (float(np.sum(products) / np.sqrt(n)), n) if n else (0.0, 0)


def _standardised_innovations(course: Smoothed, k: int) -> Array:
    """Return the standardised one-step prediction errors (n,) of one construct, NaN where unobserved."""
    p = course.specification.p
    parameters, z, V = course.parameters, course.predicted, course.predicted_covariance
    mean = parameters.level_mean[k] + course.trend[:, k] + z[:, k] + z[:, p + k]
    variance = V[:, k, k] + 2.0 * V[:, k, p + k] + V[:, p + k, p + k] + parameters.measurement_noise[k]
    innovation: Array = (course.observed[:, k] - mean) / np.sqrt(variance)
    return innovation


def replace_scores(panel: Panel, other: Array, constructs: Sequence[str]) -> Panel:
    """Return the panel with observed scores of `constructs` replaced by those of `other` (rows, p)."""
    scores = panel.scores.copy()
    for k in (panel.constructs.index(c) for c in constructs):
        scores[:, k] = np.where(np.isfinite(scores[:, k]), other[:, k], np.nan)
    return replace(panel, scores=scores)


def one_step_effects(
    panels: Sequence[Panel], specification: Specification, parameters: Parameters, estimate: PersonEffects
) -> Array:
    """Return one-step estimates (panels, k) of single-person panels, by a Newton step from the prior mean.

    The step uses the posterior covariance of `estimate`, which makes it cheap for many decoys and equal for all.
    """
    effects = DeviatingEffects(specification, parameters, estimate.edges)
    start = estimate.prior_mean - effects.mean
    scores = [Conditional(Likelihood(panel, specification), effects).value_and_gradient(start)[1] for panel in panels]
    one_step: Array = estimate.prior_mean + np.array(scores) @ estimate.covariance
    return one_step


def count_extreme_decoys(estimate: Array, decoys: Array) -> Array:
    """Count, for each effect (k,), the decoys (m, k) with the same sign and at least the same size."""
    count: Array = (decoys * np.sign(estimate) >= np.abs(estimate)).sum(axis=0)
    return count


def probability_of_resolution(
    estimate: PersonEffects, edges: Sequence[Edge], more: float, limit: float, rng: np.random.Generator
) -> float:
    """Return the probability that with (1 + more) times the data one edge is the largest with probability ≥ limit.

    The precision from data grows in proportion to the sessions, Λ' = Λ + more (Λ − Λ_prior), and the predictive
    distribution of the later estimate is N(mean, Λ⁻¹ − Λ'⁻¹) (preposterior analysis).
    """
    columns = estimate.index(edges)
    now = estimate.covariance
    # precision gained from the data, in prior SDs; negative eigenvalues are numerical error
    scale = np.outer(estimate.prior_sd, estimate.prior_sd)
    values, vectors = np.linalg.eigh((np.linalg.inv(now) - np.linalg.inv(estimate.prior_covariance)) * scale)
    gained = (vectors * np.maximum(values, 0.0)) @ vectors.T / scale
    later = np.linalg.inv(np.linalg.inv(now) + more * gained)
    shift = now - later
    means = rng.multivariate_normal(estimate.mean, 0.5 * (shift + shift.T), size=_N_FUTURES, method="eigh")[:, columns]
    noise = rng.multivariate_normal(np.zeros(len(estimate.mean)), later, size=_N_FUTURES, method="eigh")[:, columns]
    probabilities = probability_largest(means[:, None, :] + noise[None, :, :])
    return float((probabilities.max(axis=1) >= limit).mean())
