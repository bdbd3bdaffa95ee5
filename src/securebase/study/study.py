"""The verb `study`: all findings about a cohort."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import scipy

import securebase
from securebase.errors import InputError, ModelError
from securebase.model.observations import Measures, panel
from securebase.model.panel import Panel
from securebase.model.specification import Start, Trend
from securebase.records.cohort import Cohort
from securebase.study.conclusions import verdicts
from securebase.study.models import fit_models
from securebase.study.moderation import ModerationFinding, moderation_findings
from securebase.study.parts import DataSize, StudyRequest
from securebase.study.reciprocal import estimate_lags
from securebase.study.result import StudyResult
from securebase.study.table import SessionTable, session_table
from securebase.study.trajectories import trajectories
from securebase.study.variance import correlate, variance_row

_MEASURES_ADVICE = 'Write, for example, {"alliance": ("wai_sr", "total")}.'


def study(
    cohort: Cohort,
    *,
    trend: Trend | str = Trend.CARRIED,
    start: Start | str = Start.STATIONARY,
    measures: Measures | None = None,
    processes: Sequence[str] | str | None = None,
    moderators: Sequence[str] | str = (),
    curvature: bool = False,
    progress: Callable[[str], None] | None = None,
    rng: np.random.Generator | None = None,
) -> StudyResult:
    """Analyse a cohort: variance, correlations and lags in both directions, fitted models, and limits.

    The table has one row per session. Each lag is estimated three times: with ỹ and x̃ (A) within-person centred, (B)
    detrended within person, (C) detrended and adjusted for the common time course,

        ỹ(i, t′) = c + β x̃(i, t) + γ ỹ(i, t) + e,    t, t′: successive sessions of person i,

    by least squares with errors clustered by person (CR1). p values are two-sided, by t with persons − 1 degrees of
    freedom; significant means p < .05, without correction for multiple testing. A measure taken before a session
    predicts one taken after the same session (x̃ at t′); all other lags lead to the next session.

    The verdict compares the raw coefficients β_A, β_B and β_C, in points of y per point of x:

    1. A significant: *attenuates* if β_B / β_A < .5, which includes a change of sign; otherwise *persists* if B is
       significant, and *inconclusive* if not. A not significant: *emerges* if B is significant, else *inconclusive*.
    2. If the first step gives *persists*: *attenuates* if β_C / β_B < .5; otherwise *persists* if C is significant, and
       *inconclusive* if not. If C cannot be estimated, the verdict of the first step stands.

    If A or B cannot be estimated (fewer than 20 pairs or 5 persons, or no variation), the verdict is *inconclusive*.
    It is repeated without each person in turn (leave-one-person-out). Moderation adds m̃ and the product x̃·m̃, to which
    the same rule applies, with x̃² and m̃² in (C); it needs 40 pairs and 10 persons.

    Parameters
    ----------
    cohort : Cohort
        Episodes with scores of the outcome and the processes.
    trend : Trend or str
        Mean trend of the fitted model: "none", "linear", "apart" or "carried" (default).
    start : Start or str
        Initial states of the fitted model: "stationary" (default) or "free".
    measures : mapping of str to (str, str), optional
        Construct → (instrument, scale), for constructs that several instruments measure.
    processes : sequence of str, optional
        Processes to relate to the outcome; all of the cohort by default.
    moderators : sequence of str
        Constructs of the cohort that may moderate the lag from each process to the outcome.
    curvature : bool
        True to test the lag from each process to the outcome for curvature, by x̃².
    progress : callable, optional
        Called with a sentence about the step being computed.
    rng : numpy.random.Generator, optional
        Random numbers for posterior predictive checks, which are omitted without it.

    Returns
    -------
    StudyResult
        All numbers, and sentences computed from them. `lags` holds two findings per process: process to outcome, then
        outcome to process. A model that cannot be fitted is part of the result (`NotFitted`).

    Raises
    ------
    InputError
        If the trend or the start is unknown, or an argument is not what it should be: no cohort, an unknown construct
        (the message names the known ones), the outcome or the same construct twice among the processes.
    ModelError
        If the cohort has no scores for a construct, or several instruments measure it and `measures` selects none.

    References
    ----------
    Liang, K.-Y., & Zeger, S. L. (1986). Biometrika, 73, 13-22: cluster-robust covariance. Searle, S. R. (1971). Linear
    Models: variance components. Dhaene, G., & Jochmans, K. (2015). Review of Economic Studies, 82, 991-1030: half-panel
    jackknife, a sensitivity analysis. Giesselmann, M., & Schmidt-Catran, A. W. (2022). Sociological Methods & Research,
    51, 1100-1127: interactions within persons.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase as sb
    >>> cohort = sb.simulate("alliance_sufficient", n_clients=30, rng=np.random.default_rng(1))
    >>> result = sb.study_cohort(cohort, processes=["alliance"])
    >>> lag = result.lags[0]
    >>> lag.link.name, lag.verdict.label
    ('alliance → symptoms', 'persists')
    >>> lag.main.centred.n_persons
    30
    >>> lag.main.detrended.lower < lag.main.detrended.estimate < lag.main.detrended.upper
    True
    """
    trend, start = Trend(trend), Start(start)
    progress = progress or _ignore
    _check_types(cohort, measures, rng)
    included = cohort.processes if processes is None else _select(cohort, "processes", processes)
    moderators = _select(cohort, "moderators", moderators)
    names = (cohort.outcome, *included)
    rows = panel(cohort, names, measures=measures)
    _check_scores(rows, measures)
    table = session_table(cohort, rows)
    labels = {name: cohort.construct(name).label for name in dict.fromkeys((*names, *moderators))}
    request = StudyRequest(
        cohort.outcome,
        included,
        labels,
        {name: table.moments[name].value for name in names if name in table.moments},
        cohort.time_unit,
        trend.value,
        start.value,
        moderators,
        rows.covariate_names,
        rows.input_names,
        None if rows.therapist is None else len(np.unique(rows.therapist)),
        rows.indicators,
    )
    progress("Estimating variance and lags in both directions")
    variance = tuple(variance_row(table, name, labels[name]) for name in names)
    lags = estimate_lags(table, cohort.outcome, included, rows.therapist)
    progress("Testing which of two columns comes first")
    concluded = verdicts(table, cohort.outcome, included)
    moderation = _moderation(cohort, request, measures, curvature=curvature)
    size = _size(table)
    models, residuals, checks = fit_models(rows, trend, start, progress, size.usual_gap or 1.0, rng=rng, labels=labels)
    return StudyResult(
        request=request,
        size=size,
        import_report=cohort.import_report,
        fingerprint=cohort.import_report.fingerprint if cohort.import_report else rows.fingerprint,
        versions=versions(),
        simulated=cohort.simulated,
        variance=variance,
        correlations=tuple(correlate(table, name, cohort.outcome) for name in included),
        lags=lags,
        verdicts=concluded,
        models=models,
        checks=checks,
        moderation=moderation,
        trajectories=trajectories(table, cohort.outcome, included, residuals),
    )


def _ignore(_sentence: str) -> None:
    """Ignore a progress message."""


def _check_types(cohort: object, measures: object, rng: object) -> None:
    """Raise InputError for arguments of the wrong type."""
    if not isinstance(cohort, Cohort):
        raise InputError(
            f"cohort must be a Cohort (got {type(cohort).__name__})",
            advice="Read one from a table with securebase.read_cohort.",
        )
    if measures is not None and not isinstance(measures, Mapping):
        raise InputError(f"measures must be a mapping (got {type(measures).__name__})", advice=_MEASURES_ADVICE)
    for construct, measure in ({} if measures is None else measures).items():
        if isinstance(measure, str) or not isinstance(measure, Sequence) or len(measure) != 2:
            raise InputError(
                f"the measure of “{construct}” must be (instrument, scale) (got {measure!r})", advice=_MEASURES_ADVICE
            )
    if rng is not None and not isinstance(rng, np.random.Generator):
        raise InputError(
            f"rng must be a numpy.random.Generator (got {type(rng).__name__})",
            advice="Make one with numpy.random.default_rng(seed).",
        )


def _select(cohort: Cohort, argument: str, names: Sequence[str] | str) -> tuple[str, ...]:
    """Return the constructs that an argument names; raises InputError for unknown or unsuitable ones."""
    if not isinstance(names, Iterable):
        raise InputError(f"{argument} must be a list of columns (got {names!r})")
    selected = (names,) if isinstance(names, str) else tuple(names)
    available = [c.name for c in cohort.constructs]
    unknown = [str(name) for name in selected if name not in available]
    if unknown:
        raise InputError(
            f"{argument}: unknown column “{'”, “'.join(unknown)}”", advice=f"Known columns are {', '.join(available)}."
        )
    repeated = [name for name, count in Counter(selected).items() if count > 1]
    if repeated:
        raise InputError(f"{argument}: “{repeated[0]}” occurs more than once", advice="Name each column once.")
    if cohort.outcome in selected:
        raise InputError(
            f"{argument}: “{cohort.outcome}” is the outcome", advice="Name only columns to relate to the outcome."
        )
    return selected


def _check_scores(rows: Panel, measures: Measures | None) -> None:
    """Raise ModelError if `measures` names a scale without scores."""
    for name, column in zip(rows.constructs, rows.reference_columns, strict=True):
        if name in (measures or {}) and not np.isfinite(rows.scores[:, column]).any():
            instrument, scale = (measures or {})[name]
            raise ModelError(
                f"“{name}” has no scores of the scale “{scale}” of “{instrument}”",
                advice="Check the names in measures.",
            )


def _moderation(
    cohort: Cohort, request: StudyRequest, measures: Measures | None, *, curvature: bool
) -> tuple[ModerationFinding, ...]:
    """Estimate moderation in a table of its own, so that a moderator's rows leave all other findings unchanged."""
    if not request.moderators and not curvature:
        return ()
    names = tuple(dict.fromkeys((request.outcome, *request.processes, *request.moderators)))
    table = session_table(cohort, panel(cohort, names, measures=measures))
    return moderation_findings(table, request.outcome, request.processes, request.moderators, curvature=curvature)


def versions() -> dict[str, str]:
    """Return the versions of Securebase, Python and the numerical libraries."""
    return {
        "securebase": securebase.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }


def _size(table: SessionTable) -> DataSize:
    count = np.bincount(table.person, minlength=table.n_persons)
    first, second = table.successive()
    usual_gap = float(np.median(table.times[second] - table.times[first])) if len(first) else None
    n_empty = int(np.all([np.isnan(column) for column in table.values.values()], axis=0).sum())
    return DataSize(
        table.n_persons, table.n_rows, int(count.min()), float(np.median(count)), int(count.max()), usual_gap, n_empty
    )
