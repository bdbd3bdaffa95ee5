"""Rows of a forest plot: a label and an interval each, under headings; on a phone the label is above its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from securebase.charts import style, tokens
from securebase.study.questions.question import AnswerInterval

#: pixels of a line; lines of a row on a page and on a phone
_LINE, _WIDE, _NARROW = 22, 1.1, 1.7

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class IntervalRow:
    """A row, or a heading, which has no interval."""

    label: str
    interval: AnswerInterval | None = None
    colour: str = style.CONSTRUCT_COLOURS["alliance"]
    is_heading: bool = False


def domain_of(rows: Sequence[IntervalRow]) -> tuple[float, float]:
    """Return the range of all intervals, at least from −.1 to .1."""
    intervals = [row.interval for row in rows if row.interval]
    return min([-0.1, *(i.lower for i in intervals)]), max([0.1, *(i.upper for i in intervals)])


def interval_panel(
    rows: Sequence[IntervalRow], title: str, domain: tuple[float, float], span: tuple[int, int], *, narrow: bool
) -> alt.LayerChart:
    """Return rows with their intervals; span: pixels from the left end of the axis to the right one."""
    placed: Rows = []
    y = 0.0
    for row in rows:
        ends = {name: getattr(row.interval, name) for name in ("estimate", "lower", "upper")} if row.interval else {}
        ink = tokens.SOFT if row.is_heading else tokens.INK
        bar = y + (0.75 if narrow else 0.0)
        placed.append({"y": y, "bar": bar, "label": row.label, "ink": ink, "colour": row.colour, **ends})
        y += _NARROW if narrow and not row.is_heading else _WIDE
    lines = placed[-1]["bar"] + 1.2
    scale = alt.Scale(domain=list(domain), range=list(span), nice=False, zero=False)
    downwards = alt.Scale(domain=[-0.7, lines - 0.7], reverse=True, nice=False)
    axis = alt.Axis(title=title, tickCount=4, grid=False, labelOverlap=True)
    x, at = alt.X("estimate:Q", scale=scale, axis=axis), alt.Y("y:Q", axis=None, scale=downwards)
    bar_at, colour = alt.Y("bar:Q", axis=None, scale=downwards), alt.Color("colour:N", scale=None)
    bars = [row for row in placed if "estimate" in row]
    zeros = style.table([{"estimate": 0, "y": row["bar"] - 0.5, "y2": row["bar"] + 0.5} for row in bars])
    base = style.table(bars)
    return style.layer(
        zeros.mark_rule(color=tokens.SOFT, strokeDash=[3, 3]).encode(x=x, y=at, y2=alt.Y2("y2:Q")),
        base.mark_rule(strokeWidth=2).encode(
            x=alt.X("lower:Q", scale=scale), x2=alt.X2("upper:Q"), y=bar_at, color=colour
        ),
        base.mark_point(filled=True, size=70, opacity=1).encode(x=x, y=bar_at, color=colour),
        style.table(placed)
        .mark_text(align="left")
        .encode(x=alt.value(0), y=at, text=alt.Text("label:N"), color=alt.Color("ink:N", scale=None)),
        fitted=False,
        width=span[1],
        height=int(_LINE * lines),
    )
