"""Plans of studies for tests, and a quick runner that draws effects from their large-sample distribution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from securebase.study.power import PowerPlan, truth_from_set
from securebase.study.power.replicate import Batch, Replication
from securebase.study.replications import stream

#: standard error of an effect, times √(clients × (sessions − 3)), in the quick runner
SPREAD = 1.5


def plan(**changes: Any) -> PowerPlan:
    """Return a plan that is quick to simulate."""
    defaults: dict[str, Any] = {"clients": (40, 160), "sessions": (8, 16), "effects": (-0.15,), "replications": 40}
    return PowerPlan(**defaults | changes)


def draw_replication(batch: Batch, number: int) -> Replication:
    """Draw an estimate around the effect; every tenth fit ends at a boundary, every twentieth without an interval."""
    design = batch.design
    rng = stream(batch.seed, *design.key, number)
    error = SPREAD / np.sqrt(design.clients * (design.sessions - 3))
    estimate = float(design.setting.effect + error * rng.standard_normal())
    if number % 20 == 19:
        return Replication("not_converged", estimate, None)
    return Replication("boundary" if number % 10 == 9 else "converged", estimate, float(error))


def quick(work: Callable[[Any], Any], tasks: Sequence[Batch]) -> Iterator[tuple[int, list[Replication]]]:
    """Run without fitting: draw the replications of every batch, last task first."""
    for position in reversed(range(len(tasks))):
        task = tasks[position]
        yield position, [draw_replication(task, number) for number in range(task.first, task.last)]


def stopped_after(count: int) -> Any:
    """Return a runner like `quick`, from the first task on, that is interrupted after `count` tasks."""

    def run(work: Callable[[Any], Any], tasks: Sequence[Batch]) -> Iterator[tuple[int, list[Replication]]]:
        for position, task in enumerate(tasks):
            if position == count:
                raise KeyboardInterrupt
            yield position, [draw_replication(task, number) for number in range(task.first, task.last)]

    return run


def three() -> PowerPlan:
    """Return a plan with three constructs and trend apart."""
    return plan(truth=truth_from_set("literature", ("symptoms", "alliance", "social_support"), "apart"))
