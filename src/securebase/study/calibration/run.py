"""`calibrate`: simulate many cohorts and hold them to the targets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from securebase.errors import InputError
from securebase.model.scenario import Scenario, scenario
from securebase.study.calibration.designs import DESIGNS
from securebase.study.calibration.target import Arms, Outcome, Target, Verdict
from securebase.study.calibration.targets import TARGETS

Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Calibration:
    """All outcomes of one run, in the order of the table, with what is needed to run it again."""

    scenario: str
    parameter_set: str
    version: str
    cohorts: int
    seed: int
    outcomes: tuple[Outcome, ...]

    def count(self, verdict: Verdict) -> int:
        return sum(o.verdict is verdict for o in self.outcomes)


def chosen_targets(only: Sequence[str] = ()) -> tuple[Target, ...]:
    """Targets by row (C5) or all of them. Raises InputError for a row that is not there."""
    known = {t.id for t in TARGETS}
    for name in only:
        if name.upper() not in known:
            every = ", ".join(dict.fromkeys(t.id for t in TARGETS))
            raise InputError(f"there is no target “{name}”", advice=f"Known are {every}.")
    wanted = {name.upper() for name in only} or known
    return tuple(t for t in TARGETS if t.id in wanted)


def calibrate(
    truth: Scenario | str = "default",
    *,
    cohorts: int = 200,
    seed: int = 1,
    only: Sequence[str] = (),
    tell: Tell = lambda _: None,
) -> Calibration:
    """Draw so many cohorts of each design and compute every target in each.

    A cohort has a stream of its own by design and number, so the figures of one target do not depend on which others
    were asked for. Raises InputError for a target that is not there, ParameterSetError for an unknown scenario.
    """
    chosen = scenario(truth) if isinstance(truth, str) else truth
    targets = chosen_targets(only)
    found: dict[str, list[float]] = {t.key: [] for t in targets}
    for place, design in enumerate(DESIGNS.values()):
        asked = [t for t in targets if t.design == design.id and t.statistic is not None]
        for number in range(cohorts if asked else 0):
            tell(f"Simulating {design.about}: cohort {number + 1:,} of {cohorts:,}")
            rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(place, number)))
            for key, value in _one(asked, design.draw(chosen, rng)).items():
                found[key].append(value)
    outcomes = tuple(Outcome(t, np.array(found[t.key], dtype=np.float64)) for t in targets)
    own = chosen.parameter_set
    return Calibration(chosen.id, own.id, own.version, cohorts, seed, outcomes)


def _one(targets: Sequence[Target], arms: Arms) -> dict[str, float]:
    """key → value in one replication; each target sees as many clients as its source had."""
    sizes = {target.persons for target in targets}
    seen = {n: {name: arm.first(n) for name, arm in arms.items()} for n in sizes}
    return {t.key: t.statistic(seen[t.persons]) for t in targets if t.statistic is not None}
