"""What the fitted model did not foresee: standardised one-step-ahead residuals over time."""

from __future__ import annotations

import altair as alt

from securebase.charts import style
from securebase.study.result import StudyResult

MOST_POINTS = 800


def residuals_chart(result: StudyResult, construct: str, *, width: int = style.HALF) -> alt.LayerChart:
    """Residuals in units of their predicted spread; the band holds 95 of 100 where the model fits."""
    found = result.trajectories.residuals.get(construct, ())
    step = max(1.0, len(found) / MOST_POINTS)
    kept = [found[int(i * step)] for i in range(min(len(found), MOST_POINTS))]
    x = alt.X(
        "time:Q",
        axis=alt.Axis(title="time" if result.request.time_unit == "file" else result.request.time_unit, grid=False),
        scale=alt.Scale(zero=False),
    )
    y = alt.Y("value:Q", axis=alt.Axis(title=None, tickCount=6))
    chart = style.layered(
        style.table([{"lower": -1.96, "upper": 1.96}])
        .mark_rect(color=style.GHOST, opacity=0.6)
        .encode(y=alt.Y("lower:Q"), y2="upper:Q"),
        style.table([{"time": r.time, "value": r.value} for r in kept])
        .mark_circle(size=14, opacity=0.45, color=style.CONSTRUCT_COLOURS["alliance"])
        .encode(x=x, y=y),
        width=width,
        height=int(width * 0.42),
    )
    label = result.request.label(construct)
    beyond = sum(abs(r.value) > 1.96 for r in found) / len(found) if found else 0.0
    return style.themed(
        chart,
        label=f"Residuals of {label}",
        description=f"{len(found)} one-step-ahead residuals of {label}; {beyond:.0%} lie beyond 1.96, 5% are expected.",
    )
