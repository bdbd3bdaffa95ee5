"""The verb: a cohort in, everything that may be said of it out."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence

import numpy as np
import scipy

import securebase
from securebase.model.observations import Measures, panel
from securebase.model.parameters import Start, Trend
from securebase.records.cohort import Cohort
from securebase.study.courses import courses
from securebase.study.limits import limits
from securebase.study.models import models
from securebase.study.moderation import BendFinding, bends
from securebase.study.moderation_phrases import bend_figures_in_words, bend_in_words
from securebase.study.phrases import (
    caveats_in_words,
    figures_in_words,
    finding_in_words,
    model_in_words,
    others_in_words,
)
from securebase.study.reciprocal import RULE, findings
from securebase.study.result import Size, StudyRequest, StudyResult
from securebase.study.table import SessionTable, session_table
from securebase.study.variance import moves_with, variance_row


def study(
    cohort: Cohort,
    *,
    trend: Trend | str = Trend.CARRIED,
    start: Start | str = Start.STATIONARY,
    measures: Measures | None = None,
    processes: Sequence[str] | None = None,
    moderators: Sequence[str] = (),
    curvature: bool = False,
    tell: Callable[[str], None] = lambda _: None,
    rng: np.random.Generator | None = None,
) -> StudyResult:
    """Variance, both levels, both directions of lag, the fitted model and its twin, and what cannot be told.

    `measures` says which instrument and scale to read for a construct that was measured with several. `processes` are
    those of the cohort that are followed, all by default; `moderators`, of the same or of the cohort's others, are
    asked whether they bend the lag from a process to the outcome, and with `curvature` each process is asked it too.
    `tell` hears in plain words what is being computed. `rng`: to simulate tables from the fitted model, and say what it
    does not reproduce; without it this is left out. Raises ModelError where the data has no row to look at; a model
    that cannot be fitted is a part of the result, not an error.
    """
    trend, start = Trend(trend), Start(start)
    followed = cohort.processes if processes is None else tuple(processes)
    names = (cohort.outcome, *followed)
    rows = panel(cohort, names, measures=measures)
    table = session_table(cohort, rows)
    labels = {name: cohort.construct(name).label for name in dict.fromkeys((*names, *moderators))}
    asked = StudyRequest(
        cohort.outcome,
        followed,
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
    tell("Looking at both levels and both directions")
    variance = tuple(variance_row(table, name, labels[name]) for name in names)
    lags = findings(table, cohort.outcome, followed, rows.therapist)
    bent = _bends(cohort, asked, measures, curvature=curvature)
    size = _size(table)
    fitted, residuals, checked = models(rows, trend, start, tell, size.usual_gap or 1.0, rng=rng, labels=labels)
    return StudyResult(
        asked=asked,
        size=size,
        import_report=cohort.import_report,
        fingerprint=cohort.import_report.fingerprint if cohort.import_report else rows.fingerprint,
        versions=versions(),
        simulated=cohort.simulated,
        variance=variance,
        moves_with=tuple(moves_with(table, name, cohort.outcome) for name in followed),
        lags=lags,
        rule=RULE,
        models=fitted,
        checks=checked,
        findings_in_words=tuple(finding_in_words(lag, labels) for lag in lags),
        caveats_in_words=tuple(caveats_in_words(lag, fitted) for lag in lags),
        figures_in_words=tuple(figures_in_words(lag) for lag in lags),
        others_in_words=tuple(others_in_words(lag) for lag in lags),
        model_in_words=tuple(model_in_words(lag, fitted, labels) for lag in lags),
        limits=limits(table, asked, size, variance, lags),
        bends=bent,
        bends_in_words=tuple(bend_in_words(bend, labels) for bend in bent),
        bend_figures_in_words=tuple(bend_figures_in_words(bend) for bend in bent),
        courses=courses(table, cohort.outcome, followed, residuals),
    )


def _bends(
    cohort: Cohort, asked: StudyRequest, measures: Measures | None, *, curvature: bool
) -> tuple[BendFinding, ...]:
    """Read in a table of their own, so that a moderator's rows leave all other findings as they are."""
    if not asked.moderators and not curvature:
        return ()
    names = tuple(dict.fromkeys((asked.outcome, *asked.processes, *asked.moderators)))
    table = session_table(cohort, panel(cohort, names, measures=measures))
    return bends(table, asked.outcome, asked.processes, asked.moderators, curvature=curvature)


def versions() -> dict[str, str]:
    """What computed this."""
    return {
        "securebase": securebase.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "scipy": scipy.__version__,
    }


def _size(table: SessionTable) -> Size:
    count = np.bincount(table.person, minlength=table.n_persons)
    first, second = table.successive()
    gap = float(np.median(table.times[second] - table.times[first])) if len(first) else None
    return Size(table.n_persons, table.n_rows, int(count.min()), float(np.median(count)), int(count.max()), gap)
