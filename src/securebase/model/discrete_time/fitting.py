"""The verb for models of waves: the same climb, the same ending and the same honest word as in continuous time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from securebase.errors import Advice, ModelError
from securebase.model.discrete_time.identifiability import refusal
from securebase.model.discrete_time.information import (
    complete_data_information,
    compress_units,
    expected_information,
    observed_information,
    uses_dense_moments,
)
from securebase.model.discrete_time.likelihood import DiscreteTimeLikelihood, expand_waves
from securebase.model.discrete_time.specification import (
    DiscreteTimeParameters,
    DiscreteTimeSpecification,
    WaveConstraint,
)
from securebase.model.discrete_time.start_values import initial_values
from securebase.model.discrete_time.transforms import DiscreteTimeTransform, build_discrete_time_transform
from securebase.model.fit.boundary import Optimum, diagonal_roots, maximise
from securebase.model.fit.optimise import Indices, Iterate, forward_difference_hessian, hessian
from securebase.model.fit.result import FitResult, delta_method_covariance, with_standard_errors
from securebase.model.likelihood import kernel_name
from securebase.model.panel import Panel
from securebase.model.parameters import Array, Start

Progress = Callable[[int, float], None]
Information = Literal["observed", "expected"]


@dataclass(frozen=True, eq=False, kw_only=True)
class DiscreteTimeFit(FitResult):
    """What a fit of a model of waves found. `parameters` is None where it was refused."""

    specification: DiscreteTimeSpecification
    parameters: DiscreteTimeParameters | None


def fit_discrete_time(
    panel: Panel,
    specification: DiscreteTimeSpecification,
    *,
    information: Information = "observed",
    progress: Progress | None = None,
) -> DiscreteTimeFit:
    """Estimate every parameter of a model of waves by maximum likelihood, with all scores that are there.

    information: standard errors from the observed information or from the expected one (of complete data both programs
    and textbooks mostly take the expected one; with missing scores it is right only where they are missing completely
    at random). Raises ModelError where panel and specification do not belong together, or where the expected
    information is not to be had: with a stationary start, and with many patterns of missing scores on many waves.
    """
    began = time.perf_counter()
    rows = expand_waves(panel, specification)
    refused = refusal(rows, specification)
    if refused is not None:
        return DiscreteTimeFit(
            specification=specification,
            parameters=None,
            estimates={},
            log_likelihood=None,
            n_parameters=specification.n_parameters,
            n_persons=panel.n_persons,
            n_observations=rows.n_observations,
            outcome=refused,
            kernel=kernel_name(),
            seconds=time.perf_counter() - began,
        )
    problem = _DiscreteTimeObjective(rows, specification, {"scores": panel.fingerprint})
    best = _maximise_from(problem, None, progress)
    if best.kind != "converged":
        again = _maximise_from(problem, 0.3, progress)
        best = max(best, again, key=lambda e: (round(-e.point.value * problem.n, 4), e.kind == "converged"))
    return _build_fit(problem, best, information, time.perf_counter() - began)


class _DiscreteTimeObjective:
    """Minus log-likelihood / persons as a function of the internal numbers."""

    def __init__(self, rows: Panel, specification: DiscreteTimeSpecification, fingerprints: Mapping[str, str]) -> None:
        self.specification, self.fingerprints = specification, fingerprints
        self.scale: DiscreteTimeTransform = build_discrete_time_transform(rows, specification)
        self.likelihood = DiscreteTimeLikelihood(self.scale.panel, specification, complete=True)
        self.n = rows.n_persons
        #: for second derivatives from dense moments, which a stationary start has not
        self.units = compress_units(self.likelihood.rows, specification) if specification.start == Start.FREE else None

    def __call__(self, x: Array) -> tuple[float, Array]:
        if np.abs(x).max(initial=0.0) > 100.0:
            return np.inf, np.zeros_like(x)
        try:
            value, gradient = self.likelihood.value_and_gradient(self.scale.standard(x))
        except (ModelError, np.linalg.LinAlgError):
            return np.inf, np.zeros_like(x)
        return -value / self.n, -self.scale.pull(x, gradient) / self.n

    def log_likelihood(self, x: Array) -> float:
        return self.likelihood.value(self.scale.standard(x)) + self.scale.log_likelihood_shift

    def variances(self) -> dict[int, str]:
        """Position in x → name of every diagonal root of a covariance."""
        of = self.specification
        found = {}
        for block, (k, i) in diagonal_roots(self.scale):
            name, _, wave = block.name.partition(" ")
            construct = f"{of.constructs[k]} {wave}" if wave else of.constructs[k]
            found[i] = f"{name}[{construct},{construct}]"
        return found

    def first_curvature(self, point: Iterate) -> Array:
        """Where it is cheap, that of as many complete persons as have as many scores."""
        if self.specification.start != Start.FREE or len(point.x) < 12:
            return forward_difference_hessian(self, point)
        standard = self.scale.standard(point.x)
        D = self.specification.waves * self.specification.p
        persons = self.likelihood.panel.n_observations / D
        J = self.scale.standard_jacobian(point.x)
        curved: Array = J.T @ complete_data_information(self.specification, standard, persons) @ J / self.n
        return curved

    def curvature(self, x: Array, where: Indices) -> Array:
        if self.units is None or not uses_dense_moments(self.units):
            return hessian(self, x, where)
        H, gradient = observed_information(self.specification, self.scale.standard(x), self.units)
        J = self.scale.standard_jacobian(x)
        whole = (J.T @ H @ J + self.scale.bent(x, gradient)) / self.n
        return whole[np.ix_(where, where)]

    def expected(self, x: Array, where: Indices) -> Array:
        """Raises ModelError where it is not to be had."""
        if self.units is None or not uses_dense_moments(self.units):
            raise ModelError(
                "the expected information of this model and table is not computed here",
                advice="Ask for the observed information, which is there for every model.",
            )
        J = self.scale.standard_jacobian(x)
        whole = J.T @ expected_information(self.specification, self.scale.standard(x), self.units) @ J / self.n
        return np.asarray(whole[np.ix_(where, where)])


def _maximise_from(problem: _DiscreteTimeObjective, persistence: float | None, progress: Progress | None) -> Optimum:
    def told(step: int, value: float) -> None:
        if progress is not None:
            progress(step, -value * problem.n + problem.scale.log_likelihood_shift)

    start = initial_values(problem.scale.panel, problem.specification, persistence=persistence)
    return maximise(problem, problem.scale.internal(start), told)


def _build_fit(
    problem: _DiscreteTimeObjective, ending: Optimum, information: Information, seconds: float
) -> DiscreteTimeFit:
    own, x = problem.scale, ending.point.x
    parameters = own.natural(x)
    values = parameters.named(problem.specification)
    covariance = np.full((len(values), len(values)), np.nan)
    if ending.kind in ("converged", "boundary"):
        known = ending.hessian if information == "observed" else problem.expected(x, ending.free)
        still = np.isin(list(values), list(ending.held))
        covariance = delta_method_covariance(own.jacobian(x)[:, ending.free], known * problem.n, still)
    return DiscreteTimeFit(
        specification=problem.specification,
        parameters=parameters,
        standard_error_method=f"{information} information",
        estimates=with_standard_errors(values, covariance),
        log_likelihood=problem.log_likelihood(x),
        n_parameters=own.size,
        n_persons=problem.n,
        n_observations=problem.likelihood.panel.n_observations,
        outcome=_advice(ending),
        gradient_norm=float(np.abs(ending.point.gradient[ending.free]).max(initial=0.0)),
        hessian_eigenvalues=tuple(float(v) for v in np.linalg.eigvalsh(ending.hessian)),
        iterations=ending.steps,
        kernel=kernel_name(),
        seconds=seconds,
        covariance=covariance,
        held=ending.held,
        fingerprints=problem.fingerprints,
        notes=_notes(problem, information),
    )


def _notes(problem: _DiscreteTimeObjective, information: Information) -> tuple[str, ...]:
    of = problem.specification
    notes = ["Waves count as equally far apart, and scores as free of error of measurement."]
    if of.levels:
        notes.append("Lags are within persons: usual levels are taken out.")
    else:
        notes.append("No usual levels are taken out: lags mix what lies between persons with what lies within.")
    if of.means == WaveConstraint.EQUAL:
        notes.append("A course that all persons share is not taken out: means are equal over waves.")
    notes.append(f"Standard errors from the {information} information.")
    return tuple(notes)


def _advice(ending: Optimum) -> Advice:
    match ending.kind:
        case "converged":
            return Advice("converged", "The fit converged: flat gradient, positive-definite Hessian.")
        case "boundary":
            gone = " and ".join(f"{name} went to zero" for name in ending.held)
            return Advice(
                "boundary",
                f"The fit ended at a boundary: {gone}. Standard errors of the others take this as given.",
                "Hold lags or residual covariances equal over waves, use fewer constructs, or, where a usual level "
                "went to zero, the model without levels.",
            )
        case "indefinite":
            return Advice(
                "indefinite",
                "The data do not determine every parameter: in some direction the likelihood is flat or curves upward.",
                "Hold lags, residual covariances or means equal over waves, use fewer constructs, or gather more.",
            )
    return Advice(
        "not_converged",
        "The search ended before the gradient was flat; the estimates are not the best there are.",
        "Hold lags, residual covariances or means equal over waves, or use fewer constructs. Check the table for "
        "scores far from all others.",
    )
