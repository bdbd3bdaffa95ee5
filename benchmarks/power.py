"""Time of many replications on two cores, as in a power analysis."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.page import Part, PerformanceTarget
from securebase.study.power import PowerPlan, power
from securebase.study.replications import on_cores

#: seconds allowed for 1,000 replications on two cores
MAX_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class PowerTiming:
    """Times of one power analysis: processor seconds of all workers without their start, clock seconds with it."""

    constructs: int
    clients: int
    sessions: int
    replications: int
    workers: int
    processor_seconds: float
    seconds: float
    mark: float
    converged: int

    @property
    def ratio(self) -> float:
        """Processor seconds per worker for 1,000 replications, as a share of the target."""
        return self.processor_seconds / self.workers * 1000 / self.replications / self.mark


def time_replications(replications: int = 1000, workers: int = 2) -> PowerTiming:
    """Time simulation and fit of two constructs, 200 clients with 10 weekly sessions, at the literature's values."""
    plan = PowerPlan(clients=(200,), sessions=(10,), replications=replications)
    run_on_cores, seconds_by_task = on_cores(workers), []

    def run(work: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        for position, (seconds, result) in run_on_cores(partial(_time_task, work), tasks):
            seconds_by_task.append(seconds)
            yield position, result

    start = time.perf_counter()
    (cell,) = power(plan, run=run).cells
    wall_clock = time.perf_counter() - start
    converged = cell.outcomes.get("converged", 0)
    return PowerTiming(2, 200, 10, replications, workers, sum(seconds_by_task), wall_clock, MAX_SECONDS, converged)


def _time_task(work: Callable[[Any], Any], task: Any) -> tuple[float, Any]:
    start = time.process_time()
    result = work(task)
    return time.process_time() - start, result


def section(results: list[PowerTiming]) -> list[str]:
    """Return the lines of this part of the page."""
    (timing,) = results
    return [
        "## Many replications: a power analysis",
        "",
        "Each replication simulates a sample, fits it with standard errors, and computes the standardised effect with "
        f"its interval. Target: 1,000 replications in {timing.mark:.0f} seconds on two cores. The ratio uses the "
        "processor time of each of the two workers, because wall-clock time includes other work of the machine.",
        "",
        "| constructs | clients | sessions | replications | workers | processor s per worker | wall-clock s | "
        "measured / target | converged |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        f"| {timing.constructs} | {timing.clients} | {timing.sessions} | {timing.replications:,} | {timing.workers} | "
        f"{timing.processor_seconds / timing.workers:.1f} | {timing.seconds:.1f} | "
        f"{timing.ratio:.2f}{' (missed)' if timing.ratio > 1 else ''} | {timing.converged:,} |",
        "",
    ]


def performance_targets(results: list[PowerTiming]) -> list[PerformanceTarget]:
    (timing,) = results
    return [
        PerformanceTarget(
            f"power: {timing.replications:,} replications of a fit, {timing.constructs} constructs, {timing.sessions} "
            f"sessions, {timing.clients} clients",
            f"under {timing.mark:.0f} s on two cores",
            f"{timing.processor_seconds / timing.workers:.0f} s for each of {timing.workers} workers",
            timing.ratio,
        )
    ]


PART = Part("power", PowerTiming, lambda: [time_replications()], section, performance_targets)
