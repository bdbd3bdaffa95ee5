"""The one protocol between the engine and a kind of model: what a model of one panel offers, so that it can be fitted.

A kind of model states its internal scale, likelihood with exact gradient, start values, checks of identifiability and
advice. Everything else (`engine`, `optimise`, `boundary`, `multistart`, `uncertainty`, `comparison`) is the same.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from securebase.errors import Advice, ModelError
from securebase.model.estimation.optimise import Indices, Iterate, Optimum, forward_difference_hessian, hessian
from securebase.model.estimation.result import FitResult
from securebase.model.estimation.scale import InternalScale, ParametersT
from securebase.model.panel import Panel
from securebase.model.parameters import Array

#: the result of a kind of model
ResultT = TypeVar("ResultT", bound=FitResult)


class PanelLikelihood(Protocol[ParametersT]):
    """The likelihood of one panel. Both methods raise ModelError for invalid parameters."""

    def value(self, parameters: ParametersT) -> float: ...

    def value_and_gradient(self, parameters: ParametersT) -> tuple[float, ParametersT]: ...


@dataclass(frozen=True, eq=False)
class NormalPrior:
    """Independent normal priors of the internal numbers; precision 0 is a flat prior."""

    mean: Array
    precision: Array


#: outcome → sentence; a boundary is described by what is held there
_SENTENCES = {
    "converged": "The fit converged: flat gradient, positive-definite Hessian.",
    "boundary": "The fit ended at a boundary: {held}. The other standard errors are conditional on this.",
    "indefinite": "The data do not determine every parameter: in some direction the likelihood is flat or curves "
    "upward.",
    "not_converged": "The search ended before the gradient was zero; the estimates do not maximise the likelihood.",
}
#: log-density per standardised score above which the likelihood counts as unbounded: every score would be predicted to
#: within e^−5.4 = .5% of its standard deviation. Ratings have more error; a column that others determine has none.
_MAX_LOG_DENSITY = 4.0
_UNBOUNDED = (
    "The likelihood has no maximum: the model predicts the scores without error, as happens when a column follows "
    "exactly from the others, from its own past or from time."
)


class Problem(ABC, Generic[ParametersT, ResultT]):
    """A model of one panel: minus (log-likelihood + log-prior) / persons as a function of the internal numbers x.

    Building one checks and prepares the panel only, so that `refusals` can answer before a scale or likelihood exists.
    panel: the rows that are fitted.
    """

    def __init__(self, panel: Panel) -> None:
        self.started = time.perf_counter()
        self.panel, self.n = panel, panel.n_persons

    # what a kind of model states

    @property
    @abstractmethod
    def scale(self) -> InternalScale[ParametersT]:
        """The internal scale, laid out once."""

    @property
    @abstractmethod
    def n_parameters(self) -> int: ...

    @abstractmethod
    def remedies(self) -> Mapping[str, str]:
        """Return what to do about a boundary, an indefinite Hessian and a search that did not converge."""

    @property
    @abstractmethod
    def fingerprints(self) -> Mapping[str, str]:
        """Digests of the data by name: only fits of the same data can be compared."""

    @abstractmethod
    def likelihood_of(self, panel: Panel) -> PanelLikelihood[ParametersT]:
        """Return the likelihood of standardised rows."""

    @abstractmethod
    def refusals(self) -> Iterator[Advice]:
        """Yield reasons why this panel does not identify the model; only the first is reported."""

    @abstractmethod
    def first_start(self) -> Array: ...

    @abstractmethod
    def fallback_start(self) -> Array | None:
        """Return a second start for when the first does not converge, or None."""

    @abstractmethod
    def result(self, plain: FitResult, parameters: ParametersT | None, optimum: Optimum | None) -> ResultT:
        """Return the result of this kind of model; without parameters and optimum for a refused fit."""

    # what a kind of model may state better

    @cached_property
    def likelihood(self) -> PanelLikelihood[ParametersT]:
        return self.likelihood_of(self.scale.panel)

    @cached_property
    def log_prior(self) -> NormalPrior:
        return NormalPrior(np.zeros(self.scale.size), np.zeros(self.scale.size))

    def first_curvature(self, point: Iterate) -> Array:
        """Approximate the Hessian at the starting point; it need not be exact."""
        return forward_difference_hessian(self, point)

    def curvature(self, x: Array, indices: Indices, near_singular: bool) -> Array:
        """Return the Hessian along the coordinates `indices`; near_singular: as the one nearby was."""
        return hessian(self, x, indices)

    def information(self, optimum: Optimum) -> Array:
        """Return the information per person along the free coordinates, the basis of standard errors."""
        return optimum.hessian

    @property
    def standard_error_method(self) -> str:
        return "observed information"

    def clusters(self) -> tuple[str, list[NDArray[np.int64]]]:
        """Return a word for the independent clusters, and the persons of each; persons without rows are left out."""
        return "persons", [np.array([i], dtype=np.int64) for i in np.flatnonzero(np.diff(self.panel.starts))]

    def examine(self, optimum: Optimum) -> Optimum:
        """Return the optimum with an outcome that only this kind of model can tell."""
        return optimum

    def describe_held(self, name: str) -> str:
        """Return a clause about a variance that is held at zero."""
        return f"{name} is zero"

    def notes(self) -> tuple[str, ...]:
        return ()

    # what all have in common

    def __call__(self, x: Array) -> tuple[float, Array]:
        """Return value and gradient; (inf, zeros) where the model is undefined."""
        # beyond this exponentials overflow
        if np.abs(x).max(initial=0.0) > 100.0:
            return np.inf, np.zeros_like(x)
        try:
            value, gradient = self.likelihood.value_and_gradient(self.scale.standard(x))
        except (ModelError, np.linalg.LinAlgError):
            return np.inf, np.zeros_like(x)
        precision, deviation = self.log_prior.precision, x - self.log_prior.mean
        value -= 0.5 * float(precision @ deviation**2)
        slope = self.scale.pull_back(x, gradient) - precision * deviation
        return -value / self.n, -slope / self.n

    @property
    def floor(self) -> float:
        """Value below which the likelihood counts as unbounded."""
        return -_MAX_LOG_DENSITY * self.panel.n_observations / self.n

    def log_likelihood(self, x: Array) -> float:
        """Return the log-likelihood of the scores in points, without the prior."""
        return self.likelihood.value(self.scale.standard(x)) + self.scale.log_likelihood_shift

    def advice(self, optimum: Optimum) -> Advice:
        """Return the outcome with advice."""
        held = "; ".join(self.describe_held(name) for name in optimum.held)
        if optimum.unbounded:
            return Advice(
                optimum.kind, _UNBOUNDED, "Leave out the column that the others, its own past or time determine."
            )
        sentence = _SENTENCES[optimum.kind].format(held=held)
        return Advice(optimum.kind, sentence, self.remedies().get(optimum.kind, ""))
