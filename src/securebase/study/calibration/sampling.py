"""Draw a cohort of a scenario as arrays.

People, courses and events are those of `simulate`, without a record for each check-in. Scores are rounded to the steps
of their scale and limited to its range, as item responses would make them; the PHQ-9 is scored from item responses.
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
from securebase.model.web.network import Web
from securebase.records.vocabulary import Ending
from securebase.study.calibration.samples import Array, CohortSample, Flags

INVENTORY = "phq9"


def draw_cohort(
    truth: Scenario, n: int, rng: np.random.Generator, *, arm: str = "ipt", inventory: bool = False
) -> CohortSample:
    """Simulate n clients of one arm; `inventory` adds PHQ-9 responses at the start, the end and each follow-up."""
    parameters, plan = truth.parameter_set, truth.course
    streams = Streams.spawn_from(rng)
    days, last = _days(plan, n, rng)
    web = truth.web.build(parameters)
    people = draw_people(parameters, truth.happens, (ARMS[arm],) * n, rng, streams, web=web)
    attendance = Attendance(days, last, np.zeros((n, plan.sessions, parameters.specification.p)))
    courses = true_courses(parameters, truth.happens, people, attendance, rng=rng, streams=streams, web=web)
    attended = np.arange(plan.sessions) < courses.held[:, None]
    observed = attended & ~_draw_missed(truth, courses.true, rng)
    scores, mean_above_minimum = _scores(parameters, courses.true, rng)
    alliance = parameters.specification.constructs.index("alliance")
    scores |= _therapist_ratings(truth, courses.true[:, :, alliance], rng)
    scores |= _ratings_outside_the_model(web, courses.true, streams)
    return CohortSample(
        weeks=days / parameters.specification.days_per_unit,
        attended=attended,
        dropped_out=np.array([ending is Ending.LEFT for ending in courses.endings]),
        scores={name: np.where(observed, values, np.nan) for name, values in scores.items()},
        planned=plan.sessions,
        mean_above_minimum=mean_above_minimum,
        inventory=_inventories(parameters, courses, rng) if inventory else {},
        covariates=_covariates(truth, people),
        therapist=people.therapist,
        events={name: _weights(courses, dependent=name == "dependent", shape=attended.shape) for name in _EVENT_KINDS},
        ruptures=_ruptures(courses, attended),
        follow_up_weeks=tuple(truth.happens.after_the_end.follow_ups),
    )


_EVENT_KINDS = ("dependent", "independent")


def without_dropout(truth: Scenario) -> Scenario:
    """Return the same truth as a trial would run it: no dropout and no missed check-ins."""
    course = replace(truth.course, dropout=0.0, missed=0.0)
    return replace(truth, course=course, happens=replace(truth.happens, leaving=SelectiveDropout()))


def _days(plan: CoursePlan, n: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
    """Draw the days of planned sessions (n, T) and the last session before random dropout (n,), as `simulate` does."""
    gaps = np.rint(plan.days_between + plan.irregular * rng.standard_normal((n, plan.sessions - 1)))
    gaps = np.maximum(gaps, 1.0) + plan.days_between * (rng.random(gaps.shape) < plan.skipped_week)
    leaves = rng.random(n) < plan.dropout
    last = np.where(leaves, rng.integers(1, max(plan.sessions, 2), size=n), plan.sessions)
    return np.concatenate([np.zeros((n, 1)), np.cumsum(gaps, axis=1)], axis=1), last


def _draw_missed(truth: Scenario, true: Array, rng: np.random.Generator) -> Flags:
    """Draw the missed check-ins, (n, T); symptoms raise and the alliance lowers their log-odds."""
    names, missing = truth.parameter_set.specification.constructs, truth.happens.missing
    shift = missing.with_symptoms * true[:, :, names.index("symptoms")]
    shift = shift - missing.with_low_alliance * true[:, :, names.index("alliance")]
    missed: Flags = rng.random(shift.shape) < shift_log_odds(truth.course.missed, shift)
    return missed


def _scores(
    parameters: ParameterSet, true: Array, rng: np.random.Generator
) -> tuple[dict[str, Array], dict[str, float]]:
    """Return construct → scores (n, T) in SDs at the first session, and construct → `mean_above_minimum`."""
    scores, mean_above_minimum = {}, {}
    for k, (name, (instrument_id, scale_name)) in enumerate(parameters.measures().items()):
        unit, scale = parameters.unit(instrument_id, scale_name), instrument(instrument_id).scale(scale_name)
        sample = unit.mean + unit.points * true[:, :, k] + np.sqrt(unit.noise) * rng.standard_normal(true.shape[:2])
        step = instrument(instrument_id).item(scale.items[0]).step / len(scale.items)
        points = np.rint(np.clip(sample, scale.minimum, scale.maximum) / step) * step
        scores[name] = (points - unit.mean) / unit.sd
        mean_above_minimum[name] = (unit.mean - scale.minimum) / unit.sd
    return scores, mean_above_minimum


def _ratings_outside_the_model(web: Web, true: Array, streams: Streams) -> dict[str, Array]:
    """Return construct → ratings (n, T) of all constructs without a scale unit: value and error, with an SD of 1."""
    values = {name: true[:, :, k] for k, name in enumerate(web.names) if k >= web.terms.core}
    values |= {name: true @ weights for name, weights in web.index_weights.items()}
    noise = streams.normals("web_ratings", len(true), true.shape[1], len(values))
    ratings = {}
    for k, (name, value) in enumerate(values.items()):
        reliability = web.reliabilities[name]
        ratings[name] = np.sqrt(reliability) * value + np.sqrt(1.0 - reliability) * noise[:, :, k]
    return ratings


def _therapist_ratings(truth: Scenario, alliance: Array, rng: np.random.Generator) -> dict[str, Array]:
    """Return the alliance as rated by therapists, with a shift and extra noise, if the scenario includes it."""
    ratings = [g for g in truth.happens.given if g.respondent == "therapist" and g.instrument.startswith("wai")]
    if not ratings:
        return {}
    parameters, rating = truth.parameter_set, ratings[0]
    unit = parameters.unit(*parameters.measures()["alliance"])
    noise = (np.sqrt(unit.noise) / unit.sd) * rng.standard_normal(alliance.shape)
    deviation = rating.shift + rating.extra_noise * rng.standard_normal(alliance.shape)
    return {"therapist_alliance": (unit.points / unit.sd) * alliance + noise + deviation}


def _inventories(parameters: ParameterSet, courses: SimulatedCourses, rng: np.random.Generator) -> dict[str, Array]:
    """Return occasion → PHQ-9 totals (n,) at the start, the end and each follow-up."""
    n, k = len(courses.held), parameters.specification.constructs.index("symptoms")
    end = courses.true[np.arange(n), courses.held - 1, k]
    true = {"start": courses.true[:, 0, k], "end": end}
    true |= {f"after {j}": courses.after[:, j, k] for j in range(courses.after.shape[1])}
    return {occasion: _totals(parameters, symptoms, rng) for occasion, symptoms in true.items()}


def _totals(parameters: ParameterSet, true: Array, rng: np.random.Generator) -> Array:
    """Return PHQ-9 totals (n,) of item responses drawn for true symptoms (n,)."""
    phq9, unit = instrument(INVENTORY), parameters.unit(INVENTORY, "total")
    targets = unit.mean + unit.points * true + np.sqrt(unit.noise) * rng.standard_normal(len(true))
    totals = [score(phq9, responses_for(phq9, {"total": t}, rng)).scores["total"].value for t in targets.tolist()]
    return np.array(totals, dtype=np.float64)


def _covariates(truth: Scenario, people: People) -> dict[str, Array]:
    return {b.name: people.brought[:, j] for j, b in enumerate(truth.happens.brings)}


def _weights(courses: SimulatedCourses, *, dependent: bool, shape: tuple[int, ...]) -> Array:
    """Return the weight of the life events of one kind in the interval before each session, (n, T)."""
    weight = np.zeros(shape)
    for i, events in enumerate(courses.life_events.events):
        for event in events:
            if event.dependent is dependent:
                weight[i, event.session - 1] += event.weight
    return weight


def _ruptures(courses: SimulatedCourses, attended: Flags) -> dict[str, Flags]:
    """Return sessions, each (n, T), with an unrepaired rupture (open), one that was marked, or a repair (repaired)."""
    flags = {name: np.zeros(attended.shape, dtype=bool) for name in ("open", "marked", "repaired")}
    for i, ruptures in enumerate(courses.ruptures.events):
        for rupture in ruptures:
            last = _last_open_session(rupture, courses.ruptures.spec.within)
            flags["open"][i, rupture.session - 1 : last] = True
            if rupture.marked:
                flags["marked"][i, rupture.session - 1 : last] = True
            if rupture.repaired is not None and rupture.repaired <= attended.shape[1]:
                flags["repaired"][i, rupture.repaired - 1] = True
    return {name: sessions & attended for name, sessions in flags.items()}


def _last_open_session(rupture: TrueRupture, within: int) -> int:
    """Return the last session (from 1) with the rupture open: the one before its repair, or the last of its window."""
    return rupture.repaired - 1 if rupture.repaired is not None else rupture.session + within


def draw_arms(truth: Scenario, names: Sequence[str], n: int, rng: np.random.Generator) -> dict[str, CohortSample]:
    """Draw each arm of a trial, n clients each, with the PHQ-9 at the start and the end."""
    trial = without_dropout(truth)
    return {name: draw_cohort(trial, n, rng, arm=name, inventory=True) for name in names}
