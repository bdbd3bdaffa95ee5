"""Losses and gains of an old and a new role as two rows of a balance: hard to the left, good to the right."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from securebase.charts.tokens import INK, SOFT, STRESS, SUPPORT

WIDTH, MIDDLE, HALF, ROW, BAR = 560.0, 280.0, 200.0, 62.0, 22.0


@dataclass(frozen=True, slots=True)
class RoleBalance:
    """Total weights of the losses and gains of one role, with its name."""

    name: str
    losses: float
    gains: float


def balance(old: RoleBalance, new: RoleBalance) -> str:
    """Return an SVG element, empty if both roles are empty."""
    largest = max(old.losses, old.gains, new.losses, new.gains)
    if largest <= 0:
        return ""
    description = "; ".join(f"{r.name}: hard {r.losses:g}, good {r.gains:g}" for r in (old, new))
    rows = _row(old, "Old role", 26.0, largest) + _row(new, "New role", 26.0 + ROW, largest)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="balance" viewBox="0 0 {WIDTH:g} {26 + 2 * ROW:g}" role="img"'
        f' aria-label="{escape(f"Balance of the two roles. {description}")}" font-family="system-ui, sans-serif"'
        f' font-size="13"><text x="{MIDDLE - 8:g}" y="14" text-anchor="end" fill="{SOFT}">hard</text>'
        f'<text x="{MIDDLE + 8:g}" y="14" fill="{SOFT}">good</text>{rows}'
        f'<path d="M{MIDDLE:g} 20V{20 + 2 * ROW:g}" stroke="{SOFT}"/></svg>'
    )


def _row(role: RoleBalance, label: str, y: float, largest: float) -> str:
    losses, gains = HALF * role.losses / largest, HALF * role.gains / largest
    name = escape(role.name if len(role.name) <= 40 else role.name[:39].rstrip() + "…")
    return (
        f'<text x="8" y="{y + 12:g}" fill="{INK}"><tspan fill="{SOFT}">{label}: </tspan>{name}</text>'
        f'<rect x="{MIDDLE - losses:.1f}" y="{y + 20:g}" width="{losses:.1f}" height="{BAR:g}" fill="{STRESS}"/>'
        f'<rect x="{MIDDLE:g}" y="{y + 20:g}" width="{gains:.1f}" height="{BAR:g}" fill="{SUPPORT}"/>'
        f'<text x="{MIDDLE - losses - 6:.1f}" y="{y + 36:g}" text-anchor="end" fill="{INK}">{role.losses:g}</text>'
        f'<text x="{MIDDLE + gains + 6:.1f}" y="{y + 36:g}" fill="{INK}">{role.gains:g}</text>'
    )
