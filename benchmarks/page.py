"""Parts, targets and tables of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PerformanceTarget:
    """One target and its measurement.

    `ratio` is measured / target, at most 1 if the target is met, None if nothing was measured (`measured` gives the
    reason). `other_programs` holds figures of other programs. `timed` ratios depend on the speed of the machine.
    """

    label: str
    target: str
    measured: str
    ratio: float | None
    other_programs: str = ""
    timed: bool = True


@dataclass(frozen=True)
class Part:
    """One part of the page.

    `measure` returns dataclasses of one `kind`, which are stored as JSON. From them, `section` returns lines of the
    page, `performance_targets` the targets, and `highlights` sentences for the summary. `measure_cohorts` measures
    what was selected, where that can be chosen; other results stay.
    """

    name: str
    kind: Callable[..., Any]
    measure: Callable[[], list[Any]]
    section: Callable[[list[Any]], list[str]]
    performance_targets: Callable[[list[Any]], list[PerformanceTarget]] = lambda _: []
    highlights: Callable[[list[Any]], list[str]] = lambda _: []
    measure_cohorts: Callable[[Any, list[Any]], list[Any]] | None = None


def table(head: Sequence[str], rows: Iterable[Sequence[object]], align: str = "") -> list[str]:
    """Return the lines of a Markdown table. `align` has one letter per column, l or r (default r)."""
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
