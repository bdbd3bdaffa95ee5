"""Alliance of one client: movements (state-like) as bars around the usual level (trait-like), ruptures and repairs."""

from __future__ import annotations

from typing import Any

import altair as alt

from securebase.charts.axes import across, up
from securebase.charts.style import ALERT, INK, PAPER, PHONE, SOFT, WHOLE, colour, layered, table, themed
from securebase.picture import phrases
from securebase.picture.client import ClientPicture
from securebase.picture.parts import Repair, RuptureMark


def alliance_chart(picture: ClientPicture, *, width: int = WHOLE) -> alt.LayerChart:
    """The alliance chart, `width` pixels wide; before the gate of usual levels, the reports alone."""
    part, ink = picture.alliance, colour("alliance")
    x = across(picture.axis, [r.at for r in part.reported], width=width)

    def y(field: str) -> alt.Y:
        return up(field, part.minimum, part.maximum, few=True)

    layers: list[alt.Chart] = []
    if part.usual_line:
        layers += _usual(picture, x, y("value"), y("low"))
    if part.bars:
        rows = [
            {"at": b.at, "from": b.usual, "to": b.usual + b.state, "ink": ALERT if b.low else ink} for b in part.bars
        ]
        thick = 7 if width > PHONE else 5
        bars = table(rows).mark_rule(strokeWidth=thick, strokeCap="round", opacity=0.75)
        layers.append(bars.encode(x=x, y=y("from"), y2="to:Q", color=alt.Color("ink:N", scale=None)))
    reports = table([{"at": r.at, "value": r.value} for r in part.reported])
    if not part.bars:
        layers.append(reports.mark_line(color=ink, strokeWidth=1.4, opacity=0.6).encode(x=x, y=y("value")))
    dots = reports.mark_point(filled=True, fill=PAPER, stroke=ink, strokeWidth=1.6, size=30, opacity=1)
    layers.append(dots.encode(x=x, y=y("value")))
    layers += _expected(picture, x, y("expected"), y("limit"))
    layers += _marks(picture, x, y("value"))
    chart = layered(*layers, width=width, height=210 if width > PHONE else 200)
    label, description = spoken(picture)
    return themed(chart, label=label, description=description)


def spoken(picture: ClientPicture) -> tuple[str, str]:
    """Label and description of the chart, as a screen reader speaks them."""
    return "Alliance by session around the usual level", _described(picture)


def _usual(picture: ClientPicture, x: alt.X, y: alt.Y, low: alt.Y) -> list[alt.Chart]:
    """The usual level along the whole course with its interval, drawn on to the planned end."""
    ink = colour("alliance")
    rows = [{"at": r.at, "value": r.value, "low": r.low, "high": r.high} for r in picture.alliance.usual_line]
    ends = [s.at for s in picture.axis]
    if ends:
        rows.insert(0, {**rows[0], "at": min(rows[0]["at"], ends[0])})
        rows.append({**rows[-1], "at": max(rows[-1]["at"], ends[-1])})
    line = table(rows)
    return [
        line.mark_area(color=ink, opacity=0.12).encode(x=x, y=low, y2="high:Q"),
        line.mark_line(color=ink, strokeWidth=1.2, strokeDash=[6, 4]).encode(x=x, y=y),
    ]


def _expected(picture: ClientPicture, x: alt.X, y: alt.Y, limit: alt.Y) -> list[alt.Chart]:
    """What was expected where a rupture began, the 5% limit below it, and how far the rating lay from both."""
    rows = [
        {"at": m.at, "expected": m.expected, "limit": m.limit, "value": m.value, "says": _expectation(m)}
        for m in picture.alliance.ruptures
        if m.expected is not None and m.limit is not None and m.value is not None
    ]
    if not rows:
        return []
    there = table(rows)
    fall = there.mark_rule(color=ALERT, strokeWidth=1, strokeDash=[2, 3]).encode(x=x, y=y, y2="value:Q")
    ticks = [
        there.mark_tick(orient="horizontal", color=INK, size=size, thickness=2).encode(x=x, y=where)
        for where, size in ((y, 20), (limit, 10))
    ]
    words = there.mark_text(color=INK, baseline="bottom", dy=-11).encode(x=x, y=y, text="says:N")
    return [fall, *ticks, words]


def _expectation(mark: RuptureMark) -> str:
    """The number stands beside an open rupture only: of old ones the table tells."""
    return f"expected {phrases.number(mark.expected or 0.0)}" if mark.repair is Repair.OPEN else ""


def _marks(picture: ClientPicture, x: alt.X, y: alt.Y) -> list[alt.Chart]:
    ratings: dict[int | None, float] = {r.session: r.value for r in picture.alliance.reported if r.session is not None}
    bottom = picture.alliance.minimum
    fallen: list[dict[str, Any]] = []
    back: list[dict[str, Any]] = []
    for mark in picture.alliance.ruptures:
        value = mark.value if mark.value is not None else ratings.get(mark.session, bottom)
        fallen.append({"at": mark.at, "value": value, "says": _named(mark)})
        if mark.repaired_at is not None:
            after = ratings.get(mark.repaired_session, _last_before(picture, mark.repaired_at, value))
            back.append({"at": mark.repaired_at, "value": after, "says": "repaired"})
    layers: list[alt.Chart] = []
    # beside the dot and away from the nearer end, where it would be cut off
    middle = (picture.axis[0].at + picture.axis[-1].at) / 3 if picture.axis else 0.0
    for late in (True, False):
        there = [row for row in fallen if (row["at"] > middle) is late]
        if there:
            words = table(there).mark_text(
                color=ALERT, fontWeight=600, fontSize=12, align="right" if late else "left", dx=-9 if late else 9
            )
            layers.append(words.encode(x=x, y=y, text="says:N"))
    if back:
        words = table(back).mark_text(color=SOFT, baseline="bottom", dy=-9)
        layers.append(words.encode(x=x, y=y, text="says:N"))
    return layers


def _named(mark: RuptureMark) -> str:
    return "rupture" if mark.repair is not Repair.OPEN else "rupture, open"


def _last_before(picture: ClientPicture, at: float, otherwise: float) -> float:
    before = [r.value for r in picture.alliance.reported if r.at <= at]
    return before[-1] if before else otherwise


def _described(picture: ClientPicture) -> str:
    part = picture.alliance
    if not part.reported:
        return "The alliance has not been rated yet."
    says = [f"{phrases.count(len(part.reported), 'rating')}, the last {phrases.number(part.reported[-1].value)}."]
    if part.usual is not None:
        says.append(
            f"Usual level {phrases.number(part.usual.value)}, 90% interval {phrases.number(part.usual.low)} to "
            f"{phrases.number(part.usual.high)}."
        )
    for mark in part.ruptures:
        state = "open" if mark.repair is Repair.OPEN else "repaired"
        where = phrases.session(mark.session, mark.at)
        against = ""
        if mark.value is not None and mark.expected is not None:
            against = f" (rated {phrases.number(mark.value)}, expected {phrases.number(mark.expected)})"
        says.append(f"Rupture in {where}{against}, {state}.")
    return " ".join(says)
