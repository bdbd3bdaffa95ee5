"""The studies that a calibration simulates. A target names the one it is computed from.

`routine` is a clinic's practice: people miss check-ins and leave early. `trial` has arms side by side, everybody asked
at the end. Both are drawn from one scenario, by default the one that the literature set stands behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from securebase.measurement.catalogue import instrument
from securebase.measurement.scoring import score
from securebase.model.parameter_set import ParameterSet
from securebase.model.responses import responses_for
from securebase.model.scenario import Course, Scenario
from securebase.model.simulate import draw_true_values
from securebase.model.standardised import assemble
from securebase.study.calibration.drawn import Array, Drawn

IPT, USUAL_CARE, WAITING, OTHER = "ipt", "usual_care", "waiting_list", "other_therapy"


@dataclass(frozen=True, slots=True)
class Design:
    """A study to simulate: `draw(scenario, rng)` gives its arms. `about` says in a sentence what it is."""

    id: str
    about: str
    draw: Callable[[Scenario, np.random.Generator], Mapping[str, Drawn]]


def _routine(truth: Scenario, rng: np.random.Generator) -> Mapping[str, Drawn]:
    return {IPT: draw(truth.parameter_set, truth.course, ROUTINE_PERSONS, rng, inventory=True)}


def _trial(truth: Scenario, rng: np.random.Generator) -> Mapping[str, Drawn]:
    """Two arms today: the therapy, and the natural course without any, which stands for a waiting list."""
    everybody = replace(truth.course, dropout=0.0, missed=0.0)
    stated = truth.parameter_set.stated
    without = replace(stated, therapy_change=dict.fromkeys(stated.constructs, 0.0))
    control = replace(
        truth.parameter_set,
        stated=without,
        parameters=assemble(without, own_change=truth.parameter_set.specification.own_change),
    )
    return {
        IPT: draw(truth.parameter_set, everybody, TRIAL_PERSONS, rng, inventory=True),
        WAITING: draw(control, everybody, TRIAL_PERSONS, rng, inventory=True),
    }


INVENTORY = "phq9"
ROUTINE_PERSONS, TRIAL_PERSONS = 400, 75

DESIGNS: Mapping[str, Design] = MappingProxyType(
    {
        d.id: d
        for d in (
            Design("routine", f"{ROUTINE_PERSONS} clients of a clinic in IPT, 16 weekly sessions planned", _routine),
            Design("trial", f"arms of {TRIAL_PERSONS} clients, everybody assessed at week 15", _trial),
        )
    }
)


def draw(chosen: ParameterSet, course: Course, n: int, rng: np.random.Generator, *, inventory: bool = False) -> Drawn:
    """n clients as arrays; with `inventory` PHQ-9 item responses are made at the start and the end and scored."""
    specification, T = chosen.specification, course.sessions
    gaps = np.rint(course.days_between + course.irregular * rng.standard_normal((n, T - 1)))
    gaps = np.maximum(gaps, 1.0) + course.days_between * (rng.random(gaps.shape) < course.skipped_week)
    weeks = np.concatenate([np.zeros((n, 1)), np.cumsum(gaps, axis=1)], axis=1) / specification.days_per_unit
    true = draw_true_values(specification, chosen.parameters, list(weeks), rng)
    leaves = rng.random(n) < course.dropout
    last = np.where(leaves, rng.integers(1, max(T, 2), size=n), T)
    held = np.arange(T) < last[:, None]
    scores, zero = {}, {}
    for k, (name, (of, scale)) in enumerate(chosen.measures().items()):
        unit, shelf = chosen.unit(of, scale), instrument(of).scale(scale)
        drawn = unit.mean + unit.points * true[:, :, k] + np.sqrt(unit.noise) * rng.standard_normal((n, T))
        step = instrument(of).item(shelf.items[0]).step / len(shelf.items)
        points = np.rint(np.clip(drawn, shelf.minimum, shelf.maximum) / step) * step
        answered = held & (rng.random((n, T)) >= course.missed)
        scores[name] = np.where(answered, (points - unit.mean) / unit.sd, np.nan)
        zero[name] = (unit.mean - shelf.minimum) / unit.sd
    ends = {}
    if inventory:
        at_end = true[np.arange(n), last - 1, specification.constructs.index("symptoms")]
        ends = {"start": _inventory(chosen, true[:, 0, 0], rng), "end": _inventory(chosen, at_end, rng)}
    return Drawn(weeks, held, scores, T, zero, ends)


def _inventory(chosen: ParameterSet, true: Array, rng: np.random.Generator) -> Array:
    """(n,) totals of PHQ-9 responses made for true symptoms (n,)."""
    shelf, unit = instrument(INVENTORY), chosen.unit(INVENTORY, "total")
    wanted = unit.mean + unit.points * true + np.sqrt(unit.noise) * rng.standard_normal(len(true))
    totals = [score(shelf, responses_for(shelf, {"total": w}, rng)).scores["total"].value for w in wanted.tolist()]
    return np.array(totals, dtype=np.float64)
