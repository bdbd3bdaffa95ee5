"""How long many replications take on two cores: what a power analysis needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.page import Mark, Part
from securebase.study.power import PowerPlan, power
from securebase.study.replications import on_cores

#: seconds that 1,000 replications may take on two cores
MARK = 60.0


@dataclass(frozen=True, slots=True)
class Replicated:
    """processor_seconds: of all workers together, without starting them. seconds: by the clock, with starting them."""

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
        """Processor seconds of 1,000 replications for each worker, as a share of the mark."""
        return self.processor_seconds / self.workers * 1000 / self.replications / self.mark


def replicated(replications: int = 1000, workers: int = 2) -> Replicated:
    """Two constructs, 200 clients with 10 weekly sessions, from the literature's values: drawn, fitted, and read."""
    plan = PowerPlan(clients=(200,), sessions=(10,), replications=replications)
    inner, taken = on_cores(workers), []

    def run(work: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        for position, (seconds, found) in inner(partial(_timed, work), tasks):
            taken.append(seconds)
            yield position, found

    began = time.perf_counter()
    (cell,) = power(plan, run=run).cells
    clock = time.perf_counter() - began
    converged = cell.outcomes.get("converged", 0)
    return Replicated(2, 200, 10, replications, workers, sum(taken), clock, MARK, converged)


def _timed(work: Callable[[Any], Any], task: Any) -> tuple[float, Any]:
    began = time.process_time()
    found = work(task)
    return time.process_time() - began, found


def section(every: list[Replicated]) -> list[str]:
    """The part of the page."""
    (found,) = every
    return [
        "## Many replications: a power analysis",
        "",
        "Samples drawn, fitted with standard errors, and the standardised effect read with its interval. Mark: 1,000 "
        f"replications in {found.mark:.0f} seconds on two cores; the ratio to it is by processor time of each of the "
        "two workers, as the clock counts other work of the machine too.",
        "",
        "| constructs | clients | sessions | replications | workers | processor s, each worker | clock s | ratio "
        "to the mark | converged |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        f"| {found.constructs} | {found.clients} | {found.sessions} | {found.replications:,} | {found.workers} | "
        f"{found.processor_seconds / found.workers:.1f} | {found.seconds:.1f} | "
        f"{found.ratio:.2f}{' (missed)' if found.ratio > 1 else ''} | {found.converged:,} |",
        "",
    ]


def marks(every: list[Replicated]) -> list[Mark]:
    (found,) = every
    return [
        Mark(
            f"power: {found.replications:,} replications of a fit, {found.constructs} constructs, {found.sessions} "
            f"sessions, {found.clients} clients",
            f"under {found.mark:.0f} s on two cores",
            f"{found.processor_seconds / found.workers:.0f} s of each of {found.workers} workers",
            found.ratio,
        )
    ]


PART = Part("power", Replicated, lambda: [replicated()], section, marks)
