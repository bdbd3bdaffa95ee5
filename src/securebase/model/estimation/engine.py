"""The fit of any model: refusal or optimum, restart, multistart, standard errors and result.

BFGS on (log-likelihood + log-prior) / persons with the exact gradient, Newton refinement, and standard errors on the
natural scale by the delta method from the information. The outcome is a value with advice, never an exception.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from securebase.errors import Advice
from securebase.model.estimation.boundary import maximise
from securebase.model.estimation.multistart import draw_starts, summarise_starts
from securebase.model.estimation.optimise import Optimum
from securebase.model.estimation.problem import Problem, ResultT
from securebase.model.estimation.result import (
    FitResult,
    InternalSolution,
    with_standard_errors,
    without_constants,
)
from securebase.model.estimation.scale import ParametersT
from securebase.model.likelihood import kernel_name
from securebase.model.parameters import Array

#: called with (iteration, log-likelihood so far)
Progress = Callable[[int, float], None]


def estimate(
    problem: Problem[ParametersT, ResultT],
    *,
    progress: Progress | None = None,
    starts: int = 1,
    rng: np.random.Generator | None = None,
) -> ResultT:
    """Maximise the likelihood of a problem, and return the result of its kind of model.

    starts: number of starting points; those after the first are drawn around it with `rng`.
    """
    refusal = next(problem.refusals(), None)
    if refusal is not None:
        return problem.result(_plain_result(problem, refusal), None, None)
    first = problem.first_start()
    optima = [_maximise_from(problem, first, progress)]
    if optima[0].kind != "converged" and not optima[0].unbounded and (fallback := problem.fallback_start()) is not None:
        optima = [_best(problem, [optima[0], _maximise_from(problem, fallback, progress)])]
    if starts > 1 and rng is not None:
        optima += [_maximise_from(problem, x, progress) for x in draw_starts(problem, first, starts - 1, rng)]
    result = _build_result(problem, _best(problem, optima))
    if starts > 1:
        summary = summarise_starts([-e.iterate.value * problem.n for e in optima])
        result = replace(result, notes=(*result.notes, summary))
    return result


def _maximise_from(problem: Problem[Any, Any], x: Array, progress: Progress | None) -> Optimum:
    def report(step: int, value: float) -> None:
        if progress is not None:
            progress(step, -value * problem.n + problem.scale.log_likelihood_shift)

    return problem.examine(maximise(problem, x, report))


def _best(problem: Problem[Any, Any], optima: list[Optimum]) -> Optimum:
    """Return the optimum with the highest log-likelihood to 4 decimals, a converged one among equals."""
    return max(optima, key=lambda e: (round(-e.iterate.value * problem.n, 4), e.kind == "converged"))


def _plain_result(problem: Problem[Any, Any], outcome: Advice) -> FitResult:
    """Return a result without estimates."""
    return FitResult(
        estimates={},
        log_likelihood=None,
        n_parameters=problem.n_parameters,
        n_persons=problem.n,
        n_observations=problem.panel.n_observations,
        outcome=outcome,
        kernel=kernel_name(),
        seconds=time.perf_counter() - problem.started,
    )


def _build_result(problem: Problem[ParametersT, ResultT], optimum: Optimum) -> ResultT:
    scale, x = problem.scale, optimum.iterate.x
    parameters = scale.natural(x)
    values = parameters.named(problem.scale.specification)
    covariance = np.full((len(values), len(values)), np.nan)
    if optimum.kind in ("converged", "boundary"):
        # delta method: J I⁻¹ J' with the Jacobian J and the information I along the free coordinates
        J = scale.jacobian(x)[:, optimum.free]
        covariance = J @ np.linalg.solve(problem.information(optimum) * problem.n, J.T)
        covariance = without_constants(covariance, J, list(values), optimum.held)
    plain = replace(
        _plain_result(problem, problem.advice(optimum)),
        estimates=with_standard_errors(values, covariance),
        log_likelihood=problem.log_likelihood(x),
        gradient_norm=float(np.abs(optimum.iterate.gradient[optimum.free]).max(initial=0.0)),
        hessian_eigenvalues=tuple(float(v) for v in np.linalg.eigvalsh(optimum.hessian)),
        iterations=optimum.iterations,
        covariance=covariance,
        held=optimum.held,
        notes=problem.notes(),
        standard_error_method=problem.standard_error_method,
        fingerprints=problem.fingerprints,
        internal=InternalSolution(x, optimum.free, optimum.hessian),
    )
    return problem.result(plain, parameters, optimum)
