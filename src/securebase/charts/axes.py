"""Axes that the charts of one client share: real time across, labelled with session numbers; a scale's own range up."""

from __future__ import annotations

import json
from collections.abc import Sequence

import altair as alt

from securebase.charts.style import PHONE
from securebase.picture.parts import Session


def across(axis: Sequence[Session], times: Sequence[float], *, width: int, labels: bool = True) -> alt.X:
    """Days since the episode began, with a tick where a session lies. Gaps in time stay visible as gaps."""
    everything = [s.at for s in axis] + list(times)
    first, last = (min(everything), max(everything)) if everything else (0.0, 7.0)
    room = max((last - first) * 0.015, 0.5)
    ticks = {s.at: str(s.number) for s in _thinned(axis, width)}
    names = json.dumps({f"{at:.4f}": number for at, number in ticks.items()})
    return alt.X(
        "at:Q",
        title="session" if labels else None,
        scale=alt.Scale(domain=[first - room, last + room], nice=False, zero=False),
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


def up(field: str, low: float, high: float, *, few: bool = False) -> alt.Y:
    """The whole range of a scale, so that a small movement never looks like a large one."""
    return alt.Y(
        f"{field}:Q",
        title=None,
        scale=alt.Scale(domain=[low, high], nice=False, zero=False),
        axis=alt.Axis(values=ticks(low, high, few=few)),
    )


def ticks(low: float, high: float, *, few: bool = False) -> list[float]:
    """About five ticks (three with `few`), always with both ends of the scale."""
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


def _thinned(axis: Sequence[Session], width: int) -> list[Session]:
    """As many session numbers as can be read at this width, evenly counted from the first, to the last if possible."""
    if not axis:
        return []
    room = 6 if width <= PHONE else max(8, width // 45)
    least = -(-len(axis) // room)
    step = next((s for s in range(least, 2 * least + 1) if (len(axis) - 1) % s == 0), least)
    return list(axis[::step])
