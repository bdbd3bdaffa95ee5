"""`StudyResult`: every estimated number that is shown about many clients. Frozen, and ready to be written as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from typing import Any

from securebase.records.cohort import ImportReport
from securebase.study.checks import Checks
from securebase.study.courses import Trajectories
from securebase.study.moderation import BendFinding
from securebase.study.reciprocal import LagFinding
from securebase.study.variance import MovesWith, VarianceRow

#: raised by one whenever a field of the JSON changes its name or meaning
RESULT_VERSION = 2


@dataclass(frozen=True, slots=True)
class StudyRequest:
    """What was asked of the data, in the table's own words."""

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

    def label(self, construct: str) -> str:
        return self.labels.get(construct, construct)


@dataclass(frozen=True, slots=True)
class Size:
    """How much data there is: persons, sessions, and how long the courses are."""

    n_persons: int
    n_sessions: int
    shortest: int
    median: float
    longest: int
    usual_gap: float | None


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One parameter of a fitted model on the natural scale, per unit of time."""

    name: str
    estimate: float
    standard_error: float | None


@dataclass(frozen=True, slots=True)
class EffectRow:
    """What one step of time carries over: standardised effect of `earlier` on `later`, with its 95% interval."""

    earlier: str
    later: str
    estimate: float
    standard_error: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class ResidualRow:
    """One-step-ahead residuals of one construct in units of their predicted spread: mean 0, SD 1, no autocorrelation
    where the model fits. `beyond` is the share further out than 1.96."""

    construct: str
    n: int
    mean: float
    sd: float
    autocorrelation: float | None
    beyond: float


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """One fitted continuous-time model with its diagnostics. `outcome` is how the fit ended; `trend` its reading of the
    trend, “own lines” where each person has a straight line of their own around a mean one.

    `effects` are over `effect_step` units of time, the usual distance between two sessions.
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
    """A model that was asked for and could not be fitted, with the reason."""

    trend: str
    reason: str


@dataclass(frozen=True, slots=True)
class StudyResult:
    """All that may be said of a cohort. The words are computed from the numbers.

    `findings_in_words` (sentences without figures), `caveats_in_words` (does the fitted model show it, does one person
    decide?), `figures_in_words`, `others_in_words` (do other ways of computing it agree?) and `model_in_words` (what
    the fitted model says of the same direction) are in the order of `lags`. `bends` are the moderators and curvatures
    that were asked for; their words are in the same order.
    """

    asked: StudyRequest
    size: Size
    import_report: ImportReport | None
    fingerprint: str
    versions: Mapping[str, str]
    simulated: bool
    variance: tuple[VarianceRow, ...]
    moves_with: tuple[MovesWith, ...]
    lags: tuple[LagFinding, ...]
    rule: str
    models: tuple[ModelSummary | NotFitted, ...]
    findings_in_words: tuple[str, ...]
    caveats_in_words: tuple[str, ...]
    figures_in_words: tuple[str, ...]
    others_in_words: tuple[str, ...]
    model_in_words: tuple[str, ...]
    limits: tuple[str, ...]
    bends: tuple[BendFinding, ...] = ()
    bends_in_words: tuple[str, ...] = ()
    bend_figures_in_words: tuple[str, ...] = ()
    checks: Checks | None = None
    courses: Trajectories = field(repr=False, default_factory=Trajectories)

    def to_json(self) -> dict[str, Any]:
        """Plain values under string keys; what is not a finite number is null. Single persons' courses stay out."""
        out: dict[str, Any] = {"result_version": RESULT_VERSION}
        out |= {f.name: plain(getattr(self, f.name)) for f in fields(self) if f.name != "courses"}
        return out


def plain(value: Any) -> Any:
    """Dataclasses, mappings, tuples and enums as what JSON knows."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
