"""The alliance by session as client and therapist rated it: two marks for each session, joined if both rated it."""

from __future__ import annotations

from typing import Any

import altair as alt

from securebase.charts.axes import value_axis
from securebase.charts.style import FULL_WIDTH, PHONE_WIDTH, apply_theme, colour, layer, skip_validation, table
from securebase.charts.tokens import INK, SOFT
from securebase.picture import phrases, ratings
from securebase.picture.ratings import RatingComparison

HEIGHT = 190


@skip_validation
def ratings_chart(part: RatingComparison, *, width: int = FULL_WIDTH) -> alt.LayerChart:
    """Return the chart, `width` pixels wide. Sessions without a rating keep their place on the axis."""
    first, last = part.sessions[0].session, part.sessions[-1].session
    x = _session_axis(first, last, width)
    layers: list[alt.Chart] = []
    joined = [{"session": s.session, "value": s.client, "other": s.therapist} for s in part.rated_by_both]
    if joined:
        rules = table(joined).mark_rule(color=SOFT, strokeWidth=2, opacity=0.55)
        layers.append(rules.encode(x=x, y=_rating_axis(part, "value"), y2=alt.Y2("other:Q")))
    # The ring is drawn last and without a fill, so that both ratings show if they agree.
    for rows, mark in ((_ratings_by(part, "therapist"), _square()), (_ratings_by(part, "client"), _ring())):
        if rows:
            layers.append(table(rows).mark_point(**mark).encode(x=x, y=_rating_axis(part, "value")))
    chart = layer(*layers, width=width, height=HEIGHT)
    label, description = text_alternative(part)
    return apply_theme(chart, label=label, description=description)


def text_alternative(part: RatingComparison) -> tuple[str, str]:
    """Return label and description of the chart for screen readers."""
    comparison = " ".join(ratings.comparison_sentences(part)) or "No session rated by both yet."
    rated = f"{phrases.count(len(part.rated_by_both), 'session')} rated by both."
    return "Alliance rated by client and therapist", f"{rated} {comparison}"


def _ratings_by(part: RatingComparison, rater: str) -> list[dict[str, Any]]:
    return [{"session": s.session, "value": v} for s in part.sessions if (v := getattr(s, rater)) is not None]


def _ring() -> dict[str, Any]:
    return {"filled": False, "stroke": colour("alliance"), "strokeWidth": 2.4, "size": 120, "opacity": 1}


def _square() -> dict[str, Any]:
    return {"filled": True, "fill": INK, "stroke": INK, "shape": "square", "size": 42, "opacity": 1}


def _session_axis(first: int, last: int, width: int) -> alt.X:
    step = max(1, -(-(last - first + 1) // (6 if width <= PHONE_WIDTH else 20)))
    return alt.X(
        "session:Q",
        title="session",
        scale=alt.Scale(domain=[first - 0.6, last + 0.6], nice=False, zero=False),
        axis=alt.Axis(values=list(range(first, last + 1, step)), format="d", grid=False, titleAnchor="end"),
    )


def _rating_axis(part: RatingComparison, field: str) -> alt.Y:
    return value_axis(field, part.minimum, part.maximum, few=True)
