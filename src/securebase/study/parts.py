"""The parts of a study: the request, the amount of data, and the fitted models as plain numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StudyRequest:
    """The question put to the data, in the table's own names.

    occasion: what a row of the table is: session, day, beep or wave. before_and_after: construct rated twice a session
    → its constructs before and after. assigned: columns that were assigned by chance.
    left_out: why processes are left out of the fitted models, a sentence each. rivals: two processes to compare, or
    none. arms: names of the treatment arms.
    """

    outcome: str
    processes: tuple[str, ...]
    labels: Mapping[str, str]
    moments: Mapping[str, str]
    time_unit: str
    trend: str
    start: str
    moderators: tuple[str, ...] = ()
    covariates: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    n_therapists: int | None = None
    indicators: tuple[tuple[str, str], ...] = ()
    occasion: str = "session"
    before_and_after: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    assigned: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    arms: tuple[str, ...] = ()

    def label(self, construct: str) -> str:
        return self.labels.get(construct, construct)


@dataclass(frozen=True, slots=True)
class DataSize:
    """Amount of data: persons, sessions, and sessions per person.

    n_empty: sessions without any value. usual_gap: median gap in units of time.
    """

    n_persons: int
    n_sessions: int
    shortest: int
    median: float
    longest: int
    usual_gap: float | None
    n_empty: int = 0


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One parameter of a fitted model on the natural scale, per unit of time."""

    name: str
    estimate: float
    standard_error: float | None


@dataclass(frozen=True, slots=True)
class EffectRow:
    """Standardised effect of `earlier` on `later` over one step of time, with its 95% interval."""

    earlier: str
    later: str
    estimate: float
    standard_error: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class ResidualRow:
    """One-step-ahead residuals of one construct in predicted standard deviations.

    Where the model fits: mean 0, SD 1, no autocorrelation (at lag 1). `beyond` is the share outside ±1.96.
    """

    construct: str
    n: int
    mean: float
    sd: float
    autocorrelation: float | None
    beyond: float


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """One fitted continuous-time model with its diagnostics.

    outcome: outcome of the fit. trend: mean trend, or “random slopes” if each person has a linear trend around the mean
    one. effects: over `effect_step` units of time, the usual distance between two sessions.
    """

    trend: str
    start: str
    time_unit: str
    constructs: tuple[str, ...]
    outcome: str
    sentence: str
    what_to_do: str
    log_likelihood: float
    n_parameters: int
    n_persons: int
    n_observations: int
    aic: float
    bic: float
    gradient_norm: float | None
    smallest_eigenvalue: float | None
    iterations: int | None
    kernel: str
    notes: tuple[str, ...] = ()
    effect_step: float = 1.0
    parameters: tuple[ParameterRow, ...] = ()
    effects: tuple[EffectRow, ...] = ()
    residuals: tuple[ResidualRow, ...] = ()
    indicators: tuple[tuple[str, str], ...] = ()

    @property
    def converged(self) -> bool:
        return self.outcome == "converged"


@dataclass(frozen=True, slots=True)
class NotFitted:
    """A requested model that could not be fitted, with the reason."""

    trend: str
    reason: str
