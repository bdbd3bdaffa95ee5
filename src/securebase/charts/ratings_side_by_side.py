"""The alliance by session as client and therapist rated it: two marks a session, joined where both are there."""

from __future__ import annotations

from typing import Any

import altair as alt

from securebase.charts.axes import up
from securebase.charts.style import INK, PHONE, SOFT, WHOLE, colour, layered, table, themed
from securebase.picture import phrases, ratings
from securebase.picture.ratings import SideBySide

HEIGHT = 190


def ratings_chart(part: SideBySide, *, width: int = WHOLE) -> alt.LayerChart:
    """The chart, `width` pixels wide. Sessions that nobody rated keep their place."""
    first, last = part.sessions[0].session, part.sessions[-1].session
    x = _across(first, last, width)
    layers: list[alt.Chart] = []
    joined = [{"session": s.session, "value": s.client, "other": s.therapist} for s in part.by_both]
    if joined:
        rules = table(joined).mark_rule(color=SOFT, strokeWidth=2, opacity=0.55)
        layers.append(rules.encode(x=x, y=_up(part, "value"), y2="other:Q"))
    # the ring last and without a filling, so that two ratings that agree are both seen
    for rows, mark in ((_of(part, "therapist"), _square()), (_of(part, "client"), _ring())):
        if rows:
            layers.append(table(rows).mark_point(**mark).encode(x=x, y=_up(part, "value")))
    chart = layered(*layers, width=width, height=HEIGHT)
    label, description = spoken(part)
    return themed(chart, label=label, description=description)


def spoken(part: SideBySide) -> tuple[str, str]:
    """Label and description of the chart, as a screen reader speaks them."""
    said = " ".join(ratings.says(part)) or "No session has been rated by both yet."
    rated = f"{phrases.count(len(part.by_both), 'session')} rated by both."
    return "Alliance as client and therapist rated it", f"{rated} {said}"


def _of(part: SideBySide, who: str) -> list[dict[str, Any]]:
    return [{"session": s.session, "value": v} for s in part.sessions if (v := getattr(s, who)) is not None]


def _ring() -> dict[str, Any]:
    return {"filled": False, "stroke": colour("alliance"), "strokeWidth": 2.4, "size": 120, "opacity": 1}


def _square() -> dict[str, Any]:
    return {"filled": True, "fill": INK, "stroke": INK, "shape": "square", "size": 42, "opacity": 1}


def _across(first: int, last: int, width: int) -> alt.X:
    step = max(1, -(-(last - first + 1) // (6 if width <= PHONE else 20)))
    return alt.X(
        "session:Q",
        title="session",
        scale=alt.Scale(domain=[first - 0.6, last + 0.6], nice=False, zero=False),
        axis=alt.Axis(values=list(range(first, last + 1, step)), format="d", grid=False, titleAnchor="end"),
    )


def _up(part: SideBySide, field: str) -> alt.Y:
    return up(field, part.minimum, part.maximum, few=True)
