"""Study as one printable HTML file without network or script."""

from __future__ import annotations

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
from securebase.reports.render import render
from securebase.study.detrending import Detrending
from securebase.study.estimators import ALTERNATIVES, PRIMARY, TIME_ADJUSTED
from securebase.study.moderation import RULE as MODERATION_RULE
from securebase.study.phrases import agreement_in_words, autocorrelation_in_words, flags_in_words
from securebase.study.reciprocal import AssociationVerdict
from securebase.study.result import ModelSummary, NotFitted, ParameterRow, StudyResult

#: pixels of a picture: half a row of a page, or the full width of a phone
_COLUMN = 400
_LEVELS: tuple[Level, Level] = ("between", "within")
#: order of the verdicts on the first page
_ORDER = (
    AssociationVerdict.PERSISTS,
    AssociationVerdict.ATTENUATES,
    AssociationVerdict.EMERGES,
    AssociationVerdict.INCONCLUSIVE,
)


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
        unit=result.request.time_unit if result.request.time_unit != "file" else "unit of time",
        detrendings=tuple(Detrending),
        verdicts=_verdicts(result),
        forest=_forest(result),
        courses=_courses(result),
        levels={
            m.first: [_svg(levels_chart(result, m.first, level, width=_COLUMN)) for level in _LEVELS]
            for m in result.correlations
        },
        residuals={name: _svg(residuals_chart(result, name, width=_COLUMN)) for name in result.trajectories.residuals},
        slopes=_slopes(result),
        moderation_rule=MODERATION_RULE,
        quantiles=(
            {name: _svg(quantiles_chart(result, name, width=_COLUMN)) for name in result.trajectories.residuals}
            if result.checks
            else {}
        ),
        estimators=(PRIMARY, TIME_ADJUSTED, *ALTERNATIVES),
        fitted=fitted,
        estimates=_estimates(fitted),
        counted=[agreement_in_words(lag) for lag in result.lags],
        misfits=autocorrelation_in_words(fitted, result.request.labels),
        not_fitted=[m for m in result.models if isinstance(m, NotFitted)],
    )


def _estimates(fitted: list[ModelSummary]) -> list[tuple[str, list[ParameterRow | None]]]:
    """Return parameter names with their row in each model (None if absent), in the order of the first model."""
    tables = [{row.name: row for row in model.parameters} for model in fitted]
    names = dict.fromkeys(name for rows in tables for name in rows)
    return [(name, [rows.get(name) for rows in tables]) for name in names]


def _verdicts(result: StudyResult) -> list[tuple[AssociationVerdict, list[tuple[str, str]]]]:
    """Return each verdict that occurs with its associations and their caveats, in the order of the verdicts."""
    label = result.request.label
    by_verdict = [
        (
            verdict,
            [
                (
                    f"{label(lag.link.earlier)} → {label(lag.link.later)} {lag.link.step.label}",
                    flags_in_words(lag, result.models),
                )
                for lag in result.lags
                if lag.verdict is verdict
            ],
        )
        for verdict in _ORDER
    ]
    return [(verdict, associations) for verdict, associations in by_verdict if associations]


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
