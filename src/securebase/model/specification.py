"""The specification of a model: its constructs, mean trend, start and further parts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError
from securebase.model.arguments import check_names, check_number, check_pairs


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
    effects : tuple of (str, str), optional
        (from, to) of every effect between two constructs that is estimated; all other entries of A off its diagonal
        are held at 0 by `fit`. Default: every effect is estimated.

    Raises
    ------
    ModelError
        If names are missing or not unique, trend or start is unknown, a unit or the planned end is not greater than 0,
        an indicator belongs to no construct, a construct has no indicator, or an effect does not connect two of the
        constructs.

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
    effects: tuple[tuple[str, str], ...] | None = None

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
        if self.effects is not None:
            effects = check_pairs(
                self.effects,
                "effects must be pairs (from, to)",
                advice='Write (("alliance", "symptoms"), ("symptoms", "alliance")).',
            )
            object.__setattr__(self, "effects", effects)
            for pair in effects:
                if pair[0] == pair[1] or not set(pair) <= set(self.constructs):
                    raise ModelError(
                        f"the effect “{pair[0]} → {pair[1]}” does not connect two of the constructs",
                        advice=f"The constructs are {', '.join(self.constructs)}.",
                    )

    @property
    def p(self) -> int:
        """Number of constructs."""
        return len(self.constructs)

    @property
    def slopes_per_time(self) -> bool:
        """True if random slopes are changes per time unit, not by the planned end (decision 0008)."""
        return self.trend in (Trend.NONE, Trend.LINEAR)

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
    def free_drift(self) -> NDArray[np.bool_]:
        """Mask (p, p) of the estimated entries of the drift: the diagonal, and A[to, from] of every effect."""
        free: NDArray[np.bool_] = np.ones((self.p, self.p), dtype=bool)
        if self.effects is not None:
            free = np.eye(self.p, dtype=bool)
            for origin, target in self.effects:
                free[self.constructs.index(target), self.constructs.index(origin)] = True
        return free

    @property
    def is_plain(self) -> bool:
        """True if each construct has exactly one column of scores, in the same order."""
        return self.construct_of == tuple(range(self.p))
