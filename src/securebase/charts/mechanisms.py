"""The four mechanisms of one client as reported: small multiples with fixed ranges and a fixed order."""

from __future__ import annotations

import altair as alt

from securebase.charts.axes import time_axis, value_axis
from securebase.charts.client_chart import PAGE_WIDTH, ClientChart
from securebase.charts.style import FULL_WIDTH, PHONE_WIDTH, apply_theme, colour, layer, skip_validation, table
from securebase.charts.tokens import INK
from securebase.picture import phrases
from securebase.picture.client import ClientPicture
from securebase.picture.parts import MechanismSeries


@skip_validation
def mechanisms_chart(picture: ClientPicture, *, width: int = FULL_WIDTH) -> alt.ConcatChart:
    """Return four small charts in a row, or two by two on a phone. Reports only; contributions are not drawn."""
    columns = 4 if width > PHONE_WIDTH else 2
    panel_width = (width - 46 * columns) // columns
    times = [r.at for part in picture.mechanisms for r in part.reported]
    x = time_axis(picture.axis, times, width=PHONE_WIDTH if width > PHONE_WIDTH else 100)
    parts = [_mechanism_chart(part, x, panel_width, width) for part in picture.mechanisms]
    chart = alt.concat(*parts, columns=columns, spacing={"row": 18, "column": 22})
    label, description = text_alternative(picture)
    return apply_theme(chart, label=label, description=description)


def text_alternative(picture: ClientPicture) -> tuple[str, str]:
    """Return label and description of the chart for screen readers."""
    return "Mechanisms as reported by session", _description(picture)


def _mechanism_chart(part: MechanismSeries, x: alt.X, panel_width: int, width: int) -> alt.LayerChart:
    ink = colour(part.construct)
    y = value_axis("value", part.minimum, part.maximum, few=True)
    reports = table([{"at": r.at, "value": r.value} for r in part.reported])
    layers = [reports.mark_line(color=ink, strokeWidth=1.8).encode(x=x, y=y)]
    if part.usual is not None:
        level = table([{"value": part.usual.value}])
        layers.insert(0, level.mark_rule(color=ink, strokeDash=[6, 4], strokeWidth=1, opacity=0.8).encode(y=y))
    if part.reported:
        last = table([{"at": part.reported[-1].at, "value": part.reported[-1].value}])
        layers.append(last.mark_point(filled=True, color=ink, size=36, opacity=1).encode(x=x, y=y))
    value = phrases.number(part.reported[-1].value) if part.reported else "no report"
    title = alt.TitleParams(f"{part.label}  {value}", color=INK, fontSize=13 if width > PHONE_WIDTH else 12, offset=8)
    return layer(*layers, width=panel_width, height=80, title=title, fitted=False)


def _description(picture: ClientPicture) -> str:
    sentences = []
    for part in picture.mechanisms:
        if not part.reported:
            sentences.append(f"{part.label}: not reported.")
            continue
        first, last = part.reported[0].value, part.reported[-1].value
        better = "higher is better" if part.better_is_higher else "lower is better"
        sentences.append(f"{part.label}: from {phrases.number(first)} to {phrases.number(last)} ({better}).")
    return " ".join(sentences)


CLIENT_CHART = ClientChart(
    "mechanisms",
    mechanisms_chart,
    text_alternative,
    (PAGE_WIDTH, PHONE_WIDTH),
    lambda _: ((882, 146), (316, 302)),
    lambda p: not any(m.reported for m in p.mechanisms),
)
