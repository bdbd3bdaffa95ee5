"""The result of a fit of a discrete-time panel model."""

from __future__ import annotations

from dataclasses import dataclass

from securebase.model.discrete_time.specification import DiscreteTimeParameters, DiscreteTimeSpecification
from securebase.model.estimation.result import FitResult
from securebase.model.estimation.stability import instability_of_lags
from securebase.model.estimation.summary import summarise, unit_of


@dataclass(frozen=True, eq=False, kw_only=True)
class DiscreteTimeFit(FitResult):
    """Result of a fit of a discrete-time panel model.

    Parameters
    ----------
    specification : DiscreteTimeSpecification
        The model that was fitted.
    parameters : DiscreteTimeParameters or None
        Estimates in points; None where the fit was refused for want of data.

    Notes
    -----
    `estimates` maps names such as ``lags[y 3,x 2]`` (from x at wave 2 to y at wave 3) to values with standard errors;
    `outcome`, `log_likelihood`, `aic`, `bic` and `interval` are as in `Fit`.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> cohort = securebase.simulate("default", n_clients=80, rng=np.random.default_rng(1), sessions=4, dropout=0.0)
    >>> rows = securebase.panel(cohort, ("symptoms", "alliance"))
    >>> model = securebase.discrete_time_specification(rows, "clpm", equal_lags=True)
    >>> result = securebase.fit_discrete_time(rows, model)
    >>> result.outcome.kind, bool(np.isfinite(result.log_likelihood))
    ('converged', True)
    """

    specification: DiscreteTimeSpecification
    parameters: DiscreteTimeParameters | None

    @property
    def instability(self) -> str:
        if self.parameters is None or len(self.parameters.lags) > 1 or not self.ended_regularly:
            return ""
        return instability_of_lags(self.parameters.lags[0])

    def __str__(self) -> str:
        spec = self.specification
        title = (
            f"Discrete-time panel model of {', '.join(spec.constructs)}: {spec.waves} waves, random intercepts "
            f"{'yes' if spec.levels else 'no'}, lags {spec.lags.value}, start {spec.start.value}"
        )
        return summarise(title, self, lambda name: unit_of(name, "wave"))
