"""Study designs that a calibration simulates; each target names the design it is computed from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from securebase.model.scenario import Scenario, scenario
from securebase.study.calibration.samples import CohortSample
from securebase.study.calibration.sampling import draw_arms, draw_cohort, without_dropout

IPT, OTHER, USUAL_CARE, WAITING = "ipt", "other_therapy", "usual_care", "waiting_list"
ROUTINE_PERSONS, TRIAL_PERSONS, FOLLOWED_PERSONS = 400, 75, 200
#: scenario of the whole web of the theory
WEB_SCENARIO = "pillars"
#: follow-ups of clients in maintenance, in weeks after the end: quarterly for two years
QUARTERS = tuple(13.0 * quarter for quarter in range(1, 9))


@dataclass(frozen=True, slots=True)
class CalibrationDesign:
    """A study to simulate: `draw(scenario, rng)` returns its arms, `description` is one sentence for the report."""

    id: str
    description: str
    draw: Callable[[Scenario, np.random.Generator], Mapping[str, CohortSample]]


def _draw_routine(truth: Scenario, rng: np.random.Generator) -> Mapping[str, CohortSample]:
    """Draw a clinic whose clients miss check-ins and drop out, at random and depending on their state."""
    return {IPT: draw_cohort(truth, ROUTINE_PERSONS, rng, inventory=True)}


def _draw_trial(truth: Scenario, rng: np.random.Generator) -> Mapping[str, CohortSample]:
    return draw_arms(truth, (IPT, OTHER, USUAL_CARE, WAITING), TRIAL_PERSONS, rng)


def _draw_followed(truth: Scenario, rng: np.random.Generator) -> Mapping[str, CohortSample]:
    """Draw a cohort without dropout that has monthly maintenance after the acute course."""
    # maintenance continues the treatment, so its effect persists in full, whatever the scenario assumes after the end
    after = replace(truth.happens.after_the_end, kept=1.0, follow_ups=QUARTERS)
    happens = replace(without_dropout(truth).happens, after_the_end=after)
    return {IPT: draw_cohort(replace(without_dropout(truth), happens=happens), FOLLOWED_PERSONS, rng, inventory=True)}


def _draw_web(_: Scenario, rng: np.random.Generator) -> Mapping[str, CohortSample]:
    """Draw a cohort in which attachment, communication and social support act on the tracked constructs.

    It has a scenario of its own: in the others the constructs outside the fitted model follow and move nothing.
    """
    return {IPT: draw_cohort(scenario(WEB_SCENARIO), ROUTINE_PERSONS, rng)}


_SHELF = (
    CalibrationDesign(
        "routine",
        f"{ROUTINE_PERSONS} clients of a clinic in IPT, 16 weekly sessions planned, with missed check-ins and dropout",
        _draw_routine,
    ),
    CalibrationDesign(
        "trial",
        f"IPT, another therapy, usual care and a waiting list, {TRIAL_PERSONS} clients each, all assessed in week 15",
        _draw_trial,
    ),
    CalibrationDesign(
        "followed",
        f"{FOLLOWED_PERSONS} clients with 16 sessions of IPT and two years of maintenance, assessed quarterly",
        _draw_followed,
    ),
    CalibrationDesign(
        "web",
        f"{ROUTINE_PERSONS} clients of the scenario “{WEB_SCENARIO}”, in which the whole web acts, 16 weekly sessions "
        "planned; always from this scenario",
        _draw_web,
    ),
)

DESIGNS: Mapping[str, CalibrationDesign] = MappingProxyType({d.id: d for d in _SHELF})
