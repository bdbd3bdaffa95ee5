"""A discrete-time panel model of one panel, as the engine fits it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Literal

import numpy as np

from securebase.errors import Advice, ModelError
from securebase.model.discrete_time.identifiability import find_refusals
from securebase.model.discrete_time.information import (
    CompressedUnits,
    complete_data_information,
    compress_units,
    expected_information,
    observed_information,
    uses_dense_moments,
)
from securebase.model.discrete_time.likelihood import DiscreteTimeLikelihood, expand_waves
from securebase.model.discrete_time.result import DiscreteTimeFit
from securebase.model.discrete_time.specification import (
    DiscreteTimeParameters,
    DiscreteTimeSpecification,
    WaveConstraint,
)
from securebase.model.discrete_time.start_values import initial_values
from securebase.model.discrete_time.transforms import DiscreteTimeTransform, build_discrete_time_transform
from securebase.model.estimation.optimise import Indices, Iterate, Optimum
from securebase.model.estimation.problem import Problem
from securebase.model.estimation.result import FitResult
from securebase.model.panel import Panel
from securebase.model.parameters import Array
from securebase.model.specification import Start

Information = Literal["observed", "expected"]

#: lags of each construct on itself where a search starts again
_FALLBACK_PERSISTENCE = 0.3


class DiscreteTimeProblem(Problem[DiscreteTimeParameters, DiscreteTimeFit]):
    """A discrete-time panel model of one panel, laid out with a row for every wave."""

    def __init__(self, panel: Panel, specification: DiscreteTimeSpecification, basis: Information = "observed") -> None:
        super().__init__(expand_waves(panel, specification))
        self.specification, self.basis = specification, basis
        self._fingerprint = panel.fingerprint

    @cached_property
    def scale(self) -> DiscreteTimeTransform:
        return build_discrete_time_transform(self.panel, self.specification)

    @cached_property
    def likelihood(self) -> DiscreteTimeLikelihood:
        return self.likelihood_of(self.scale.panel)

    @cached_property
    def units(self) -> CompressedUnits | None:
        """For second derivatives from dense moments; None where they take too long or the start is stationary."""
        if self.specification.start != Start.FREE:
            return None
        units = compress_units(self.likelihood.rows, self.specification)
        return units if uses_dense_moments(units) else None

    @property
    def n_parameters(self) -> int:
        return self.specification.n_parameters

    @property
    def fingerprints(self) -> dict[str, str]:
        return {"scores": self._fingerprint}

    @property
    def standard_error_method(self) -> str:
        return f"{self.basis} information"

    def likelihood_of(self, panel: Panel) -> DiscreteTimeLikelihood:
        return DiscreteTimeLikelihood(panel, self.specification, complete=True)

    def refusals(self) -> Iterator[Advice]:
        return find_refusals(self.panel, self.specification)

    def first_start(self) -> Array:
        return self.scale.internal(initial_values(self.scale.panel, self.specification))

    def fallback_start(self) -> Array:
        start = initial_values(self.scale.panel, self.specification, persistence=_FALLBACK_PERSISTENCE)
        return self.scale.internal(start)

    def first_curvature(self, point: Iterate) -> Array:
        """Approximate the Hessian by the expected information of complete persons with as many scores in total."""
        if self.specification.start != Start.FREE or len(point.x) < 12:
            return super().first_curvature(point)
        standard = self.scale.standard(point.x)
        persons = self.panel.n_observations / (self.specification.waves * self.specification.p)
        return self._along_x(complete_data_information(self.specification, standard, persons), point.x)

    def curvature(self, x: Array, indices: Indices, near_singular: bool) -> Array:
        if self.units is None:
            return super().curvature(x, indices, near_singular)
        H, gradient = observed_information(self.specification, self.scale.standard(x), self.units)
        J = self.scale.standard_jacobian(x)
        # chain rule: J' H J + Σ_k (∂ log L / ∂θ_k) ∂²θ_k / ∂x²
        whole = (J.T @ H @ J + self.scale.curvature_term(x, gradient)) / self.n
        return whole[np.ix_(indices, indices)]

    def information(self, optimum: Optimum) -> Array:
        """Return the observed or expected information. Raises ModelError where the expected one is not available."""
        if self.basis == "observed":
            return optimum.hessian
        if self.units is None:
            raise ModelError(
                "the expected information is not available for this model and table",
                advice="Use the observed information, which every model has.",
            )
        x = optimum.iterate.x
        whole = self._along_x(expected_information(self.specification, self.scale.standard(x), self.units), x)
        return whole[np.ix_(optimum.free, optimum.free)]

    def _along_x(self, information: Array, x: Array) -> Array:
        """Return an information along the standard parameters as one per person along x."""
        J = self.scale.standard_jacobian(x)
        along: Array = J.T @ information @ J / self.n
        return along

    def result(
        self, plain: FitResult, parameters: DiscreteTimeParameters | None, optimum: Optimum | None
    ) -> DiscreteTimeFit:
        return DiscreteTimeFit(**vars(plain), specification=self.specification, parameters=parameters)

    def notes(self) -> tuple[str, ...]:
        spec = self.specification
        notes = ["Waves are treated as equally spaced, and scores as free of measurement error."]
        if spec.levels:
            notes.append("Lags are within persons: random intercepts separate them from long-run means.")
        else:
            notes.append("Without random intercepts, lags mix differences between persons with change within persons.")
        if spec.means == WaveConstraint.EQUAL:
            notes.append("Not adjusted for the common time course: means are equal over waves.")
        notes.append(f"Standard errors from the {self.basis} information.")
        return tuple(notes)

    def remedies(self) -> dict[str, str]:
        equal = "Constrain lags, residual covariances or means to be equal over waves"
        return {
            "boundary": "Constrain lags or residual covariances to be equal over waves, use fewer constructs, or, "
            "where the variance of a random intercept went to zero, the model without random intercepts.",
            "indefinite": f"{equal}, use fewer constructs, or gather more data.",
            "not_converged": f"{equal}, or use fewer constructs. Check the table for outliers.",
        }
