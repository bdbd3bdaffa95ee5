"""Who carries the support, session by session: one bar each, the therapist's share below, the own network above."""

from __future__ import annotations

from html import escape

from securebase.ipt.network import SupportShare
from securebase.ipt.network_phrases import support_shares_in_words

THERAPIST, OWN, SOFT, PAPER = "#1d6a72", "#4b8f5c", "#56636c", "#ffffff"
HEIGHT, TOP, STEP, BAR, LEFT = 96.0, 6.0, 34.0, 24.0, 8.0
#: Bars that fit a narrow card; of a longer course the first and the last ones are drawn.
MOST = 10


def support_shares(shares: tuple[SupportShare, ...]) -> str:
    """An SVG element, or nothing before anything was asked. Shares are in percent of all support, by the client."""
    if not shares:
        return ""
    drawn = shares if len(shares) <= MOST else (shares[0], *shares[-(MOST - 1) :])
    width = LEFT * 2 + STEP * len(drawn)
    bars = "".join(_bar(LEFT + STEP * i, one) for i, one in enumerate(drawn))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="shares" viewBox="0 0 {width:g} {HEIGHT + 40:g}"'
        f' width="{width:g}" height="{HEIGHT + 40:g}" role="img" aria-label="{escape(support_shares_in_words(shares))}"'
        f' font-family="system-ui, sans-serif" font-size="12">{bars}</svg>'
    )


def _bar(x: float, one: SupportShare) -> str:
    own = HEIGHT * one.own / 100
    middle = x + BAR / 2
    session = f"{one.session}" if one.session is not None else "·"
    return (
        f'<rect x="{x:g}" y="{TOP:g}" width="{BAR:g}" height="{own:.1f}" fill="{OWN}"/>'
        f'<rect x="{x:g}" y="{TOP + own:.1f}" width="{BAR:g}" height="{HEIGHT - own:.1f}" fill="{THERAPIST}"/>'
        f'<text x="{middle:g}" y="{TOP + HEIGHT + 14:g}" text-anchor="middle" fill="{SOFT}">{one.own:.0f}</text>'
        f'<text x="{middle:g}" y="{TOP + HEIGHT + 30:g}" text-anchor="middle" fill="{SOFT}">{session}</text>'
    )
