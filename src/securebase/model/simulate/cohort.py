"""`simulate`: a cohort as a clinic would record it, drawn from a known truth.

Sessions that slip, check-ins that are missed, people who leave, item responses that are whole and bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError
from securebase.measurement.catalogue import instrument
from securebase.measurement.constructs import construct
from securebase.measurement.instrument import Instrument
from securebase.measurement.scoring import score
from securebase.model.parameter_set import ParameterSet
from securebase.model.parameters import Array, Specification
from securebase.model.responses import responses_for
from securebase.model.scenario import Course, Scenario, scenario
from securebase.model.simulate.draws import draw_true_values
from securebase.records.cohort import Cohort
from securebase.records.episode import (
    Administration,
    EpisodeRecord,
    Rupture,
    SafetyAlertRecord,
    Score,
    TherapySessionRecord,
)
from securebase.records.vocabulary import Moment, Phase, RuptureKind

#: what is filled in around every session, and the inventory given now and then
SESSION_SETS = (("session_before", Moment.BEFORE), ("session_after", Moment.AFTER))
INVENTORY = "phq9"
#: scales of the session sets that the model does not carry follow one that it does: (construct, sign)
_COMPANIONS = {
    "loneliness": ("social_support", -1.0),
    "hope": ("symptoms", -1.0),
    "felt_understood": ("alliance", 1.0),
    "openness": ("alliance", 1.0),
}


@dataclass(frozen=True, slots=True)
class Shock:
    """Something that happens to one person at one session and fades as the drift lets it.

    person: counted from 0; session: from 1. size: added to the true value, in standard deviations of clients at the
    first session (-1.5 on the alliance is a plain rupture). rupture: recorded as one that somebody marked; `repaired`:
    the session of its repair.
    """

    person: int
    session: int
    construct: str
    size: float
    rupture: RuptureKind | None = None
    repaired: int | None = None


def simulate(
    of: str | Scenario = "default",
    *,
    n: int,
    rng: np.random.Generator,
    sessions: int | None = None,
    missing: float | None = None,
    irregular: float | None = None,
    dropout: float | None = None,
    safety: float | None = None,
    inventory_every: int | None = None,
    shocks: Sequence[Shock] = (),
    alarms: Sequence[tuple[int, int]] = (),
) -> Cohort:
    """Draw a cohort of n clients from a scenario (or its name). The same seed gives the same bits.

    What is given replaces the scenario's own course (`scenario.Course`; `missing` is the chance that a check-in is not
    answered). Both check-ins of a session bear its day, as they share a row of the model. `alarms` are (person,
    session) at which the safety question is answered with its lowest alarming response; that check-in is not missed.
    Raises ParameterSetError for an unknown scenario, ModelError for a shock or alarm outside the cohort.
    """
    chosen = scenario(of) if isinstance(of, str) else of
    usual = chosen.course
    plan = replace(
        usual,
        sessions=usual.sessions if sessions is None else sessions,
        missed=usual.missed if missing is None else missing,
        irregular=usual.irregular if irregular is None else irregular,
        dropout=usual.dropout if dropout is None else dropout,
        safety=usual.safety if safety is None else safety,
        inventory_every=usual.inventory_every if inventory_every is None else inventory_every,
    )
    if n < 0:
        raise ModelError(f"a cohort cannot have {n} clients")
    _check_places(shocks, alarms, n, plan.sessions, chosen.parameter_set.specification)
    days = _session_days(plan, n, rng)
    true = _true_courses(chosen.parameter_set, days, shocks, rng)
    width = max(3, len(str(n)))
    clinic = _Clinic(chosen.parameter_set, plan, frozenset(alarms), rng.integers(2**62, size=n))
    episodes = []
    for i in range(n):
        own = [shock for shock in shocks if shock.person == i]
        episodes.append(clinic.episode(f"sim-{i + 1:0{width}}", i, days[i], true[i], own))
    tracked = chosen.parameter_set.specification.constructs
    return Cohort(
        episodes=tuple(episodes),
        constructs=tuple(construct(name) for name in tracked),
        outcome=tracked[0],
        processes=tracked[1:],
        simulated=True,
        remarks=(f"Simulated from the scenario “{chosen.name}”.",),
    )


def _check_places(
    shocks: Sequence[Shock], alarms: Sequence[tuple[int, int]], n: int, sessions: int, specification: Specification
) -> None:
    places = [(s.person, s.session) for s in shocks] + list(alarms)
    for person, session in places:
        if not (0 <= person < n and 1 <= session <= sessions):
            raise ModelError(
                f"there is no session {session} of person {person} in a cohort of {n} with {sessions} sessions",
                advice="Persons count from 0, sessions from 1.",
            )
    for shock in shocks:
        if shock.construct not in specification.constructs:
            raise ModelError(f"a shock names “{shock.construct}”, which this scenario does not simulate")


def _session_days(plan: Course, n: int, rng: np.random.Generator) -> list[Array]:
    """Days of the sessions that took place, the first on day 0, for each person."""
    gaps = np.rint(plan.days_between + plan.irregular * rng.standard_normal((n, plan.sessions - 1)))
    gaps = np.maximum(gaps, 1.0) + plan.days_between * (rng.random(gaps.shape) < plan.skipped_week)
    leaves = rng.random(n) < plan.dropout
    last = np.where(leaves, rng.integers(1, max(plan.sessions, 2), size=n), plan.sessions)
    days = np.concatenate([np.zeros((n, 1)), np.cumsum(gaps, axis=1)], axis=1)
    return [own[:kept] for own, kept in zip(days, last, strict=True)]


def _true_courses(
    parameter_set: ParameterSet, days: Sequence[Array], shocks: Sequence[Shock], rng: np.random.Generator
) -> Array:
    """True values in standard units (n, longest course, p)."""
    specification = parameter_set.specification
    longest = max((len(d) for d in days), default=0)
    pushes = np.zeros((len(days), longest, specification.p))
    for shock in shocks:
        if shock.session <= len(days[shock.person]):
            k = specification.constructs.index(shock.construct)
            pushes[shock.person, shock.session - 1, k] += shock.size
    weeks = [d / specification.days_per_unit for d in days]
    return draw_true_values(specification, parameter_set.parameters, weeks, rng, pushes=pushes)


@dataclass(frozen=True, eq=False)
class _Clinic:
    """Writes down what true courses show: whoever asks, misses and marks.

    Every check-in draws from a stream of its own (`seeds` has one number a person), so that a shock or an alarm changes
    what it touches and nothing else.
    """

    parameter_set: ParameterSet
    plan: Course
    alarms: frozenset[tuple[int, int]]
    seeds: NDArray[np.int64]

    def episode(self, name: str, person: int, days: Array, true: Array, shocks: Sequence[Shock]) -> EpisodeRecord:
        administrations = []
        for number, day in enumerate(days.tolist(), start=1):
            at_session = dict(zip(self.parameter_set.specification.constructs, true[number - 1], strict=True))
            administrations += list(self._check_ins(person, number, day, at_session))
        held = tuple(
            TherapySessionRecord(number, day, phase_of(number, self.plan.sessions))
            for number, day in enumerate(days.tolist(), start=1)
        )
        return EpisodeRecord(
            person=name,
            administrations=tuple(administrations),
            sessions=held,
            ruptures=tuple(_ruptures(shocks, days)),
            safety_alerts=tuple(_alerts(administrations)),
            phase=held[-1].phase,
            planned_sessions=self.plan.sessions,
            ended_at=float(days[-1]),
            simulated=True,
        )

    def _check_ins(self, person: int, number: int, day: float, true: Mapping[str, float]) -> Iterator[Administration]:
        asked = [*SESSION_SETS]
        if self.plan.inventory_every and (number - 1) % self.plan.inventory_every == 0:
            asked.append((INVENTORY, Moment.BEFORE))
        for place, (name, moment) in enumerate(asked):
            rng = np.random.default_rng((int(self.seeds[person]), number, place))
            shelf = instrument(name)
            missed, alarming = rng.random(2) < (self.plan.missed, self.plan.safety)
            forced = (person, number) in self.alarms and bool(shelf.safety_rules) and name != INVENTORY
            if not missed or forced:
                scores = self._scores(shelf, true, rng)
                answers = responses_for(shelf, scores, rng, alarm=bool(alarming) or forced)
                yield _administration(shelf, answers, day, moment, number)

    def _scores(self, shelf: Instrument, true: Mapping[str, float], rng: np.random.Generator) -> dict[str, float]:
        """One drawn score for each scale that the model carries, or that follows one which it does."""
        drawn = {}
        for scale in shelf.scales:
            z = float(rng.standard_normal())
            unit = self.parameter_set.scales.get((shelf.id, scale.id))
            if unit is not None:
                drawn[scale.id] = unit.mean + unit.points * float(true[unit.construct]) + np.sqrt(unit.noise) * z
            elif scale.id in _COMPANIONS:
                name, sign = _COMPANIONS[scale.id]
                middle, reach = (scale.minimum + scale.maximum) / 2, (scale.maximum - scale.minimum) / 5
                drawn[scale.id] = middle + reach * (0.7 * sign * float(true[name]) + 0.7 * z)
        return drawn


def phase_of(number: int, sessions: int) -> Phase:
    """The usual phase of a session in a course of so many: the first quarter opens, the last fifth ends."""
    if number > sessions - max(1, round(sessions / 5)):
        return Phase.ENDING
    return Phase.INITIAL if number <= max(1, round(sessions / 4)) else Phase.MIDDLE


def _administration(
    shelf: Instrument, answers: Mapping[int, float | None], day: float, moment: Moment, number: int
) -> Administration:
    scored = score(shelf, answers)
    return Administration(
        instrument=shelf.id,
        at=day,
        moment=moment,
        session=number,
        responses=scored.responses,
        scores=tuple(
            Score(s.construct, s.value, day, moment, number, shelf.id, s.scale)
            for s in scored.scores.values()
            if s.value is not None
        ),
    )


def _alerts(administrations: Sequence[Administration]) -> Iterator[SafetyAlertRecord]:
    for a in administrations:
        for rule in instrument(a.instrument).safety_rules:
            value = a.responses[rule.item]
            if value is not None and value >= rule.at_least:
                yield SafetyAlertRecord(a.at, a.instrument, rule.item, value)


def _ruptures(shocks: Sequence[Shock], days: Array) -> Iterator[Rupture]:
    """The shocks that somebody marked, while the person was still there."""
    for shock in shocks:
        if shock.rupture is not None and shock.session <= len(days):
            repaired = shock.repaired
            mended = float(days[repaired - 1]) if repaired is not None and repaired <= len(days) else None
            yield Rupture(float(days[shock.session - 1]), shock.session, shock.rupture, mended)
