"""The verb: a plan in, power, precision and bias of every design out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from securebase.errors import InputError
from securebase.model.likelihood import kernel_name
from securebase.study.power.plan import PowerDesign, PowerPlan
from securebase.study.power.replicate import Replication, batches, replicate
from securebase.study.power.result import PowerResult
from securebase.study.power.search import Needed, needed, next_clients
from securebase.study.power.summary import Cell, cell
from securebase.study.replications import Run, on_cores
from securebase.study.study import versions

#: (replications done, replications in all so far)
Progress = Callable[[int, int], None]

#: replications that a worker does at once
_BATCH = 5
#: how often a search looks at a further number of clients
_ROUNDS = 6


def power(
    plan: PowerPlan | None = None,
    *,
    wanted: float | None = None,
    run: Run | None = None,
    progress: Progress = lambda done, total: None,
) -> PowerResult:
    """Simulate and fit every design of the plan many times.

    wanted: also find the number of clients at which power reaches this. run: who computes (`on_cores()` by default,
    or what `study.cluster.on_cluster` gives); the numbers do not depend on it. Stopped by Ctrl-C it returns what there
    is, with `interrupted` set. Raises InputError where the wanted power is none, or no effect is planned for it.
    """
    plan = plan or PowerPlan()
    if wanted is not None and not 0.05 < wanted < 0.999:
        raise InputError("the wanted power must lie between .05 and .999")
    if wanted is not None and not any(plan.effects):
        raise InputError("power cannot be wanted for an effect of zero")
    work = _Work(plan, run or on_cores(), progress)
    interrupted = False
    try:
        work.do(plan.designs)
        for _ in range(_ROUNDS if wanted is not None else 0):
            further = _further(plan, work.cells(), wanted)
            if not further:
                break
            work.do(further)
    except KeyboardInterrupt:
        interrupted = True
    cells = work.cells()
    return PowerResult(
        plan=plan,
        cells=cells,
        wanted=wanted,
        needed=() if wanted is None else _needed(plan, cells, wanted),
        interrupted=interrupted,
        kernel=kernel_name(),
        versions=versions(),
    )


class _Work:
    """What has been done so far, design by design."""

    def __init__(self, plan: PowerPlan, run: Run, progress: Progress) -> None:
        self.plan, self.run, self.progress = plan, run, progress
        self.found: dict[PowerDesign, dict[int, list[Replication]]] = {}
        self.done = self.total = 0

    def do(self, designs: Sequence[PowerDesign]) -> None:
        fresh = tuple(d for d in designs if d not in self.found)
        self.found |= {design: {} for design in fresh}
        tasks = batches(self.plan, fresh, _BATCH)
        self.total += sum(task.last - task.first for task in tasks)
        self.progress(self.done, self.total)
        for position, replications in self.run(replicate, tasks):
            task = tasks[position]
            self.found[task.design][task.first] = replications
            self.done += len(replications)
            self.progress(self.done, self.total)

    def cells(self) -> tuple[Cell, ...]:
        """In the order of the plan, by number of clients; replications in their own order, whoever ended first."""
        order = {key: i for i, key in enumerate((d.setting, d.sessions) for d in self.plan.designs)}
        designs = sorted(self.found, key=lambda d: (order[d.setting, d.sessions], d.clients))
        return tuple(
            cell(
                design,
                [r for first in sorted(self.found[design]) for r in self.found[design][first]],
                asked=self.plan.replications,
                alpha=self.plan.alpha,
            )
            for design in designs
        )


def _groups(plan: PowerPlan, cells: Sequence[Cell]) -> list[list[Cell]]:
    """Cells that differ in the number of clients only, where there is an effect to find."""
    return [
        [c for c in cells if c.design.setting == setting and c.design.sessions == sessions]
        for setting in plan.settings
        if setting.effect
        for sessions in plan.sessions
    ]


def _further(plan: PowerPlan, cells: Sequence[Cell], wanted: float | None) -> tuple[PowerDesign, ...]:
    found = []
    for own in _groups(plan, cells):
        clients = None if wanted is None else next_clients(own, wanted, plan.alpha)
        if clients is not None:
            found.append(PowerDesign(clients, own[0].design.sessions, own[0].design.setting))
    return tuple(found)


def _needed(plan: PowerPlan, cells: Sequence[Cell], wanted: float) -> tuple[Needed, ...]:
    return tuple(
        needed(own, own[0].design.setting, own[0].design.sessions, wanted, plan.alpha) for own in _groups(plan, cells)
    )
