"""`StudyResult`: every estimated number about a cohort. Frozen, and ready to be written as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from securebase.records.cohort import ImportReport
from securebase.schema import to_plain
from securebase.study.checks import ModelChecks
from securebase.study.labels import describe_trend
from securebase.study.moderation import ModerationFinding
from securebase.study.reciprocal import LagFinding
from securebase.study.trajectories import Trajectories
from securebase.study.variance import ConstructCorrelations, VarianceRow

#: increases by one whenever a field of the JSON changes its name or meaning
RESULT_VERSION = 3


@dataclass(frozen=True, slots=True)
class StudyRequest:
    """The question put to the data, in the table's own names."""

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


@dataclass(frozen=True, slots=True)
class StudyResult:
    """All findings about a cohort: the result of `study_cohort`. Sentences are computed from the numbers.

    Each lag is the coefficient β of x in

        ỹ(i, t′) = c + β x̃(i, t) + γ ỹ(i, t) + e,    least squares over pairs of successive sessions of person i,

    standardised by SD(x̃) / SD(ỹ), with errors clustered by person. The tilde stands for within-person centred,
    detrended within person, and adjusted for the common time course in turn.

    Attributes
    ----------
    request : StudyRequest
        The question put to the data: outcome, processes, labels, trend and start of the model.
    size : DataSize
        Numbers of persons and sessions; the usual gap in units of time.
    import_report : ImportReport or None
        Rows used and skipped, if the cohort came from a file.
    fingerprint : str
        SHA-256 of the data in hexadecimal.
    versions : mapping of str to str
        Versions of Securebase, Python and the numerical libraries.
    simulated : bool
        True where the cohort was simulated.
    variance : tuple of VarianceRow
        Variance between and within persons, one row per construct.
    correlations : tuple of ConstructCorrelations
        Correlation of each process with the outcome, between and within persons.
    lags : tuple of LagFinding
        For each process: process to outcome, then outcome to process.
    rule : str
        Rule of the verdicts (persists, attenuates, emerges, inconclusive) in words; `study_cohort` states it formally.
    models : tuple of ModelSummary or NotFitted
        The requested model, the same with another mean trend, and the model with random slopes.
    findings_in_words, caveats_in_words, figures_in_words, alternatives_in_words, model_in_words : tuple of str
        In the order of `lags`: the finding without figures; evidence for and against it; its figures; agreement of
        sensitivity analyses; effects of the fitted models in the same direction.
    limits : tuple of str
        Limits of the study, one sentence each.
    moderation : tuple of ModerationFinding
        Moderation and curvature, if requested.
    moderation_in_words, moderation_figures_in_words : tuple of str
        In the order of `moderation`.
    checks : ModelChecks or None
        Residuals, outlying persons and posterior predictive checks of the requested model; None without random numbers.
    trajectories : Trajectories
        Data of the plots: single persons, which are not written to JSON.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase as sb
    >>> cohort = sb.simulate("alliance_sufficient", n_clients=30, rng=np.random.default_rng(1))
    >>> result = sb.study_cohort(cohort, processes=["alliance"])
    >>> result.size.n_persons
    30
    >>> [f"{lag.link.name}: {lag.verdict.label}" for lag in result.lags]
    ['alliance → symptoms: persists', 'symptoms → alliance: inconclusive']
    >>> print(str(result).splitlines()[0])
    Study of Symptoms: 30 persons, 479 sessions, simulated
    >>> sorted(result.to_json())[:3]
    ['alternatives_in_words', 'caveats_in_words', 'checks']
    """

    request: StudyRequest
    size: DataSize
    import_report: ImportReport | None
    fingerprint: str
    versions: Mapping[str, str]
    simulated: bool
    variance: tuple[VarianceRow, ...]
    correlations: tuple[ConstructCorrelations, ...]
    lags: tuple[LagFinding, ...]
    rule: str
    models: tuple[ModelSummary | NotFitted, ...]
    findings_in_words: tuple[str, ...]
    caveats_in_words: tuple[str, ...]
    figures_in_words: tuple[str, ...]
    alternatives_in_words: tuple[str, ...]
    model_in_words: tuple[str, ...]
    limits: tuple[str, ...]
    moderation: tuple[ModerationFinding, ...] = ()
    moderation_in_words: tuple[str, ...] = ()
    moderation_figures_in_words: tuple[str, ...] = ()
    checks: ModelChecks | None = None
    trajectories: Trajectories = field(repr=False, default_factory=Trajectories)

    def __str__(self) -> str:
        """Return a short summary: size, the verdict and estimates of each lag, and the outcome of each model fit."""
        simulated = ", simulated" if self.simulated else ""
        outcome = self.request.label(self.request.outcome)
        lines = [f"Study of {outcome}: {self.size.n_persons:,} persons, {self.size.n_sessions:,} sessions{simulated}"]
        lines += [f"  {lag.link.name}: {lag.verdict.label}{_estimates(lag)}" for lag in self.lags]
        for model in self.models:
            ended = model.outcome.replace("_", " ") if isinstance(model, ModelSummary) else "could not be fitted"
            lines.append(f"  model with {describe_trend(model.trend)}: {ended}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return plain values under string keys; numbers that are not finite become null. Trajectories are omitted."""
        values: dict[str, Any] = {"result_version": RESULT_VERSION}
        values |= {f.name: to_plain(getattr(self, f.name)) for f in fields(self) if f.name != "trajectories"}
        return values


def _estimates(finding: LagFinding) -> str:
    """Return the standardised estimates of a lag in parentheses; nothing if there are none."""
    estimates = {
        "centred": finding.main.centred,
        "detrended": finding.main.detrended,
        "adjusted for the common time course": finding.time_adjusted.detrended,
    }
    texts = [f"{name} {lag.estimate:.2f}".replace("-", "−") for name, lag in estimates.items() if lag is not None]
    return f" ({', '.join(texts)})" if texts else ""
