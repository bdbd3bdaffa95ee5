"""The clients of a scenario with their true courses, before any measurement: records and tables are built from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ParameterSetError
from securebase.model.arguments import check_generator, check_instance, check_names, check_whole_number
from securebase.model.arms import arm
from securebase.model.parameters import Array
from securebase.model.scenario import CoursePlan, Scenario, open_scenarios
from securebase.model.scenario import scenario as load_scenario
from securebase.model.simulate.courses import Attendance, SimulatedCourses, true_courses
from securebase.model.simulate.people import People, draw_people
from securebase.model.simulate.shocks import Shock, check_shocks_and_alerts, shock_array
from securebase.model.simulate.streams import Streams
from securebase.model.simulate.truth import PersonTruth, Truth
from securebase.model.web.network import Web
from securebase.records.episode import LifeEventRecord


@dataclass(frozen=True, eq=False)
class SimulatedClients:
    """The n clients of a scenario. names, weeks of sessions and true values come from `truth`.

    days (n, sessions): of all planned sessions. shows_arms: whether records and tables name the treatment arm. style:
    attachment style of all clients, empty for the whole range.
    """

    scenario: Scenario
    plan: CoursePlan
    web: Web
    streams: Streams
    days: Array
    people: People
    courses: SimulatedCourses
    shows_arms: bool
    style: str

    @property
    def names(self) -> list[str]:
        n = len(self.days)
        width = max(3, len(str(n)))
        return [f"sim-{i + 1:0{width}}" for i in range(n)]

    def truth(self) -> Truth:
        persons = tuple(self._person(i, name) for i, name in enumerate(self.names))
        return Truth(self.scenario.id, self.web.names, persons)

    def covariates(self, i: int) -> dict[str, float]:
        """Return a client's time-invariant covariates by name."""
        return {b.name: float(self.people.brought[i, k]) for k, b in enumerate(self.scenario.happens.brings)}

    def _person(self, i: int, name: str) -> PersonTruth:
        processes, courses, people = self.scenario.happens, self.courses, self.people
        n_sessions = int(courses.held[i])
        weeks = self.days[i, :n_sessions] / self.scenario.parameter_set.specification.days_per_unit
        varying = [e for e in processes.person_effects if e.sd > 0]
        effects = people.effects
        return PersonTruth(
            person=name,
            arm=people.arms[i].id,
            therapist=self.therapist(i),
            level=people.level[i],
            change=people.change[i],
            weeks=weeks,
            values=courses.true[i, :n_sessions],
            after_weeks=weeks[-1] + np.array(processes.after_the_end.follow_ups),
            after=courses.after[i],
            person_effects={}
            if effects is None
            else {(e.begin, e.end): float(effects[i, k]) for k, e in enumerate(varying)},
            brought=self.covariates(i),
            provided=courses.provided[i, :n_sessions],
            ruptures=tuple(courses.ruptures.events[i]),
            life_events=tuple(self._life_events(i)),
            sudden_gain=int(courses.sudden_gains.session[i]) or None,
            corrective_experiences=tuple(courses.corrective.events[i]),
            tellings=tuple(courses.retellings.events[i]),
            ending=courses.endings[i],
        )

    def therapist(self, i: int) -> str:
        """Return the pseudonym of a client's therapist, empty without one."""
        therapist = self.people.therapist
        return f"therapist-{therapist[i] + 1}" if therapist is not None and self.people.arms[i].sessions else ""

    def _life_events(self, i: int) -> list[LifeEventRecord]:
        events = []
        for event in self.courses.life_events.events[i]:
            begin, end = self.days[i, event.session - 2], self.days[i, event.session - 1]
            day = round(float(begin + event.elapsed_share * (end - begin)), 2)
            events.append(LifeEventRecord(day, event.dependent, event.weight))
        return sorted(events, key=lambda e: e.at)


def draw_clients(
    scenario: str | Scenario,
    *,
    n_clients: int,
    rng: np.random.Generator,
    sessions: int | None = None,
    missing: float | None = None,
    irregular: float | None = None,
    dropout: float | None = None,
    safety: float | None = None,
    inventory_every: int | None = None,
    shocks: Sequence[Shock] = (),
    alerts: Sequence[tuple[int, int]] = (),
    arms: Sequence[str] = (),
    style: str = "",
) -> SimulatedClients:
    """Draw clients and their true courses; arguments and errors are those of `simulate`."""
    check_generator(rng)
    check_whole_number(n_clients, "n_clients", minimum=0)
    resolved = load_scenario(scenario) if isinstance(scenario, str) else scenario
    check_instance(resolved, Scenario, "scenario", advice="Pass the name of a scenario, such as “default”.")
    usual = resolved.course
    plan = replace(
        usual,
        sessions=usual.sessions if sessions is None else sessions,
        missed=usual.missed if missing is None else missing,
        irregular=usual.irregular if irregular is None else irregular,
        dropout=usual.dropout if dropout is None else dropout,
        safety=usual.safety if safety is None else safety,
        inventory_every=usual.inventory_every if inventory_every is None else inventory_every,
    )
    parameter_set, processes = resolved.parameter_set, resolved.happens
    specification = parameter_set.specification
    check_shocks_and_alerts(shocks, alerts, n_clients, plan.sessions, specification)
    arm_cycle = tuple(arm(name) for name in check_names(arms, "arms", unique=False)) or resolved.arms
    # the order of the draws from `rng` is fixed: a seed keeps its meaning
    streams = Streams.spawn_from(rng)
    days, last = _session_days(plan, n_clients, rng)
    arm_by_client = tuple(arm_cycle[i % len(arm_cycle)] for i in range(n_clients))
    web = resolved.web.build(parameter_set)
    if style and web.terms.closed:
        raise ParameterSetError(
            f"“{resolved.id}” has no attachment styles: attachment does not act on its tracked constructs",
            advice=f"Use a scenario of the whole web, such as {', '.join(open_scenarios())}.",
        )
    people = draw_people(parameter_set, processes, arm_by_client, rng, streams, web=web, style=style)
    attendance = Attendance(days, last, shock_array(shocks, n_clients, plan.sessions, specification))
    courses = true_courses(parameter_set, processes, people, attendance, rng=rng, streams=streams, web=web)
    shows_arms = len(arm_cycle) > 1 or arm_cycle[0].id != "ipt"
    return SimulatedClients(resolved, plan, web, streams, days, people, courses, shows_arms, style)


def _session_days(plan: CoursePlan, n: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
    """Draw the days of all planned sessions (n, sessions), the first on day 0, and each client's last session (n,)."""
    gaps = np.rint(plan.days_between + plan.irregular * rng.standard_normal((n, plan.sessions - 1)))
    gaps = np.maximum(gaps, 1.0) + plan.days_between * (rng.random(gaps.shape) < plan.skipped_week)
    drops_out = rng.random(n) < plan.dropout
    last = np.where(drops_out, rng.integers(1, max(plan.sessions, 2), size=n), plan.sessions)
    return np.concatenate([np.zeros((n, 1)), np.cumsum(gaps, axis=1)], axis=1), last
