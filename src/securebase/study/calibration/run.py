"""`calibrate`: simulate many cohorts and hold them to the targets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from securebase.errors import InputError
from securebase.model.scenario import Scenario, scenario
from securebase.study.calibration.designs import DESIGNS
from securebase.study.calibration.target import Outcome, Target, TargetVerdict
from securebase.study.calibration.targets import TARGETS
from securebase.study.replications import Run, on_cores, stream

Progress = Callable[[int, int], None]
#: what is calibrated where nothing else is named
DEFAULT = "whole_clinic"


@dataclass(frozen=True, eq=False)
class Calibration:
    """All outcomes of one run, in the order of the table, with what is needed to run it again."""

    scenario: str
    parameter_set: str
    version: str
    cohorts: int
    seed: int
    outcomes: tuple[Outcome, ...]

    def count(self, verdict: TargetVerdict) -> int:
        return sum(o.verdict is verdict for o in self.outcomes)


def select_targets(only: Sequence[str] = ()) -> tuple[Target, ...]:
    """Targets by row (C5) or all of them. Raises InputError for a row that is not there."""
    known = {t.id for t in TARGETS}
    for name in only:
        if name.upper() not in known:
            every = ", ".join(dict.fromkeys(t.id for t in TARGETS))
            raise InputError(f"there is no target “{name}”", advice=f"Known are {every}.")
    wanted = {name.upper() for name in only} or known
    return tuple(t for t in TARGETS if t.id in wanted)


def calibrate(
    truth: Scenario | str = DEFAULT,
    *,
    cohorts: int = 200,
    seed: int = 1,
    only: Sequence[str] = (),
    run: Run | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Calibration:
    """Draw so many cohorts of each design and compute every target in each.

    A cohort has a stream of its own by design and number, so the figures of one target depend neither on which others
    were asked for nor on who computes. `run`: who does (`replications.on_cores`; default: this process; more than one
    process needs a truth by its name). `progress`: called with cohorts done and cohorts in all.
    Raises InputError for a target that is not there, ParameterSetError for an unknown scenario.
    """
    chosen = scenario(truth) if isinstance(truth, str) else truth
    targets = select_targets(only)
    asked = {t.design for t in targets if t.statistic is not None}
    tasks = [(place, number) for place, design in enumerate(DESIGNS) if design in asked for number in range(cohorts)]
    found = {t.key: np.full(cohorts if t.statistic else 0, np.nan) for t in targets}
    work = partial(_evaluate_cohort, truth, tuple(t.key for t in targets), seed)
    for done, (position, values) in enumerate((run or on_cores(1))(work, tasks), start=1):
        for key, value in values.items():
            found[key][tasks[position][1]] = value
        progress(done, len(tasks))
    own = chosen.parameter_set
    outcomes = tuple(Outcome(t, found[t.key]) for t in targets)
    return Calibration(chosen.id, own.id, own.version, cohorts, seed, outcomes)


def _evaluate_cohort(
    truth: Scenario | str, keys: tuple[str, ...], seed: int, task: tuple[int, int]
) -> dict[str, float]:
    """Return key → value in one cohort of one design; each target sees as many clients as its source had."""
    place, number = task
    design = tuple(DESIGNS.values())[place]
    chosen = scenario(truth) if isinstance(truth, str) else truth
    targets = [t for t in TARGETS if t.key in keys and t.design == design.id and t.statistic is not None]
    arms = design.draw(chosen, stream(seed, place, number))
    sizes = {target.persons for target in targets}
    seen = {n: {name: arm.first(n) for name, arm in arms.items()} for n in sizes}
    return {t.key: t.statistic(seen[t.persons]) for t in targets if t.statistic is not None}
