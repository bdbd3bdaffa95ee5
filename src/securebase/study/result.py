"""`StudyResult`: every estimated number about a cohort. Frozen, and ready to be written as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from securebase.records.cohort import ImportReport
from securebase.schema import plain_fields
from securebase.study import phrases
from securebase.study.check_results import ModelChecks
from securebase.study.design_phrases import design_in_words
from securebase.study.design_scope import DesignScope, design_scope
from securebase.study.design_verdict import DesignVerdict
from securebase.study.labels import describe_trend, lower_labels
from securebase.study.limits import limits
from securebase.study.moderation import ModerationFinding
from securebase.study.moderation_phrases import moderation_figures_in_words, moderation_in_words
from securebase.study.parts import DataSize, ModelSummary, NotFitted, StudyRequest
from securebase.study.questions.question import Answer
from securebase.study.reciprocal import LagFinding
from securebase.study.rivals import RivalFinding
from securebase.study.rivals_phrases import rivals_figures_in_words, rivals_in_words
from securebase.study.trajectories import Trajectories
from securebase.study.variance import ConstructCorrelations, VarianceRow
from securebase.study.verdict import Verdict
from securebase.study.verdict_phrases import RULE, RUNG_LABELS, settle_in_words, verdict_in_words

#: increases by one whenever a field of the JSON changes its name or meaning
RESULT_VERSION = 5
#: what the JSON holds, in this order and before the checks: numbers, and the sentences computed from them, but no
#: trajectories of single persons
_JSON_KEYS = (
    *("request", "size", "import_report", "fingerprint", "versions", "simulated", "variance", "correlations", "lags"),
    *(
        "rule",
        "models",
        "findings_in_words",
        "designs_in_words",
        "settle_in_words",
        "figures_in_words",
        "alternatives_in_words",
    ),
    *("model_in_words", "scope", "limits", "moderation", "moderation_in_words", "moderation_figures_in_words"),
    *("rivals", "rivals_in_words", "rivals_figures_in_words"),
    *("answers", "answers_in_words", "answers_figures_in_words"),
)


@dataclass(frozen=True, slots=True)
class StudyResult:
    """All findings about a cohort as numbers: the result of `study_cohort`. Sentences are computed from them.

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
    verdicts : tuple of Verdict
        In the order of `lags`: the rung that each ordered pair reaches, with its readings.
    designs : tuple of DesignVerdict
        Verdicts of pairs rated before and after each session, in both directions, then of columns assigned by chance.
    models : tuple of ModelSummary or NotFitted
        The requested model, the same with another mean trend, and the model with random slopes.
    moderation : tuple of ModerationFinding
        Moderation and curvature, if requested.
    rivals : tuple of RivalFinding
        Comparison of two processes, if requested.
    answers : tuple of Answer
        Answers to further questions, in the order of the questions; `question` names each.
    checks : ModelChecks or None
        Residuals, outlying persons and posterior predictive checks of the requested model; None without random numbers.
    trajectories : Trajectories
        Data of the plots: single persons, which are not written to JSON.
    rule : str
        Rule of the verdicts in words; `study_cohort` states it formally.
    findings_in_words : tuple of str
        One verdict each, in the order of `verdicts`, with the persons behind it and its warning.
    designs_in_words : tuple of str
        One verdict each, in the order of `designs`.
    settle_in_words : str
        Designs that would settle an order; empty where none is open.
    figures_in_words, alternatives_in_words, model_in_words : tuple of str
        In the order of `lags`: its estimates; the range of sensitivity analyses; effects of the fitted models in the
        same direction.
    scope : DesignScope
        What the design of the table can and cannot answer, sentences of `can` and `cannot`.
    limits : tuple of str
        Limits of the study, one sentence each.
    moderation_in_words, moderation_figures_in_words : tuple of str
        In the order of `moderation`.
    rivals_in_words, rivals_figures_in_words : tuple of str
        In the order of `rivals`.
    answers_in_words, answers_figures_in_words : tuple of str
        In the order of `answers`.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase as sb
    >>> cohort = sb.simulate("alliance_sufficient", n_clients=30, rng=np.random.default_rng(1))
    >>> result = sb.study_cohort(cohort, processes=["alliance"])
    >>> result.size.n_persons
    30
    >>> [f"{v.earlier} → {v.later}: {v.rung}" for v in result.verdicts]
    ['alliance → symptoms: leads', 'symptoms → alliance: inconclusive']
    >>> print(str(result).splitlines()[0])
    Study of Symptoms: 30 persons, 479 sessions, simulated
    >>> sorted(result.to_json())[:3]
    ['alternatives_in_words', 'answers', 'answers_figures_in_words']
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
    verdicts: tuple[Verdict, ...]
    models: tuple[ModelSummary | NotFitted, ...]
    designs: tuple[DesignVerdict, ...] = ()
    moderation: tuple[ModerationFinding, ...] = ()
    rivals: tuple[RivalFinding, ...] = ()
    answers: tuple[Answer, ...] = ()
    checks: ModelChecks | None = None
    trajectories: Trajectories = field(repr=False, default_factory=Trajectories)

    @property
    def rule(self) -> str:
        return RULE

    @property
    def findings_in_words(self) -> tuple[str, ...]:
        return self._lower(verdict_in_words(verdict, self.request) for verdict in self.verdicts)

    @property
    def designs_in_words(self) -> tuple[str, ...]:
        return self._lower(design_in_words(verdict, self.request.label) for verdict in self.designs)

    @property
    def settle_in_words(self) -> str:
        judged = {(v.earlier, v.later) for v in self.designs if v.reason is None}
        verdicts = [v for v in self.verdicts if (v.earlier, v.later) not in judged]
        return lower_labels(settle_in_words(verdicts, self.request), self.request.labels)

    @property
    def figures_in_words(self) -> tuple[str, ...]:
        return tuple(phrases.figures_in_words(lag) for lag in self.lags)

    @property
    def alternatives_in_words(self) -> tuple[str, ...]:
        return tuple(phrases.alternatives_in_words(lag) for lag in self.lags)

    @property
    def model_in_words(self) -> tuple[str, ...]:
        return tuple(phrases.model_in_words(lag, self.models, self.request.labels) for lag in self.lags)

    @property
    def scope(self) -> DesignScope:
        """Return what the design can and cannot answer."""
        scope = design_scope(self.request, self.size)
        return DesignScope(self._lower(scope.can), self._lower(scope.cannot))

    @property
    def limits(self) -> tuple[str, ...]:
        courses = self.trajectories.individual.get(self.request.outcome, ())
        return self._lower(limits(self.request, self.size, self.variance, self.lags, courses))

    @property
    def moderation_in_words(self) -> tuple[str, ...]:
        return self._lower(
            moderation_in_words(finding, self.request.labels, self.request.occasion) for finding in self.moderation
        )

    @property
    def moderation_figures_in_words(self) -> tuple[str, ...]:
        return tuple(moderation_figures_in_words(finding) for finding in self.moderation)

    @property
    def rivals_in_words(self) -> tuple[str, ...]:
        return self._lower(rivals_in_words(finding, self.request.labels) for finding in self.rivals)

    @property
    def rivals_figures_in_words(self) -> tuple[str, ...]:
        return self._lower(rivals_figures_in_words(finding, self.request.labels) for finding in self.rivals)

    @property
    def answers_in_words(self) -> tuple[str, ...]:
        return tuple(answer.sentences(self.request.labels) for answer in self.answers)

    @property
    def answers_figures_in_words(self) -> tuple[str, ...]:
        return tuple(answer.figure_sentences(self.request.labels) for answer in self.answers)

    def _lower(self, sentences: Iterable[str]) -> tuple[str, ...]:
        return tuple(lower_labels(sentence, self.request.labels) for sentence in sentences)

    def __str__(self) -> str:
        """Return a short summary: size, each verdict with its lag, and the outcome of each model fit."""
        simulated = ", simulated" if self.simulated else ""
        outcome = self.request.label(self.request.outcome)
        size, occasion = self.size, self.request.occasion
        lines = [f"Study of {outcome}: {size.n_persons:,} persons, {size.n_sessions:,} {occasion}s{simulated}"]
        lines += [
            f"  {lag.link.name}: {RUNG_LABELS[verdict.rung]}{_estimates(lag)}"
            for verdict, lag in zip(self.verdicts, self.lags, strict=True)
        ]
        for model in self.models:
            ended = model.outcome.replace("_", " ") if isinstance(model, ModelSummary) else "could not be fitted"
            lines.append(f"  model with {describe_trend(model.trend)}: {ended}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return plain values under string keys; numbers that are not finite become null. Trajectories are omitted."""
        checks = self.checks.to_json() if self.checks is not None else None
        return {
            "result_version": RESULT_VERSION,
            "verdicts": [*(v.to_json() for v in self.verdicts), *(v.to_json() for v in self.designs)],
            **plain_fields(self, *_JSON_KEYS),
            "checks": checks,
        }


def _estimates(finding: LagFinding) -> str:
    """Return the standardised estimates of a lag in parentheses; nothing if there are none."""
    estimates = {
        "centred": finding.main.centred,
        "detrended": finding.main.detrended,
        "adjusted for the common time course": finding.time_adjusted.detrended,
    }
    texts = [f"{name} {lag.estimate:.2f}".replace("-", "−") for name, lag in estimates.items() if lag is not None]
    return f" ({', '.join(texts)})" if texts else ""
