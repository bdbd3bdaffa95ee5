"""Individual courses of one construct, with the mean of all persons."""

from __future__ import annotations

import altair as alt

from securebase.charts import style, tokens
from securebase.study.result import StudyResult

#: more lines than this merge into a grey area
MAX_COURSES = 120


@style.skip_validation
def courses_chart(result: StudyResult, construct: str, *, width: int = style.HALF_WIDTH) -> alt.LayerChart:
    """Return a thin line for each person (at most `MAX_COURSES`, evenly picked) and the mean with its 95% interval."""
    selected, total = count_courses(result, construct)
    courses = result.trajectories.individual[construct]
    step = total / selected if selected else 1.0
    lines = [
        {"person": i, "time": t, "value": v}
        for i in range(selected)
        for t, v in zip(courses[int(i * step)].times, courses[int(i * step)].values, strict=True)
    ]
    means = [
        {"time": m.time, "mean": m.mean, "lower": m.lower, "upper": m.upper}
        for m in result.trajectories.means[construct]
    ]
    x = alt.X("time:Q", axis=alt.Axis(title=_time_label(result), grid=False, tickCount=10), scale=alt.Scale(zero=False))
    y = alt.Y("value:Q", axis=alt.Axis(title=None), scale=alt.Scale(zero=False))
    ink = style.colour(construct) if construct in style.CONSTRUCT_COLOURS else style.CONSTRUCT_COLOURS["alliance"]
    base = style.table(means).encode(x=x)
    chart = style.layer(
        style.table(lines)
        .mark_line(strokeWidth=0.8, opacity=0.35, color=tokens.OTHER)
        .encode(x=x, y=y, detail=alt.Detail("person:N")),
        base.mark_area(opacity=0.18, color=ink).encode(y=alt.Y("lower:Q"), y2=alt.Y2("upper:Q")),
        base.mark_line(strokeWidth=2.6, color=ink).encode(y=alt.Y("mean:Q")),
        width=width,
        height=int(width * 0.5),
    )
    label = result.request.label(construct)
    picked = "" if selected == total else f", {selected} of {total} drawn"
    return style.apply_theme(
        chart,
        label=f"Courses of {label}",
        description=f"{label} over time for each person ({total} persons{picked}), and the mean of all."
        f"{_mean_in_words(means)}",
    )


def _time_label(result: StudyResult) -> str:
    return "time" if result.request.time_unit == "file" else result.request.time_unit


def count_courses(result: StudyResult, construct: str) -> tuple[int, int]:
    """Return the number of courses drawn and the total number."""
    total = len(result.trajectories.individual[construct])
    return min(total, MAX_COURSES), total


def _mean_in_words(means: list[dict[str, float]]) -> str:
    if len(means) < 2:
        return ""
    return f" The mean goes from {means[0]['mean']:.3g} to {means[-1]['mean']:.3g}."
