"""One process against the outcome on both levels: between persons and within them."""

from __future__ import annotations

import altair as alt

from securebase.charts import style
from securebase.study.result import StudyResult
from securebase.study.variance import Correlation
from securebase.study.wording import number

#: more points than this are picked evenly, so that the page stays light
MOST_POINTS = 800


def levels_chart(result: StudyResult, process: str, *, width: int = style.WHOLE) -> alt.HConcatChart:
    """Left: persons' means. Right: every session's movement around the person's own means."""
    found = next(m for m in result.moves_with if m.first == process)
    label, outcome = result.asked.label(process), result.asked.label(result.asked.outcome)
    panel = width // 2 - 60
    means, moves = result.courses.between[process], result.courses.within[process]
    between, within = f"between persons: {_r(found.between)}", f"within persons: {_r(found.within)}"
    left = _panel(means, between, (label, outcome), width=panel, size=42)
    right = _panel(moves, within, (f"{label}, own mean taken out", None), width=panel, size=14)
    words = f"{label} and {outcome}: between persons {_r(found.between)}, within persons {_r(found.within)}."
    return style.themed(
        alt.hconcat(left, right, spacing=28), label=f"{label} and {outcome} on both levels", description=words
    )


def _panel(
    points: tuple[tuple[float, float], ...], title: str, axes: tuple[str, str | None], *, width: int, size: int
) -> alt.LayerChart:
    step = max(1.0, len(points) / MOST_POINTS)
    kept = [points[int(i * step)] for i in range(min(len(points), MOST_POINTS))]
    base = style.table([{"x": x, "y": y} for x, y in kept]).encode(
        x=alt.X("x:Q", axis=alt.Axis(title=axes[0], grid=False, tickCount=8), scale=alt.Scale(zero=False)),
        y=alt.Y("y:Q", axis=alt.Axis(title=axes[1], titlePadding=14, tickCount=6), scale=alt.Scale(zero=False)),
    )
    dots = base.mark_circle(size=size, opacity=0.45, color=style.CONSTRUCT_COLOURS["alliance"])
    line = base.transform_regression("x", "y").mark_line(color=style.INK, strokeWidth=1.6)
    return style.layered(dots, line, fitted=False, width=width, height=int(width * 0.62), title=title)


def _r(correlation: Correlation | None) -> str:
    return "(cannot be computed)" if correlation is None else f"r = {number(correlation.estimate)}"
