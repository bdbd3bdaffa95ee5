"""The result of a fit of the continuous-time model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from securebase.model.estimation.result import FitResult
from securebase.model.estimation.stability import instability_of_drift
from securebase.model.estimation.summary import summarise, unit_of
from securebase.model.parameters import Parameters
from securebase.model.specification import Specification


@dataclass(frozen=True, eq=False, kw_only=True)
class Fit(FitResult):
    """Result of a fit of the continuous-time model.

    Parameters
    ----------
    specification : Specification
        The model that was fitted.
    parameters : Parameters or None
        Estimates on the natural scale; None where the fit was refused for want of data.
    internal : InternalSolution or None
        The optimum on the internal scale.
    reliability : mapping of str to float
        Reliabilities that acted as priors on measurement noise.
    data_share : mapping of str to float
        With a shrinkage prior, the share of each estimate that comes from the data: 1 − posterior / prior variance.

    Notes
    -----
    `outcome.kind` says how the fit ended: converged, boundary, not_separable, indefinite, not_enough_data, regularised
    or not_converged. `estimates` maps names such as ``drift[y,x]`` to values with standard errors, `log_likelihood`
    excludes any prior, and `aic`, `bic` and `interval` derive from both.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> cohort = securebase.simulate("default", n_clients=60, rng=np.random.default_rng(1), sessions=12)
    >>> rows = securebase.panel(cohort, ("symptoms",))
    >>> result = securebase.fit(rows, securebase.Specification(("symptoms",), trend="linear"))
    >>> low, high = result.interval("drift[symptoms,symptoms]")
    >>> low < result.estimates["drift[symptoms,symptoms]"].value < high
    True
    """

    specification: Specification
    parameters: Parameters | None
    reliability: Mapping[str, float] = field(default_factory=dict)
    data_share: Mapping[str, float] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        spec = self.specification
        title = (
            f"Continuous-time model of {', '.join(spec.constructs)}: trend {spec.trend.value}, start "
            f"{spec.start.value}, time in {spec.time_unit}s"
        )
        per_time = spec.slopes_per_time
        return summarise(title, self, lambda name: unit_of(name, spec.time_unit, slopes_per_time=per_time))

    @property
    def instability(self) -> str:
        if self.parameters is None or not self.ended_regularly:
            return ""
        unit = self.specification.time_unit
        return instability_of_drift(self.parameters.drift, unit if unit != "file" else "unit of time")

    @property
    def is_regularised(self) -> bool:
        return bool(self.reliability) or super().is_regularised
