"""Study as one printable HTML file without network or script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from securebase.charts import style
from securebase.charts.render import svg
from securebase.charts.study_courses import count_courses, courses_chart
from securebase.charts.study_forest import forest_chart
from securebase.charts.study_levels import Level, levels_chart
from securebase.charts.study_quantiles import quantiles_chart
from securebase.charts.study_residuals import residuals_chart
from securebase.charts.study_slopes import slopes_chart
from securebase.errors import check_class
from securebase.reports.answer_charts import answer_charts
from securebase.reports.render import render
from securebase.study.design_phrases import DESIGN_LABELS, estimate_in_words, occasion_in_words
from securebase.study.design_verdict import DesignVerdict
from securebase.study.detrending import Detrending
from securebase.study.estimators import ALTERNATIVES, PRIMARY, TIME_ADJUSTED
from securebase.study.labels import describe_parameter, describe_trend
from securebase.study.moderation import RULE as MODERATION_RULE
from securebase.study.parts import ModelSummary, NotFitted, ParameterRow
from securebase.study.phrases import autocorrelation_in_words
from securebase.study.questions.question import Answer
from securebase.study.result import StudyResult
from securebase.study.rivals import RULE as RIVALS_RULE
from securebase.study.table_features import MEASURES
from securebase.study.verdict import Verdict
from securebase.study.verdict_phrases import RUNG_LABELS, detrended_label, detrended_legend, identified_by

#: pixels of a picture: half a row of a page, or the full width of a phone
_COLUMN = 400
_LEVELS: tuple[Level, Level] = ("between", "within")


def study_report(result: StudyResult) -> str:
    """Return the report of a study as one HTML file.

    Parameters
    ----------
    result : StudyResult
        Result of `study_cohort`.

    Returns
    -------
    str
        The page. It needs no network, runs no script and can be printed.

    Examples
    --------
    >>> import securebase
    >>> cohort = securebase.read_cohort(
    ...     "examples/sessions.csv", person="client", time="session", outcome="phq9", processes="alliance"
    ... )
    >>> page = securebase.study_report(securebase.study_cohort(cohort, trend="linear"))
    >>> page[:15]
    '<!doctype html>'
    """
    check_class(result, StudyResult, "result", advice="Pass the result of securebase.study_cohort.")
    fitted = [m for m in result.models if isinstance(m, ModelSummary)]
    return render(
        "study_report.html",
        result=result,
        label=result.request.label,
        unit=_unit(result),
        occasion=result.request.occasion,
        detrendings=tuple(Detrending),
        verdicts=_verdict_rows(result),
        designs=_design_rows(result),
        detrended_legend=detrended_legend(result.request.occasion),
        forest=_forest(result),
        first_answers=_answers(result, on_first_page=True),
        further_answers=_answers(result, on_first_page=False),
        answer_charts=answer_charts,
        courses=_courses(result),
        levels={
            m.first: [_svg(levels_chart(result, m.first, level, width=_COLUMN)) for level in _LEVELS]
            for m in result.correlations
        },
        residuals={name: _svg(residuals_chart(result, name, width=_COLUMN)) for name in result.trajectories.residuals},
        slopes=_slopes(result),
        moderation_rule=MODERATION_RULE,
        rivals_rule=RIVALS_RULE,
        quantiles=(
            {name: _svg(quantiles_chart(result, name, width=_COLUMN)) for name in result.trajectories.residuals}
            if result.checks
            else {}
        ),
        estimators=[e for e in (PRIMARY, TIME_ADJUSTED, *ALTERNATIVES) if e.name in _estimator_names(result)],
        fitted=fitted,
        estimates=_estimates(result, fitted),
        describe_trend=describe_trend,
        **_checks(result),
        misfits=autocorrelation_in_words(fitted, result.request.labels),
        not_fitted=[m for m in result.models if isinstance(m, NotFitted)],
    )


def _answers(result: StudyResult, *, on_first_page: bool) -> list[tuple[str, list[Answer]]]:
    """Return headings with their answers, in the order of the questions."""
    groups: dict[str, list[Answer]] = {}
    for answer in result.answers:
        if answer.on_first_page == on_first_page:
            groups.setdefault(answer.heading, []).append(answer)
    return list(groups.items())


def _estimator_names(result: StudyResult) -> set[str]:
    return {pair.estimator for lag in result.lags for pair in (lag.main, lag.time_adjusted, *lag.alternatives)}


ParameterRows = list[tuple[str, list[ParameterRow | None]]]


def _estimates(result: StudyResult, fitted: list[ModelSummary]) -> list[tuple[str, ParameterRows]]:
    """Return headings with the labels of their parameters and each parameter's row in each model (None if absent)."""
    request = result.request
    tables = [{row.name: row for row in model.parameters} for model in fitted]
    names = dict.fromkeys(name for rows in tables for name in rows)
    parts: dict[str, ParameterRows] = {}
    for name in names:
        heading, label = describe_parameter(name, request.labels, _unit(result))
        parts.setdefault(heading, []).append((label, [rows.get(name) for rows in tables]))
    return list(parts.items())


def _unit(result: StudyResult) -> str:
    return result.request.time_unit if result.request.time_unit != "file" else "unit of time"


def _checks(result: StudyResult) -> dict[str, Any]:
    """Return sentences and tables of the model checks: statistics of one column, and of pairs of columns."""
    checks = result.checks
    if checks is None:
        return {}
    cells = {(check.measure, check.columns): check for check in checks.predictive}
    columns = list(dict.fromkeys(columns[0] for _, columns in cells if len(columns) == 1))
    measures = dict.fromkeys(measure for measure, names in cells if len(names) == 1)
    pairs = dict.fromkeys(names for _, names in cells if len(names) == 2)
    return {
        "check_sentences": [*checks.shapes, checks.count, *checks.outlying],
        "check_columns": columns,
        "column_checks": [(measure, [cells.get((measure, (name,))) for name in columns]) for measure in measures],
        "pair_checks": [
            (*names, [cells.get((MEASURES[row], names)) for row in ("same_row", "next_row")]) for names in pairs
        ],
        "share": lambda value: f"{value:.1%}",
    }


@dataclass(frozen=True, slots=True)
class _VerdictRow:
    """One ordered pair on the first page: rung in words, persons that identify it, and what remains detrended."""

    verdict: Verdict
    rung: str
    identified_by: str
    detrended: str


def _verdict_rows(result: StudyResult) -> list[_VerdictRow]:
    return [_VerdictRow(v, RUNG_LABELS[v.rung], identified_by(v), detrended_label(v)) for v in result.verdicts]


@dataclass(frozen=True, slots=True)
class _DesignRow:
    """One ordered pair in a design that settles an order."""

    verdict: DesignVerdict
    design: str
    occasion: str
    rung: str
    estimate: str


def _design_rows(result: StudyResult) -> list[_DesignRow]:
    return [
        _DesignRow(v, DESIGN_LABELS[v.design], occasion_in_words(v), RUNG_LABELS[v.rung], estimate_in_words(v))
        for v in result.designs
    ]


def _forest(result: StudyResult) -> dict[str, Markup]:
    """Return the forest plot for a page and for a phone, where the first would be too small to read."""
    if not result.lags:
        return {}
    return {
        "wide": _svg(forest_chart(result, width=style.FULL_WIDTH - 260)),
        "narrow": _svg(forest_chart(result, width=style.PHONE_WIDTH + 20)),
    }


def _courses(result: StudyResult) -> list[tuple[str, Markup, int, int]]:
    """Return label, chart, number of courses drawn and total number for every construct with courses."""
    return [
        (result.request.label(name), _svg(courses_chart(result, name, width=_COLUMN)), *count_courses(result, name))
        for name, courses in result.trajectories.individual.items()
        if courses
    ]


def _slopes(result: StudyResult) -> list[tuple[Markup, str]]:
    """Return chart and caption of every estimable moderation."""
    label = result.request.label
    charts = []
    for finding in result.moderation:
        if finding.detrended is None:
            continue
        by = "by itself" if finding.question.curvature else f"where {label(finding.question.moderator)} is low and high"
        lag = f"{label(finding.question.process)} → {label(finding.question.outcome)}"
        words = f"{lag}, {by}; detrended within person, 95% bands."
        charts.append((_svg(slopes_chart(result, finding, width=_COLUMN)), words))
    return charts


def _svg(chart: object) -> Markup:
    # safe: drawn by our own renderer from numbers and escaped words
    return Markup(svg(chart))  # noqa: S704
