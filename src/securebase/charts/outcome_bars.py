"""Bars of outcomes: the share of persons in each statement with its interval, one row for each group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt

from securebase.charts import style, tokens
from securebase.measurement.course_outcome import OutcomeStatement
from securebase.study.outcomes.phrases import percent_share, statement_label
from securebase.study.outcomes.shares import PersonShare
from securebase.study.questions.outcome_panel import ALL, OutcomePanelAnswer

#: pixels of a line; pixels for labels on the left and figures on the right, on a page and on a phone
_LINE, _LEFT, _RIGHT = 22, (200, 20), (170, 134)
Rows = list[dict[str, Any]]
Shares = Mapping[OutcomeStatement, PersonShare]


@style.skip_validation
def outcome_bars(groups: Mapping[str, Shares], *, width: int, noun: str = "persons") -> alt.LayerChart:
    """Return one bar for each statement and group, with its 95% interval and figures.

    Several groups stand below the name of their statement; on a phone every bar stands below its name.
    """
    narrow = width < style.HALF_WIDTH
    heads, bars, lines = _build_rows(groups, width)
    left = _LEFT[narrow] if len(groups) == 1 else _LEFT[narrow] + 60 * narrow
    scale = alt.Scale(domain=[0, 100], range=[left, width - _RIGHT[narrow]], nice=False)
    axis = alt.Axis(title=f"% of {noun}, 95% interval", values=[0, 25, 50, 75, 100], grid=True, labelOverlap=True)
    x = alt.X("estimate:Q", scale=scale, axis=axis)
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-0.6, lines - 0.4], reverse=True, nice=False))
    base = style.table(bars).encode(y=y)
    layers = [
        base.mark_bar(height=11, color=tokens.LINE).encode(x=x, x2=alt.datum(0)),
        base.mark_rule(strokeWidth=2, color=tokens.INK).encode(x=alt.X("lower:Q", scale=scale), x2=alt.X2("upper:Q")),
        base.mark_point(filled=True, size=60, opacity=1, color=tokens.INK).encode(x=x),
        base.mark_text(align="left", color=tokens.SOFT).encode(x=alt.value(0), text=alt.Text("label:N")),
        base.mark_text(align="right", color=tokens.INK).encode(x=alt.value(width), text=alt.Text("figures:N")),
    ]
    if heads:
        layers.append(
            style.table(heads)
            .mark_text(align="left", color=tokens.INK, fontSize=13)
            .encode(x=alt.value(0), y=y, text=alt.Text("title:N"))
        )
    chart = style.layer(*layers, fitted=False, width=width, height=int(_LINE * lines))
    return style.apply_theme(chart, label=f"Shares of {noun} by outcome", description=describe_bars(groups))


def bars_size(groups: Mapping[str, Shares], *, width: int) -> tuple[int, int]:
    """Return the size of the drawing in pixels, with its axis."""
    return width, int(_LINE * _build_rows(groups, width)[2]) + 42


def describe_bars(groups: Mapping[str, Shares]) -> str:
    """Return the chart in words."""
    parts = [
        f"{statement_label(statement)}{f', {name}' if len(groups) > 1 else ''}: {percent_share(shares[statement])}."
        for statement in OutcomeStatement
        for name, shares in groups.items()
        if statement in shares
    ]
    return " ".join(parts)


def _build_rows(groups: Mapping[str, Shares], width: int) -> tuple[Rows, Rows, float]:
    """Return headings, bars, and the number of lines."""
    below = width < style.HALF_WIDTH or len(groups) > 1
    heads: Rows = []
    bars: Rows = []
    line = 0.0
    for statement in OutcomeStatement:
        own = {name: shares[statement] for name, shares in groups.items() if statement in shares}
        if own and below:
            heads.append({"y": line, "title": statement_label(statement)})
            line += 0.95
        for name, share in own.items():
            label = name if len(groups) > 1 else "" if below else statement_label(statement)
            bars.append(
                {
                    "y": line,
                    "estimate": 100 * share.estimate,
                    "lower": 100 * share.lower,
                    "upper": 100 * share.upper,
                    "label": label,
                    "figures": percent_share(share),
                }
            )
            line += 0.9 if below else 1.0
        line += 0.35 if own and below else 0.0
    return heads, bars, line


def draw_answer(answer: OutcomePanelAnswer, labels: Mapping[str, str], width: int) -> list[tuple[alt.LayerChart, str]]:
    """Return the bars of a study's answer: of the arms, or of everybody."""
    if not answer.everyone.shares:
        return []
    groups = {name: group.shares for name, group in (answer.arms or {ALL: answer.everyone}).items()}
    label = labels.get(answer.column, answer.column)
    return [(outcome_bars(groups, width=width), f"{label}: last rating as observed.")]
