"""`calibrate`: simulate many cohorts and compare them with the targets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from securebase.errors import InputError
from securebase.model.scenario import Scenario, scenario
from securebase.study.calibration.designs import DESIGNS
from securebase.study.calibration.target import Outcome, Target, TargetVerdict, calibration_targets
from securebase.study.replications import Run, on_cores, stream

Progress = Callable[[int, int], None]
DEFAULT_SCENARIO = "whole_clinic"


@dataclass(frozen=True, eq=False)
class Calibration:
    """Outcomes of one run in the order of the table, with scenario, version and seed for reproducing it."""

    scenario: str
    parameter_set: str
    version: str
    cohorts: int
    seed: int
    outcomes: tuple[Outcome, ...]

    def count(self, verdict: TargetVerdict) -> int:
        return sum(o.verdict is verdict for o in self.outcomes)


def select_targets(only: Sequence[str] = ()) -> tuple[Target, ...]:
    """Return the targets of these rows (such as C5), all by default. Raises InputError for an unknown row."""
    targets = calibration_targets()
    target_ids = {t.id for t in targets}
    for name in only:
        if name.upper() not in target_ids:
            rows = ", ".join(dict.fromkeys(t.id for t in targets))
            raise InputError(f"unknown target “{name}”", advice=f"Use one of {rows}.")
    selected = {name.upper() for name in only} or target_ids
    return tuple(t for t in targets if t.id in selected)


def calibrate(
    truth: Scenario | str = DEFAULT_SCENARIO,
    *,
    cohorts: int = 200,
    seed: int = 1,
    only: Sequence[str] = (),
    run: Run | None = None,
    progress: Progress | None = None,
) -> Calibration:
    """Draw `cohorts` cohorts of each design and compute every target in each.

    Each cohort has its own random stream, seeded by design and number, so the result for one target depends neither on
    the other targets nor on the number of processes. `run`: executes the tasks (`replications.on_cores`; default: this
    process; several processes require the scenario by name). `progress`: called with the cohorts done and their total.
    Raises InputError for an unknown target or fewer than one cohort, and ParameterSetError for an unknown scenario.
    """
    if cohorts < 1:
        raise InputError(f"cohorts must be at least 1 (got {cohorts})")
    resolved = scenario(truth) if isinstance(truth, str) else truth
    targets = select_targets(only)
    designs = {t.design for t in targets if t.simulated}
    tasks = [(index, number) for index, design in enumerate(DESIGNS) if design in designs for number in range(cohorts)]
    values = {t.key: np.full(cohorts if t.simulated else 0, np.nan) for t in targets}
    evaluate = partial(_evaluate_cohort, truth, tuple(t.key for t in targets), seed)
    for n_done, (position, result) in enumerate((run or on_cores(1))(evaluate, tasks), start=1):
        for key, value in result.items():
            values[key][tasks[position][1]] = value
        if progress is not None:
            progress(n_done, len(tasks))
    parameters = resolved.parameter_set
    outcomes = tuple(Outcome(t, values[t.key]) for t in targets)
    return Calibration(resolved.id, parameters.id, parameters.version, cohorts, seed, outcomes)


def _evaluate_cohort(
    truth: Scenario | str, keys: tuple[str, ...], seed: int, task: tuple[int, int]
) -> dict[str, float]:
    """Return key → value in one cohort of one design; each target uses the number of clients of its source."""
    index, number = task
    design = tuple(DESIGNS.values())[index]
    resolved = scenario(truth) if isinstance(truth, str) else truth
    targets = [t for t in calibration_targets() if t.key in keys and t.design == design.id and t.simulated]
    arms = design.draw(resolved, stream(seed, index, number))
    sizes = {target.persons for target in targets}
    samples = {n: {name: arm.first_clients(n) for name, arm in arms.items()} for n in sizes}
    return {t.key: t.compute(samples[t.persons]) for t in targets}
