"""Sparklines for the rows of the caseload.

They are written as SVG directly: a caseload of 60 clients has 120 of them, and Altair takes about 30 ms for each.
"""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence

from securebase.charts.style import colour
from securebase.charts.tokens import BAND, WARN
from securebase.picture import phrases
from securebase.picture.client import ClientPicture
from securebase.picture.parts import Alliance, IntervalEstimate, Repair, ReportedScore, Symptoms

WIDTH, HEIGHT, MARGIN = 118.0, 40.0, 4.0
Point = tuple[float, float]


def symptoms_sparkline(picture: ClientPicture) -> str:
    """Return symptom reports over the band of the expected trajectory."""
    part = picture.symptoms
    return _sparkline(picture, part, construct="symptoms", band=part.expected)


def alliance_sparkline(picture: ClientPicture) -> str:
    """Return alliance ratings, with a ring around open ruptures."""
    part = picture.alliance
    ringed = {mark.at for mark in part.ruptures if mark.repair is Repair.OPEN}
    return _sparkline(picture, part, construct="alliance", ringed=ringed)


def scores_sparkline(label: str, points: Sequence[Point], low: float, high: float, *, construct: str = "") -> str:
    """Return the scores of any scale: (day, score) points in time order on its full range from `low` to `high`."""
    if not points:
        return ""
    first, last = points[0][0], points[-1][0]
    curve = [
        (
            MARGIN + ((at - first) / ((last - first) or 1.0)) * (WIDTH - 2 * MARGIN),
            HEIGHT - MARGIN - ((value - low) / ((high - low) or 1.0)) * (HEIGHT - 2 * MARGIN),
        )
        for at, value in points
    ]
    ink = colour(construct)
    description = f"{label} from {phrases.number(points[0][1])} to {phrases.number(points[-1][1])}"
    if len(points) == 1:
        description = f"{label} {phrases.number(points[0][1])}"
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" width="{WIDTH:.0f}" height="{HEIGHT:.0f}" '
        f'role="img" aria-label="{html.escape(description, quote=True)}">'
        f'<path d="{_path(curve)}" fill="none" stroke="{ink}" stroke-width="1.8" stroke-linejoin="round"/>'
        f'<circle cx="{curve[-1][0]:.1f}" cy="{curve[-1][1]:.1f}" r="2.6" fill="{ink}"/></svg>'
    )


def _sparkline(
    picture: ClientPicture,
    part: Symptoms | Alliance,
    *,
    construct: str,
    band: Sequence[IntervalEstimate] = (),
    ringed: Collection[float] = (),
) -> str:
    reports, low, high = part.reported, part.minimum, part.maximum
    if not reports:
        return ""
    times = [s.at for s in picture.axis] + [r.at for r in reports] + [b.at for b in band]
    first, last = min(times), max(times)

    def place(at: float, value: float) -> Point:
        x = MARGIN + (at - first) / ((last - first) or 1.0) * (WIDTH - 2 * MARGIN)
        return x, HEIGHT - MARGIN - (value - low) / ((high - low) or 1.0) * (HEIGHT - 2 * MARGIN)

    ink = colour(construct)
    parts = [_svg_open(construct.capitalize(), reports, ringed=bool(ringed))]
    if band:
        outline = [place(b.at, b.high) for b in band] + [place(b.at, b.low) for b in reversed(band)]
        parts.append(f'<path d="{_path(outline)}Z" fill="{BAND}"/>')
    curve = [place(r.at, r.value) for r in reports]
    parts.append(f'<path d="{_path(curve)}" fill="none" stroke="{ink}" stroke-width="1.8" stroke-linejoin="round"/>')
    parts.append(f'<circle cx="{curve[-1][0]:.1f}" cy="{curve[-1][1]:.1f}" r="2.6" fill="{ink}"/>')
    for report, (x, y) in zip(reports, curve, strict=True):
        if report.at in ringed:
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.4" fill="none" stroke="{WARN}" stroke-width="1.8"/>')
    return "".join(parts) + "</svg>"


def _svg_open(label: str, reports: Sequence[ReportedScore], *, ringed: bool) -> str:
    description = f"{label} from {phrases.number(reports[0].value)} to {phrases.number(reports[-1].value)}"
    description += ", rupture open" if ringed else ""
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" width="{WIDTH:.0f}" height="{HEIGHT:.0f}" '
        f'role="img" aria-label="{html.escape(description, quote=True)}">'
    )


def _path(points: Sequence[Point]) -> str:
    return "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in points)
