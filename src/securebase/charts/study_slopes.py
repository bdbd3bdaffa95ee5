"""Simple slopes of a moderated lag: expected outcome over the process, at low and at high values of the moderator."""

from __future__ import annotations

import altair as alt
import numpy as np

from securebase.charts import style
from securebase.study.moderation import ModerationEstimate, ModerationFinding
from securebase.study.moderation_phrases import moderation_in_words
from securebase.study.result import StudyResult

#: range drawn to both sides, in standard deviations of the process
REACH = 2.0
_LOW, _HIGH = style.CONSTRUCT_COLOURS["interpersonal_stress"], style.CONSTRUCT_COLOURS["alliance"]


@style.skip_validation
def slopes_chart(result: StudyResult, finding: ModerationFinding, *, width: int = style.HALF_WIDTH) -> alt.LayerChart:
    """Return lines with 95% bands at one SD below and above, or one curve for curvature. Detrended within person.

    Raises ValueError if the moderation was not estimated.
    """
    estimate = finding.detrended
    if estimate is None:
        raise ValueError("cannot draw a moderation that was not estimated")
    question, label = finding.question, result.request.label
    moderator = label(question.moderator)
    lines = [("", 0.0, _HIGH)] if question.curvature else [("lower", -1.0, _LOW), ("higher", 1.0, _HIGH)]
    rows = [
        {"x": x, "y": middle, "low": low, "high": high, "line": f"{name} {moderator}", "colour": colour}
        for name, at, colour in lines
        for x in np.linspace(-REACH, REACH, 41)
        for middle, low, high in [expected_outcome(estimate, float(x), at, curvature=question.curvature)]
    ]
    x = alt.X(
        "x:Q", axis=alt.Axis(title=f"{label(question.process)} (SD from the person’s mean)", grid=False, tickCount=5)
    )
    y = alt.Y("y:Q", axis=alt.Axis(title=None, tickCount=5))
    ink = alt.Color("colour:N", scale=None)
    base = style.table(rows).encode(x=x)
    layers = [
        base.mark_area(opacity=0.16).encode(
            y=alt.Y("low:Q"), y2=alt.Y2("high:Q"), color=ink, detail=alt.Detail("line:N")
        ),
        base.mark_line(strokeWidth=2).encode(y=y, color=ink, detail=alt.Detail("line:N")),
    ]
    if not question.curvature:
        # Labels stand at the right end, the upper one with the upper line.
        ends = [row for row in rows if row["x"] == REACH]
        labels = style.table(ends)
        above = max(ends, key=lambda row: float(str(row["y"])))["line"]
        layers += [
            labels.mark_text(align="right", dx=-2, dy=dy, fontSize=12, fontWeight=600)
            .transform_filter(alt.datum.line == row["line"])
            .encode(x=x, y=y, text=alt.Text("line:N"), color=ink)
            for row in ends
            for dy in [-12 if row["line"] == above else 14]
        ]
    chart = style.layer(
        *layers,
        width=width,
        height=int(width * 0.62),
        title=f"Expected {label(question.outcome)} (SD from the person’s mean)",
    )
    title = (
        f"{label(question.process)} by itself" if question.curvature else f"{label(question.process)} by {moderator}"
    )
    return style.apply_theme(chart, label=title, description=moderation_in_words(finding, result.request.labels))


def expected_outcome(
    estimate: ModerationEstimate, x: float, at: float, *, curvature: bool
) -> tuple[float, float, float]:
    """Return the expected outcome after `x` at moderator value `at`, with its 95% interval; all in SD."""
    weights = np.array([x, x**2 / 2 if curvature else x * at])
    a, b, c = estimate.covariance
    middle = float(weights @ (estimate.lag, estimate.estimate))
    error = float(np.sqrt(max(weights @ np.array([[a, b], [b, c]]) @ weights, 0.0)))
    # The variance of the sum w'b is w'Vw; its critical value is the one of the estimate's own interval.
    critical = (estimate.upper - estimate.lower) / (2 * estimate.standard_error) if estimate.standard_error else 0.0
    return middle, middle - critical * error, middle + critical * error
