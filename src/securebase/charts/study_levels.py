"""One process against the outcome, between persons or within them."""

from __future__ import annotations

from typing import Literal

import altair as alt

from securebase.charts import style, tokens
from securebase.study.phrases import number
from securebase.study.result import StudyResult
from securebase.study.variance import Correlation

Level = Literal["between", "within"]

#: of more points, this many are picked evenly so that the page stays small
MAX_POINTS = 800


@style.skip_validation
def levels_chart(result: StudyResult, process: str, level: Level, *, width: int = style.HALF_WIDTH) -> alt.LayerChart:
    """Return a scatter plot with regression line: person means (between) or within-person centred sessions (within)."""
    correlation = next(m for m in result.correlations if m.first == process)
    label, outcome = result.request.label(process), result.request.label(result.request.outcome)
    if level == "between":
        points, coefficient, x_title, size = (
            result.trajectories.between[process],
            _r(correlation.between),
            f"{label}, mean",
            42,
        )
    else:
        points, coefficient, x_title, size = (
            result.trajectories.within[process],
            _r(correlation.within),
            f"{label}, within-person centred",
            14,
        )
    step = max(1.0, len(points) / MAX_POINTS)
    sample = [points[int(i * step)] for i in range(min(len(points), MAX_POINTS))]
    base = style.table([{"x": x, "y": y} for x, y in sample]).encode(
        x=alt.X("x:Q", axis=alt.Axis(title=x_title, grid=False, tickCount=8), scale=alt.Scale(zero=False)),
        y=alt.Y("y:Q", axis=alt.Axis(title=None, tickCount=6), scale=alt.Scale(zero=False)),
    )
    chart = style.layer(
        base.mark_circle(size=size, opacity=0.45, color=style.CONSTRUCT_COLOURS["alliance"]),
        base.transform_regression("x", "y").mark_line(color=tokens.INK, strokeWidth=1.6),
        width=width,
        height=int(width * 0.6),
        title=f"{outcome}, {level} persons: {coefficient}",
    )
    return style.apply_theme(
        chart,
        label=f"{label} and {outcome} {level} persons",
        description=f"{label} and {outcome} {level} persons: {coefficient}, {len(points)} points.",
    )


def _r(correlation: Correlation | None) -> str:
    return "too few to correlate" if correlation is None else f"r = {number(correlation.estimate)}"
