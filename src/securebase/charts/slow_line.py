"""A slow line as SVG text: means of two answers over the sessions with their bars, on the full range of the scale."""

from __future__ import annotations

from html import escape

from securebase.charts.session_labels import session_labels
from securebase.charts.tokens import ACCENT, LINE, OTHER, SOFT
from securebase.picture.attachment_phrases import line_description
from securebase.picture.slow_lines import SlowLine

WIDTH, HEIGHT = 300.0, 104.0
LEFT, RIGHT, TOP, BOTTOM = 24.0, 290.0, 8.0, 80.0


def slow_line_drawing(line: SlowLine) -> str:
    """Return an SVG element, empty without a pair of answers."""
    if not line.pairs:
        return ""
    low, high = line.limits
    days = [pair.later.at for pair in line.pairs]
    span = (days[-1] - days[0]) or 1.0
    # a single mean stands at the left, where the line begins
    xs = [LEFT + 10 + (day - days[0]) / span * (RIGHT - LEFT - 20) for day in days]

    def height(value: float) -> float:
        return BOTTOM - (min(max(value, low), high) - low) / (high - low) * (BOTTOM - TOP)

    parts = []
    for value in (low, (low + high) / 2, high):
        y = height(value)
        parts.append(f'<path d="M{LEFT:g},{y:g}H{RIGHT:g}" stroke="{LINE}" fill="none"/>')
        parts.append(f'<text x="{LEFT - 6:g}" y="{y + 4:g}" text-anchor="end">{value:g}</text>')
    points = " ".join(f"{x:.1f},{height(pair.value):.1f}" for x, pair in zip(xs, line.pairs, strict=True))
    parts.append(f'<polyline points="{points}" fill="none" stroke="{OTHER}" stroke-width="2"/>')
    parts.append(session_labels(xs, [pair.later.session for pair in line.pairs], BOTTOM + 18))
    for i, (x, pair, bar) in enumerate(zip(xs, line.pairs, line.bars, strict=True)):
        is_last = i == len(xs) - 1
        ink, radius = (ACCENT, 4.5) if is_last and i else (OTHER, 3.4)
        ends = height(pair.value - bar), height(pair.value + bar)
        parts.append(f'<path d="M{x:.1f},{ends[0]:.1f}V{ends[1]:.1f}" stroke="{ink}" stroke-width="1.4" fill="none"/>')
        parts.append(f'<circle cx="{x:.1f}" cy="{height(pair.value):.1f}" r="{radius:g}" fill="{ink}"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="slow-line" viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
        f' width="{WIDTH:g}" height="{HEIGHT:g}" role="img" aria-label="{escape(line_description(line))}"'
        f' font-family="system-ui, sans-serif" font-size="12"><g fill="{SOFT}">{"".join(parts)}</g></svg>'
    )
