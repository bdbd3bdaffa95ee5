"""The verb `study`: all findings about a cohort."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence

import numpy as np
import scipy

import securebase
from securebase.model.observations import Measures, panel
from securebase.model.parameters import Start, Trend
from securebase.records.cohort import Cohort
from securebase.study.limits import limits
from securebase.study.models import fit_models
from securebase.study.moderation import ModerationFinding, moderation_findings
from securebase.study.moderation_phrases import moderation_figures_in_words, moderation_in_words
from securebase.study.phrases import (
    alternatives_in_words,
    caveats_in_words,
    figures_in_words,
    finding_in_words,
    model_in_words,
)
from securebase.study.reciprocal import RULE, estimate_lags
from securebase.study.result import DataSize, StudyRequest, StudyResult
from securebase.study.table import SessionTable, session_table
from securebase.study.trajectories import trajectories
from securebase.study.variance import correlate, variance_row


def study(
    cohort: Cohort,
    *,
    trend: Trend | str = Trend.CARRIED,
    start: Start | str = Start.STATIONARY,
    measures: Measures | None = None,
    processes: Sequence[str] | None = None,
    moderators: Sequence[str] = (),
    curvature: bool = False,
    progress: Callable[[str], None] = lambda _: None,
    rng: np.random.Generator | None = None,
) -> StudyResult:
    """Analyse a cohort: variance, correlations and lags in both directions, fitted models, and limits.

    Each lag is estimated three times. With ỹ and x̃ within-person centred, then detrended within person, then also
    adjusted for the common time course,

        ỹ(i, t′) = c + β x̃(i, t) + γ ỹ(i, t) + e,    t, t′: successive sessions of person i,

    by least squares with errors clustered by person. The verdict (persists, attenuates, emerges, inconclusive) follows
    from comparing the three; leave-one-person-out influence shows its robustness. Moderation adds the product x̃·m̃.

    Parameters
    ----------
    cohort : Cohort
        Episodes with outcome and processes.
    trend : Trend or str
        Mean trend of the fitted model: "none", "linear", "apart" or "carried" (default).
    start : Start or str
        Initial states of the fitted model: "stationary" (default) or "free".
    measures : mapping of str to (str, str), optional
        Construct → (instrument, scale), for constructs that several instruments measure.
    processes : sequence of str, optional
        Processes to relate to the outcome; all of the cohort by default.
    moderators : sequence of str
        Columns that may moderate the lag from each process to the outcome.
    curvature : bool
        True to test the lag from each process to the outcome for curvature.
    progress : callable, optional
        Called with a sentence about the step being computed.
    rng : numpy.random.Generator, optional
        Random numbers for posterior predictive checks, which are left out without them.

    Returns
    -------
    StudyResult
        All numbers, and sentences computed from them. A model that cannot be fitted is part of the result.

    Raises
    ------
    ModelError
        If the cohort has no row of scores.
    InputError
        If the trend or the start is unknown.

    References
    ----------
    Liang & Zeger (1986): cluster-robust covariance. Searle (1971): variance components. Dhaene & Jochmans (2015):
    half-panel jackknife. Giesselmann & Schmidt-Catran (2022): interactions within persons.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase as sb
    >>> cohort = sb.simulate("alliance_sufficient", n_clients=30, rng=np.random.default_rng(1))
    >>> result = sb.study_cohort(cohort, processes=["alliance"])
    >>> lag = result.lags[0]
    >>> lag.link.name
    'alliance → symptoms'
    >>> lag.main.centred.n_persons
    30
    """
    trend, start = Trend(trend), Start(start)
    included = cohort.processes if processes is None else tuple(processes)
    names = (cohort.outcome, *included)
    rows = panel(cohort, names, measures=measures)
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
        tuple(moderators),
        rows.covariate_names,
        rows.input_names,
        None if rows.therapist is None else len(np.unique(rows.therapist)),
        rows.indicators,
    )
    progress("Estimating variance and lags in both directions")
    variance = tuple(variance_row(table, name, labels[name]) for name in names)
    lags = estimate_lags(table, cohort.outcome, included, rows.therapist)
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
        rule=RULE,
        models=models,
        checks=checks,
        findings_in_words=tuple(finding_in_words(lag, labels) for lag in lags),
        caveats_in_words=tuple(caveats_in_words(lag, models) for lag in lags),
        figures_in_words=tuple(figures_in_words(lag) for lag in lags),
        alternatives_in_words=tuple(alternatives_in_words(lag) for lag in lags),
        model_in_words=tuple(model_in_words(lag, models, labels) for lag in lags),
        limits=limits(table, request, size, variance, lags),
        moderation=moderation,
        moderation_in_words=tuple(moderation_in_words(finding, labels) for finding in moderation),
        moderation_figures_in_words=tuple(moderation_figures_in_words(finding) for finding in moderation),
        trajectories=trajectories(table, cohort.outcome, included, residuals),
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
    return DataSize(
        table.n_persons, table.n_rows, int(count.min()), float(np.median(count)), int(count.max()), usual_gap
    )
