"""Retellings of one event: peak distress and distress at the end of each, joined by a line, over the expected band."""

from __future__ import annotations

from functools import lru_cache

import altair as alt

from securebase.charts.render import svg
from securebase.charts.style import apply_theme, colour, layer, skip_validation, table
from securebase.charts.tokens import BAND, CARD, INK, SOFT
from securebase.ipt.retellings import RetellingSeries
from securebase.picture.retellings import ExpectedPeak

#: Drawn at this width and shown at the width of its card, which is 300 to 560 pixels.
WIDTH, HEIGHT = 380, 190


@skip_validation
def retellings_chart(story: RetellingSeries, expected: tuple[ExpectedPeak, ...] = ()) -> alt.LayerChart:
    """Return the chart: peaks joined by a line, ends as open dots, a thin line between the two of one retelling.

    expected: peaks that the model expects, one for each retelling, drawn as a curve with its band.
    """
    names = _names(story)
    rows = [{"name": name, "peak": t.peak, "end": t.end} for name, t in zip(names, story.tellings, strict=True)]
    ended = [row for row in rows if row["end"] is not None]
    ink = colour("emotional_processing")
    x = alt.X(
        "name:O",
        sort=names,
        title="session" if any(t.session for t in story.tellings) else "retelling",
        axis=alt.Axis(labelAngle=0, titleAnchor="end", titlePadding=2),
    )
    scale = alt.Scale(domain=[0, 100])
    axis = alt.Axis(values=[0, 25, 50, 75, 100])
    peaks = table(rows).encode(x=x, y=alt.Y("peak:Q", scale=scale, axis=axis, title=None))
    ends = table(ended).encode(x=x, y=alt.Y("end:Q", scale=scale, axis=axis, title=None))
    layers = [*_expected_layers(names, expected, x)]
    layers += [peaks.mark_line(color=ink, strokeWidth=2)] if len(rows) > 1 else []
    if ended:
        fall = table(ended).mark_rule(color=SOFT, strokeWidth=1.5, strokeDash=[2, 3])
        layers.append(fall.encode(x=x, y=alt.Y("peak:Q", scale=scale, axis=axis, title=None), y2=alt.Y2("end:Q")))
        layers.append(ends.mark_point(filled=True, fill=CARD, stroke=INK, strokeWidth=1.6, size=64, opacity=1))
    layers.append(peaks.mark_point(filled=True, color=ink, size=84, opacity=1))
    label, description = text_alternative(story, expected)
    return apply_theme(layer(*layers, width=WIDTH, height=HEIGHT), label=label, description=description)


def _expected_layers(names: list[str], expected: tuple[ExpectedPeak, ...], x: alt.X) -> list[alt.Chart]:
    if not expected:
        return []
    rows = [{"name": n, "low": e.low, "median": e.median, "high": e.high} for n, e in zip(names, expected, strict=True)]
    chart, scale = table(rows).encode(x=x), alt.Scale(domain=[0, 100])
    band = chart.mark_area(color=BAND, opacity=1).encode(y=alt.Y("low:Q", scale=scale, title=None), y2=alt.Y2("high:Q"))
    curve = chart.mark_line(color=SOFT, strokeWidth=1.5).encode(y=alt.Y("median:Q", scale=scale, title=None))
    return [band, curve]


def _names(story: RetellingSeries) -> list[str]:
    """Return the session number of each retelling: further ones get a letter, those outside sessions a dash."""
    names: list[str] = []
    for telling in story.tellings:
        name = "–" if telling.session is None else str(telling.session)
        earlier = sum(n.rstrip("bcdefgh") == name for n in names)
        names.append(name + " bcdefgh"[min(earlier, 7)].strip())
    return names


def text_alternative(story: RetellingSeries, expected: tuple[ExpectedPeak, ...] = ()) -> tuple[str, str]:
    """Return label and description of the chart for screen readers."""
    values = [
        f"retelling {n}: {telling.peak:g}" + (f" to {telling.end:g}" if telling.end is not None else "")
        for n, telling in enumerate(story.tellings, start=1)
    ]
    description = f"Peak distress and distress at the end, 0 to 100. {'; '.join(values)}."
    if expected:
        bands = "; ".join(f"{e.low:.0f} to {e.high:.0f}" for e in expected)
        description += f" Expected peaks (90% interval): {bands}."
    return f"Retellings of “{story.name}”", description


@lru_cache(maxsize=200)
def retellings_svg(story: RetellingSeries, expected: tuple[ExpectedPeak, ...] = ()) -> str:
    """Return the chart as one SVG element for a page."""
    return svg(retellings_chart(story, expected))
