"""Sparkline of one number over successive versions: a point for each, joined by a line."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from securebase.charts.tokens import ACCENT

WIDTH, HEIGHT, MARGIN = 130.0, 44.0, 8.0


def version_sparkline(values: Sequence[float | None], *, label: str, top: float) -> str:
    """Return an SVG element, empty with fewer than two values. None has no point.

    The vertical range is 0 to `top`.
    """
    if sum(v is not None for v in values) < 2:
        return ""
    step = (WIDTH - 2 * MARGIN) / (len(values) - 1)
    points = [
        (MARGIN + i * step, HEIGHT - MARGIN - v / (top or 1.0) * (HEIGHT - 2 * MARGIN))
        for i, v in enumerate(values)
        if v is not None
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{ACCENT}"/>' for x, y in points)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="steps-line" viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
        f' width="{WIDTH:g}" height="{HEIGHT:g}" role="img" aria-label="{escape(label)}">'
        f'<polyline points="{line}" fill="none" stroke="{ACCENT}" stroke-width="1.8"/>{dots}</svg>'
    )
