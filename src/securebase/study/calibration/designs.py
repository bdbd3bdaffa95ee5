"""The studies that a calibration simulates. A target names the one it is computed from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from securebase.model.scenario import Scenario
from securebase.study.calibration.samples import CohortSample
from securebase.study.calibration.sampling import draw_arms, draw_cohort, without_dropout

IPT, OTHER, USUAL_CARE, WAITING = "ipt", "other_therapy", "usual_care", "waiting_list"
ROUTINE_PERSONS, TRIAL_PERSONS, FOLLOWED_PERSONS = 400, 75, 200
#: weeks after the end at which clients in maintenance are asked again: every quarter for two years
QUARTERS = tuple(13.0 * quarter for quarter in range(1, 9))


@dataclass(frozen=True, slots=True)
class CalibrationDesign:
    """A study to simulate: `draw(scenario, rng)` gives its arms. `about` says in a sentence what it is."""

    id: str
    about: str
    draw: Callable[[Scenario, np.random.Generator], Mapping[str, CohortSample]]


def _routine(truth: Scenario, rng: np.random.Generator) -> Mapping[str, CohortSample]:
    """People miss check-ins and leave, by chance and with a reason."""
    return {IPT: draw_cohort(truth, ROUTINE_PERSONS, rng, inventory=True)}


def _trial(truth: Scenario, rng: np.random.Generator) -> Mapping[str, CohortSample]:
    return draw_arms(truth, (IPT, OTHER, USUAL_CARE, WAITING), TRIAL_PERSONS, rng)


def _followed(truth: Scenario, rng: np.random.Generator) -> Mapping[str, CohortSample]:
    """Nobody leaves. Therapy then goes on once a month, so its push is kept, whatever the scenario says of its end."""
    after = replace(truth.happens.after_the_end, kept=1.0, follow_ups=QUARTERS)
    happens = replace(without_dropout(truth).happens, after_the_end=after)
    return {IPT: draw_cohort(replace(without_dropout(truth), happens=happens), FOLLOWED_PERSONS, rng, inventory=True)}


_SHELF = (
    CalibrationDesign(
        "routine",
        f"{ROUTINE_PERSONS} clients of a clinic in IPT, 16 weekly sessions planned; some miss check-ins, some leave",
        _routine,
    ),
    CalibrationDesign(
        "trial",
        f"IPT, another therapy, usual care and a waiting list, {TRIAL_PERSONS} clients each, all asked at week 15",
        _trial,
    ),
    CalibrationDesign(
        "followed",
        f"{FOLLOWED_PERSONS} clients who all have 16 sessions of IPT and two years of maintenance, asked by quarter",
        _followed,
    ),
)

DESIGNS: Mapping[str, CalibrationDesign] = MappingProxyType({d.id: d for d in _SHELF})
