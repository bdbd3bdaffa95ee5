"""Time and memory of an evaluation as clients and sessions grow; both should grow linearly."""

from __future__ import annotations

import tracemalloc
from dataclasses import dataclass

from benchmarks.cohorts import panel, specification, truth
from benchmarks.page import Mark, Part, table
from benchmarks.timing import least
from securebase.model.likelihood import Likelihood
from securebase.model.parameters import Parameters

#: cost of a row at the largest size relative to a hundredth of it; above 1 because of cache misses
MARK = 1.5


@dataclass(frozen=True, slots=True)
class Size:
    """Two constructs, irregular gaps. grows: “clients” or “sessions”. milliseconds: log-likelihood with gradient.
    mebibytes: peak memory of laying out and evaluating the panel, without the panel itself.
    """

    grows: str
    persons: int
    rows: int
    milliseconds: float
    mebibytes: float

    @property
    def microseconds_a_row(self) -> float:
        return 1000.0 * self.milliseconds / (self.persons * self.rows)


def sizes() -> list[Size]:
    return [
        *(_measure_size("clients", n, 16) for n in (1_000, 10_000, 100_000)),
        *(_measure_size("sessions", 100, t) for t in (160, 1_600, 16_000)),
    ]


def _measure_size(grows: str, persons: int, rows: int) -> Size:
    data, parameters = panel(2, persons, rows, irregular=True, missing=0.1, seed=3), truth(2)
    taken = _evaluation_seconds(Likelihood(data, specification(2)), parameters, 5 if persons * rows < 1_000_000 else 3)
    tracemalloc.start()
    Likelihood(data, specification(2)).value_and_gradient(parameters)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Size(grows, persons, rows, 1000.0 * taken, most / 2**20)


def _evaluation_seconds(prepared: Likelihood, parameters: Parameters, times: int) -> float:
    return least(lambda: prepared.value_and_gradient(parameters), times)


def section(results: list[Size]) -> list[str]:
    return [
        "## Cost against clients and sessions",
        "",
        "One log-likelihood with its gradient, two constructs, irregular gaps, 10% missing. Memory is the most that "
        "laying out the panel and evaluating it took, beside the panel.",
        "",
        *table(
            ["grows", "clients", "rows of each", "ms", "µs a row", "MiB", "bytes a row"],
            [
                (
                    s.grows,
                    f"{s.persons:,}",
                    f"{s.rows:,}",
                    f"{s.milliseconds:.3g}",
                    f"{s.microseconds_a_row:.3f}",
                    f"{s.mebibytes:.3g}",
                    f"{s.mebibytes * 2**20 / (s.persons * s.rows):.0f}",
                )
                for s in results
            ],
            "l",
        ),
        "",
    ]


def marks(results: list[Size]) -> list[Mark]:
    out = []
    for grows in ("clients", "sessions"):
        own = [s for s in results if s.grows == grows]
        small, large = own[0], own[-1]
        times = large.microseconds_a_row / small.microseconds_a_row
        memory = (large.mebibytes / (large.persons * large.rows)) / (small.mebibytes / (small.persons * small.rows))
        out.append(
            Mark(
                f"cost against {grows}, {small.persons:,} × {small.rows:,} to {large.persons:,} × {large.rows:,} rows",
                f"linear: a row at most {MARK:g} times as dear",
                f"{times:.2f} times the time a row, {memory:.2f} times the memory",
                max(times, memory) / MARK,
                timed=False,
            )
        )
    return out


PART = Part("growth", Size, sizes, section, marks)
