"""Meta-analysis as one HTML file."""

from __future__ import annotations

from markupsafe import Markup

from securebase.charts import style
from securebase.charts.effects_forest import ForestRow, effects_forest
from securebase.charts.render import svg
from securebase.model.distributions import normal_quantile
from securebase.reports.render import render
from securebase.study.trial.meta import MetaAnalysis


def meta_report(result: MetaAnalysis) -> str:
    """Return the report of a meta-analysis: forest plot, result in words, and the studies with their weights."""
    z = normal_quantile(0.975)
    rows = [
        ForestRow(s.study, s.g, s.g - z * s.variance**0.5, s.g + z * s.variance**0.5, weight=w)
        for s, w in zip(result.studies, result.weights, strict=True)
    ]
    summary = ForestRow("All studies", result.mean.estimate, result.mean.lower, result.mean.upper, summary=True)
    outcomes = sorted({s.outcome for s in result.studies if s.outcome})

    def draw(width: int) -> Markup:
        chart = effects_forest(
            [*rows, summary], None, label="Effects of the studies", title="Hedges’ g, 95% interval", width=width
        )
        # safe: drawn by our own renderer from numbers and escaped words
        return Markup(svg(chart))  # noqa: S704

    return render(
        "meta_report.html",
        result=result,
        outcome=", ".join(outcomes).capitalize() or "Effects",
        rows=zip(rows, result.studies, strict=True),
        wide=draw(style.FULL_WIDTH - 260),
        narrow=draw(style.PHONE_WIDTH + 20),
    )
