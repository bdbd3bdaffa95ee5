"""Plans of studies for tests, and a quick stand-in for who computes them: effects drawn from their large-sample law."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from securebase.study.power import PowerPlan, truth_from_set
from securebase.study.power.replicate import Batch, Replication
from securebase.study.replications import stream

#: standard error of an effect, times the root of clients × (sessions − 3), in the stand-in
SPREAD = 1.5


def plan(**changes: Any) -> PowerPlan:
    """A plan that is quick to draw."""
    usual: dict[str, Any] = {"clients": (40, 160), "sessions": (8, 16), "effects": (-0.15,), "replications": 40}
    return PowerPlan(**usual | changes)


def drawn(batch: Batch, number: int) -> Replication:
    """Normal around the effect; every tenth ends at a boundary, every twentieth without an interval."""
    design = batch.design
    rng = stream(batch.seed, *design.key, number)
    error = SPREAD / np.sqrt(design.clients * (design.sessions - 3))
    estimate = float(design.setting.effect + error * rng.standard_normal())
    if number % 20 == 19:
        return Replication("not_converged", estimate, None)
    return Replication("boundary" if number % 10 == 9 else "converged", estimate, float(error))


def quick(work: Callable[[Any], Any], tasks: Sequence[Batch]) -> Iterator[tuple[int, list[Replication]]]:
    """Fits nothing: every batch's replications from the stand-in, last task first."""
    for position in reversed(range(len(tasks))):
        task = tasks[position]
        yield position, [drawn(task, number) for number in range(task.first, task.last)]


def stopped_after(count: int) -> Any:
    """As `quick`, from the first task on, but Ctrl-C is pressed after so many."""

    def run(work: Callable[[Any], Any], tasks: Sequence[Batch]) -> Iterator[tuple[int, list[Replication]]]:
        for position, task in enumerate(tasks):
            if position == count:
                raise KeyboardInterrupt
            yield position, [drawn(task, number) for number in range(task.first, task.last)]

    return run


def three() -> PowerPlan:
    """Three constructs, read apart."""
    return plan(truth=truth_from_set("literature", ("symptoms", "alliance", "social_support"), "apart"))
