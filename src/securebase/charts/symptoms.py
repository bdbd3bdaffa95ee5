"""Symptoms of one client: reports, estimate, forecast, expected trajectory and, if defined, the remission cut-off."""

from __future__ import annotations

from typing import Any

import altair as alt

from securebase.charts.axes import time_axis, value_axis
from securebase.charts.client_chart import ClientChart
from securebase.charts.style import HALF_WIDTH, PHONE_WIDTH, apply_theme, colour, layer, skip_validation, table
from securebase.charts.tokens import BAND, CARD, GOOD, SOFT
from securebase.picture import phrases
from securebase.picture.client import ClientPicture


@skip_validation
def symptoms_chart(picture: ClientPicture, *, width: int = HALF_WIDTH) -> alt.LayerChart:
    """Return the symptoms chart, `width` pixels wide. It draws nothing that the picture leaves out."""
    part, ink = picture.symptoms, colour("symptoms")
    times = [r.at for r in part.reported] + [r.at for r in part.expected] + [f.at for f in part.forecast]
    x = time_axis(picture.axis, times, width=width)

    def y(field: str) -> alt.Y:
        return value_axis(field, part.minimum, part.maximum)

    layers: list[alt.Chart] = []
    if part.expected:
        band = table([{"at": e.at, "low": e.low, "high": e.high} for e in part.expected])
        layers.append(band.mark_area(color=BAND, opacity=1).encode(x=x, y=y("low"), y2=alt.Y2("high:Q")))
    forecast = _forecast(picture)
    if part.forecast:
        for low, high, opacity in (("low90", "high90", 0.1), ("low50", "high50", 0.16)):
            area = table(forecast).mark_area(color=ink, opacity=opacity)
            layers.append(area.encode(x=x, y=y(low), y2=alt.Y2(f"{high}:Q")))
    if part.remission_below is not None:
        layers += _remission(picture, x, y("goal"))
    if part.estimated:
        line = table([{"at": e.at, "value": e.value} for e in part.estimated])
        layers.append(line.mark_line(color=ink, strokeWidth=2.4).encode(x=x, y=y("value")))
    if part.forecast:
        dotted = table(forecast).mark_line(color=ink, strokeWidth=2, strokeDash=[2, 5], strokeCap="round")
        layers.append(dotted.encode(x=x, y=y("value")))
    reports = table([{"at": r.at, "value": r.value} for r in part.reported])
    if not part.estimated:
        layers.append(reports.mark_line(color=SOFT, strokeWidth=1, opacity=0.6).encode(x=x, y=y("value")))
    dots = reports.mark_point(filled=True, fill=CARD, stroke=ink, strokeWidth=1.8, size=42, opacity=1)
    layers.append(dots.encode(x=x, y=y("value")))
    chart = layer(*layers, width=width, height=250 if width > PHONE_WIDTH else 220)
    label, description = text_alternative(picture)
    return apply_theme(chart, label=label, description=description)


def text_alternative(picture: ClientPicture) -> tuple[str, str]:
    """Return label and description of the chart for screen readers."""
    return f"{picture.symptoms.subject} ({picture.symptoms.measure}) by session", _description(picture)


def _forecast(picture: ClientPicture) -> list[dict[str, Any]]:
    """Return the rows of the forecast, starting at the last estimate so that the lines connect."""
    part = picture.symptoms
    rows = [
        {"at": f.at, "value": f.value, "low50": f.low50, "high50": f.high50, "low90": f.low90, "high90": f.high90}
        for f in part.forecast
    ]
    if part.estimated and rows and part.estimated[-1].at < part.forecast[0].at:
        last = part.estimated[-1]
        ends = {"low50": last.value, "high50": last.value, "low90": last.low, "high90": last.high}
        rows.insert(0, {"at": last.at, "value": last.value, **ends})
    return rows


def _remission(picture: ClientPicture, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    cutoff = picture.symptoms.remission_below
    goal = table([{"goal": cutoff}])
    ends = [s.at for s in picture.axis] or [0.0]
    label = table([{"at": min(ends), "goal": cutoff, "text": f"remission, below {phrases.number(cutoff or 0)}"}])
    words = label.mark_text(align="left", baseline="top", dy=4, color=GOOD)
    return [
        goal.mark_rule(color=GOOD, strokeDash=[3, 4]).encode(y=y),
        words.encode(x=x, y=y, text=alt.Text("text:N")),
    ]


def _description(picture: ClientPicture) -> str:
    part = picture.symptoms
    if not part.reported:
        return "No symptoms have been reported yet."
    first, last = part.reported[0], part.reported[-1]
    reports = phrases.count(len(part.reported), "report")
    sentences = [f"{reports}, from {phrases.number(first.value)} to {phrases.number(last.value)}."]
    if part.expected:
        end = part.expected[-1]
        sentences.append(f"Expected path: {phrases.number(end.low)} to {phrases.number(end.high)} at the end.")
    if part.forecast:
        last_forecast = part.forecast[-1]
        sentences.append(
            f"Forecast for {phrases.session(last_forecast.session, last_forecast.at)}: "
            f"{phrases.number(last_forecast.value)}, "
            f"90% interval {phrases.number(last_forecast.low90)} to {phrases.number(last_forecast.high90)}."
        )
    return " ".join(sentences)


CLIENT_CHART = ClientChart(
    "symptoms",
    symptoms_chart,
    text_alternative,
    (HALF_WIDTH, PHONE_WIDTH),
    lambda _: ((HALF_WIDTH, 250), (PHONE_WIDTH, 220)),
    lambda p: not p.symptoms.reported,
)
