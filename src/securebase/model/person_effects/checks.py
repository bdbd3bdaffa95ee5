"""What has to stand beside an estimated lagged effect: what else could give it, and whether it will ever be told.

Three of these are checks that can fail (a hidden cause, the future before the past, a decoy), one looks ahead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.linalg import expm

from securebase.model.equations import stationary_covariance
from securebase.model.likelihood import Likelihood
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Parameters, Specification
from securebase.model.person_effects.deviation import DeviatingEffects
from securebase.model.person_effects.one_client import Conditional, PersonEffects, probability_largest
from securebase.model.smoothing import Smoothed
from securebase.model.standardised import Edge

#: Least lag, in time units, at which a later score counts as later: answers of one day belong together.
_MIN_LAG = 0.5
#: Futures that are looked at, and draws in each.
_N_FUTURES = 300


def required_confounding(specification: Specification, parameters: Parameters, edge: Edge) -> float:
    """How strongly a hidden cause would have to go with both ends of an edge to give the whole of its effect (0 to 1).

    Let x be the state an edge begins in, y the state it ends in one time unit later, and r everything else that the
    model knows at the earlier time, y's own state included. If x does nothing to y, but a hidden c does something to
    both, then x and y are independent given (c, r), and for normal variables the partial correlations obey
        rho(x, y | r) = rho(x, c | r) · rho(c, y | r).
    The left side is what the effect phi gives: with X = Var(x | r) = 1 / (P⁻¹)_xx and shocks Q = P − Phi P Phi',
        rho(x, y | r) = phi √X / √(phi² X + Q_yy).
    So a cause that goes equally strongly with both must go with each by √|rho(x, y | r)|; one that goes less with one
    side must go more with the other. That is what is given back.
    """
    index = {c: i for i, c in enumerate(specification.constructs)}
    x, y = index[edge[0]], index[edge[1]]
    P = stationary_covariance(parameters.drift, parameters.diffusion)
    Phi = expm(parameters.drift)
    Q = P - Phi @ P @ Phi.T
    passed = Phi[y, x] ** 2 / np.linalg.inv(P)[x, x]
    return float((passed / (passed + Q[y, y])) ** 0.25)


def negative_control(course: Smoothed, early: str, late: str) -> tuple[float, int]:
    """(z, pairs): do surprises in `early` go with surprises in `late` at its next score at least half a unit later?

    For a negative control `late` is the construct that an edge begins in and `early` the one it ends in: what comes
    later cannot move what came before. A surprise is a score less what all earlier rows foretold, in its own standard
    deviations. Under the model surprises at different rows are independent standard normals, so the sum of n products
    over √n has mean 0 and variance 1. (0, 0) where there is no pair.
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
    """Standardised one-step errors (n,) of one construct, NaN where it was not observed."""
    p = course.specification.p
    own, z, V = course.parameters, course.predicted, course.predicted_covariance
    mean = own.level_mean[k] + course.trend[:, k] + z[:, k] + z[:, p + k]
    variance = V[:, k, k] + 2.0 * V[:, k, p + k] + V[:, p + k, p + k] + own.measurement_noise[k]
    surprise: Array = (course.observed[:, k] - mean) / np.sqrt(variance)
    return surprise


def replace_scores(panel: Panel, other: Array, constructs: Sequence[str]) -> Panel:
    """The panel with the scores of `constructs` taken from `other` (rows, p), where the panel has any."""
    scores = panel.scores.copy()
    for k in (panel.constructs.index(c) for c in constructs):
        scores[:, k] = np.where(np.isfinite(scores[:, k]), other[:, k], np.nan)
    return replace(panel, scores=scores)


def one_step_effects(
    panels: Sequence[Panel], specification: Specification, parameters: Parameters, own: PersonEffects
) -> Array:
    """Effects (panels, k) that each one-person panel would get by one step of Newton from the prior mean, with the
    curvature found for `own`: cheap enough for many decoys, and the same for the client and for them."""
    effects = DeviatingEffects(specification, parameters, own.edges)
    begin = own.prior_mean - effects.mean
    slopes = [Conditional(Likelihood(one, specification), effects).value_and_gradient(begin)[1] for one in panels]
    found: Array = own.prior_mean + np.array(slopes) @ own.covariance
    return found


def count_extreme_decoys(real: Array, decoys: Array) -> Array:
    """For each effect (k,): how many decoys (m, k) got an estimate on the same side of zero at least as far from it."""
    counted: Array = (decoys * np.sign(real) >= np.abs(real)).sum(axis=0)
    return counted


def probability_of_resolution(
    own: PersonEffects, edges: Sequence[Edge], more: float, limit: float, rng: np.random.Generator
) -> float:
    """The chance that, once there are (1 + more) times the data, one edge is the largest with probability ≥ limit.

    The client's own precision grows in proportion to the sessions, Λ' = Λ + more (Λ − Λ_prior), and the
    later estimate is distributed as now believed, N(mean, Λ⁻¹ − Λ'⁻¹): so many futures are drawn and looked at.
    """
    at = own.index(edges)
    now = own.covariance
    # what was learnt, in the scale of the prior; nothing is never less than nothing
    scale = np.outer(own.prior_sd, own.prior_sd)
    values, vectors = np.linalg.eigh((np.linalg.inv(now) - np.linalg.inv(own.prior_covariance)) * scale)
    gained = (vectors * np.maximum(values, 0.0)) @ vectors.T / scale
    later = np.linalg.inv(np.linalg.inv(now) + more * gained)
    spread = now - later
    means = rng.multivariate_normal(own.mean, 0.5 * (spread + spread.T), size=_N_FUTURES, method="eigh")[:, at]
    noise = rng.multivariate_normal(np.zeros(len(own.mean)), later, size=_N_FUTURES, method="eigh")[:, at]
    chances = probability_largest(means[:, None, :] + noise[None, :, :])
    return float((chances.max(axis=1) >= limit).mean())
