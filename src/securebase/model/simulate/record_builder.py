"""Records of simulated clients, and the truth behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from securebase.model.parameters import Array
from securebase.model.scenario import CoursePlan, Scenario
from securebase.model.simulate.clinic import SimulatedClinic, phase_of, safety_alerts
from securebase.model.simulate.courses import SimulatedCourses
from securebase.model.simulate.people import People
from securebase.model.simulate.shocks import Shock, day_of, marked_shocks
from securebase.model.simulate.truth import PersonTruth
from securebase.records.episode import (
    AdministrationRecord,
    CorrectiveExperienceRecord,
    EpisodeRecord,
    LifeEventRecord,
    RetellingRecord,
    RuptureRecord,
    StandardisedCovariate,
    TherapySessionRecord,
)


@dataclass(frozen=True, eq=False)
class RecordBuilder:
    """Builds a client's record, and the truth behind it, from the simulated courses."""

    scenario: Scenario
    plan: CoursePlan
    clinic: SimulatedClinic
    people: People
    courses: SimulatedCourses
    days: Array
    several_arms: bool

    def build_truth(self, i: int, name: str) -> PersonTruth:
        processes, courses, people = self.scenario.happens, self.courses, self.people
        days_per_unit = self.scenario.parameter_set.specification.days_per_unit
        n_sessions = int(courses.held[i])
        weeks = self.days[i, :n_sessions] / days_per_unit
        varying = [e for e in processes.person_effects if e.sd > 0]
        effects = people.effects
        return PersonTruth(
            person=name,
            arm=people.arms[i].id,
            therapist=self._therapist(i),
            level=people.level[i],
            change=people.change[i],
            weeks=weeks,
            values=courses.true[i, :n_sessions],
            after_weeks=weeks[-1] + np.array(processes.after_the_end.follow_ups),
            after=courses.after[i],
            person_effects={}
            if effects is None
            else {(e.begin, e.end): float(effects[i, k]) for k, e in enumerate(varying)},
            brought=self._covariates(i),
            provided=courses.provided[i, :n_sessions],
            ruptures=tuple(courses.ruptures.events[i]),
            life_events=tuple(self._life_events(i)),
            sudden_gain=int(courses.sudden_gains.session[i]) or None,
            corrective_experiences=tuple(courses.corrective.events[i]),
            tellings=tuple(courses.retellings.events[i]),
            ending=courses.endings[i],
        )

    def _therapist(self, i: int) -> str:
        therapist = self.people.therapist
        return f"therapist-{therapist[i] + 1}" if therapist is not None and self.people.arms[i].sessions else ""

    def _life_events(self, i: int) -> list[LifeEventRecord]:
        events = []
        for event in self.courses.life_events.events[i]:
            begin, end = self.days[i, event.session - 2], self.days[i, event.session - 1]
            day = round(float(begin + event.elapsed_share * (end - begin)), 2)
            events.append(LifeEventRecord(day, event.dependent, event.weight))
        return sorted(events, key=lambda e: e.at)

    def build_episode(self, i: int, name: str, truth: PersonTruth, shocks: Sequence[Shock]) -> EpisodeRecord:
        treated, days = self.people.arms[i].sessions, self.days[i, : len(truth.values)]
        administrations: list[AdministrationRecord] = []
        for number, day in enumerate(days.tolist(), start=1):
            values = self._values(i, truth.values[number - 1])
            administrations += self.clinic.administer_session(i, number, day, values, held=treated)
        days_per_unit = self.scenario.parameter_set.specification.days_per_unit
        follow_ups = [float(np.rint(w * days_per_unit)) for w in truth.after_weeks]
        for k, day in enumerate(follow_ups):
            administrations += self.clinic.administer_follow_up(i, k, day, self._values(i, truth.after[k]))
        held = tuple(
            TherapySessionRecord(number, day, phase_of(number, self.plan.sessions))
            for number, day in enumerate(days.tolist() if treated else [], start=1)
        )
        marked = [
            RuptureRecord(float(days[r.session - 1]), r.session, r.kind, day_of(days, r.repaired))
            for r in truth.ruptures
            if r.marked
        ]
        return EpisodeRecord(
            person=name,
            administrations=tuple(administrations),
            sessions=held,
            ruptures=tuple(sorted([*marked, *marked_shocks(shocks, days)], key=lambda r: r.at)),
            safety_alerts=tuple(safety_alerts(administrations)),
            phase=held[-1].phase if held else None,
            planned_sessions=self.plan.sessions if treated else None,
            ended_at=float(days[-1]),
            simulated=True,
            arm=truth.arm if self.several_arms else "",
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

    def _covariates(self, i: int) -> dict[str, float]:
        """Return a client's time-invariant covariates by name."""
        return {b.name: float(self.people.brought[i, k]) for k, b in enumerate(self.scenario.happens.brings)}

    def _values(self, i: int, values: Array) -> dict[str, float]:
        """Return true values by construct, together with the client's covariates."""
        names = self.scenario.parameter_set.specification.constructs
        return self._covariates(i) | {c: float(v) for c, v in zip(names, values, strict=True)}
