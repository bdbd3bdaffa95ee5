"""Tellings of one event: distress at its highest and at the end, each telling a line from one to the other."""

from __future__ import annotations

from functools import lru_cache

import altair as alt

from securebase.charts.render import svg
from securebase.charts.style import INK, SOFT, colour, layered, table, themed
from securebase.ipt.retellings import RetellingSeries

#: Drawn at this width and shown at the width of its card, which is 300 to 560 pixels.
WIDTH, HEIGHT = 380, 190


def tellings_chart(story: RetellingSeries) -> alt.LayerChart:
    """Peaks joined by a line, ends as open dots, a thin line between the two of one telling; 0 to 100 up."""
    names = _names(story)
    rows = [{"name": name, "peak": one.peak, "end": one.end} for name, one in zip(names, story.tellings, strict=True)]
    ended = [row for row in rows if row["end"] is not None]
    ink = colour("emotional_processing")
    across = alt.X(
        "name:O",
        sort=names,
        title="session" if any(t.session for t in story.tellings) else "telling",
        axis=alt.Axis(labelAngle=0, titleAnchor="end", titlePadding=2),
    )
    up = alt.Scale(domain=[0, 100])
    axis = alt.Axis(values=[0, 25, 50, 75, 100])
    peaks = table(rows).encode(x=across, y=alt.Y("peak:Q", scale=up, axis=axis, title=None))
    ends = table(ended).encode(x=across, y=alt.Y("end:Q", scale=up, axis=axis, title=None))
    layers = [peaks.mark_line(color=ink, strokeWidth=2)] if len(rows) > 1 else []
    if ended:
        fall = table(ended).mark_rule(color=SOFT, strokeWidth=1.5, strokeDash=[2, 3])
        layers.append(fall.encode(x=across, y=alt.Y("peak:Q", scale=up, axis=axis, title=None), y2="end:Q"))
        layers.append(ends.mark_point(filled=True, fill="#ffffff", stroke=INK, strokeWidth=1.6, size=64, opacity=1))
    layers.append(peaks.mark_point(filled=True, color=ink, size=84, opacity=1))
    label, description = spoken(story)
    return themed(layered(*layers, width=WIDTH, height=HEIGHT), label=label, description=description)


def _names(story: RetellingSeries) -> list[str]:
    """The session of each telling; a second one in a session, and one outside of any, has a letter or a dash."""
    names: list[str] = []
    for one in story.tellings:
        name = "–" if one.session is None else str(one.session)
        again = sum(n.rstrip("bcdefgh") == name for n in names)
        names.append(name + " bcdefgh"[min(again, 7)].strip())
    return names


def spoken(story: RetellingSeries) -> tuple[str, str]:
    """Name and description for who does not see it."""
    told = [
        f"telling {n}: {one.peak:g}" + (f" to {one.end:g}" if one.end is not None else "")
        for n, one in enumerate(story.tellings, start=1)
    ]
    return f"Tellings of “{story.name}”", f"Distress from its highest to the end, 0 to 100. {'; '.join(told)}."


@lru_cache(maxsize=200)
def drawn(story: RetellingSeries) -> str:
    """The chart as one SVG element that can stand in a page."""
    return svg(tellings_chart(story))
