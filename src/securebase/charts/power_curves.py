"""How many clients against how many sessions: power, precision and bias of a planned study as curves over clients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import altair as alt

from securebase.charts import style
from securebase.study.phrases import number
from securebase.study.power.phrases import setting_in_words
from securebase.study.power.plan import Setting
from securebase.study.power.result import PowerResult
from securebase.study.power.summary import Cell

Measure = Literal["power", "precision", "bias"]

_TITLES: dict[Measure, str] = {
    "power": "power",
    "precision": "mean width of the interval",
    "bias": "mean estimate less the truth",
}
#: from few sessions to many: light to dark, so that order is seen without its colour
_INKS = ("#6fb0a6", "#1d6a72", "#25313a", "#8a5a9e", "#c2622d", "#b08a1e")
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")


def power_chart(
    result: PowerResult, setting: Setting, measure: Measure = "power", *, width: int = style.WHOLE
) -> alt.LayerChart:
    """One curve for each number of sessions over clients (on a log scale), with the Monte Carlo interval as a band.

    A dashed line: the wanted power, or zero for bias. Where the effect is zero, power is the share of false alarms.
    """
    rows = _rows(result, setting, measure)
    sessions = [str(t) for t in result.plan.sessions]
    inks = [_INKS[i % len(_INKS)] for i in range(len(sessions))]
    shapes = [_SHAPES[i % len(_SHAPES)] for i in range(len(sessions))]
    narrow = width < style.HALF
    legend = alt.Legend(title="sessions", orient="top", direction="horizontal", symbolOpacity=1, padding=0)
    colour = alt.Color("sessions:N", scale=alt.Scale(domain=sessions, range=inks), legend=legend, sort=sessions)
    shape = alt.Shape("sessions:N", scale=alt.Scale(domain=sessions, range=shapes), legend=legend, sort=sessions)
    everything = [r["clients"] for r in rows] or list(result.plan.clients)
    scale = alt.Scale(type="log", domain=[min(everything) / 1.06, max(everything) * 1.06], nice=False)
    ticks = _ticks(result.plan.clients, max(everything), 4 if narrow else 9)
    axis = alt.Axis(title="clients", values=ticks, grid=False, format=",d", labelOverlap=True)
    x = alt.X("clients:Q", scale=scale, axis=axis)
    up, range_ = _axis(measure), _scale(measure, rows)
    y = alt.Y("value:Q", axis=up, scale=range_)
    base = style.table(rows).encode(x=x)
    layers = [
        base.mark_area(opacity=0.16).encode(y=alt.Y("lower:Q", axis=up, scale=range_), y2="upper:Q", color=colour),
        base.mark_line(strokeWidth=2).encode(y=y, color=colour),
        base.mark_point(filled=True, size=55, opacity=1).encode(y=y, color=colour, shape=shape),
    ]
    at = _line(result, setting, measure)
    if at is not None:
        line = style.table([{"value": at}]).mark_rule(color=style.SOFT, strokeDash=[4, 3]).encode(y=y)
        layers.insert(0, line)
    chart = style.layered(*layers, width=width, height=int(width * (0.72 if narrow else 0.46)))
    return style.themed(chart, label=_label(result, setting, measure), description=_description(rows, measure))


def _rows(result: PowerResult, setting: Setting, measure: Measure) -> list[dict[str, Any]]:
    found = []
    for t in result.plan.sessions:
        for c in result.select(setting, t):
            figures = _figures(c, measure)
            if figures is not None:
                value, lower, upper = figures
                found.append(
                    {"sessions": str(t), "clients": c.design.clients, "value": value, "lower": lower, "upper": upper}
                )
    return found


def _figures(c: Cell, measure: Measure) -> tuple[float, float, float] | None:
    """Value with the ends of its Monte Carlo interval of 95%; None where nothing was found."""
    if measure == "power":
        share = c.power or c.false_positives
        return None if share is None or share.value is None else (share.value, share.lower, share.upper)
    if c.bias is None or c.bias_se is None or c.mean_width is None:
        return None
    if measure == "bias":
        return c.bias, c.bias - 1.96 * c.bias_se, c.bias + 1.96 * c.bias_se
    return c.mean_width, c.mean_width, c.mean_width


def _line(result: PowerResult, setting: Setting, measure: Measure) -> float | None:
    if measure == "bias":
        return 0.0
    if measure == "power":
        return result.target_power if setting.effect else result.plan.alpha
    return None


def _scale(measure: Measure, rows: Sequence[dict[str, Any]]) -> alt.Scale:
    """Power from 0 to 1; a width from 0; bias around 0, the same to both sides."""
    if measure == "power":
        return alt.Scale(domain=[0, 1], nice=False)
    if measure == "precision":
        return alt.Scale(zero=True)
    reach = max((abs(r[end]) for r in rows for end in ("lower", "upper")), default=0.0) or 0.01
    return alt.Scale(domain=[-1.05 * reach, 1.05 * reach], nice=False)


def _axis(measure: Measure) -> alt.Axis:
    values = [0, 0.2, 0.4, 0.6, 0.8, 1] if measure == "power" else alt.Undefined
    form = ".1f" if measure == "power" else ".2~f"
    # with a count beside them, values would be thinned out to it
    count = alt.Undefined if measure == "power" else 5
    return alt.Axis(title=_TITLES[measure], format=form, values=values, tickCount=count)


def _ticks(clients: Sequence[int], largest: int, most: int) -> list[int]:
    """The planned numbers of clients, thinned to what can be read, and the largest that a search went to."""
    step = -(-len(clients) // most)
    kept = [*clients[::step], *([clients[-1]] if largest == clients[-1] else [])]
    return sorted({*(n for n in kept if n < largest / 1.2 or n == largest), largest})


def _label(result: PowerResult, setting: Setting, measure: Measure) -> str:
    name = "False alarms" if measure == "power" and not setting.effect else measure.capitalize()
    return f"{name} over clients{setting_in_words(setting, result.plan, lead=', ')}"


def _description(rows: Sequence[dict[str, Any]], measure: Measure) -> str:
    said = []
    for t in dict.fromkeys(r["sessions"] for r in rows):
        own = [r for r in rows if r["sessions"] == t]
        first, last = own[0], own[-1]
        said.append(
            f"With {t} sessions it goes from {number(first['value'])} at {first['clients']:,} clients to "
            f"{number(last['value'])} at {last['clients']:,} clients."
        )
    return f"{_TITLES[measure].capitalize()}, one curve for each number of sessions. {' '.join(said)}".strip()
