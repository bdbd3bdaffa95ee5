"""The result of a fit of any model: estimates with standard errors, and the outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from securebase.errors import Advice, ModelError
from securebase.model.estimation.names import is_variance
from securebase.model.estimation.optimise import Indices
from securebase.model.parameters import Array


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate on the natural scale; no standard error where it is held at a boundary or by definition."""

    value: float
    standard_error: float | None


@dataclass(frozen=True, eq=False)
class InternalSolution:
    """The optimum on the internal scale: x, its free coordinates, and the observed information per person along those.

    The information is the negative Hessian of (log-likelihood + log-prior) / persons.
    """

    x: Array
    free: Indices
    hessian: Array


@dataclass(frozen=True, eq=False, kw_only=True)
class FitResult:
    """Result of a fit. `estimates` is empty and `log_likelihood` None where the fit was refused.

    covariance: of the estimates, in their order (NaN without a standard error). gradient_norm: maximum norm of the
    gradient of log-likelihood / persons on the internal scale. hessian_eigenvalues: of its negative Hessian, ascending.
    held: variances held at zero. log_likelihood: without any prior. standard_error_method: “observed information”,
    “expected information” or “robust”. fingerprints: of the data, for comparing fits. internal: the optimum on the
    internal scale.
    """

    estimates: Mapping[str, Estimate]
    log_likelihood: float | None
    n_parameters: int
    n_persons: int
    n_observations: int
    outcome: Advice
    gradient_norm: float | None = None
    hessian_eigenvalues: tuple[float, ...] = ()
    iterations: int = 0
    kernel: str = ""
    seconds: float = 0.0
    covariance: Array = field(default_factory=lambda: np.zeros((0, 0)))
    held: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    standard_error_method: str = "observed information"
    fingerprints: Mapping[str, str] = field(default_factory=dict, repr=False)
    internal: InternalSolution | None = field(default=None, repr=False)

    @property
    def aic(self) -> float | None:
        """AIC = 2 k − 2 log L with k parameters (Akaike 1974); None with a prior, where log L is not the maximum."""
        if self.log_likelihood is None or self.is_regularised:
            return None
        return 2.0 * (self.n_parameters - self.log_likelihood)

    @property
    def bic(self) -> float | None:
        """BIC = k log(n) − 2 log L (Schwarz 1978); None with a prior.

        n is the number of persons, which are the independent units of a model without therapists.
        """
        if self.log_likelihood is None or self.is_regularised:
            return None
        return float(np.log(max(self.n_persons, 1))) * self.n_parameters - 2.0 * self.log_likelihood

    @property
    def is_regularised(self) -> bool:
        """True where a reliability or a parameter set acted as prior."""
        return self.outcome.kind == "regularised"

    @property
    def condition(self) -> float | None:
        """Condition number of the Hessian on the internal scale; None where an eigenvalue is not positive.

        Beyond about 1e8 some direction is hardly identified.
        """
        values = self.hessian_eigenvalues
        return values[-1] / values[0] if values and values[0] > 0 else None

    @property
    def is_regular(self) -> bool:
        return self.outcome.kind == "converged"

    @property
    def ended_regularly(self) -> bool:
        """True where the estimates can be interpreted: the fit converged, ended at a boundary, or was regularised."""
        return self.outcome.kind in ("converged", "boundary", "regularised")

    @property
    def instability(self) -> str:
        """A sentence where a fit that ended regularly has unstable dynamics; otherwise empty."""
        return ""

    def interval(self, name: str, z: float = 1.959963984540054) -> tuple[float, float] | None:
        """Return the Wald interval of an estimate, by default of 95%; None without a standard error.

        A variance gets it on the log scale, so that it stays above zero: value · exp(± z SE / value). Raises ModelError
        for a name that was not estimated.
        """
        if name not in self.estimates:
            raise ModelError(
                f"no estimate “{name}”",
                advice=f"The estimates are {', '.join(self.estimates)}." if self.estimates else self.outcome.what_to_do,
            )
        value, error = self.estimates[name].value, self.estimates[name].standard_error
        if error is None:
            return None
        if is_variance(name):
            factor = float(np.exp(min(z * error / value, 700.0)))
            return value / factor, value * factor
        return value - z * error, value + z * error


def with_standard_errors(values: Mapping[str, float], covariance: Array) -> dict[str, Estimate]:
    """Return estimates by name with the standard errors from their covariance."""
    with np.errstate(invalid="ignore"):
        standard_errors = np.sqrt(np.diag(covariance))
    return {
        name: Estimate(value, float(se) if np.isfinite(se) else None)
        for (name, value), se in zip(values.items(), standard_errors, strict=True)
    }


def without_constants(covariance: Array, jacobian: Array, names: Sequence[str], held: Sequence[str]) -> Array:
    """Return a covariance of natural estimates (estimates, estimates) with NaN for those that are held or constant.

    jacobian: of the estimates along the free coordinates (estimates, free).
    """
    without_error = np.isin(names, held) | (np.abs(jacobian).max(axis=1, initial=0.0) == 0)
    covariance[without_error] = covariance[:, without_error] = np.nan
    return covariance
