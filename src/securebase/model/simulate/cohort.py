"""`simulate`: a cohort as a clinic would record it, drawn from a known truth.

Sessions that slip, check-ins that are missed, people who leave, item responses that are whole and bounded, and whatever
else a scenario lets happen (`model/processes.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError
from securebase.measurement.constructs import construct
from securebase.model.arms import arm
from securebase.model.parameters import Array, Specification
from securebase.model.scenario import CoursePlan, Scenario, scenario
from securebase.model.simulate.clinic import SimulatedClinic, alerts, phase_of
from securebase.model.simulate.courses import Attendance, SimulatedCourses, true_courses
from securebase.model.simulate.people import People, draw_people
from securebase.model.simulate.streams import Streams
from securebase.model.simulate.truth import PersonTruth, Truth
from securebase.records.cohort import Cohort
from securebase.records.episode import (
    CorrectiveExperienceRecord,
    EpisodeRecord,
    LifeEventRecord,
    RetellingRecord,
    RuptureRecord,
    StandardisedCovariate,
    TherapySessionRecord,
)
from securebase.records.vocabulary import RuptureKind


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
    arms: Sequence[str] = (),
) -> Cohort:
    """Draw a cohort of n clients from a scenario (or its name). The same seed gives the same bits.

    What is given replaces the scenario's own course (`scenario.Course`; `missing` is the chance that a check-in is not
    answered). Both check-ins of a session bear its day, as they share a row of the model. `alarms` are (person,
    session) at which the safety question is answered with its lowest alarming response; that check-in is not missed.
    `arms`: names on the shelf of `model/arms.py`, to which clients go in turn; none given: the scenario's own.
    Raises ParameterSetError for an unknown scenario or arm, ModelError for a shock or alarm outside the cohort.
    """
    return simulate_with_truth(
        of,
        n=n,
        rng=rng,
        sessions=sessions,
        missing=missing,
        irregular=irregular,
        dropout=dropout,
        safety=safety,
        inventory_every=inventory_every,
        shocks=shocks,
        alarms=alarms,
        arms=arms,
    )[0]


def simulate_with_truth(
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
    arms: Sequence[str] = (),
) -> tuple[Cohort, Truth]:
    """The cohort that `simulate` draws, and what was true of it whether or not anybody noticed."""
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
    specification = chosen.parameter_set.specification
    _check_places(shocks, alarms, n, plan.sessions, specification)
    there = tuple(arm(name) for name in arms) or chosen.arms
    streams = Streams.beside(rng)
    days, last = _session_days(plan, n, rng)
    theirs = tuple(there[i % len(there)] for i in range(n))
    people = draw_people(chosen.parameter_set, chosen.happens, theirs, rng, streams)
    kept = Attendance(days, last, _pushes(shocks, n, plan.sessions, specification))
    courses = true_courses(chosen.parameter_set, chosen.happens, people, kept, rng=rng, streams=streams)
    seeds = rng.integers(2**62, size=n)
    clinic = SimulatedClinic(
        chosen.parameter_set, plan, chosen.happens.missing, chosen.happens.given, frozenset(alarms), seeds
    )
    written = _Written(chosen, plan, clinic, people, courses, days, several=len(there) > 1 or there[0].id != "ipt")
    width = max(3, len(str(n)))
    names = [f"sim-{i + 1:0{width}}" for i in range(n)]
    truths = tuple(written.truth(i, name) for i, name in enumerate(names))
    episodes = tuple(
        written.episode(i, name, truths[i], [s for s in shocks if s.person == i]) for i, name in enumerate(names)
    )
    tracked = specification.constructs
    cohort = Cohort(
        episodes=episodes,
        constructs=tuple(construct(name) for name in tracked),
        outcome=tracked[0],
        processes=tracked[1:],
        simulated=True,
        remarks=(f"Simulated from the scenario “{chosen.name}”.",),
    )
    return cohort, Truth(chosen.id, tracked, truths)


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


def _session_days(plan: CoursePlan, n: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
    """Days of all planned sessions (n, sessions), the first on day 0, and how many of them chance lets take place."""
    gaps = np.rint(plan.days_between + plan.irregular * rng.standard_normal((n, plan.sessions - 1)))
    gaps = np.maximum(gaps, 1.0) + plan.days_between * (rng.random(gaps.shape) < plan.skipped_week)
    leaves = rng.random(n) < plan.dropout
    last = np.where(leaves, rng.integers(1, max(plan.sessions, 2), size=n), plan.sessions)
    return np.concatenate([np.zeros((n, 1)), np.cumsum(gaps, axis=1)], axis=1), last


def _pushes(shocks: Sequence[Shock], n: int, sessions: int, specification: Specification) -> Array:
    pushes = np.zeros((n, sessions, specification.p))
    for shock in shocks:
        pushes[shock.person, shock.session - 1, specification.constructs.index(shock.construct)] += shock.size
    return pushes


@dataclass(frozen=True, eq=False)
class _Written:
    """Turns courses into what is recorded and what was true."""

    of: Scenario
    plan: CoursePlan
    clinic: SimulatedClinic
    people: People
    courses: SimulatedCourses
    days: Array
    several: bool

    def truth(self, i: int, name: str) -> PersonTruth:
        of, courses, people = self.of, self.courses, self.people
        days_per_unit = of.parameter_set.specification.days_per_unit
        held = int(courses.held[i])
        weeks = self.days[i, :held] / days_per_unit
        varying = [e for e in of.happens.person_effects if e.sd > 0]
        effects = people.own_effects
        return PersonTruth(
            person=name,
            arm=people.arms[i].id,
            therapist=self._therapist(i),
            level=people.level[i],
            change=people.change[i],
            weeks=weeks,
            values=courses.true[i, :held],
            after_weeks=weeks[-1] + np.array(of.happens.after_the_end.follow_ups),
            after=courses.after[i],
            own_effects={}
            if effects is None
            else {(e.begin, e.end): float(effects[i, k]) for k, e in enumerate(varying)},
            brought={b.name: float(people.brought[i, k]) for k, b in enumerate(of.happens.brings)},
            provided=courses.provided[i, :held],
            ruptures=tuple(courses.ruptures.happened[i]),
            life_events=tuple(self._life_events(i)),
            sudden_gain=int(courses.sudden_gains.happened[i]) or None,
            corrective_experiences=tuple(courses.corrective.happened[i]),
            tellings=tuple(courses.tellings.happened[i]),
            ending=courses.endings[i],
        )

    def _therapist(self, i: int) -> str:
        of = self.people.therapist
        return f"therapist-{of[i] + 1}" if of is not None and self.people.arms[i].sessions else ""

    def _life_events(self, i: int) -> list[LifeEventRecord]:
        found = []
        for event in self.courses.life_events.happened[i]:
            begin, end = self.days[i, event.session - 2], self.days[i, event.session - 1]
            found.append(
                LifeEventRecord(round(float(begin + event.when * (end - begin)), 2), event.dependent, event.weight)
            )
        return sorted(found, key=lambda e: e.at)

    def episode(self, i: int, name: str, truth: PersonTruth, shocks: Sequence[Shock]) -> EpisodeRecord:
        treated, days = self.people.arms[i].sessions, self.days[i, : len(truth.values)]
        asked = []
        for number, day in enumerate(days.tolist(), start=1):
            asked += list(self.clinic.at_session(i, number, day, self._at(i, truth.values[number - 1]), held=treated))
        follow_ups = [float(np.rint(w * self.of.parameter_set.specification.days_per_unit)) for w in truth.after_weeks]
        for k, day in enumerate(follow_ups):
            asked += list(self.clinic.at_follow_up(i, k, day, self._at(i, truth.after[k])))
        held = tuple(
            TherapySessionRecord(number, day, phase_of(number, self.plan.sessions))
            for number, day in enumerate(days.tolist() if treated else [], start=1)
        )
        marked = [
            RuptureRecord(float(days[r.session - 1]), r.session, r.kind, _day_of(days, r.repaired))
            for r in truth.ruptures
            if r.marked
        ]
        return EpisodeRecord(
            person=name,
            administrations=tuple(asked),
            sessions=held,
            ruptures=tuple(sorted([*marked, *_shocked(shocks, days)], key=lambda r: r.at)),
            safety_alerts=tuple(alerts(asked)),
            phase=held[-1].phase if held else None,
            planned_sessions=self.plan.sessions if treated else None,
            ended_at=float(days[-1]),
            simulated=True,
            arm=truth.arm if self.several else "",
            therapist=truth.therapist,
            brought=tuple(StandardisedCovariate(name, value) for name, value in truth.brought.items()),
            life_events=truth.life_events,
            tellings=tuple(
                RetellingRecord(float(days[t.session - 1]), t.session, t.rated_peak, t.rated_end)
                for t in truth.tellings
            ),
            corrective_experiences=tuple(
                CorrectiveExperienceRecord(float(days[s - 1]), s) for s in truth.corrective_experiences
            ),
            ending=truth.ending,
            follow_ups=tuple(follow_ups),
        )

    def _at(self, i: int, values: Array) -> dict[str, float]:
        """True values by construct, with what the person brought along."""
        names = self.of.parameter_set.specification.constructs
        brought = {b.name: float(self.people.brought[i, k]) for k, b in enumerate(self.of.happens.brings)}
        return brought | {c: float(v) for c, v in zip(names, values, strict=True)}


def _shocked(shocks: Sequence[Shock], days: Array) -> list[RuptureRecord]:
    """The shocks that somebody marked, while the person was still there."""
    return [
        RuptureRecord(float(days[s.session - 1]), s.session, s.rupture, _day_of(days, s.repaired))
        for s in shocks
        if s.rupture is not None and s.session <= len(days)
    ]


def _day_of(days: Array, session: int | None) -> float | None:
    return float(days[session - 1]) if session is not None and session <= len(days) else None
