"""Standardised one-step-ahead residuals of the fitted model over time."""

from __future__ import annotations

import altair as alt

from securebase.charts import style, tokens
from securebase.study.result import StudyResult

MAX_POINTS = 800


@style.skip_validation
def residuals_chart(result: StudyResult, construct: str, *, width: int = style.HALF_WIDTH) -> alt.LayerChart:
    """Return residuals in predicted standard deviations; the band holds 95% of them if the model fits."""
    residuals = result.trajectories.residuals.get(construct, ())
    step = max(1.0, len(residuals) / MAX_POINTS)
    sample = [residuals[int(i * step)] for i in range(min(len(residuals), MAX_POINTS))]
    x = alt.X(
        "time:Q",
        axis=alt.Axis(title="time" if result.request.time_unit == "file" else result.request.time_unit, grid=False),
        scale=alt.Scale(zero=False),
    )
    y = alt.Y("value:Q", axis=alt.Axis(title=None, tickCount=6))
    chart = style.layer(
        style.table([{"lower": -1.96, "upper": 1.96}])
        .mark_rect(color=tokens.BAND, opacity=0.6)
        .encode(y=alt.Y("lower:Q"), y2=alt.Y2("upper:Q")),
        style.table([{"time": r.time, "value": r.value} for r in sample])
        .mark_circle(size=14, opacity=0.45, color=style.CONSTRUCT_COLOURS["alliance"])
        .encode(x=x, y=y),
        width=width,
        height=int(width * 0.42),
    )
    label = result.request.label(construct)
    beyond = sum(abs(r.value) > 1.96 for r in residuals) / len(residuals) if residuals else 0.0
    return style.apply_theme(
        chart,
        label=f"Residuals of {label}",
        description=f"{len(residuals)} one-step-ahead residuals of {label}; {beyond:.0%} lie beyond 1.96, "
        "5% are expected.",
    )
