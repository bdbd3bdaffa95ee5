"""Axes shared by the charts of one client: real time labelled with session numbers, and the full range of a scale."""

from __future__ import annotations

import json
from collections.abc import Sequence

import altair as alt

from securebase.charts.style import PHONE_WIDTH
from securebase.picture.parts import Session


def time_axis(axis: Sequence[Session], times: Sequence[float], *, width: int, labels: bool = True) -> alt.X:
    """Return the axis of days since the episode began, with a tick at every session. Gaps in time stay visible."""
    days = [s.at for s in axis] + list(times)
    first, last = (min(days), max(days)) if days else (0.0, 7.0)
    margin = max((last - first) * 0.015, 0.5)
    ticks = {s.at: str(s.number) for s in _thin(axis, width)}
    names = json.dumps({f"{at:.4f}": number for at, number in ticks.items()})
    return alt.X(
        "at:Q",
        title="session" if labels else None,
        scale=alt.Scale(domain=[first - margin, last + margin], nice=False, zero=False),
        axis=alt.Axis(
            values=list(ticks),
            labelExpr=f"({names})[format(datum.value, '.4f')] || ''",
            labels=labels,
            grid=False,
            titleAnchor="end",
            titlePadding=2,
            labelFlush=False,
        ),
    )


def value_axis(field: str, low: float, high: float, *, few: bool = False) -> alt.Y:
    """Return the axis over the full range of a scale, so that a small change never looks large."""
    return alt.Y(
        f"{field}:Q",
        title=None,
        scale=alt.Scale(domain=[low, high], nice=False, zero=False),
        axis=alt.Axis(values=ticks(low, high, few=few)),
    )


def ticks(low: float, high: float, *, few: bool = False) -> list[float]:
    """Return about five ticks (three with `few`), always with both ends of the scale."""
    if few:
        return [low, (low + high) / 2, high]
    span = high - low
    step = next((s for s in (0.5, 1, 2, 5, 10, 20, 50) if span / s <= 6), span)
    inner: list[float] = []
    value = low
    while value < high - 0.4 * step:
        inner.append(value)
        value += step
    return [*inner, high]


def _thin(axis: Sequence[Session], width: int) -> list[Session]:
    """Return as many evenly spaced sessions as can be labelled at this width, if possible with the last."""
    if not axis:
        return []
    max_labels = 6 if width <= PHONE_WIDTH else max(8, width // 45)
    min_step = -(-len(axis) // max_labels)
    step = next((s for s in range(min_step, 2 * min_step + 1) if (len(axis) - 1) % s == 0), min_step)
    return list(axis[::step])
