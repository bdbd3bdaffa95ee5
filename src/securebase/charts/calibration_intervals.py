"""Coverage of a clinic's forecast intervals: each share with its interval, and the share of calibrated forecasts."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt

from securebase.charts import style, tokens
from securebase.picture import calibration_phrases as words
from securebase.picture.calibration import ClinicShare
from securebase.picture.verification import Verification

#: pixels: height of a row; width reserved for labels on the left and figures on the right, on a page and on a phone
_LINE, _WIDE, _NARROW = 44, (190, 130), (8, 116)
#: pixels reserved for the chart, with 42 for the axis and its title
HEIGHT = _LINE * len(words.FORECASTS) + 42


@style.skip_validation
def coverage_chart(shares: Mapping[Verification, ClinicShare], *, width: int = style.FULL_WIDTH) -> alt.LayerChart:
    """Return a row for each share of forecasts; a tick marks the share of calibrated forecasts."""
    narrow = width <= style.PHONE_WIDTH
    left, right = _NARROW if narrow else _WIDE
    rows = [
        {
            "y": n + (0.18 if narrow else 0),
            "label_y": n - (0.26 if narrow else 0),
            "label": label,
            "nominal": 100 * nominal,
            "value": 100 * (result.value or 0),
            "low": 100 * (result.low or 0),
            "high": 100 * (result.high or 0),
            "figure": words.share(result),
        }
        for n, (label, nominal, result) in enumerate(_shown(shares))
    ]
    scale = alt.Scale(domain=[0, 100], range=[left, width - right], nice=False)
    axis = alt.Axis(title="% of forecasts", values=[0, 25, 50, 75, 100], grid=True)
    downwards = alt.Scale(domain=[-0.6, len(rows) - 0.5], reverse=True, nice=False)

    def y(name: str) -> alt.Y:
        return alt.Y(f"{name}:Q", axis=None, scale=downwards)

    def x(name: str) -> alt.X:
        return alt.X(f"{name}:Q", scale=scale, axis=axis)

    base = style.table(rows).encode(y=y("y"))
    chart = style.layer(
        base.mark_rule(strokeWidth=2.4, color=style.colour("symptoms")).encode(x=x("low"), x2=alt.X2("high:Q")),
        base.mark_tick(thickness=2, size=22, color=tokens.INK, orient="vertical").encode(x=x("nominal")),
        base.mark_circle(size=80, opacity=1, color=style.colour("symptoms")).encode(x=x("value")),
        base.mark_text(align="right", color=tokens.INK).encode(x=alt.value(width), text=alt.Text("figure:N")),
        style.table(rows)
        .mark_text(align="left", color=tokens.INK)
        .encode(y=y("label_y"), x=alt.value(0), text=alt.Text("label:N")),
        fitted=False,
        width=width,
        height=_LINE * len(rows),
    )
    label, description = text_alternative(shares)
    return style.apply_theme(chart, label=label, description=description)


def text_alternative(shares: Mapping[Verification, ClinicShare]) -> tuple[str, str]:
    """Return label and description of the chart for screen readers."""
    rows = [f"{label}: {words.share(result)}, calibrated {nominal:.0%}." for label, nominal, result in _shown(shares)]
    return "How often forecasts held", " ".join(rows)


def _shown(shares: Mapping[Verification, ClinicShare]) -> list[tuple[str, float, ClinicShare]]:
    return [(label, nominal, shares[what]) for what, (label, nominal) in words.FORECASTS.items()]
