"""Symptoms of one client: reports, estimate, forecast, the expected path, and remission where the instrument has it."""

from __future__ import annotations

from typing import Any

import altair as alt

from securebase.charts.axes import across, up
from securebase.charts.style import GHOST, GOOD, HALF, PAPER, PHONE, SOFT, colour, layered, table, themed
from securebase.picture import phrases
from securebase.picture.client import ClientPicture


def symptoms_chart(picture: ClientPicture, *, width: int = HALF) -> alt.LayerChart:
    """The symptoms chart, `width` pixels wide. What the picture's gate leaves out is not drawn."""
    part, ink = picture.symptoms, colour("symptoms")
    times = [r.at for r in part.reported] + [r.at for r in part.expected] + [f.at for f in part.forecast]
    x = across(picture.axis, times, width=width)

    def y(field: str) -> alt.Y:
        return up(field, part.minimum, part.maximum)

    layers: list[alt.Chart] = []
    if part.expected:
        band = table([{"at": e.at, "low": e.low, "high": e.high} for e in part.expected])
        layers.append(band.mark_area(color=GHOST, opacity=1).encode(x=x, y=y("low"), y2="high:Q"))
    ahead = _ahead(picture)
    if part.forecast:
        for low, high, opacity in (("low90", "high90", 0.1), ("low50", "high50", 0.16)):
            area = table(ahead).mark_area(color=ink, opacity=opacity)
            layers.append(area.encode(x=x, y=y(low), y2=f"{high}:Q"))
    if part.remission_below is not None:
        layers += _remission(picture, x, y("goal"))
    if part.estimated:
        line = table([{"at": e.at, "value": e.value} for e in part.estimated])
        layers.append(line.mark_line(color=ink, strokeWidth=2.4).encode(x=x, y=y("value")))
    if part.forecast:
        dotted = table(ahead).mark_line(color=ink, strokeWidth=2, strokeDash=[2, 5], strokeCap="round")
        layers.append(dotted.encode(x=x, y=y("value")))
    reports = table([{"at": r.at, "value": r.value} for r in part.reported])
    if not part.estimated:
        layers.append(reports.mark_line(color=SOFT, strokeWidth=1, opacity=0.6).encode(x=x, y=y("value")))
    dots = reports.mark_point(filled=True, fill=PAPER, stroke=ink, strokeWidth=1.8, size=42, opacity=1)
    layers.append(dots.encode(x=x, y=y("value")))
    chart = layered(*layers, width=width, height=250 if width > PHONE else 220)
    label, description = spoken(picture)
    return themed(chart, label=label, description=description)


def spoken(picture: ClientPicture) -> tuple[str, str]:
    """Label and description of the chart, as a screen reader speaks them."""
    return f"Symptoms ({picture.symptoms.measure}) by session", _described(picture)


def _ahead(picture: ClientPicture) -> list[dict[str, Any]]:
    """The forecast, begun at the last estimate so that it grows out of the line."""
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
    below = picture.symptoms.remission_below
    goal = table([{"goal": below}])
    ends = [s.at for s in picture.axis] or [0.0]
    name = table([{"at": min(ends), "goal": below, "says": f"remission, below {phrases.number(below or 0)}"}])
    words = name.mark_text(align="left", baseline="top", dy=4, color=GOOD)
    return [
        goal.mark_rule(color=GOOD, strokeDash=[3, 4]).encode(y=y),
        words.encode(x=x, y=y, text="says:N"),
    ]


def _described(picture: ClientPicture) -> str:
    part = picture.symptoms
    if not part.reported:
        return "No symptoms have been reported yet."
    first, last = part.reported[0], part.reported[-1]
    reports = phrases.count(len(part.reported), "report")
    says = [f"{reports}, from {phrases.number(first.value)} to {phrases.number(last.value)}."]
    if part.expected:
        end = part.expected[-1]
        says.append(
            f"People who began alike: between {phrases.number(end.low)} and {phrases.number(end.high)} at the end."
        )
    if part.forecast:
        far = part.forecast[-1]
        says.append(
            f"Forecast for {phrases.session(far.session, far.at)}: {phrases.number(far.value)}, "
            f"90% interval {phrases.number(far.low90)} to {phrases.number(far.high90)}."
        )
    return " ".join(says)
