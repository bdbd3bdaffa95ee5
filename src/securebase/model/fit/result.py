"""What a fit found, whatever the model: estimates with standard errors, and an honest word on how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from securebase.errors import Advice
from securebase.model.parameters import Array


@dataclass(frozen=True, slots=True)
class Estimate:
    """On the natural scale. No standard error where the estimate is held (at a boundary, or by definition)."""

    value: float
    standard_error: float | None


@dataclass(frozen=True, eq=False, kw_only=True)
class FitResult:
    """What a fit found. `estimates` is empty and `log_likelihood` None where it was refused.

    covariance: of the estimates, in their order (NaN where there is no standard error). gradient_norm: largest entry
    of the gradient of log-likelihood / persons on the internal scale. hessian_eigenvalues: of its negative Hessian,
    ascending. held: internal variances held at zero. log_likelihood has no prior in it. errors: what the standard
    errors rest on, “observed information”, “expected information” or “robust”. fingerprints: of the data, for comparing
    fits.
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

    @property
    def aic(self) -> float | None:
        """2 k − 2 log-likelihood, with k parameters (Akaike 1974). None where a prior had a say: the log-likelihood
        then is not the highest there is."""
        if self.log_likelihood is None or self.is_regularised:
            return None
        return 2.0 * (self.n_parameters - self.log_likelihood)

    @property
    def bic(self) -> float | None:
        """log(n) k − 2 log-likelihood (Schwarz 1978), with n the number of persons, who are independent where the model
        has no therapists. None where a prior had a say, as for `aic`."""
        if self.log_likelihood is None or self.is_regularised:
            return None
        return float(np.log(max(self.n_persons, 1))) * self.n_parameters - 2.0 * self.log_likelihood

    @property
    def is_regularised(self) -> bool:
        """Whether a reliability or a parameter set had a say beside the data."""
        return self.outcome.kind == "regularised"

    @property
    def condition(self) -> float | None:
        """Largest eigenvalue of the Hessian over its smallest, on the internal scale; None where one is not positive.
        Beyond about 1e8 a direction is hardly determined."""
        values = self.hessian_eigenvalues
        return values[-1] / values[0] if values and values[0] > 0 else None

    @property
    def is_regular(self) -> bool:
        return self.outcome.kind == "converged"

    def interval(self, name: str, z: float = 1.959963984540054) -> tuple[float, float] | None:
        """Interval of an estimate, by default of 95%; of a variance on the log scale, so that it stays above zero.
        None where the estimate has no standard error."""
        value, error = self.estimates[name].value, self.estimates[name].standard_error
        if error is None:
            return None
        if is_variance(name):
            factor = float(np.exp(min(z * error / value, 700.0)))
            return value / factor, value * factor
        return value - z * error, value + z * error


def is_variance(name: str) -> bool:
    """Noise, and the diagonal of a covariance; names are as in Parameters.named."""
    block, _, inside = name.rstrip("]").partition("[")
    row, _, column = inside.partition(",")
    own = block == "diffusion" or (block.endswith("_covariance") and block != "level_change_covariance")
    return block == "measurement_noise" or (own and row == column)


def with_standard_errors(values: Mapping[str, float], covariance: Array) -> dict[str, Estimate]:
    """Estimates by name with the standard errors that a covariance of them holds."""
    with np.errstate(invalid="ignore"):
        spread = np.sqrt(np.diag(covariance))
    return {
        name: Estimate(value, float(se) if np.isfinite(se) else None)
        for (name, value), se in zip(values.items(), spread, strict=True)
    }


def delta_method_covariance(jacobian: Array, information: Array, still: NDArray[np.bool_]) -> Array:
    """Covariance of the natural estimates by the delta method; NaN for those that are `still` or do not move.

    jacobian (estimates, free internal numbers); information (free, free); still (estimates,)."""
    covariance: Array = jacobian @ np.linalg.solve(information, jacobian.T)
    without = still | (np.abs(jacobian).max(axis=1, initial=0.0) == 0)
    covariance[without] = covariance[:, without] = np.nan
    return covariance
