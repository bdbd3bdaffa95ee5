"""One strip for each target: the accepted band, the published value and the distribution over simulated cohorts."""

from __future__ import annotations

from math import isfinite
from typing import Any

import altair as alt

from securebase.charts import style, tokens
from securebase.study.calibration.run import Calibration
from securebase.study.calibration.table import format_value
from securebase.study.calibration.target import Outcome, TargetVerdict

#: pixels: height of a strip; width reserved for labels on the left and figures on the right
_LINE, _WORDS, _FIGURES = 22, 152, 46
#: half the range drawn, in half-widths of the band; the band itself lies between −1 and 1
_REACH = 2.6

Rows = list[dict[str, Any]]


@style.skip_validation
def strips_chart(calibration: Calibration, *, width: int = style.FULL_WIDTH) -> alt.LayerChart:
    """Return a strip for every simulated target, each scaled so that all bands have the same width.

    An open end of a band runs to the edge. Values beyond the edge are drawn at the edge.
    """
    rows = [_strip(row, o) for row, o in enumerate(o for o in calibration.outcomes if len(o.valid))]
    scale = alt.Scale(domain=[-_REACH, _REACH], range=[_WORDS, width - _FIGURES], nice=False, zero=False)
    base = style.table(rows).encode(
        y=alt.Y("row:Q", axis=None, scale=alt.Scale(domain=[-0.7, len(rows) - 0.3], reverse=True, nice=False))
    )
    colour = alt.Color("colour:N", scale=None)
    published = base.transform_filter("isValid(datum.published)")

    def x(name: str) -> alt.X:
        return alt.X(f"{name}:Q", scale=scale, axis=None)

    chart = style.layer(
        base.mark_bar(size=_LINE - 8, color=tokens.BAND).encode(x=x("band_low"), x2=alt.X2("band_high:Q")),
        base.mark_rule(strokeWidth=1.5).encode(x=x("low"), x2=alt.X2("high:Q"), color=colour),
        base.mark_rule(strokeWidth=5, strokeCap="round").encode(
            x=x("lower_half"), x2=alt.X2("upper_half:Q"), color=colour
        ),
        published.mark_point(shape="diamond", size=80, color=tokens.INK, strokeWidth=1.6, fill=tokens.CARD).encode(
            x=x("published")
        ),
        base.mark_circle(size=62, opacity=1).encode(x=x("median"), color=colour),
        base.mark_text(align="left", color=tokens.INK).encode(x=alt.value(0), text=alt.Text("key:N")),
        base.mark_text(align="right", fontWeight=600).encode(
            x=alt.value(width), text=alt.Text("figure:N"), color=colour
        ),
        fitted=False,
        width=width,
        height=_LINE * len(rows),
    )
    failed = ", ".join(o.target.key for o in calibration.outcomes if o.verdict is TargetVerdict.FAILED) or "none"
    return style.apply_theme(
        chart,
        label="Simulated cohorts and published figures",
        description=f"{len(rows)} {'figure' if len(rows) == 1 else 'figures'}, each with its band, "
        "the published value and the median of cohorts. "
        f"Outside their band: {failed}.",
    )


def _strip(row: int, outcome: Outcome) -> dict[str, Any]:
    target = outcome.target
    low, high = outcome.range_95
    lower_half, upper_half = outcome.range_50

    def position(value: float) -> float:
        """Return the distance from the middle of the band in half-widths, limited to the strip."""
        return max(-_REACH, min(_REACH, (value - middle) / half))

    middle, half = _middle(outcome)
    return {
        "row": row,
        "key": target.key,
        "figure": format_value(target, outcome.median),
        "colour": tokens.GOOD if outcome.verdict is TargetVerdict.MET else tokens.ALERT,
        "band_low": position(target.band[0]),
        "band_high": position(target.band[1]),
        "low": position(low),
        "high": position(high),
        "lower_half": position(lower_half),
        "upper_half": position(upper_half),
        "median": position(outcome.median),
        "published": None if target.value is None else position(target.value),
    }


def _middle(outcome: Outcome) -> tuple[float, float]:
    """Return middle and half-width of a band. An open end is placed at the end of the simulated range."""
    low, high = outcome.target.band
    ends = [v for v in (*outcome.range_95, outcome.target.value) if v is not None]
    if not isfinite(high):
        high = max(*ends, low + 1e-9)
    if not isfinite(low):
        low = min(*ends, high - 1e-9)
    return (low + high) / 2, (high - low) / 2
