"""Losses and gains of an old and a new role as two rows of a balance: what was hard to the left, good to the right."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

INK, SOFT, LINE, HARD, GOOD = "#25313a", "#56636c", "#e6e0d6", "#c2622d", "#4b8f5c"
WIDTH, MIDDLE, HALF, ROW, BAR = 560.0, 280.0, 200.0, 62.0, 22.0


@dataclass(frozen=True, slots=True)
class RoleBalance:
    """One role: its name, and how much what is hard and what is good in it weigh together."""

    name: str
    hard: float
    good: float


def balance(old: RoleBalance, new: RoleBalance) -> str:
    """An SVG element; nothing where neither role has anything in it."""
    most = max(old.hard, old.good, new.hard, new.good)
    if most <= 0:
        return ""
    said = "; ".join(f"{s.name}: hard {s.hard:g}, good {s.good:g}" for s in (old, new))
    rows = _row(old, "Old role", 26.0, most) + _row(new, "New role", 26.0 + ROW, most)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="balance" viewBox="0 0 {WIDTH:g} {26 + 2 * ROW:g}" role="img"'
        f' aria-label="{escape(f"Balance of the two roles. {said}")}" font-family="system-ui, sans-serif"'
        f' font-size="13"><text x="{MIDDLE - 8:g}" y="14" text-anchor="end" fill="{SOFT}">hard</text>'
        f'<text x="{MIDDLE + 8:g}" y="14" fill="{SOFT}">good</text>{rows}'
        f'<path d="M{MIDDLE:g} 20V{20 + 2 * ROW:g}" stroke="{SOFT}"/></svg>'
    )


def _row(side: RoleBalance, which: str, y: float, most: float) -> str:
    hard, good = HALF * side.hard / most, HALF * side.good / most
    name = escape(side.name if len(side.name) <= 40 else side.name[:39].rstrip() + "…")
    return (
        f'<text x="8" y="{y + 12:g}" fill="{INK}"><tspan fill="{SOFT}">{which}: </tspan>{name}</text>'
        f'<rect x="{MIDDLE - hard:.1f}" y="{y + 20:g}" width="{hard:.1f}" height="{BAR:g}" fill="{HARD}"/>'
        f'<rect x="{MIDDLE:g}" y="{y + 20:g}" width="{good:.1f}" height="{BAR:g}" fill="{GOOD}"/>'
        f'<text x="{MIDDLE - hard - 6:.1f}" y="{y + 36:g}" text-anchor="end" fill="{INK}">{side.hard:g}</text>'
        f'<text x="{MIDDLE + good + 6:.1f}" y="{y + 36:g}" fill="{INK}">{side.good:g}</text>'
    )
