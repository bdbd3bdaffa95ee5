"""Uncertainty of a fit from its optimum: robust standard errors, a robust score test, and parameter draws.

The sandwich estimator (White 1982) allows a misspecified distribution of scores. With the observed information H and
the score vector s_i of person i (or of all persons of cluster i), the covariance of the estimates is
H⁻¹ (Σ s_i s_i') H⁻¹ · m / (m − 1) for m clusters.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from securebase.errors import ModelError
from securebase.model.estimation.optimise import hessian
from securebase.model.estimation.problem import Problem, ResultT
from securebase.model.estimation.result import FitResult, InternalSolution, with_standard_errors, without_constants
from securebase.model.estimation.scale import ParametersT
from securebase.model.parameters import Array

#: attempts at a valid draw
_MAX_ATTEMPTS = 20


def add_robust_errors(fitted: ResultT, problem: Problem[ParametersT, ResultT]) -> ResultT:
    """Return the fit of a problem with robust standard errors over its clusters.

    Raises ModelError if the problem has other data than the fit, or if the Hessian is not positive definite.
    """
    scores, solution = cluster_scores(fitted, problem), _internal_solution(fitted)
    unit, (count, size) = problem.clusters()[0], scores.shape
    if count <= 1:
        raise ModelError(f"robust standard errors need at least 2 persons or therapists (got {count})")
    n = fitted.n_persons
    bread = np.linalg.inv(solution.hessian * n)
    covariance = bread @ (scores.T @ scores) @ bread * count / (count - 1)
    J = problem.scale.jacobian(solution.x)[:, solution.free]
    natural_covariance = without_constants(J @ covariance @ J.T, J, list(fitted.estimates), fitted.held)
    notes = [f"Standard errors are robust (sandwich over {count} {unit})."]
    if count < 2 * size:
        notes.append(f"{count} {unit} for {size} parameters are few: robust errors may be imprecise and too small.")
    return replace(
        fitted,
        estimates=with_standard_errors({name: e.value for name, e in fitted.estimates.items()}, natural_covariance),
        covariance=natural_covariance,
        standard_error_method="robust",
        notes=(*fitted.notes, *notes),
    )


def cluster_scores(fitted: FitResult, problem: Problem[ParametersT, ResultT]) -> Array:
    """Return the exact score vector of each cluster (clusters, free): those of its persons, who are not independent."""
    solution = _internal_solution(fitted)
    if fitted.fingerprints != problem.fingerprints:
        raise ModelError("the panel differs from the one that was fitted", advice="Pass the panel used for the fit.")
    return _scores_at(problem, solution.x)[:, solution.free]


def score_statistic(problem: Problem[Any, Any], x: Array, tested: int) -> float:
    """Return the robust score statistic, standard normal where the internal number `tested` is as in x.

    x maximises the others. With the scores s_i of cluster i and the negative Hessian H, both at x ::

        z = Σ u_i / √Σ (u_i − ū)²,    u_i = s_i,tested − H_tested,others H_others,others⁻¹ s_i,others

    References
    ----------
    Boos, D. D. (1992). On generalized score tests. The American Statistician, 46(4), 327–333.
    """
    others = np.delete(np.arange(len(x)), tested)
    H = hessian(problem, x, np.arange(len(x)))
    weights = np.linalg.solve(H[np.ix_(others, others)], H[others, tested])
    scores, gradient = _scores_at(problem, x), -problem(x)[1] * problem.n
    u = scores[:, tested] - scores[:, others] @ weights
    # the gradient includes that of the prior
    total = float(gradient[tested] - gradient[others] @ weights)
    return total / float(np.sqrt(((u - u.mean()) ** 2).sum()))


def _scores_at(problem: Problem[Any, Any], x: Array) -> Array:
    """Return the score vector of each cluster at x (clusters, size), without the prior."""
    scale = problem.scale
    standard = scale.standard(x)
    _, clusters = problem.clusters()
    scores = np.empty((len(clusters), scale.size))
    for row, persons in enumerate(clusters):
        likelihood = problem.likelihood_of(scale.panel.select_persons(persons))
        scores[row] = scale.pull_back(x, likelihood.value_and_gradient(standard)[1])
    return scores


def draw_from(
    fitted: FitResult, problem: Problem[ParametersT, ResultT], count: int, rng: np.random.Generator
) -> list[ParametersT]:
    """Draw parameters of a fitted problem from the normal approximation N(x̂, H⁻¹) on the internal scale.

    Fixed parameters keep their value. An invalid draw is repeated, and replaced by the estimates after 20 attempts.
    Raises ModelError where the fit has no positive-definite Hessian.
    """
    solution = fitted.internal
    if solution is None or fitted.outcome.kind not in ("converged", "boundary", "regularised"):
        raise ModelError(
            f"parameters cannot be drawn from a fit with outcome {fitted.outcome.kind}: {fitted.outcome.sentence}",
            advice=fitted.outcome.what_to_do,
        )
    scale = problem.scale
    # one person is enough to see whether a draw is a valid model
    likelihood = problem.likelihood_of(scale.panel.select_persons(np.array([0])))
    root = np.linalg.cholesky(np.linalg.inv(solution.hessian * fitted.n_persons))
    draws = []
    for _ in range(count):
        x = solution.x
        for _try in range(_MAX_ATTEMPTS):
            x = solution.x.copy()
            x[solution.free] += root @ rng.standard_normal(len(solution.free))
            try:
                likelihood.value(scale.standard(x))
                break
            except (ModelError, np.linalg.LinAlgError):
                x = solution.x
        draws.append(scale.natural(x))
    return draws


def _internal_solution(fitted: FitResult) -> InternalSolution:
    if fitted.internal is None or fitted.outcome.kind not in ("converged", "boundary"):
        raise ModelError(
            f"robust standard errors need a fit that converged: {fitted.outcome.sentence}",
            advice=fitted.outcome.what_to_do,
        )
    return fitted.internal
