"""Every lag with its own mean and with its own line taken out, side by side: what fades and what stays."""

from __future__ import annotations

from typing import Any

import altair as alt

from securebase.charts import style
from securebase.study.reciprocal import LagFinding
from securebase.study.result import StudyResult
from securebase.study.wording import finding_in_words, number, when

_ROW = 22
#: pixels kept free for the words on the left and the figures on the right
_LEFT, _RIGHT = 104, 128
_FORMS = (("centred", "own mean out", style.OTHER), ("detrended", "own line out", style.CONSTRUCT_COLOURS["alliance"]))


def forest_chart(result: StudyResult, *, width: int = style.WHOLE) -> alt.LayerChart:
    """Standardised lags with 95% intervals, two a row; the verdict stands in the row's heading."""
    heads, bars = _rows(result)
    lowest, highest = _domain(bars)
    scale = alt.Scale(domain=[lowest, highest], range=[_LEFT, width - _RIGHT], nice=False, zero=False)
    x = alt.X("estimate:Q", scale=scale, axis=alt.Axis(title="standardised lag, 95% interval", tickCount=6, grid=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[-0.6, 3.4 * len(heads) - 0.4], reverse=True, nice=False))
    colour = alt.Color("colour:N", scale=None)
    data = alt.Data(values=bars)
    base = alt.Chart(data).encode(y=y)
    chart = alt.layer(
        alt.Chart(alt.Data(values=[{"estimate": 0}])).mark_rule(color=style.SOFT, strokeDash=[3, 3]).encode(x=x),
        base.mark_rule(strokeWidth=2).encode(x=alt.X("lower:Q", scale=scale), x2="upper:Q", color=colour),
        base.mark_point(filled=True, size=75, opacity=1).encode(
            x=x, color=colour, shape=alt.Shape("form:N", legend=None)
        ),
        base.mark_text(align="left", color=style.SOFT).encode(x=alt.value(0), text="label:N"),
        base.mark_text(align="right", color=style.INK).encode(x=alt.value(width), text="figures:N"),
        alt.Chart(alt.Data(values=heads))
        .mark_text(align="left", color=style.INK, fontSize=13)
        .encode(x=alt.value(0), y=y, text="title:N"),
        alt.Chart(alt.Data(values=heads))
        .mark_text(align="right", color=style.INK, fontSize=13, fontWeight=600)
        .encode(x=alt.value(width), y=y, text="verdict:N"),
    ).properties(width=width, height=int(_ROW * 3.4 * len(heads)))
    return style.themed(
        chart,
        label="Lags with the own mean and with the own line taken out",
        description=" ".join(finding_in_words(lag, result.asked.labels) for lag in result.lags),
    )


def _rows(result: StudyResult) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    heads: list[dict[str, Any]] = []
    bars: list[dict[str, Any]] = []
    for i, lag in enumerate(result.lags):
        top = 3.4 * i
        heads.append({"y": top, "title": _title(lag, result), "verdict": lag.main.verdict.label})
        for place, (form, label, colour) in enumerate(_FORMS):
            found = lag.main.centred if form == "centred" else lag.main.detrended
            if found is None:
                continue
            figures = f"{number(found.estimate)} ({number(found.lower)} to {number(found.upper)})"
            bars.append(
                {
                    "y": top + 1 + 0.9 * place,
                    "estimate": found.estimate,
                    "lower": found.lower,
                    "upper": found.upper,
                    "form": form,
                    "label": label,
                    "colour": colour,
                    "figures": figures,
                }
            )
    return heads, bars


def _title(lag: LagFinding, result: StudyResult) -> str:
    label = result.asked.label
    return f"{label(lag.link.earlier)} → {label(lag.link.later)} {when(lag.link.step)}"


def _domain(bars: list[dict[str, Any]]) -> tuple[float, float]:
    ends = [b["lower"] for b in bars] + [b["upper"] for b in bars] + [-0.1, 0.1]
    return min(ends), max(ends)
