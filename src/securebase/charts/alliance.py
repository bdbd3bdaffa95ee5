"""Alliance of one client: movements (state-like) as bars around the usual level (trait-like), ruptures and repairs."""

from __future__ import annotations

from itertools import product
from typing import Any

import altair as alt

from securebase.charts.axes import time_axis, value_axis
from securebase.charts.client_chart import PAGE_WIDTH, ClientChart
from securebase.charts.style import FULL_WIDTH, PHONE_WIDTH, apply_theme, colour, layer, skip_validation, table
from securebase.charts.tokens import CARD, INK, SOFT, WARN
from securebase.picture import phrases
from securebase.picture.client import ClientPicture
from securebase.picture.parts import Repair, RuptureMark


@skip_validation
def alliance_chart(picture: ClientPicture, *, width: int = FULL_WIDTH) -> alt.LayerChart:
    """Return the alliance chart, `width` pixels wide; reports only until the picture gives a usual level."""
    part, ink = picture.alliance, colour("alliance")
    x = time_axis(picture.axis, [r.at for r in part.reported], width=width)

    def y(field: str) -> alt.Y:
        return value_axis(field, part.minimum, part.maximum, few=True)

    layers: list[alt.Chart] = []
    if part.usual_line:
        layers += _usual_level(picture, x, y("value"), y("low"))
    if part.bars:
        rows = [
            {"at": b.at, "from": b.usual, "to": b.usual + b.state, "ink": WARN if b.low else ink} for b in part.bars
        ]
        bar_width = 7 if width > PHONE_WIDTH else 5
        bars = table(rows).mark_rule(strokeWidth=bar_width, strokeCap="round", opacity=0.75)
        layers.append(bars.encode(x=x, y=y("from"), y2=alt.Y2("to:Q"), color=alt.Color("ink:N", scale=None)))
    reports = table([{"at": r.at, "value": r.value} for r in part.reported])
    if not part.bars:
        layers.append(reports.mark_line(color=ink, strokeWidth=1.4, opacity=0.6).encode(x=x, y=y("value")))
    dots = reports.mark_point(filled=True, fill=CARD, stroke=ink, strokeWidth=1.6, size=30, opacity=1)
    layers.append(dots.encode(x=x, y=y("value")))
    layers += _expectation_marks(picture, x, y("expected"), y("limit"))
    layers += _rupture_labels(picture, x, y("value"))
    chart = layer(*layers, width=width, height=210 if width > PHONE_WIDTH else 200)
    label, description = text_alternative(picture)
    return apply_theme(chart, label=label, description=description)


def text_alternative(picture: ClientPicture) -> tuple[str, str]:
    """Return label and description of the chart for screen readers."""
    return "Alliance by session, around the baseline", _description(picture)


def _usual_level(picture: ClientPicture, x: alt.X, y: alt.Y, low: alt.Y) -> list[alt.Chart]:
    """Return the usual level with its interval, extended to the planned end of the course."""
    ink = colour("alliance")
    rows = [{"at": r.at, "value": r.value, "low": r.low, "high": r.high} for r in picture.alliance.usual_line]
    ends = [s.at for s in picture.axis]
    if ends:
        rows.insert(0, {**rows[0], "at": min(rows[0]["at"], ends[0])})
        rows.append({**rows[-1], "at": max(rows[-1]["at"], ends[-1])})
    line = table(rows)
    return [
        line.mark_area(color=ink, opacity=0.12).encode(x=x, y=low, y2=alt.Y2("high:Q")),
        line.mark_line(color=ink, strokeWidth=1.2, strokeDash=[6, 4]).encode(x=x, y=y),
    ]


def _expectation_marks(picture: ClientPicture, x: alt.X, y: alt.Y, limit: alt.Y) -> list[alt.Chart]:
    """Return ticks at the expected rating and its 5% limit where a rupture began, and a rule down to the rating."""
    rows = [
        {"at": m.at, "expected": m.expected, "limit": m.limit, "value": m.value, "text": _expectation_label(m)}
        for m in picture.alliance.ruptures
        if m.expected is not None and m.limit is not None and m.value is not None
    ]
    if not rows:
        return []
    marks = table(rows)
    fall = marks.mark_rule(color=WARN, strokeWidth=1, strokeDash=[2, 3]).encode(x=x, y=y, y2=alt.Y2("value:Q"))
    ticks = [
        marks.mark_tick(orient="horizontal", color=INK, size=size, thickness=2).encode(x=x, y=height)
        for height, size in ((y, 20), (limit, 10))
    ]
    labels = marks.mark_text(color=INK, baseline="bottom", dy=-11).encode(x=x, y=y, text=alt.Text("text:N"))
    return [fall, *ticks, labels]


def _expectation_label(mark: RuptureMark) -> str:
    """Return the expected rating as a label for open ruptures only; the table lists it for all of them."""
    return f"expected {phrases.number(mark.expected or 0.0)}" if mark.repair is Repair.OPEN else ""


def _rupture_labels(picture: ClientPicture, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    ratings: dict[int | None, float] = {r.session: r.value for r in picture.alliance.reported if r.session is not None}
    bottom = picture.alliance.minimum
    ruptures: list[dict[str, Any]] = []
    repairs: list[dict[str, Any]] = []
    for mark in picture.alliance.ruptures:
        value = mark.value if mark.value is not None else ratings.get(mark.session, bottom)
        within = mark.expected is None and value > bottom  # marked by the therapist, so among the other dots
        ruptures.append({"at": mark.at, "value": value, "text": _rupture_label(mark), "within": within})
        if mark.repaired_at is not None:
            after = ratings.get(mark.repaired_session, _last_rating(picture, mark.repaired_at, value))
            repairs.append({"at": mark.repaired_at, "value": after, "text": "repaired"})
    layers: list[alt.Chart] = []
    # A label near the right edge would be cut off, so late labels go to the left of their dot.
    early_end = (picture.axis[0].at + picture.axis[-1].at) / 3 if picture.axis else 0.0
    for late, within in product((True, False), repeat=2):
        rows = [row for row in ruptures if (row["at"] > early_end) is late and row["within"] is within]
        if rows:
            away = -9 if late else 9
            labels = table(rows).mark_text(
                color=WARN,
                fontWeight=600,
                fontSize=12,
                align="right" if late else "left",
                baseline="top" if within else "middle",
                dx=-away if within else away,
                dy=12 if within else 0,
            )
            layers.append(labels.encode(x=x, y=y, text=alt.Text("text:N")))
    if repairs:
        labels = table(repairs).mark_text(color=SOFT, baseline="bottom", dy=-9)
        layers.append(labels.encode(x=x, y=y, text=alt.Text("text:N")))
    return layers


def _rupture_label(mark: RuptureMark) -> str:
    return "rupture" if mark.repair is not Repair.OPEN else "rupture, open"


def _last_rating(picture: ClientPicture, at: float, default: float) -> float:
    before = [r.value for r in picture.alliance.reported if r.at <= at]
    return before[-1] if before else default


def _description(picture: ClientPicture) -> str:
    part = picture.alliance
    if not part.reported:
        return "The alliance has not been rated yet."
    sentences = [f"{phrases.count(len(part.reported), 'rating')}, the last {phrases.number(part.reported[-1].value)}."]
    if part.usual is not None:
        sentences.append(
            f"Baseline {phrases.number(part.usual.value)}, 90% interval {phrases.number(part.usual.low)} to "
            f"{phrases.number(part.usual.high)}."
        )
    for mark in part.ruptures:
        state = "open" if mark.repair is Repair.OPEN else "repaired"
        session = phrases.session(mark.session, mark.at)
        comparison = ""
        if mark.value is not None and mark.expected is not None:
            comparison = f" (rated {phrases.number(mark.value)}, expected {phrases.number(mark.expected)})"
        sentences.append(f"Rupture in {session}{comparison}, {state}.")
    return " ".join(sentences)


CLIENT_CHART = ClientChart(
    "alliance",
    alliance_chart,
    text_alternative,
    (PAGE_WIDTH, PHONE_WIDTH),
    lambda _: ((PAGE_WIDTH, 210), (PHONE_WIDTH, 200)),
    lambda p: not (p.alliance.reported or p.alliance.ruptures),
)
