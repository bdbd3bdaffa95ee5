"""The verb `study`: all findings about a cohort."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import scipy

import securebase
from securebase.errors import InputError, ModelError
from securebase.model.observations import Measures, panel
from securebase.model.panel import Panel
from securebase.model.specification import Start, Trend
from securebase.records.cohort import Cohort
from securebase.records.vocabulary import Moment
from securebase.study.assignment import assignment_verdicts
from securebase.study.conclusions import verdicts
from securebase.study.design_verdict import DesignVerdict
from securebase.study.models import fit_models
from securebase.study.moderation import ModerationFinding, moderation_findings
from securebase.study.parts import DataSize, StudyRequest
from securebase.study.questions.answers import answer_questions, columns_of
from securebase.study.questions.question import Question
from securebase.study.reciprocal import estimate_lags
from securebase.study.result import StudyResult
from securebase.study.rivals import RivalFinding, rival_finding
from securebase.study.session_design import session_verdicts
from securebase.study.suitability import check_analysable, check_estimated, unsuitable_columns
from securebase.study.table import SessionTable, session_inputs, session_table
from securebase.study.trajectories import trajectories
from securebase.study.variance import correlate, variance_row

#: what a row of a table can be
OCCASIONS = ("session", "day", "beep", "wave")
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
    rivals: Sequence[str] = (),
    assigned: Sequence[str] | str = (),
    questions: Sequence[Question] = (),
    occasion: str = "session",
    progress: Callable[[str], None] | None = None,
    rng: np.random.Generator | None = None,
) -> StudyResult:
    """Analyse a cohort: which of two columns comes first, variance, lags, fitted models, and limits.

    Every ordered pair of a process x and the outcome y gets a verdict. Both columns are first adjusted for the common
    time course and each person's line. The tests are

    - G1, time reversal: a_i = Σ_t (ỹ_t x̃_{t+1} − x̃_t ỹ_{t+1}) has mean zero over persons if all dependence comes from
      causes that act on both columns at once (Haufe et al. 2013); a t test over persons.
    - M: z = sign(β̂) √(2 (ℓ(θ̂) − ℓ(θ̂ | β = 0))) in a first-order vector autoregression with correlated shocks and
      measurement errors, each person's line integrated out; β is the cross-lagged coefficient.
    - M⁺: the same test beside a private autoregressive part of each column.

    *leads*: G1, M and M⁺ agree in sign and max(p_G1, p_M, p_M⁺) < .05 after Holm's correction over the pairs; only the
    stronger of two directions is credited. *contradicted*: two significant readings disagree in sign. *together*: three
    times the smallest p of the within-person associations (same row, x with the next y, y with the next x) is below
    .05 after Holm's correction. *refused*: the detrended columns correlate above .95; or a lag is identified by fewer
    than 20 persons, n = (Σ h_i)² / Σ h_i² with h_i the variation of person i (Kish 1965); or a column moves in one
    direction only; or persons have fewer than three usable pairs of rows. *inconclusive*: everything else. A hidden
    cause that reaches x before y can give *leads* too.

    Beside the rung, T3 tests the difference of the detrended and the centred association against the one that M implies
    without any trend. *persists*: both are significant with the same sign. *attenuates*: weaker by T3, the detrended
    one is not significant with this sign, and at most two thirds can be left (95%, one-sided). *inconclusive*:
    everything else, although T3 may show that it is weaker.

    Lags are estimates beside the verdicts, three for each: with ỹ and x̃ (A) within-person centred, (B) detrended
    within person, (C) detrended and adjusted for the common time course,

        ỹ(i, t′) = c + β x̃(i, t) + γ ỹ(i, t) + e,    t, t′: successive sessions of person i,

    by least squares with errors clustered by person (CR1), not corrected for multiple testing. A measure taken before a
    session predicts one taken after the same session (x̃ at t′); all other lags lead to the next session. Moderation
    adds m̃ and the product x̃·m̃, with x̃² and m̃² in (C); it is stated where it is significant with one sign in A, B and
    C.

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
        Processes to relate to the outcome; by default all of the cohort that were not assigned.
    moderators : sequence of str
        Constructs of the cohort that may moderate the lag from each process to the outcome.
    curvature : bool
        True to test the lag from each process to the outcome for curvature, by x̃².
    rivals : sequence of str
        Two processes to compare: which of them precedes more improvement of the outcome and all other processes.
    assigned : sequence of str
        Constructs of the cohort that were assigned by chance: prompts or doses that vary within persons, or arms. The
        effect on the next rating of the outcome (or the last one, for arms) is estimated as in a randomised design, and
        refused where earlier ratings predict the assignment.
    questions : sequence of Question
        Further questions, from the modules of `securebase.study.questions`: `TreatmentArms`, `OutcomePanel`,
        `FactorComparison`, `RatingAgreement`, `EveryPerson`, `GainModeration`, `Areas`, `RivalGraphs`; and `Mediation`
        from `securebase.study.mediation`. Each module states its equations; the answers are in `answers`.
    occasion : str
        What a row of the table is: "session" (default), "day", "beep" or "wave". Outside sessions no column
        counts as measured before or after an occasion, and all lags lead to the next one.
    progress : callable, optional
        Called with a sentence about the step being computed.
    rng : numpy.random.Generator, optional
        Random numbers for posterior predictive checks, which are omitted without it.

    Returns
    -------
    StudyResult
        All numbers, and sentences computed from them. `verdicts` and `lags` hold two rows per process: process to
        outcome, then outcome to process. A model that cannot be fitted is part of the result (`NotFitted`).

    Raises
    ------
    InputError
        If the trend, the start or the occasion is unknown, or an argument is not what it should be: no cohort, an
        unknown construct (the message names the known ones), the outcome or a construct twice among the processes.
    ModelError
        If the cohort has no scores for a construct, or several instruments measure it and `measures` selects none; or
        if the outcome, or every process, cannot be analysed: fewer than five persons have three values of it or change
        in it, or it follows from time or from the columns before it.
    NoEstimateError
        If no lag could be estimated and no model ended regularly.

    References
    ----------
    Haufe, S., Nikulin, V. V., Müller, K.-R., & Nolte, G. (2013). NeuroImage, 64, 120-133: time reversal. Holm, S.
    (1979). Scandinavian Journal of Statistics, 6, 65-70: correction. Kish, L. (1965). Survey Sampling: effective n.
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
    >>> verdict, lag = result.verdicts[0], result.lags[0]
    >>> verdict.earlier, verdict.later, str(verdict.rung)
    ('alliance', 'symptoms', 'leads')
    >>> lag.main.centred.n_persons
    30
    >>> lag.main.detrended.lower < lag.main.detrended.estimate < lag.main.detrended.upper
    True
    """
    trend, start = Trend(trend), Start(start)
    progress = progress or _ignore
    _check_types(cohort, measures, rng)
    _check_occasion(occasion)
    assigned = _select(cohort, "assigned", assigned)
    observed = tuple(name for name in cohort.processes if name not in assigned)
    included = observed if processes is None else _select(cohort, "processes", processes)
    moderators = _select(cohort, "moderators", moderators)
    rivals = _select_rivals(included, rivals)
    names = (cohort.outcome, *included)
    rows = panel(cohort, names, measures=measures)
    _check_scores(rows, measures)
    file = cohort.import_report.file if cohort.import_report else ""
    unsuitable = unsuitable_columns(rows)
    check_analysable(unsuitable, cohort.outcome, () if assigned else included, file)
    suitable = tuple(name for name in names if name not in unsuitable)
    table = _table(cohort, rows, occasion)
    asked = _select(cohort, "questions", columns_of(questions))
    labels = {name: cohort.construct(name).label for name in dict.fromkeys((*names, *moderators, *assigned, *asked))}
    request = StudyRequest(
        cohort.outcome,
        included,
        labels,
        {name: table.moments[name].value for name in names if name in table.moments and occasion == "session"},
        cohort.time_unit,
        trend.value,
        start.value,
        moderators,
        rows.covariate_names,
        rows.input_names,
        None if rows.therapist is None else len(np.unique(rows.therapist)),
        rows.indicators,
        occasion,
        {name: cohort.before_and_after[name] for name in names if name in cohort.before_and_after},
        assigned,
        left_out=tuple(reason.sentence for reason in unsuitable.values()),
        rivals=rivals,
        arms=tuple(sorted({episode.arm for episode in cohort.episodes if episode.arm})),
    )
    progress("Estimating variance and lags in both directions")
    variance = tuple(variance_row(table, name, labels[name]) for name in names)
    lags = estimate_lags(table, cohort.outcome, included, rows.therapist)
    progress("Testing which of two columns comes first")
    concluded = verdicts(table, cohort.outcome, included, inputs=session_inputs(rows), therapist=rows.therapist)
    designs = _designs(cohort, request, measures)
    answers = answer_questions(
        questions, cohort, included, measures, lambda rows: _table(cohort, rows, occasion), progress=progress
    )
    moderation = _moderation(cohort, request, measures, curvature=curvature)
    size = _size(table)
    fitted_rows = panel(cohort, suitable, measures=measures) if unsuitable else rows
    models, residuals, checks = fit_models(
        fitted_rows, trend, start, progress, size.usual_gap or 1.0, rng=rng, labels=labels
    )
    check_estimated(lags, models, file)
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
        designs=designs,
        models=models,
        checks=checks,
        moderation=moderation,
        rivals=_rivals(table, cohort, request),
        answers=answers,
        trajectories=trajectories(table, cohort.outcome, included, residuals),
    )


def _ignore(_sentence: str) -> None:
    """Ignore a progress message."""


def _check_occasion(occasion: str) -> None:
    """Raise InputError for an unknown occasion."""
    if occasion not in OCCASIONS:
        raise InputError(f"unknown occasion {occasion!r}", advice=f"Known occasions are {', '.join(OCCASIONS)}.")


def _table(cohort: Cohort, rows: Panel, occasion: str) -> SessionTable:
    """Return the rows of the cohort. Outside sessions, no column is measured before or after an occasion."""
    table = session_table(cohort, rows)
    return table if occasion == "session" else replace(table, moments=dict.fromkeys(table.moments, Moment.BETWEEN))


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


def _select_rivals(processes: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Return the rivals. Raises InputError unless they are two different processes, or none."""
    rivals = tuple(names)
    if isinstance(names, str) or len(rivals) not in (0, 2) or len(set(rivals)) != len(rivals):
        raise InputError(f"rivals must be two different processes (got {names!r})", advice="Name two columns.")
    if unknown := [name for name in rivals if name not in processes]:
        raise InputError(f"rivals: “{unknown[0]}” is not among the processes", advice="Name both among the processes.")
    return rivals


def _rivals(table: SessionTable, cohort: Cohort, request: StudyRequest) -> tuple[RivalFinding, ...]:
    """Compare the rivals over the outcome and all other processes."""
    if not request.rivals:
        return ()
    first, second = request.rivals
    outcomes = (request.outcome, *(name for name in request.processes if name not in request.rivals))
    directions = {name: cohort.construct(name).direction for name in (*request.rivals, *outcomes)}
    return (rival_finding(table, (first, second), outcomes, directions),)


def _check_scores(rows: Panel, measures: Measures | None) -> None:
    """Raise ModelError if `measures` names a scale without scores."""
    for name, column in zip(rows.constructs, rows.reference_columns, strict=True):
        if name in (measures or {}) and not np.isfinite(rows.scores[:, column]).any():
            instrument, scale = (measures or {})[name]
            raise ModelError(
                f"“{name}” has no scores of the scale “{scale}” of “{instrument}”",
                advice="Check the names in measures.",
            )


def _designs(cohort: Cohort, request: StudyRequest, measures: Measures | None) -> tuple[DesignVerdict, ...]:
    """Judge processes that were rated before and after each session, then assigned columns; in a table of their own."""
    ratings = [name for pair in request.before_and_after.values() for name in pair]
    if not ratings and not request.assigned:
        return ()
    names = tuple(dict.fromkeys((request.outcome, *ratings, *request.assigned)))
    rows = panel(cohort, names, measures=measures)
    table = _table(cohort, rows, request.occasion)
    return (
        *session_verdicts(table, request.outcome, request.processes, request.before_and_after),
        *assignment_verdicts(table, request.outcome, request.assigned, rows.therapist),
    )


def _moderation(
    cohort: Cohort, request: StudyRequest, measures: Measures | None, *, curvature: bool
) -> tuple[ModerationFinding, ...]:
    """Estimate moderation in a table of its own, so that a moderator's rows leave all other findings unchanged."""
    if not request.moderators and not curvature:
        return ()
    names = tuple(dict.fromkeys((request.outcome, *request.processes, *request.moderators)))
    table = _table(cohort, panel(cohort, names, measures=measures), request.occasion)
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
