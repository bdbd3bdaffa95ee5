"""Charts for docs/benchmarks.md: coverage of intervals, and conclusions of studies of known truths."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from benchmarks.coverage import BAND, Coverage, title
from benchmarks.scenarios import Assessment
from securebase.charts import style, tokens
from securebase.charts.render import svg

_WIDTH, _WORDS, _LINE = 640, 190, 24
#: kind of conclusion → colour, from good to bad
CONCLUSIONS = {"right": tokens.GOOD, "withheld": tokens.BAND, "missed": tokens.SKILLS, "wrong": tokens.ALERT}


def coverage_picture(results: Sequence[Coverage]) -> str:
    """Draw one row per model: small dots for parameters, large ones for their blocks, and the band for blocks."""
    rows = []
    for place, c in enumerate(results):
        dots = [{"share": share, "kind": "parameter"} for share in c.parameters.values()]
        dots += [
            {"share": share, "kind": "block", "out": block in c.blocks_outside and c.cohorts >= 300}
            for block, share in c.blocks.items()
        ]
        label = f"{title(c)} ({c.cohorts})"
        rows += [{"place": place, "label": label, "out": False, **dot} for dot in dots]
    names = [{"place": place, "label": f"{title(c)} ({c.cohorts})"} for place, c in enumerate(results)]
    shares = [row["share"] for row in rows]
    low = min(0.89, *shares) - 0.005
    scale = alt.Scale(domain=[low, 1.0], range=[_WORDS, _WIDTH - 12], nice=False, zero=False)
    x = alt.X(
        "share:Q",
        scale=scale,
        axis=alt.Axis(
            title="share of 95% intervals that contain the true value", format="%", values=[0.85, 0.9, 0.95, 1.0]
        ),
    )
    y = alt.Y("place:Q", axis=None, scale=alt.Scale(domain=[-0.7, len(results) - 0.3], reverse=True, nice=False))
    base = style.table(rows).encode(x=x, y=y)
    band = style.table([{"share": BAND[0], "to": BAND[1]}]).mark_rect(color=tokens.BAND).encode(x=x, x2="to:Q")
    chart = style.layer(
        band,
        style.table([{"share": 0.95}]).mark_rule(color=tokens.OTHER, strokeDash=[3, 3]).encode(x=x),
        base.transform_filter("datum.kind == 'parameter'").mark_circle(size=20, opacity=0.3, color=tokens.SOFT),
        base.transform_filter("datum.kind == 'block'")
        .mark_circle(size=64, opacity=0.9)
        .encode(
            color=alt.condition("datum.out", alt.value(tokens.ALERT), alt.value(style.CONSTRUCT_COLOURS["alliance"]))
        ),
        style.table(names).mark_text(align="left", color=tokens.INK).encode(x=alt.value(0), y=y, text="label:N"),
        fitted=False,
        width=_WIDTH,
        height=_LINE * len(results),
    )
    return _standalone_svg(
        style.apply_theme(
            chart,
            label="Coverage of 95% intervals",
            description="For each simulated model the share of cohorts whose interval contains the true value: small "
            f"grey dots are parameters, large ones blocks, the band runs from {BAND[0]:.0%} to {BAND[1]:.0%}.",
        )
    )


def scenarios_picture(results: Sequence[Assessment]) -> str:
    """Draw one bar per scenario and size: shares of right, withheld, missed and wrong conclusions."""
    results = [t for t in results if not t.models]
    several = len({t.clients for t in results}) > 1
    ordered = sorted(results, key=lambda t: ([f.scenario for f in results].index(t.scenario), t.clients))
    rows, names = [], []
    for place, t in enumerate(ordered):
        label = t.scenario.replace("_", " ") + (f" ({t.clients})" if several else "")
        names.append({"place": place, "label": label})
        at = 0.0
        for kind in CONCLUSIONS:
            share = t.ended[kind]
            text = f"{share:.0%}" if share >= 0.06 else ""
            rows.append(
                {"place": place, "kind": kind, "from": at, "share": at + share, "text": text, "mid": at + share / 2}
            )
            at += share
    scale = alt.Scale(domain=[0, 1], range=[_WORDS, _WIDTH - 12], nice=False)
    axis = alt.Axis(title="share of simulated cohorts", format="%", values=[0, 0.5, 1])
    y = alt.Y("place:Q", axis=None, scale=alt.Scale(domain=[-0.7, len(ordered) - 0.3], reverse=True, nice=False))
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=list(CONCLUSIONS), range=list(CONCLUSIONS.values())),
        legend=alt.Legend(orient="top", title=None, symbolType="square"),
    )
    base = style.table(rows)
    light = "datum.kind == 'withheld'"
    chart = style.layer(
        base.mark_bar(size=_LINE - 8).encode(
            x=alt.X("from:Q", scale=scale, axis=axis), x2="share:Q", y=y, color=colour
        ),
        base.mark_text().encode(
            x=alt.X("mid:Q", scale=scale),
            y=y,
            text="text:N",
            color=alt.condition(light, alt.value(tokens.INK), alt.value(tokens.CARD)),
        ),
        style.table(names).mark_text(align="left", color=tokens.INK).encode(x=alt.value(0), y=y, text="label:N"),
        fitted=False,
        width=_WIDTH,
        height=_LINE * len(ordered),
    )
    return _standalone_svg(
        style.apply_theme(
            chart,
            label="Conclusions of studies of known truths",
            description="For each scenario the share of simulated cohorts in which the whole conclusion was right, "
            "part of it was withheld, a true effect was missed, or a false one concluded.",
        )
    )


def _standalone_svg(chart: alt.LayerChart) -> str:
    """Return the chart as a file with its own font and background."""
    text = svg(chart)
    return text.replace('class="chart"', f'font-family="sans-serif" style="background:{tokens.CARD}"', 1) + "\n"
