"""What is estimated: the specification of a model and its parameters by name, on the natural scale.

Natural scale everywhere: drift per time unit, covariances (not their roots or logs), named by construct.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from securebase.errors import InputError

Array = NDArray[np.float64]


class _Known(StrEnum):
    """A closed list: a text that is not on it is refused with those that are."""

    @classmethod
    def _missing_(cls, value: object) -> NoReturn:
        raise InputError(f"there is no {cls.__name__.lower()} “{value}”", advice=f"Known are: {', '.join(cls)}.")


class Trend(_Known):
    """How the mean of a course moves with time.

    none: constant means. linear: a straight line per construct. apart: each construct its own bounded exponential
    change by the planned end. carried: therapy is an input that pushes the constructs, which push each other.
    """

    NONE = "none"
    LINEAR = "linear"
    APART = "apart"
    CARRIED = "carried"


class Start(_Known):
    """Distribution of the state-like part at a person's first row: stationary, or a free covariance (mean 0)."""

    STATIONARY = "stationary"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Specification:
    """Which model: constructs (order matters), trend, start, time unit, planned end (in time units).

    own_change: every person has a change of their own around the trend (random slopes): change · f(t), f as the trend
    bends (`equations.share_of_own_change`). start_deviation: the mean of movements at the first row is free and fades
    with the drift. indicators: (name, construct) of every column of scores; none given: one a construct, named like it.
    inputs: names of what is done between one row and the next (techniques, phases). covariates: names of what persons
    bring along. therapists: clients of one therapist share a level. Trend and start may be given as texts.

    Raises InputError where there is none of that name, or an indicator belongs to no construct.
    """

    constructs: tuple[str, ...]
    trend: Trend = Trend.NONE
    start: Start = Start.STATIONARY
    time_unit: str = "week"
    days_per_unit: float = 7.0
    planned_end: float = 16.0
    own_change: bool = False
    start_deviation: bool = False
    indicators: tuple[tuple[str, str], ...] = ()
    inputs: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    therapists: bool = False

    def __post_init__(self) -> None:
        for name in ("constructs", "inputs", "covariates"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "indicators", tuple((i, c) for i, c in self.indicators))
        object.__setattr__(self, "trend", Trend(self.trend))
        object.__setattr__(self, "start", Start(self.start))
        for indicator, construct in self.indicators:
            if construct not in self.constructs:
                raise InputError(f"the indicator “{indicator}” belongs to “{construct}”, which is no construct here")
        for construct in self.constructs:
            if self.indicators and construct not in {c for _, c in self.indicators}:
                raise InputError(f"“{construct}” has no indicator", advice="Give at least one for each construct.")

    @property
    def p(self) -> int:
        return len(self.constructs)

    @property
    def scores(self) -> tuple[str, ...]:
        """Names of the columns of scores."""
        return tuple(name for name, _ in self.indicators) or self.constructs

    @property
    def construct_of(self) -> tuple[int, ...]:
        """Position of the construct that each column of scores belongs to (q,)."""
        return tuple(self.constructs.index(c) for _, c in self.indicators) or tuple(range(self.p))

    @property
    def leading(self) -> tuple[bool, ...]:
        """Of each column of scores (q,): whether it is its construct's first, whose points the construct is in."""
        of = self.construct_of
        return tuple(c not in of[:k] for k, c in enumerate(of))

    @property
    def is_plain(self) -> bool:
        """One column of scores for each construct, in the same order."""
        return self.construct_of == tuple(range(self.p))


@dataclass(frozen=True, eq=False)
class Parameters:
    """Parameters of one specification on the natural scale. p constructs, q columns of scores.

    drift (p, p): row k column l is the push of construct l on construct k per time unit. diffusion (p, p): covariance
    of shocks per time unit. level_mean (p,): mean usual level. level_covariance (p, p): between persons.
    measurement_noise (q,): variance of a score's error. start_covariance (p, p) or None (stationary).
    slope (p,): trend linear. change (p,), rate: trend apart. start_mean (p,), therapy_effect (p,): trend carried.
    change_covariance (p, p), level_change_covariance (p, p; rows levels, columns change): own change.
    start_mean (p,) also: start deviation. input_effect (p, inputs): push per time unit and unit of the input.
    covariate_effect (p, covariates): on levels. therapist_covariance (p, p): of levels between therapists.
    loading, intercept (q,): several indicators; 1 and 0 for a construct's first, None where each has but one.
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

    def named(self, of: Specification) -> dict[str, float]:
        """name → value, for example `drift[symptoms,alliance]`: the push of alliance on symptoms.

        Symmetric matrices give their lower triangle. Loadings and intercepts are those that are free.
        """
        out: dict[str, float] = {}
        constructs = of.constructs

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
        matrix("covariate_effect", self.covariate_effect, of.covariates)
        vector("slope", self.slope)
        vector("change", self.change)
        if self.rate is not None:
            out["rate"] = float(self.rate)
        vector("start_mean", self.start_mean)
        vector("therapy_effect", self.therapy_effect)
        matrix("input_effect", self.input_effect, of.inputs)
        free = np.flatnonzero(~np.array(of.leading))
        for name, values in (("loading", self.loading), ("intercept", self.intercept)):
            if values is not None:
                vector(name, values[free], tuple(of.scores[k] for k in free))
        vector("measurement_noise", self.measurement_noise, of.scores)
        return out

    @classmethod
    def from_named(cls, named: Mapping[str, float], of: Specification) -> Parameters:
        """The reverse of `named`. Raises InputError where a name is missing, or is none of this specification."""
        used: set[str] = set()

        def value(name: str) -> float:
            used.add(name)
            if name not in named:
                raise InputError(f"there is no “{name}”, which this model needs")
            return float(named[name])

        def vector(name: str, names: tuple[str, ...] = of.constructs) -> Array:
            return np.array([value(f"{name}[{c}]") for c in names], dtype=np.float64)

        def matrix(name: str, columns: tuple[str, ...] = of.constructs) -> Array:
            return np.array([[value(f"{name}[{r},{c}]") for c in columns] for r in of.constructs], dtype=np.float64)

        def lower(name: str) -> Array:
            found = np.zeros((of.p, of.p))
            for i, row in enumerate(of.constructs):
                for j, column in enumerate(of.constructs[: i + 1]):
                    found[i, j] = found[j, i] = value(f"{name}[{row},{column}]")
            return found

        def by_column(name: str, leading: float) -> Array | None:
            pairs = zip(of.scores, of.leading, strict=True)
            return None if of.is_plain else np.array([leading if lead else value(f"{name}[{c}]") for c, lead in pairs])

        carried, apart, own = of.trend == Trend.CARRIED, of.trend == Trend.APART, of.own_change
        found = cls(
            drift=matrix("drift"),
            diffusion=lower("diffusion"),
            level_mean=vector("level_mean"),
            level_covariance=lower("level_covariance"),
            measurement_noise=vector("measurement_noise", of.scores),
            start_covariance=lower("start_covariance") if of.start == Start.FREE else None,
            slope=vector("slope") if of.trend == Trend.LINEAR else None,
            change=vector("change") if apart else None,
            rate=value("rate") if apart or (carried and own) else None,
            start_mean=vector("start_mean") if carried or of.start_deviation else None,
            therapy_effect=vector("therapy_effect") if carried else None,
            change_covariance=lower("change_covariance") if own else None,
            level_change_covariance=matrix("level_change_covariance") if own else None,
            input_effect=matrix("input_effect", of.inputs) if of.inputs else None,
            covariate_effect=matrix("covariate_effect", of.covariates) if of.covariates else None,
            therapist_covariance=lower("therapist_covariance") if of.therapists else None,
            loading=by_column("loading", 1.0),
            intercept=by_column("intercept", 0.0),
        )
        if further := [name for name in named if name not in used]:
            raise InputError(f"this model has no “{further[0]}”")
        return found
