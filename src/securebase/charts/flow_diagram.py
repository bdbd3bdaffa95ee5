"""Flow of persons through a trial, from the table to the analysis: a column of boxes for each arm (CONSORT)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from securebase.charts import style, tokens
from securebase.study.trial.flow import ArmFlow

#: pixels of a box and of the arrow below it; of the name of an arm
_BOX, _ARROW, _NAME = 34, 18, 30
#: pixels between columns, and the narrowest column
_BETWEEN, _NARROWEST = 24, 150


@style.skip_validation
def flow_diagram(flows: Sequence[ArmFlow], *, width: int = style.FULL_WIDTH) -> alt.LayerChart:
    """Return a column for each arm; columns that do not fit side by side continue below."""
    columns = max(1, min(len(flows), (width + _BETWEEN) // (_NARROWEST + _BETWEEN)))
    box_width = min(260.0, (width - _BETWEEN * (columns - 1)) / columns)
    height = _NAME + len(_stages(flows[0])) * (_BOX + _ARROW) + 10
    boxes: list[dict[str, Any]] = []
    arrows: list[dict[str, Any]] = []
    names: list[dict[str, Any]] = []
    for k, flow in enumerate(flows):
        left, top = (k % columns) * (box_width + _BETWEEN), (k // columns) * height
        names.append({"x": left + box_width / 2, "y": top + 14, "text": flow.arm})
        for step, text in enumerate(_stages(flow)):
            upper, middle = top + _NAME + step * (_BOX + _ARROW), left + box_width / 2
            boxes.append({"x": left, "x2": left + box_width, "y": upper, "y2": upper + _BOX, "text": text})
            boxes[-1] |= {"middle": middle, "line": upper + _BOX / 2}
            if step:
                arrows.append({"x": middle, "y": upper - _ARROW, "y2": upper - 4, "tip": upper - 5})
    rows = -(-len(flows) // columns)
    total = height * rows
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, width], nice=False))
    y_scale = alt.Scale(domain=[0, total], reverse=True, nice=False)
    y = alt.Y("y:Q", axis=None, scale=y_scale)
    base, lines = style.table(boxes), style.table(arrows)
    chart = style.layer(
        base.mark_rect(fill=tokens.CARD, stroke=tokens.EDGE, strokeWidth=1, cornerRadius=4).encode(
            x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q")
        ),
        lines.mark_rule(color=tokens.SOFT, strokeWidth=1.5).encode(x=x, y=y, y2=alt.Y2("y2:Q")),
        lines.mark_point(shape="triangle-down", filled=True, size=45, color=tokens.SOFT, opacity=1).encode(
            x=x, y=alt.Y("tip:Q", axis=None, scale=y_scale)
        ),
        base.mark_text(color=tokens.INK, fontSize=12.5).encode(
            x=alt.X("middle:Q", axis=None), y=alt.Y("line:Q", axis=None, scale=y_scale), text=alt.Text("text:N")
        ),
        style.table(names)
        .mark_text(color=tokens.INK, fontSize=13, fontWeight="bold")
        .encode(x=x, y=y, text=alt.Text("text:N")),
        fitted=False,
        width=width,
        height=total,
    )
    description = " ".join(f"{flow.arm}: {', '.join(_stages(flow))}." for flow in flows)
    return style.apply_theme(chart, label="Flow of persons by arm", description=description)


def _stages(flow: ArmFlow) -> tuple[str, ...]:
    return (
        f"{flow.in_table:,} in the table",
        f"{flow.first_rated:,} with a first rating",
        f"{flow.rated_halfway:,} rated halfway or later",
        f"{flow.rated_at_end:,} rated at the end",
        f"{flow.analysed:,} analysed",
    )
