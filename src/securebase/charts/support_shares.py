"""Shares of support by session: one bar each, the therapist below and the client's own network above."""

from __future__ import annotations

from html import escape

from securebase.charts.tokens import ACCENT, SOFT, SUPPORT
from securebase.ipt.network import SupportShare
from securebase.ipt.network_phrases import support_shares_in_words

HEIGHT, TOP, STEP, BAR, LEFT = 96.0, 6.0, 34.0, 24.0, 8.0
#: Bars that fit a narrow card; a longer course shows its first and its last ones.
MAX_BARS = 10


def support_shares(shares: tuple[SupportShare, ...]) -> str:
    """Return an SVG element, empty without shares. Shares are percent of all support as the client rated it."""
    if not shares:
        return ""
    selected = shares if len(shares) <= MAX_BARS else (shares[0], *shares[-(MAX_BARS - 1) :])
    width = LEFT * 2 + STEP * len(selected)
    bars = "".join(_bar(LEFT + STEP * i, share) for i, share in enumerate(selected))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="shares" viewBox="0 0 {width:g} {HEIGHT + 40:g}"'
        f' width="{width:g}" height="{HEIGHT + 40:g}" role="img" aria-label="{escape(support_shares_in_words(shares))}"'
        f' font-family="system-ui, sans-serif" font-size="12">{bars}</svg>'
    )


def _bar(x: float, share: SupportShare) -> str:
    height = HEIGHT * share.own / 100
    middle = x + BAR / 2
    session = f"{share.session}" if share.session is not None else "·"
    return (
        f'<rect x="{x:g}" y="{TOP:g}" width="{BAR:g}" height="{height:.1f}" fill="{SUPPORT}"/>'
        f'<rect x="{x:g}" y="{TOP + height:.1f}" width="{BAR:g}" height="{HEIGHT - height:.1f}" fill="{ACCENT}"/>'
        f'<text x="{middle:g}" y="{TOP + HEIGHT + 14:g}" text-anchor="middle" fill="{SOFT}">{share.own:.0f}</text>'
        f'<text x="{middle:g}" y="{TOP + HEIGHT + 30:g}" text-anchor="middle" fill="{SOFT}">{session}</text>'
    )
