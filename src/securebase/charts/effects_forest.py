"""Forest plot of effects in standard deviations: one row each, with a band of equivalence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt

from securebase.charts import style, tokens
from securebase.study.phrases import number

#: pixels of a row, on a page and on a phone, where the label has a line of its own
_WIDE, _NARROW = 30, 46
#: pixels for labels and figures beside the bars
_LEFT, _RIGHT = 266, 128


@dataclass(frozen=True, slots=True)
class ForestRow:
    """An effect with its 95% interval. weight: share that sizes its point; summary: of all rows, drawn as a diamond."""

    label: str
    estimate: float
    lower: float
    upper: float
    weight: float | None = None
    summary: bool = False

    @property
    def figures(self) -> str:
        return f"{number(self.estimate)} ({number(self.lower)} to {number(self.upper)})"


@style.skip_validation
def effects_forest(
    rows: Sequence[ForestRow], margin: float | None, *, label: str, title: str, width: int = style.FULL_WIDTH
) -> alt.LayerChart:
    """Return the rows from top to bottom; margin: half the width of the band of equivalence, None without one."""
    narrow = width < style.HALF_WIDTH
    left = 8 if narrow else _LEFT
    ends = [0.0, *(v for r in rows for v in (r.lower, r.upper)), *((-margin, margin) if margin else ())]
    room = 0.04 * (max(ends) - min(ends))
    scale = alt.Scale(domain=[min(ends) - room, max(ends) + room], range=[left, width - _RIGHT], nice=False, zero=False)
    anchor: Literal["start", "middle"] = "start" if narrow else "middle"
    axis = alt.Axis(title=title, titleAnchor=anchor, tickCount=4 if narrow else 7, grid=False, labelOverlap=True)
    x = alt.X("estimate:Q", scale=scale, axis=axis)
    downwards = alt.Scale(domain=[-0.7, len(rows) - 0.4], reverse=True, nice=False)
    y = alt.Y("y:Q", axis=None, scale=downwards)
    data: list[dict[str, Any]] = [
        {
            "y": k,
            "above": k - 0.42,
            "estimate": r.estimate,
            "lower": r.lower,
            "upper": r.upper,
            "label": r.label,
            "figures": r.figures,
            "shape": "diamond" if r.summary else "circle",
            "size": 190 if r.summary else 75 if r.weight is None else 30 + 400 * r.weight,
        }
        for k, r in enumerate(rows)
    ]
    base = style.table(data).encode(y=y)
    layers = []
    edges = {"y": -0.7, "y2": len(rows) - 0.4}
    if margin:
        band = style.table([{"estimate": -margin, "x2": margin, **edges}])
        layers.append(
            band.mark_rect(color=tokens.BAND, opacity=1).encode(x=x, x2=alt.X2("x2:Q"), y=y, y2=alt.Y2("y2:Q"))
        )
    zero = style.table([{"estimate": 0, **edges}])
    layers += [
        zero.mark_rule(color=tokens.SOFT, strokeDash=[3, 3]).encode(x=x, y=y, y2=alt.Y2("y2:Q")),
        base.mark_rule(strokeWidth=2, color=tokens.INK).encode(x=alt.X("lower:Q", scale=scale), x2=alt.X2("upper:Q")),
        base.mark_point(filled=True, opacity=1, color=tokens.INK).encode(
            x=x,
            shape=alt.Shape("shape:N", scale=None, legend=None),
            size=alt.Size("size:Q", scale=None, legend=None),
        ),
        base.mark_text(align="left", color=tokens.INK, fontSize=12.5, limit=width - 10 if narrow else left - 10).encode(
            x=alt.value(0), y=alt.Y("above:Q", axis=None, scale=downwards) if narrow else y, text=alt.Text("label:N")
        ),
        base.mark_text(align="right", color=tokens.INK).encode(x=alt.value(width), text=alt.Text("figures:N")),
    ]
    chart = style.layer(*layers, fitted=False, width=width, height=int((_NARROW if narrow else _WIDE) * len(rows) + 20))
    description = "; ".join(f"{r.label}: {r.figures}" for r in rows)
    return style.apply_theme(chart, label=label, description=f"{title}. {description}.")
