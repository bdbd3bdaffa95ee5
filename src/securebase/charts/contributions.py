"""Contributions to the change in symptoms: for each construct the carried and the apart reading with intervals.

Readings that rest on other clients more than on this one are grey.
"""

from __future__ import annotations

from typing import Any

import altair as alt

from securebase.charts import style, tokens
from securebase.charts.client_chart import PAGE_WIDTH, ClientChart
from securebase.picture import hypothesis_phrases as words
from securebase.picture.client import ClientPicture
from securebase.picture.parts import Hypotheses, Hypothesis
from securebase.picture.phrases import percent

#: pixels of a line; lines of one construct: a heading, two bars and space
_LINE, _HEADING, _LINES = 19, 1.15, 3.9
#: pixels reserved for labels on the left and figures on the right, on a page and on a phone
_WIDE, _NARROW = (70, 190), (62, 118)


@style.skip_validation
def contributions_chart(picture: ClientPicture, *, width: int = style.FULL_WIDTH) -> alt.LayerChart:
    """Return the chart of points of the change in symptoms by construct.

    Raises ValueError for a picture without hypotheses.
    """
    part = picture.hypotheses
    if part is None:
        raise ValueError("this picture holds no hypotheses")
    narrow = width <= style.PHONE_WIDTH
    left, right = _NARROW if narrow else _WIDE
    heads, bars = _build_rows(part, narrow=narrow)
    low, high = _domain(bars)
    scale = alt.Scale(domain=[low, high], range=[left, width - right], nice=False, zero=False)
    better = "← fewer" if picture.symptoms.worse_is_higher else "fewer →"
    axis = alt.Axis(
        title=f"points of change in symptoms ({better})", tickCount=3 if narrow else 7, grid=True, labelOverlap=True
    )
    lines = _LINES * len(part.rows)
    downwards = alt.Scale(domain=[-0.7, lines - 0.6], reverse=True, nice=False)
    y = alt.Y("y:Q", axis=None, scale=downwards)
    colour = alt.Color("colour:N", scale=None)
    x = alt.X("low:Q", scale=scale, axis=axis)
    base, headings = style.table(bars).encode(y=y), style.table(heads).encode(y=y)
    zero = style.table([{"low": 0}])
    chart = style.layer(
        zero.mark_rule(color=tokens.SOFT).encode(x=x),
        base.mark_rule(strokeWidth=2.2).encode(
            x=x, x2=alt.X2("high:Q"), color=colour, strokeDash=alt.StrokeDash("dash:N", scale=None)
        ),
        base.transform_filter("datum.carried")
        .mark_point(filled=True, size=80, opacity=1)
        .encode(x=alt.X("value:Q", scale=scale), color=colour),
        base.transform_filter("!datum.carried")
        .mark_point(filled=True, size=70, opacity=1, strokeWidth=2, fill=tokens.CARD)
        .encode(x=alt.X("value:Q", scale=scale), stroke=colour),
        base.mark_text(align="left", color=tokens.SOFT).encode(x=alt.value(0), text=alt.Text("reading:N")),
        base.mark_text(align="right", color=tokens.INK).encode(x=alt.value(width), text=alt.Text("figures:N")),
        headings.mark_text(align="left", color=tokens.INK, fontSize=13).encode(
            x=alt.value(0), text=alt.Text("label:N")
        ),
        headings.mark_text(align="right", color=tokens.SOFT).encode(x=alt.value(width), text=alt.Text("share:N")),
        fitted=False,
        width=width,
        height=height(len(part.rows)),
    )
    label, description = text_alternative(picture)
    return style.apply_theme(chart, label=label, description=description)


def height(rows: int) -> int:
    """Return the height in pixels of the drawing area for this many constructs, without the axis."""
    return int(_LINE * _LINES * rows)


def text_alternative(picture: ClientPicture) -> tuple[str, str]:
    """Return label and description of the chart for screen readers."""
    rows = picture.hypotheses.rows if picture.hypotheses is not None else ()
    return "What symptoms move with", " ".join(_hypothesis_in_words(h) for h in rows)


def _build_rows(part: Hypotheses, *, narrow: bool) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    heads: list[dict[str, Any]] = []
    bars: list[dict[str, Any]] = []
    for i, h in enumerate(part.rows):
        top = _LINES * i
        share = f"{percent(h.share)} own" if narrow else f"{percent(h.share)} from this client"
        heads.append({"y": top, "label": h.label, "share": share})
        ink = tokens.OTHER if h.borrowed else style.colour(h.constructs[0])
        for row, (name, contribution) in enumerate((("with trend", h.carried), ("detrended", h.apart))):
            bars.append(
                {
                    "y": top + _HEADING + 0.95 * row,
                    "reading": name,
                    "carried": name == "with trend",
                    "value": contribution.value,
                    "low": contribution.low,
                    "high": contribution.high,
                    "dash": [] if name == "with trend" else [4, 3],
                    "colour": ink,
                    "figures": words.interval(contribution),
                }
            )
    return heads, bars


def _domain(bars: list[dict[str, Any]]) -> tuple[float, float]:
    low, high = min(b["low"] for b in bars), max(b["high"] for b in bars)
    margin = 0.03 * (high - low)
    return min(low, -0.5) - margin, max(high, 0.5) + margin


def _hypothesis_in_words(h: Hypothesis) -> str:
    borrowed = ", borrowed from other clients" if h.borrowed else ""
    return (
        f"{h.label}: with trend {words.interval(h.carried)}, detrended {words.interval(h.apart)} points; "
        f"{percent(h.share)} from this client{borrowed}."
    )


def _reserved_height(picture: ClientPicture) -> int:
    rows = picture.hypotheses.rows if picture.hypotheses is not None else ()
    return height(len(rows)) + 42  # 42 pixels for the axis below the rows and its title


CLIENT_CHART = ClientChart(
    "hypotheses",
    contributions_chart,
    text_alternative,
    (PAGE_WIDTH, style.PHONE_WIDTH),
    lambda p: ((PAGE_WIDTH + 8, _reserved_height(p)), (style.PHONE_WIDTH + 8, _reserved_height(p))),
    lambda p: p.hypotheses is None,
)
