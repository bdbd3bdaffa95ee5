"""Losses and gains of an old and a new role: each entry with its importance, hard to the left and good to the right."""

from __future__ import annotations

from html import escape

from securebase.charts.tokens import INK, LINE, SOFT, STRESS, SUPPORT
from securebase.ipt.area_progress import RatedEntry, RecordedRole

#: largest importance; a bar of this length fills its half
_TOP = 10.0
_WIDTH, _MIDDLE, _HALF = 360.0, 180.0, 150.0
_HEADING, _ROW, _BAR = 30.0, 36.0, 8.0
#: characters of an entry that fit above its bar
_LETTERS = 24


def balance(old: RecordedRole, new: RecordedRole) -> str:
    """Return an SVG element, empty if both roles are empty.

    Bars have the same scale from 0 to 10, whatever the number of entries. An entry that was not rated has no bar.
    """
    if not any((old.losses, old.gains, new.losses, new.gains)):
        return ""
    parts, y = [], 0.0
    for label, role in (("Old role", old), ("New role", new)):
        part, height = _role(role, label, y)
        parts.append(part)
        y += height
    description = ". ".join(_describe(label, role) for label, role in (("Old role", old), ("New role", new)))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="balance" viewBox="0 0 {_WIDTH:g} {y:g}" role="img"'
        f' aria-label="{escape(description)}." font-family="system-ui, sans-serif" font-size="13">'
        f"{''.join(parts)}</svg>"
    )


def _role(role: RecordedRole, label: str, y: float) -> tuple[str, float]:
    """Return the drawing of one role with its top at `y`, and its height."""
    top, n = y + _HEADING, max(len(role.losses), len(role.gains), 1)
    parts = [
        f'<text x="{_MIDDLE:g}" y="{y + 18:g}" text-anchor="middle" fill="{INK}">'
        f'<tspan fill="{SOFT}">{label}{": " if role.name else ""}</tspan>{escape(_shorten(role.name))}</text>',
        f'<text x="0" y="{y + 18:g}" fill="{SOFT}">hard</text>',
        f'<text x="{_WIDTH:g}" y="{y + 18:g}" text-anchor="end" fill="{SOFT}">good</text>',
        f'<path d="M{_MIDDLE:g} {top:g}v{n * _ROW - 6:g}" stroke="{LINE}"/>',
    ]
    for entries, side, colour in ((role.losses, -1, STRESS), (role.gains, 1, SUPPORT)):
        parts += [_entry(entry, side, colour, top + i * _ROW) for i, entry in enumerate(entries)]
    return "".join(parts), _HEADING + n * _ROW


def _entry(entry: RatedEntry, side: int, colour: str, y: float) -> str:
    x, anchor = _MIDDLE + 8 * side, "end" if side < 0 else "start"
    words = f'<text x="{x:g}" y="{y + 12:g}" text-anchor="{anchor}" fill="{INK}">{escape(_shorten(entry.words))}</text>'
    if entry.importance is None:
        return words
    length = _HALF * entry.importance / _TOP
    left = _MIDDLE - length if side < 0 else _MIDDLE
    end, importance = _MIDDLE + side * (length + 5), f"{entry.importance:g}"
    return (
        f'{words}<rect x="{left:.1f}" y="{y + 18:g}" width="{length:.1f}" height="{_BAR:g}" fill="{colour}"/>'
        f'<text x="{end:.1f}" y="{y + 26:g}" text-anchor="{anchor}" fill="{SOFT}" font-size="11">{importance}</text>'
    )


def _describe(label: str, role: RecordedRole) -> str:
    def listed(entries: tuple[RatedEntry, ...]) -> str:
        return ", ".join(f"{e.words} ({_of_ten(e)})" for e in entries) or "nothing noted"

    name = f" {role.name}" if role.name else ""
    return f"{label}{name}: hard: {listed(role.losses)}; good: {listed(role.gains)}"


def _of_ten(entry: RatedEntry) -> str:
    return "not rated" if entry.importance is None else f"{entry.importance:g} of {_TOP:g}"


def _shorten(words: str) -> str:
    return words if len(words) <= _LETTERS else words[: _LETTERS - 1].rstrip() + "…"
