"""Numbers of sessions under a small drawing, as many as have room."""

from __future__ import annotations

from collections.abc import Sequence

#: Least distance between two numbers.
APART = 22.0


def session_labels(xs: Sequence[float], sessions: Sequence[int | None], y: float) -> str:
    """Return the numbers as SVG text; the last one always has room."""
    labels, free_from = "", float("-inf")
    for i, (x, session) in enumerate(zip(xs, sessions, strict=True)):
        fits = x >= free_from and (i == len(xs) - 1 or xs[-1] - x >= APART)
        if session is not None and fits:
            labels += f'<text x="{x:.1f}" y="{y:g}" text-anchor="middle">{session}</text>'
            free_from = x + APART
    return labels
