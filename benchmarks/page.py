"""Parts, marks and tables of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Mark:
    """One target and its measurement. `ratio` is measured / target: 1 or less reaches it, None was not measured here.

    `beside` is the figure of another program. `timed` ratios depend on the speed of the machine. Where `ratio` is None,
    `measured` says why.
    """

    what: str
    mark: str
    measured: str
    ratio: float | None
    beside: str = ""
    timed: bool = True


@dataclass(frozen=True)
class Part:
    """One part of the page.

    `measure` returns dataclasses of one `kind`, which are stored as JSON. `section` (lines of the page), `marks` and
    `gist` (sentences for the top of the page) are written from them.
    """

    name: str
    kind: Callable[..., Any]
    measure: Callable[[], list[Any]]
    section: Callable[[list[Any]], list[str]]
    marks: Callable[[list[Any]], list[Mark]] = lambda _: []
    gist: Callable[[list[Any]], list[str]] = lambda _: []


def table(head: Sequence[str], rows: Iterable[Sequence[object]], align: str = "") -> list[str]:
    """Return the lines of a Markdown table. `align` has one letter a column, l or r; the default is r."""
    sides = ["---" if align[i : i + 1] == "l" else "---:" for i in range(len(head))]
    return [
        f"| {' | '.join(head)} |",
        f"| {' | '.join(sides)} |",
        *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows),
    ]


def seconds(value: float) -> str:
    """Format seconds with two significant digits: 3 ms, 0.25 s, 12 s."""
    if value < 0.1:
        return f"{1000 * value:.2g} ms" if value < 0.01 else f"{1000 * value:.0f} ms"
    return f"{value:.2f} s" if value < 10 else f"{value:.0f} s"
