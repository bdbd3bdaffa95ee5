"""What the parts of the page have in common: what a part is, marks, and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: what is asked, what was measured, and what was measured as a share of what is asked (1 or less:
    reached). `beside`: what another program needs or needed. `timed`: whether a faster machine would alter the ratio.
    ratio None: could not be measured here, and `measured` says why.
    """

    what: str
    mark: str
    measured: str
    ratio: float | None
    beside: str = ""
    timed: bool = True


@dataclass(frozen=True)
class Part:
    """One part of the page. measure: what is found, as dataclasses of one `kind`, which are kept as JSON and read back
    for `section` (its lines), `marks` and `gist` (sentences for the top of the page)."""

    name: str
    kind: Callable[..., Any]
    measure: Callable[[], list[Any]]
    section: Callable[[list[Any]], list[str]]
    marks: Callable[[list[Any]], list[Mark]] = lambda _: []
    gist: Callable[[list[Any]], list[str]] = lambda _: []


def table(head: Sequence[str], rows: Iterable[Sequence[object]], align: str = "") -> list[str]:
    """`align`: one letter a column, l or r; right where it is too short."""
    sides = ["---" if align[i : i + 1] == "l" else "---:" for i in range(len(head))]
    return [
        f"| {' | '.join(head)} |",
        f"| {' | '.join(sides)} |",
        *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows),
    ]


def seconds(value: float) -> str:
    """3 ms, .25 s, 12 s: two digits, as far as they mean anything."""
    if value < 0.1:
        return f"{1000 * value:.2g} ms" if value < 0.01 else f"{1000 * value:.0f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"
