"""From a scenario to a cohort as arrays: the simulator's own courses, with scores as its scales give them.

The same people, courses and events as `simulate` draws, without writing a record for each check-in; scores lie on the
steps and within the limits of their scale as item responses make them. The PHQ-9 goes through its item responses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from securebase.measurement.catalogue import instrument
from securebase.measurement.scoring import score
from securebase.model.arms import ARMS
from securebase.model.parameter_set import ParameterSet
from securebase.model.processes import SelectiveDropout
from securebase.model.responses import responses_for
from securebase.model.scenario import CoursePlan, Scenario
from securebase.model.simulate.courses import Attendance, SimulatedCourses, true_courses
from securebase.model.simulate.people import People, draw_people
from securebase.model.simulate.probabilities import shift_log_odds
from securebase.model.simulate.ruptures import TrueRupture
from securebase.model.simulate.streams import Streams
from securebase.records.vocabulary import Ending
from securebase.study.calibration.samples import Array, CohortSample, Flags

INVENTORY = "phq9"
#: what follows the alliance without being carried by the model: name here → share in common, and the rest
_RATED_WITH_ALLIANCE = {"empathy": (0.7, 0.7), "goals": (0.7, 0.7)}


def draw_cohort(
    truth: Scenario, n: int, rng: np.random.Generator, *, arm: str = "ipt", inventory: bool = False
) -> CohortSample:
    """Simulate n clients of one arm; `inventory` adds PHQ-9 responses at the start, the end and each follow-up."""
    of, plan = truth.parameter_set, truth.course
    streams = Streams.spawn_from(rng)
    days, last = _days(plan, n, rng)
    people = draw_people(of, truth.happens, (ARMS[arm],) * n, rng, streams)
    kept = Attendance(days, last, np.zeros((n, plan.sessions, of.specification.p)))
    courses = true_courses(of, truth.happens, people, kept, rng=rng, streams=streams)
    held = np.arange(plan.sessions) < courses.held[:, None]
    answered = held & ~_missed(truth, courses.true, rng)
    scores, zero = _scores(of, courses.true, rng)
    alliance = of.specification.constructs.index("alliance")
    for name, (shared, own) in _RATED_WITH_ALLIANCE.items():
        scores[name] = shared * courses.true[:, :, alliance] + own * rng.standard_normal((n, plan.sessions))
    scores |= _by_therapist(truth, courses.true[:, :, alliance], rng)
    return CohortSample(
        weeks=days / of.specification.days_per_unit,
        held=held,
        left=np.array([ending is Ending.LEFT for ending in courses.endings]),
        scores={name: np.where(answered, values, np.nan) for name, values in scores.items()},
        planned=plan.sessions,
        zero=zero,
        inventory=_inventories(of, courses, rng) if inventory else {},
        brought=_covariates(truth, people),
        therapist=people.therapist,
        events={name: _weights(courses, dependent=name == "dependent", shape=held.shape) for name in _KINDS},
        ruptures=_ruptures(courses, held),
        followed_at=tuple(truth.happens.after_the_end.follow_ups),
    )


_KINDS = ("dependent", "independent")


def without_dropout(truth: Scenario) -> Scenario:
    """Return the same truth as a trial would run it: no dropout and no missed check-ins."""
    course = replace(truth.course, dropout=0.0, missed=0.0)
    return replace(truth, course=course, happens=replace(truth.happens, leaving=SelectiveDropout()))


def _days(plan: CoursePlan, n: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
    """As `simulate` keeps a course: days of planned sessions, and the session at which chance ends it."""
    gaps = np.rint(plan.days_between + plan.irregular * rng.standard_normal((n, plan.sessions - 1)))
    gaps = np.maximum(gaps, 1.0) + plan.days_between * (rng.random(gaps.shape) < plan.skipped_week)
    leaves = rng.random(n) < plan.dropout
    last = np.where(leaves, rng.integers(1, max(plan.sessions, 2), size=n), plan.sessions)
    return np.concatenate([np.zeros((n, 1)), np.cumsum(gaps, axis=1)], axis=1), last


def _missed(truth: Scenario, true: Array, rng: np.random.Generator) -> Flags:
    names, missing = truth.parameter_set.specification.constructs, truth.happens.missing
    more = missing.with_symptoms * true[:, :, names.index("symptoms")]
    more = more - missing.with_low_alliance * true[:, :, names.index("alliance")]
    there: Flags = rng.random(more.shape) < shift_log_odds(truth.course.missed, more)
    return there


def _scores(of: ParameterSet, true: Array, rng: np.random.Generator) -> tuple[dict[str, Array], dict[str, float]]:
    """Return construct → scores (n, T) in SDs at the first session, rounded and limited as its usual scale is."""
    scores, zero = {}, {}
    for k, (name, (shelf, scale)) in enumerate(of.measures().items()):
        unit, about = of.unit(shelf, scale), instrument(shelf).scale(scale)
        drawn = unit.mean + unit.points * true[:, :, k] + np.sqrt(unit.noise) * rng.standard_normal(true.shape[:2])
        step = instrument(shelf).item(about.items[0]).step / len(about.items)
        points = np.rint(np.clip(drawn, about.minimum, about.maximum) / step) * step
        scores[name] = (points - unit.mean) / unit.sd
        zero[name] = (unit.mean - about.minimum) / unit.sd
    return scores, zero


def _by_therapist(truth: Scenario, alliance: Array, rng: np.random.Generator) -> dict[str, Array]:
    """The alliance as therapists rate it, where the scenario lets them: with a shift and an error of their own."""
    asked = [g for g in truth.happens.given if g.respondent == "therapist" and g.instrument.startswith("wai")]
    if not asked:
        return {}
    of, one = truth.parameter_set, asked[0]
    unit = of.unit(*of.measures()["alliance"])
    noise = (np.sqrt(unit.noise) / unit.sd) * rng.standard_normal(alliance.shape)
    own = one.shift + one.extra_noise * rng.standard_normal(alliance.shape)
    return {"therapist_alliance": (unit.points / unit.sd) * alliance + noise + own}


def _inventories(of: ParameterSet, courses: SimulatedCourses, rng: np.random.Generator) -> dict[str, Array]:
    n, k = len(courses.held), of.specification.constructs.index("symptoms")
    end = courses.true[np.arange(n), courses.held - 1, k]
    asked = {"start": courses.true[:, 0, k], "end": end}
    asked |= {f"after {j}": courses.after[:, j, k] for j in range(courses.after.shape[1])}
    return {when: _totals(of, true, rng) for when, true in asked.items()}


def _totals(of: ParameterSet, true: Array, rng: np.random.Generator) -> Array:
    """(n,) totals of PHQ-9 responses made for true symptoms (n,)."""
    shelf, unit = instrument(INVENTORY), of.unit(INVENTORY, "total")
    wanted = unit.mean + unit.points * true + np.sqrt(unit.noise) * rng.standard_normal(len(true))
    totals = [score(shelf, responses_for(shelf, {"total": w}, rng)).scores["total"].value for w in wanted.tolist()]
    return np.array(totals, dtype=np.float64)


def _covariates(truth: Scenario, people: People) -> dict[str, Array]:
    return {b.name: people.brought[:, j] for j, b in enumerate(truth.happens.brings)}


def _weights(courses: SimulatedCourses, *, dependent: bool, shape: tuple[int, ...]) -> Array:
    """(n, T) weight of the life events of one kind in the interval before each session."""
    weight = np.zeros(shape)
    for i, own in enumerate(courses.life_events.events):
        for event in own:
            if event.dependent is dependent:
                weight[i, event.session - 1] += event.weight
    return weight


def _ruptures(courses: SimulatedCourses, held: Flags) -> dict[str, Flags]:
    """open, marked (n, T): sessions with a rupture that is not mended yet, all of them and those that somebody marked.
    repaired (n, T): sessions at which one was mended.
    """
    found = {name: np.zeros(held.shape, dtype=bool) for name in ("open", "marked", "repaired")}
    for i, own in enumerate(courses.ruptures.events):
        for rupture in own:
            upto = _until(rupture, courses.ruptures.spec.within)
            found["open"][i, rupture.session - 1 : upto] = True
            if rupture.marked:
                found["marked"][i, rupture.session - 1 : upto] = True
            if rupture.repaired is not None and rupture.repaired <= held.shape[1]:
                found["repaired"][i, rupture.repaired - 1] = True
    return {name: flags & held for name, flags in found.items()}


def _until(rupture: TrueRupture, within: int) -> int:
    """The last session at which a rupture is open, from 1: the one before its repair, or before it is let lie."""
    return rupture.repaired - 1 if rupture.repaired is not None else rupture.session + within


def draw_arms(truth: Scenario, names: Sequence[str], n: int, rng: np.random.Generator) -> dict[str, CohortSample]:
    """Each arm of a trial, n clients each, the PHQ-9 asked at the start and the end."""
    kept = without_dropout(truth)
    return {name: draw_cohort(kept, n, rng, arm=name, inventory=True) for name in names}
