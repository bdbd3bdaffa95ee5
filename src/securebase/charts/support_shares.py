"""Shares of support by session: a curve, the therapist's share below it and that of the client's own network above.

A filled dot is the client's rating in a check-in, an open one the share that the worksheet recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from securebase.charts.session_labels import session_labels
from securebase.charts.tokens import ACCENT, CARD, INK, LINE, SOFT, SUPPORT
from securebase.ipt.network import SupportShare
from securebase.ipt.network_phrases import support_shares_in_words
from securebase.records.vocabulary import Respondent

#: As wide as the narrowest card, so that its letters keep their size on a phone.
WIDTH, HEIGHT = 320.0, 176.0
LEFT, RIGHT, TOP, BOTTOM = 40.0, 288.0, 12.0, 150.0

Point = tuple[float, float]


def support_shares(shares: tuple[SupportShare, ...]) -> str:
    """Return an SVG element, empty without shares. Shares are percent of all support as the client rated it."""
    if not shares:
        return ""
    points = [(x, _height(share.therapist)) for x, share in zip(_places(shares), shares, strict=True)]
    parts = [
        f'<path d="M{LEFT:g},{_height(percent):g}H{RIGHT:g}" stroke="{LINE}" fill="none"/>'
        f'<text x="{LEFT - 6:g}" y="{_height(percent) + 4:g}" text-anchor="end">{percent}%</text>'
        for percent in (0, 50, 100)
    ]
    if len(points) > 1:
        parts += [_area(points, BOTTOM, ACCENT), _area(points, TOP, SUPPORT)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{ACCENT}" stroke-width="2.2"/>')
    parts += [_dot(point, share) for point, share in zip(points, shares, strict=True)]
    parts.append(session_labels([x for x, _ in points], [share.session for share in shares], BOTTOM + 18))
    parts.append(_word(BOTTOM - 8, "therapy"))
    parts.append(_word(TOP + 16, "own network"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="shares" viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
        f' width="{WIDTH:g}" height="{HEIGHT:g}" role="img" aria-label="{escape(support_shares_in_words(shares))}"'
        f' font-family="system-ui, sans-serif" font-size="12"><g fill="{SOFT}">{"".join(parts)}</g></svg>'
    )


def _height(percent: float) -> float:
    return BOTTOM - percent / 100.0 * (BOTTOM - TOP)


def _places(shares: Sequence[SupportShare]) -> list[float]:
    first, last = shares[0].at, shares[-1].at
    if last == first:
        step = (RIGHT - LEFT) / (len(shares) + 1)
        return [LEFT + step * i for i in range(1, len(shares) + 1)]
    return [LEFT + 12 + (share.at - first) / (last - first) * (RIGHT - LEFT - 24) for share in shares]


def _area(points: Sequence[Point], edge: float, ink: str) -> str:
    line = "L".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<path d="M{line}L{points[-1][0]:.1f},{edge:g}L{points[0][0]:.1f},{edge:g}Z" fill="{ink}" opacity="0.15"/>'


def _dot(point: Point, share: SupportShare) -> str:
    fill = ACCENT if share.respondent is Respondent.CLIENT else CARD
    x, y = point
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.6" fill="{fill}" stroke="{ACCENT}" stroke-width="1.6"/>'


def _word(y: float, text: str) -> str:
    return f'<text x="{LEFT + 20:g}" y="{y:g}" font-weight="600" fill="{INK}">{text}</text>'
