"""The verb `power`: power, precision and bias of every design of a plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from securebase.errors import InputError
from securebase.model.likelihood import kernel_name
from securebase.study.power.plan import PowerDesign, PowerPlan, check_number
from securebase.study.power.replicate import Replication, batches, replicate
from securebase.study.power.result import PowerResult
from securebase.study.power.search import RequiredClients, next_clients, required_clients
from securebase.study.power.summary import Cell, summarise_design
from securebase.study.replications import Run, on_cores
from securebase.study.study import versions

#: (replications completed, replications in all so far)
Progress = Callable[[int, int], None]

#: replications of one task of a worker
_BATCH_SIZE = 5
#: most numbers of clients that a search adds
_MAX_ROUNDS = 6


def power(
    plan: PowerPlan | None = None,
    *,
    target_power: float | None = None,
    run: Run | None = None,
    progress: Progress | None = None,
) -> PowerResult:
    """Estimate power, precision and bias of a planned study by simulating and fitting every design many times.

    In replication r of a design, a sample is drawn from the plan's truth and refitted with the same model. With β̂_r
    the standardised effect of `earlier` on `later` over one week and z the 1 − α/2 quantile of the normal,

        power = (1/R) Σ_r 1[fit r converged, |β̂_r| > z SE_r, sign of the true effect],
        bias  = mean of β̂_r − β,

    with the Monte Carlo standard error √(power (1 − power) / R). A search for the required number of clients N fits
    power(N) = Φ(a + b √N) to all simulated numbers.

    Parameters
    ----------
    plan : PowerPlan, optional
        Designs to simulate; `PowerPlan()` by default.
    target_power : float, optional
        Power between .05 and .999 for which the number of clients is searched; no search by default.
    run : callable, optional
        Runner of the tasks: `securebase.study.replications.on_cores()` by default, or a cluster from
        `securebase.study.cluster.on_cluster`. Results do not depend on it.
    progress : callable, optional
        Called with (replications completed, replications in all).

    Returns
    -------
    PowerResult
        One cell per design, and the required clients if a power was targeted. After Ctrl-C it holds the replications
        completed so far, with `interrupted` set.

    Raises
    ------
    InputError
        If `plan` is not a PowerPlan, `run` is not callable, the target power is out of range, or all effects are zero
        with a target power.

    References
    ----------
    Clopper, C. J., & Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in the case of the
    binomial. Biometrika, 26(4), 404–413 (exact intervals of the proportions).

    Examples
    --------
    >>> import securebase as sb
    >>> from securebase.study.replications import on_cores
    >>> plan = sb.PowerPlan(clients=(20,), sessions=(4,), effects=(-0.3,), replications=10, seed=1)
    >>> result = sb.power(plan, run=on_cores(1))
    >>> [(cell.design.clients, cell.completed) for cell in result.cells]
    [(20, 10)]
    >>> 0 <= result.cells[0].power.value <= 1
    True
    """
    if plan is not None and not isinstance(plan, PowerPlan):
        raise InputError(f"plan must be a PowerPlan (got {type(plan).__name__})", advice="Make one with PowerPlan(…).")
    if run is not None and not callable(run):
        raise InputError(
            f"run must be a callable (got {run!r})", advice="Use securebase.study.replications.on_cores(n)."
        )
    plan = plan or PowerPlan()
    if target_power is not None:
        check_number("target_power", target_power)
        if not 0.05 < target_power < 0.999:
            raise InputError(f"the target power must be between .05 and .999 (got {target_power:g})")
    if target_power is not None and not any(plan.effects):
        raise InputError(
            "a target power needs an effect other than zero", advice="Plan an effect, or leave out the target power."
        )
    simulation = _Simulation(plan, run or on_cores(), progress or _ignore)
    interrupted = False
    try:
        simulation.simulate(plan.designs)
        for _ in range(_MAX_ROUNDS if target_power is not None else 0):
            designs = _next_designs(plan, simulation.cells(), target_power)
            if not designs:
                break
            simulation.simulate(designs)
    except KeyboardInterrupt:
        interrupted = True
    cells = simulation.cells()
    return PowerResult(
        plan=plan,
        cells=cells,
        target_power=target_power,
        required_clients=() if target_power is None else _required_clients(plan, cells, target_power),
        interrupted=interrupted,
        kernel=kernel_name(),
        versions=versions(),
    )


def _ignore(_completed: int, _total: int) -> None:
    """Ignore progress."""


class _Simulation:
    """Replications completed so far, design by design."""

    def __init__(self, plan: PowerPlan, run: Run, progress: Progress) -> None:
        self.plan, self.run, self.progress = plan, run, progress
        #: design → first number of a batch → its replications
        self.replications: dict[PowerDesign, dict[int, list[Replication]]] = {}
        self.completed = self.total = 0

    def simulate(self, designs: Sequence[PowerDesign]) -> None:
        new = tuple(d for d in designs if d not in self.replications)
        self.replications |= {design: {} for design in new}
        tasks = batches(self.plan, new, _BATCH_SIZE)
        self.total += sum(task.last - task.first for task in tasks)
        self.progress(self.completed, self.total)
        for position, replications in self.run(replicate, tasks):
            task = tasks[position]
            self.replications[task.design][task.first] = replications
            self.completed += len(replications)
            self.progress(self.completed, self.total)

    def cells(self) -> tuple[Cell, ...]:
        """Return cells in the order of the plan, by number of clients; independent of the order of completion."""
        order = {key: i for i, key in enumerate((d.setting, d.sessions) for d in self.plan.designs)}
        designs = sorted(self.replications, key=lambda d: (order[d.setting, d.sessions], d.clients))
        return tuple(
            summarise_design(
                design,
                [r for _, batch in sorted(self.replications[design].items()) for r in batch],
                planned=self.plan.replications,
                alpha=self.plan.alpha,
            )
            for design in designs
        )


def _groups(plan: PowerPlan, cells: Sequence[Cell]) -> list[list[Cell]]:
    """Return groups of cells that differ only in the number of clients, for nonzero effects."""
    return [
        [c for c in cells if c.design.setting == setting and c.design.sessions == sessions]
        for setting in plan.settings
        if setting.effect
        for sessions in plan.sessions
    ]


def _next_designs(plan: PowerPlan, cells: Sequence[Cell], target_power: float | None) -> tuple[PowerDesign, ...]:
    designs = []
    for group in _groups(plan, cells):
        clients = None if target_power is None else next_clients(group, target_power, plan.alpha)
        if clients is not None:
            designs.append(PowerDesign(clients, group[0].design.sessions, group[0].design.setting))
    return tuple(designs)


def _required_clients(plan: PowerPlan, cells: Sequence[Cell], target_power: float) -> tuple[RequiredClients, ...]:
    return tuple(
        required_clients(group, group[0].design.setting, group[0].design.sessions, target_power, plan.alpha)
        for group in _groups(plan, cells)
    )
