"""Power, precision and bias of a planned study: curves over the number of clients, one for each number of sessions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import altair as alt

from securebase.charts import style, tokens
from securebase.study.phrases import number
from securebase.study.power.phrases import setting_in_words
from securebase.study.power.plan import Setting
from securebase.study.power.result import PowerResult
from securebase.study.power.summary import Cell

Measure = Literal["power", "precision", "bias"]

_TITLES: dict[Measure, str] = {
    "power": "power",
    "precision": "mean width of the interval",
    "bias": "bias",
}
#: from few sessions to many: light to dark, so that the order shows without colour
_INKS = (tokens.OTHER, tokens.ACCENT, tokens.INK, tokens.PROCESSING, tokens.STRESS, tokens.SKILLS)
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")


@style.skip_validation
def power_chart(
    result: PowerResult, setting: Setting, measure: Measure = "power", *, width: int = style.FULL_WIDTH
) -> alt.LayerChart:
    """Return one curve for each number of sessions over clients (log scale), with the Monte Carlo interval as a band.

    The dashed line is the target power, or zero for bias. If the effect is zero, power is the false positive rate
    and the line is alpha.
    """
    rows = _build_rows(result, setting, measure)
    sessions = [str(t) for t in result.plan.sessions]
    inks = [_INKS[i % len(_INKS)] for i in range(len(sessions))]
    shapes = [_SHAPES[i % len(_SHAPES)] for i in range(len(sessions))]
    narrow = width < style.HALF_WIDTH
    legend = alt.Legend(title="sessions", orient="top", direction="horizontal", symbolOpacity=1, padding=0)
    colour = alt.Color("sessions:N", scale=alt.Scale(domain=sessions, range=inks), legend=legend, sort=sessions)
    shape = alt.Shape("sessions:N", scale=alt.Scale(domain=sessions, range=shapes), legend=legend, sort=sessions)
    clients = [r["clients"] for r in rows] or list(result.plan.clients)
    scale = alt.Scale(type="log", domain=[min(clients) / 1.06, max(clients) * 1.06], nice=False)
    ticks = _ticks(result.plan.clients, max(clients), 4 if narrow else 9)
    axis = alt.Axis(title="clients", values=ticks, grid=False, format=",d", labelOverlap=True)
    x = alt.X("clients:Q", scale=scale, axis=axis)
    y_axis, y_scale = _axis(measure, setting), _scale(measure, rows)
    y = alt.Y("value:Q", axis=y_axis, scale=y_scale)
    base = style.table(rows).encode(x=x)
    layers = [
        base.mark_area(opacity=0.16).encode(
            y=alt.Y("lower:Q", axis=y_axis, scale=y_scale), y2=alt.Y2("upper:Q"), color=colour
        ),
        base.mark_line(strokeWidth=2).encode(y=y, color=colour),
        base.mark_point(filled=True, size=55, opacity=1).encode(y=y, color=colour, shape=shape),
    ]
    reference = _reference(result, setting, measure)
    if reference is not None:
        line = style.table([{"value": reference}]).mark_rule(color=tokens.SOFT, strokeDash=[4, 3]).encode(y=y)
        layers.insert(0, line)
    chart = style.layer(*layers, width=width, height=int(width * (0.72 if narrow else 0.46)))
    return style.apply_theme(
        chart, label=_label(result, setting, measure), description=_description(rows, measure, setting)
    )


def _build_rows(result: PowerResult, setting: Setting, measure: Measure) -> list[dict[str, Any]]:
    rows = []
    for t in result.plan.sessions:
        for cell in result.select(setting, t):
            figures = _figures(cell, measure)
            if figures is not None:
                value, lower, upper = figures
                rows.append(
                    {"sessions": str(t), "clients": cell.design.clients, "value": value, "lower": lower, "upper": upper}
                )
    return rows


def _figures(cell: Cell, measure: Measure) -> tuple[float, float, float] | None:
    """Return the value with the ends of its 95% Monte Carlo interval; None if no replication gave an estimate."""
    if measure == "power":
        share = cell.power or cell.false_positives
        return None if share is None or share.value is None else (share.value, share.lower, share.upper)
    if cell.bias is None or cell.bias_se is None or cell.mean_width is None:
        return None
    if measure == "bias":
        return cell.bias, cell.bias - 1.96 * cell.bias_se, cell.bias + 1.96 * cell.bias_se
    return cell.mean_width, cell.mean_width, cell.mean_width


def _reference(result: PowerResult, setting: Setting, measure: Measure) -> float | None:
    if measure == "bias":
        return 0.0
    if measure == "power":
        return result.target_power if setting.effect else result.plan.alpha
    return None


def _scale(measure: Measure, rows: Sequence[dict[str, Any]]) -> alt.Scale:
    """Return the scale: power from 0 to 1, interval width from 0, bias symmetric around 0."""
    if measure == "power":
        return alt.Scale(domain=[0, 1], nice=False)
    if measure == "precision":
        return alt.Scale(zero=True)
    reach = max((abs(r[end]) for r in rows for end in ("lower", "upper")), default=0.0) or 0.01
    return alt.Scale(domain=[-1.05 * reach, 1.05 * reach], nice=False)


def _title(measure: Measure, setting: Setting) -> str:
    return "type I error" if measure == "power" and not setting.effect else _TITLES[measure]


def _axis(measure: Measure, setting: Setting) -> alt.Axis:
    values = [0, 0.2, 0.4, 0.6, 0.8, 1] if measure == "power" else alt.Undefined
    number_format = ".1f" if measure == "power" else ".2~f"
    # Vega thins explicit values out to the tick count, so power has none.
    count = alt.Undefined if measure == "power" else 5
    return alt.Axis(title=_title(measure, setting), format=number_format, values=values, tickCount=count)


def _ticks(clients: Sequence[int], largest: int, max_ticks: int) -> list[int]:
    """Return the planned numbers of clients, thinned for legibility, and the largest number that was simulated."""
    step = -(-len(clients) // max_ticks)
    planned = [*clients[::step], *([clients[-1]] if largest == clients[-1] else [])]
    return sorted({*(n for n in planned if n < largest / 1.2 or n == largest), largest})


def _label(result: PowerResult, setting: Setting, measure: Measure) -> str:
    name = "Type I error" if measure == "power" and not setting.effect else measure.capitalize()
    return f"{name} by number of clients{setting_in_words(setting, result.plan, lead=', ')}"


def _description(rows: Sequence[dict[str, Any]], measure: Measure, setting: Setting) -> str:
    sentences = []
    for t in dict.fromkeys(r["sessions"] for r in rows):
        curve = [r for r in rows if r["sessions"] == t]
        first, last = curve[0], curve[-1]
        sentences.append(
            f"With {t} sessions it changes from {number(first['value'])} at {first['clients']:,} clients to "
            f"{number(last['value'])} at {last['clients']:,} clients."
        )
    return (
        f"{_title(measure, setting).capitalize()}, one curve for each number of sessions. {' '.join(sentences)}".strip()
    )
