"""The specification of a model and its parameters, by name and on the natural scale.

Natural scale everywhere: drift per time unit, covariances (not their roots or logarithms), named by construct.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from securebase.errors import InputError, ModelError
from securebase.model.arguments import check_names, check_number, check_pairs

Array = NDArray[np.float64]


class Vocabulary(StrEnum):
    """A closed list of texts; an unknown text raises ModelError with the known ones."""

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        # DiscreteTimeModel → discrete time model
        kind = re.sub("(?<=[a-z])(?=[A-Z])", " ", cls.__name__).lower()
        raise ModelError(f"unknown {kind} “{value}”", advice=f"Use one of {', '.join(cls)}.")


class Trend(Vocabulary):
    """Mean trend m(t) of the constructs, as a deviation from `level_mean`.

    none: m = 0. linear: m = slope t. apart: m = change (1 − exp(−rate t)) / (1 − exp(−rate T)), a bounded exponential
    per construct that reaches `change` at the planned end T. carried: dm = (A m + B) dt with m(0) = start_mean, so
    therapy is an input B that acts on each construct, and constructs act on each other through the drift A.
    """

    NONE = "none"
    LINEAR = "linear"
    APART = "apart"
    CARRIED = "carried"


class Start(Vocabulary):
    """Distribution of the state-like part at a person's first row: stationary, or a free covariance (mean 0)."""

    STATIONARY = "stationary"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Specification:
    """Choice of a hierarchical continuous-time state-space model: constructs, trend, start and further parts.

    For person i of therapist h at time t, p constructs and q columns of scores; column j measures construct k(j)::

        ds_i = (A s_i + E u_i) dt + G dW                                  state, with inputs u_i
        η_i(t) = μ + m(t) + b_i + f(t) c_i + g_h + Γ x_i + s_i(t)         true values of the constructs (p,)
        y_ij = ν_j + λ_j η_i,k(j)(t) + ε_ij,                              ε_ij ~ N(0, r_j)
        (b_i, c_i) ~ N(0, [[Σ_b, Σ_bc], [Σ_bc', Σ_c]]),                   g_h ~ N(0, Σ_g)

    with random intercepts b_i and random slopes c_i of the person, and the deviation g_h that the clients of a
    therapist share. Each input u_i is constant from one row to the next.

    ==========  ============================  ==================================================================
    Symbol      Field of `Parameters`         Meaning
    ==========  ============================  ==================================================================
    A, GG'      drift, diffusion              rate of change of the state per time unit, covariance of its shocks
    μ, Σ_b      level_mean, level_covariance  mean and between-person covariance of the usual levels
    Σ_c, Σ_bc   change_covariance,            covariance of random slopes, and of levels (rows) with random
                level_change_covariance       slopes (columns): do clients with a high level change more?
    Σ_g         therapist_covariance          covariance of levels between therapists
    E, Γ        input_effect,                 effects of time-varying inputs on the rate of change, and of
                covariate_effect              time-invariant covariates on the usual level
    λ, ν, r     loading, intercept,           measurement of each column of scores
                measurement_noise
    ==========  ============================  ==================================================================

    Without its option a term is left out: f(t) c_i without `random_slopes`, g_h without `therapists`, E u_i without
    `inputs`, Γ x_i without `covariates`; without `indicators` λ = 1 and ν = 0.

    Parameters
    ----------
    constructs : tuple of str
        Names of the p constructs. Their order is that of every vector and matrix.
    trend : Trend or str
        Mean trend m(t): "none", "linear", "apart" or "carried" (see `Trend`).
    start : Start or str
        Covariance of s at a person's first row: "stationary" (follows from A and GG') or "free".
    time_unit : str
        Name of the unit in which times, drift and diffusion are expressed.
    days_per_unit : float
        Days in one time unit.
    planned_end : float
        Planned end T of the course, in time units.
    random_slopes : bool
        Adds f(t) c_i, a person-specific change around the mean trend, with Σ_c and Σ_bc. f(t) = t with trend none or
        linear; else f(t) = (1 − exp(−rate t)) / (1 − exp(−rate T)), the share of the change by the planned end.
    free_start_mean : bool
        Adds the mean of the initial state, `start_mean`. It decays as exp(A (t − t₀)) start_mean after the first row.
        With trend carried, `simulate` and the likelihood take any `start_mean`; `fit` holds it at 0 unless this is set
        (decision 0006).
    indicators : tuple of (str, str)
        (column, construct) of every column of scores, the first of a construct being its reference indicator
        (loading 1, intercept 0). Adds λ and ν of every further column. Empty: one column per construct, with its name.
    inputs : tuple of str
        Names of time-varying inputs u, such as techniques or phases. Adds E u_i to the rate of change of the state.
    covariates : tuple of str
        Names of time-invariant covariates x of the person. Adds Γ x_i to the usual level.
    therapists : bool
        Adds g_h, a deviation of the levels that the clients of a therapist share, with covariance Σ_g.

    Raises
    ------
    ModelError
        If names are missing or not unique, trend or start is unknown, a unit or the planned end is not greater than 0,
        an indicator belongs to no construct, or a construct has no indicator.

    References
    ----------
    Oud, J. H. L., & Jansen, R. A. R. G. (2000). Continuous time state space modeling of panel data by means of SEM.
    Psychometrika, 65(2), 199–215.
    Driver, C. C., Oud, J. H. L., & Voelkle, M. C. (2017). Continuous time structural equation modeling with R package
    ctsem. Journal of Statistical Software, 77(5), 1–35.

    Examples
    --------
    >>> import securebase
    >>> model = securebase.Specification(("symptoms", "alliance"), trend="linear", random_slopes=True)
    >>> model.trend.value, model.start.value, model.p
    ('linear', 'stationary', 2)
    >>> model.scores
    ('symptoms', 'alliance')
    """

    constructs: tuple[str, ...]
    trend: Trend = Trend.NONE
    start: Start = Start.STATIONARY
    time_unit: str = "week"
    days_per_unit: float = 7.0
    planned_end: float = 16.0
    random_slopes: bool = False
    free_start_mean: bool = False
    indicators: tuple[tuple[str, str], ...] = ()
    inputs: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    therapists: bool = False

    def __post_init__(self) -> None:
        for name in ("constructs", "inputs", "covariates"):
            object.__setattr__(self, name, check_names(getattr(self, name), name))
        if not self.constructs:
            raise ModelError("constructs must name at least one construct (got none)")
        indicators = check_pairs(
            self.indicators,
            "indicators must be pairs (column, construct)",
            advice='Write (("phq9", "symptoms"), ("bdi2", "symptoms")).',
        )
        object.__setattr__(self, "indicators", indicators)
        check_names((i for i, _ in self.indicators), "columns of indicators")
        for name in ("days_per_unit", "planned_end"):
            check_number(getattr(self, name), name)
            if not (np.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise ModelError(f"{name} must be greater than 0 (got {getattr(self, name):g})")
        object.__setattr__(self, "trend", Trend(self.trend))
        object.__setattr__(self, "start", Start(self.start))
        for indicator, construct in self.indicators:
            if construct not in self.constructs:
                raise ModelError(
                    f"the indicator “{indicator}” belongs to “{construct}”, which is not among the constructs",
                    advice=f"The constructs are {', '.join(self.constructs)}.",
                )
        for construct in self.constructs:
            if self.indicators and construct not in {c for _, c in self.indicators}:
                raise ModelError(f"“{construct}” has no indicator", advice="Give at least one for each construct.")

    @property
    def p(self) -> int:
        """Number of constructs."""
        return len(self.constructs)

    @property
    def scores(self) -> tuple[str, ...]:
        """Names of the q columns of scores."""
        return tuple(name for name, _ in self.indicators) or self.constructs

    @property
    def construct_of(self) -> tuple[int, ...]:
        """Index of the construct that each column of scores measures (q,)."""
        return tuple(self.constructs.index(c) for _, c in self.indicators) or tuple(range(self.p))

    @property
    def is_reference(self) -> tuple[bool, ...]:
        """Flag per column of scores (q,): True for the reference indicator, whose points are those of its construct."""
        construct = self.construct_of
        return tuple(c not in construct[:k] for k, c in enumerate(construct))

    @property
    def is_plain(self) -> bool:
        """True if each construct has exactly one column of scores, in the same order."""
        return self.construct_of == tuple(range(self.p))


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
