"""Forest plot of every lag: within-person centred, detrended, and adjusted for the common time course."""

from __future__ import annotations

from typing import Any

import altair as alt

from securebase.charts import style, tokens
from securebase.study.phrases import figures_in_words, number
from securebase.study.reciprocal import LagFinding
from securebase.study.result import StudyResult

#: pixels of one line of text; lines of a heading and of the whole row, on a page and on a phone
_LINE, _WIDE, _NARROW = 20, (1.1, 4.2), (1.1, 4.4)
#: pixels reserved for labels on the left and figures on the right
_LEFT, _RIGHT = 122, 128
_MARKS = (
    ("centred", tokens.OTHER),
    ("detrended", style.CONSTRUCT_COLOURS["alliance"]),
    ("+ common course", tokens.INK),
)


@style.skip_validation
def forest_chart(result: StudyResult, *, width: int = style.FULL_WIDTH) -> alt.LayerChart:
    """Return standardised lags with 95% intervals, three in each row, below its heading."""
    narrow = width < style.HALF_WIDTH
    heads, bars, zeros = _build_rows(result, narrow=narrow)
    lowest, highest = _domain(bars)
    scale = alt.Scale(domain=[lowest, highest], range=[_LEFT, width - _RIGHT], nice=False, zero=False)
    axis = alt.Axis(title="standardised lag, 95% interval", tickCount=3 if narrow else 6, grid=False, labelOverlap=True)
    x = alt.X("estimate:Q", scale=scale, axis=axis)
    lines = _row_lines(narrow=narrow) * len(heads)
    downwards = alt.Scale(domain=[-0.6, lines - 0.6], reverse=True, nice=False)
    y = alt.Y("y:Q", axis=None, scale=downwards)
    colour = alt.Color("colour:N", scale=None)
    base = style.table(bars).encode(y=y)
    headings = style.table(heads)
    chart = style.layer(
        style.table(zeros).mark_rule(color=tokens.SOFT, strokeDash=[3, 3]).encode(x=x, y=y, y2=alt.Y2("y2:Q")),
        base.mark_rule(strokeWidth=2).encode(x=alt.X("lower:Q", scale=scale), x2=alt.X2("upper:Q"), color=colour),
        base.mark_point(filled=True, size=75, opacity=1).encode(
            x=x, color=colour, shape=alt.Shape("form:N", legend=None)
        ),
        base.mark_text(align="left", color=tokens.SOFT).encode(x=alt.value(0), text=alt.Text("label:N")),
        base.mark_text(align="right", color=tokens.INK).encode(x=alt.value(width), text=alt.Text("figures:N")),
        headings.mark_text(align="left", color=tokens.INK, fontSize=13).encode(
            x=alt.value(0), y=y, text=alt.Text("title:N")
        ),
        fitted=False,
        width=width,
        height=int(_LINE * lines),
    )
    return style.apply_theme(
        chart,
        label="Lags, within-person centred, detrended and adjusted for the common time course",
        description=" ".join(_describe(lag, result) for lag in result.lags),
    )


def _describe(lag: LagFinding, result: StudyResult) -> str:
    return f"{_title(lag, result, narrow=False)}: {figures_in_words(lag) or lag.main.note}"


def _row_lines(*, narrow: bool) -> float:
    return (_NARROW if narrow else _WIDE)[1]


Rows = list[dict[str, Any]]


def _build_rows(result: StudyResult, *, narrow: bool) -> tuple[Rows, Rows, Rows]:
    """Return headings, bars and segments of the zero line; headings are farther apart on a phone."""
    heading, row = _NARROW if narrow else _WIDE
    heads: Rows = []
    bars: Rows = []
    zeros: Rows = []
    for i, lag in enumerate(result.lags):
        top = row * i
        heads.append({"y": top, "title": _title(lag, result, narrow=narrow)})
        zeros.append({"estimate": 0, "y": top + heading - 0.5, "y2": top + heading + 2.3})
        estimates = (lag.main.centred, lag.main.detrended, lag.time_adjusted.detrended)
        for position, ((label, colour), estimate) in enumerate(zip(_MARKS, estimates, strict=True)):
            if estimate is None:
                continue
            bars.append(
                {
                    "y": top + heading + 0.9 * position,
                    "estimate": estimate.estimate,
                    "lower": estimate.lower,
                    "upper": estimate.upper,
                    "form": str(position),
                    "label": label,
                    "colour": colour,
                    "figures": f"{number(estimate.estimate)} ({number(estimate.lower)} to {number(estimate.upper)})",
                }
            )
    return heads, bars, zeros


def _title(lag: LagFinding, result: StudyResult, *, narrow: bool) -> str:
    label = result.request.label
    names = f"{label(lag.link.earlier)} → {label(lag.link.later)}"
    return names if narrow else f"{names} {lag.link.step.describe(result.request.occasion)}"


def _domain(bars: Rows) -> tuple[float, float]:
    ends = [b["lower"] for b in bars] + [b["upper"] for b in bars] + [-0.1, 0.1]
    return min(ends), max(ends)
