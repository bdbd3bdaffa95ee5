"""The parameters of a model, by name and on the natural scale.

Natural scale everywhere: drift per time unit, covariances (not their roots or logarithms), named by construct.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from securebase.errors import InputError, ModelError
from securebase.model.specification import Specification, Start, Trend

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Parameters:
    """Parameters of one specification, on the natural scale. p constructs, q columns of scores.

    Optional parts are None where the specification has none of them. Fields hold arrays of float64; the units are
    points of the reference indicator ("points") and time units of the specification.

    Parameters
    ----------
    drift : (p, p) array, per time unit
        A. Row k, column l: effect of the state of construct l on the rate of change of construct k.
    diffusion : (p, p) array, points² per time unit
        GG', the covariance of the shocks per time unit.
    level_mean : (p,) array, points
        Mean usual level μ of each construct.
    level_covariance : (p, p) array, points²
        Covariance of usual levels (random intercepts) between persons.
    measurement_noise : (q,) array, squared points of each column
        Error variance r of each column of scores.
    start_covariance : (p, p) array, points², optional
        Covariance of the initial state; None where it is stationary.
    slope : (p,) array, points per time unit, optional
        Mean slope (trend linear).
    change : (p,) array, points, optional
        Mean change by the planned end (trend apart).
    rate : float, per time unit, optional
        Rate of the bounded exponential (trend apart; random slopes with trend apart or carried).
    start_mean : (p,) array, points, optional
        Initial-state mean (trend carried, or `Specification.free_start_mean`).
    therapy_effect : (p,) array, points per time unit, optional
        B, the effect of therapy as a constant input (trend carried).
    change_covariance : (p, p) array, optional
        Covariance of random slopes, in (points per time unit)² with trend none or linear, else in points² of change
        by the planned end.
    level_change_covariance : (p, p) array, optional
        Covariance of usual levels (rows) with random slopes (columns).
    input_effect : (p, inputs) array, points per time unit and unit of the input, optional
        E, the effect of each time-varying input on the rate of change.
    covariate_effect : (p, covariates) array, points per unit of the covariate, optional
        Γ, the effect of each time-invariant covariate on the usual level.
    therapist_covariance : (p, p) array, points², optional
        Covariance of the levels between therapists.
    loading, intercept : (q,) arrays, optional
        λ and ν of each column of scores; 1 and 0 for reference indicators, None if each construct has one column.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> model = securebase.Specification(("symptoms",))
    >>> values = securebase.Parameters(
    ...     drift=np.array([[-0.7]]),
    ...     diffusion=np.array([[1.4]]),
    ...     level_mean=np.array([12.0]),
    ...     level_covariance=np.array([[9.0]]),
    ...     measurement_noise=np.array([2.0]),
    ... )
    >>> for name, value in values.named(model).items():
    ...     print(name, value)
    drift[symptoms,symptoms] -0.7
    diffusion[symptoms,symptoms] 1.4
    level_covariance[symptoms,symptoms] 9.0
    level_mean[symptoms] 12.0
    measurement_noise[symptoms] 2.0
    """

    drift: Array
    diffusion: Array
    level_mean: Array
    level_covariance: Array
    measurement_noise: Array
    start_covariance: Array | None = None
    slope: Array | None = None
    change: Array | None = None
    rate: float | None = None
    start_mean: Array | None = None
    therapy_effect: Array | None = None
    change_covariance: Array | None = None
    level_change_covariance: Array | None = None
    input_effect: Array | None = None
    covariate_effect: Array | None = None
    therapist_covariance: Array | None = None
    loading: Array | None = None
    intercept: Array | None = None

    def named(self, specification: Specification) -> dict[str, float]:
        """Return every free parameter by name, e.g. `drift[symptoms,alliance]`, the effect of alliance on symptoms.

        Symmetric matrices give their lower triangle, row by row. Reference loadings and intercepts are left out.

        Parameters
        ----------
        specification : Specification
            The model that these parameters belong to; it supplies the names.

        Returns
        -------
        dict of str to float
            Name → value on the natural scale, in the order in which `fit` lists its estimates.

        Raises
        ------
        ModelError
            If the parameters and the specification differ in their number of constructs or columns.
        """
        out: dict[str, float] = {}
        constructs = specification.constructs
        if np.ndim(self.level_mean) != 1 or np.ndim(self.measurement_noise) != 1:
            raise ModelError("level_mean and measurement_noise must be arrays with one value per construct or column")
        if np.shape(self.level_mean) != (specification.p,) or len(self.measurement_noise) != len(specification.scores):
            raise ModelError(
                f"the parameters have {len(self.level_mean)} constructs and {len(self.measurement_noise)} columns of "
                f"scores, the specification {specification.p} and {len(specification.scores)}",
                advice="Use the specification to which the parameters belong.",
            )

        def vector(name: str, values: Array | None, names: tuple[str, ...] = constructs) -> None:
            if values is not None:
                out.update({f"{name}[{c}]": float(v) for c, v in zip(names, values, strict=True)})

        def lower(name: str, values: Array | None) -> None:
            if values is not None:
                for i, row in enumerate(constructs):
                    for j, column in enumerate(constructs[: i + 1]):
                        out[f"{name}[{row},{column}]"] = float(values[i, j])

        def matrix(name: str, values: Array | None, columns: tuple[str, ...] = constructs) -> None:
            if values is not None:
                for i, row in enumerate(constructs):
                    for j, column in enumerate(columns):
                        out[f"{name}[{row},{column}]"] = float(values[i, j])

        matrix("drift", self.drift)
        lower("diffusion", self.diffusion)
        lower("start_covariance", self.start_covariance)
        lower("level_covariance", self.level_covariance)
        lower("change_covariance", self.change_covariance)
        matrix("level_change_covariance", self.level_change_covariance)
        lower("therapist_covariance", self.therapist_covariance)
        vector("level_mean", self.level_mean)
        matrix("covariate_effect", self.covariate_effect, specification.covariates)
        vector("slope", self.slope)
        vector("change", self.change)
        if self.rate is not None:
            out["rate"] = float(self.rate)
        vector("start_mean", self.start_mean)
        vector("therapy_effect", self.therapy_effect)
        matrix("input_effect", self.input_effect, specification.inputs)
        free = np.flatnonzero(~np.array(specification.is_reference))
        for name, values in (("loading", self.loading), ("intercept", self.intercept)):
            if values is not None:
                vector(name, values[free], tuple(specification.scores[k] for k in free))
        vector("measurement_noise", self.measurement_noise, specification.scores)
        return out

    @classmethod
    def from_named(cls, named: Mapping[str, float], specification: Specification) -> Parameters:
        """Build parameters from their names and values: the inverse of `named`.

        Parameters
        ----------
        named : mapping of str to float
            Name → value on the natural scale, as `named` returns it.
        specification : Specification
            The model that these parameters belong to.

        Returns
        -------
        parameters : Parameters
            With None for every part that the model does not have.

        Raises
        ------
        InputError
            If a name that the model needs is missing, or a name is unknown to the model.

        Examples
        --------
        >>> import securebase
        >>> known = securebase.parameter_set()
        >>> values = known.parameters.named(known.specification)
        >>> again = securebase.Parameters.from_named(values, known.specification)
        >>> again.named(known.specification) == values
        True
        """
        used: set[str] = set()

        def value(name: str) -> float:
            used.add(name)
            if name not in named:
                raise InputError(f"the parameter “{name}” is missing", advice="Name every parameter of the model.")
            return float(named[name])

        def vector(name: str, names: tuple[str, ...] = specification.constructs) -> Array:
            return np.array([value(f"{name}[{c}]") for c in names], dtype=np.float64)

        def matrix(name: str, columns: tuple[str, ...] = specification.constructs) -> Array:
            return np.array(
                [[value(f"{name}[{r},{c}]") for c in columns] for r in specification.constructs], dtype=np.float64
            )

        def lower(name: str) -> Array:
            values = np.zeros((specification.p, specification.p))
            for i, row in enumerate(specification.constructs):
                for j, column in enumerate(specification.constructs[: i + 1]):
                    values[i, j] = values[j, i] = value(f"{name}[{row},{column}]")
            return values

        def by_column(name: str, leading: float) -> Array | None:
            pairs = zip(specification.scores, specification.is_reference, strict=True)
            return (
                None
                if specification.is_plain
                else np.array([leading if lead else value(f"{name}[{c}]") for c, lead in pairs])
            )

        carried, apart, random_slopes = (
            specification.trend == Trend.CARRIED,
            specification.trend == Trend.APART,
            specification.random_slopes,
        )
        parameters = cls(
            drift=matrix("drift"),
            diffusion=lower("diffusion"),
            level_mean=vector("level_mean"),
            level_covariance=lower("level_covariance"),
            measurement_noise=vector("measurement_noise", specification.scores),
            start_covariance=lower("start_covariance") if specification.start == Start.FREE else None,
            slope=vector("slope") if specification.trend == Trend.LINEAR else None,
            change=vector("change") if apart else None,
            rate=value("rate") if apart or (carried and random_slopes) else None,
            start_mean=vector("start_mean") if carried or specification.free_start_mean else None,
            therapy_effect=vector("therapy_effect") if carried else None,
            change_covariance=lower("change_covariance") if random_slopes else None,
            level_change_covariance=matrix("level_change_covariance") if random_slopes else None,
            input_effect=matrix("input_effect", specification.inputs) if specification.inputs else None,
            covariate_effect=matrix("covariate_effect", specification.covariates) if specification.covariates else None,
            therapist_covariance=lower("therapist_covariance") if specification.therapists else None,
            loading=by_column("loading", 1.0),
            intercept=by_column("intercept", 0.0),
        )
        if unknown := [name for name in named if name not in used]:
            raise InputError(f"this model has no parameter “{unknown[0]}”", advice="Use the names of Parameters.named.")
        return parameters
