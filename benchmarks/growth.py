"""Time and memory of an evaluation by number of clients and sessions; both should grow linearly."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass

from benchmarks.cohorts import panel, specification, truth
from benchmarks.page import Part, PerformanceTarget, table
from benchmarks.timing import minimum_seconds
from securebase.model.likelihood import Likelihood
from securebase.model.parameters import Parameters

#: maximum cost of a row at the largest size, relative to a hundredth of that size; above 1 because of cache misses
MAX_GROWTH = 1.5


@dataclass(frozen=True, slots=True)
class Size:
    """Cost of one panel with two constructs and irregular gaps.

    grows: “clients” or “sessions”. milliseconds: log-likelihood with gradient. mebibytes: peak memory of preparing and
    evaluating the panel, without the panel itself.
    """

    grows: str
    persons: int
    rows: int
    milliseconds: float
    mebibytes: float

    @property
    def microseconds_per_row(self) -> float:
        return 1000.0 * self.milliseconds / (self.persons * self.rows)


def sizes() -> list[Size]:
    return [
        *(_measure_size("clients", n, 16) for n in (1_000, 10_000, 100_000)),
        *(_measure_size("sessions", 100, t) for t in (160, 1_600, 16_000)),
    ]


def _measure_size(grows: str, persons: int, rows: int) -> Size:
    data, parameters = panel(2, persons, rows, irregular=True, missing=0.1, seed=3), truth(2)
    seconds_per_call = _evaluation_seconds(
        Likelihood(data, specification(2)), parameters, 5 if persons * rows < 1_000_000 else 3
    )
    tracemalloc.start()
    Likelihood(data, specification(2)).value_and_gradient(parameters)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Size(grows, persons, rows, 1000.0 * seconds_per_call, peak / 2**20)


def _evaluation_seconds(prepared: Likelihood, parameters: Parameters, times: int) -> float:
    return minimum_seconds(lambda: prepared.value_and_gradient(parameters), times)


def section(results: list[Size]) -> list[str]:
    return [
        "## Cost by number of clients and sessions",
        "",
        "One log-likelihood with its gradient, two constructs, irregular gaps, 10% missing. Memory is the peak while "
        "the panel is prepared and evaluated, without the panel itself.",
        "",
        *table(
            ["grows", "clients", "rows per client", "ms", "µs per row", "MiB", "bytes per row"],
            [
                (
                    s.grows,
                    f"{s.persons:,}",
                    f"{s.rows:,}",
                    f"{s.milliseconds:.3g}",
                    f"{s.microseconds_per_row:.3f}",
                    f"{s.mebibytes:.3g}",
                    f"{s.mebibytes * 2**20 / (s.persons * s.rows):.0f}",
                )
                for s in results
            ],
            "l",
        ),
        "",
    ]


def performance_targets(results: list[Size]) -> list[PerformanceTarget]:
    targets = []
    for grows in ("clients", "sessions"):
        sizes_of_kind = [s for s in results if s.grows == grows]
        small, large = sizes_of_kind[0], sizes_of_kind[-1]
        times = large.microseconds_per_row / small.microseconds_per_row
        memory = (large.mebibytes / (large.persons * large.rows)) / (small.mebibytes / (small.persons * small.rows))
        targets.append(
            PerformanceTarget(
                f"cost by {grows}, {small.persons:,} × {small.rows:,} to {large.persons:,} × {large.rows:,} rows",
                f"linear: at most {MAX_GROWTH:g} times the cost per row",
                f"{times:.2f} times the time per row, {memory:.2f} times the memory",
                max(times, memory) / MAX_GROWTH,
                timed=False,
            )
        )
    return targets


PART = Part("growth", Size, sizes, section, performance_targets)
