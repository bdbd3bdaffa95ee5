"""Simulation of a cohort as a clinic would record it, drawn from a known truth.

The records have rescheduled sessions, missed check-ins, dropout, discrete bounded item responses, and every process
that the scenario switches on (`model/processes.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from securebase.errors import ModelError
from securebase.measurement.constructs import construct
from securebase.model.arguments import check_generator, check_instance, check_names, check_pairs, check_whole_number
from securebase.model.arms import arm
from securebase.model.parameters import Array, Specification
from securebase.model.scenario import CoursePlan, Scenario
from securebase.model.scenario import scenario as load_scenario
from securebase.model.simulate.clinic import SimulatedClinic, phase_of, safety_alerts
from securebase.model.simulate.courses import Attendance, SimulatedCourses, true_courses
from securebase.model.simulate.people import People, draw_people
from securebase.model.simulate.streams import Streams
from securebase.model.simulate.truth import PersonTruth, Truth
from securebase.records.cohort import Cohort
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
from securebase.records.vocabulary import RuptureKind


@dataclass(frozen=True, slots=True)
class Shock:
    """A one-off displacement of one client's true value at one session; it decays as the drift lets it.

    Parameters
    ----------
    person : int
        The client, counted from 0.
    session : int
        The session at which the shock acts, counted from 1.
    construct : str
        The construct that is displaced.
    size : float
        Amount added to the true value, in standard deviations of clients at the first session (-1.5 on the alliance is
        a moderate rupture).
    rupture : RuptureKind or None
        Kind under which the therapist records the shock as a rupture; None where nobody records one.
    repaired : int or None
        Session at which that rupture is repaired.

    Examples
    --------
    >>> from securebase import Shock
    >>> Shock(person=0, session=5, construct="alliance", size=-1.5).size
    -1.5
    """

    person: int
    session: int
    construct: str
    size: float
    rupture: RuptureKind | None = None
    repaired: int | None = None


def simulate(
    scenario: str | Scenario = "default",
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
) -> Cohort:
    """Simulate a cohort as a clinic would record it, drawn from a known truth.

    The true values (p,) of client i at time t, in weeks since the first session, are ::

        μ + b_i + f(t) c_i + s_i(t) + h_i(t),    ds_i = (A_i s_i + B_i(t) + (A_i − diag A_i) h_i) dt + G_i dW

    in standard deviations of clients at the first session, where

    - b_i and c_i are the client's random intercept and random slope, with the effects of covariates and therapist;
    - f(t) is the share of the change by the planned end;
    - s_i is the state, which starts at start_mean plus a stationary deviation and carries the mean trend;
    - A_i is the drift (per week), common to all clients unless the scenario has person-specific effects;
    - B_i(t) is the effect of therapy per week: that of the client's arm, times the alliance gate if the scenario has
      one, and the part that persists after the end;
    - h_i is a lasting displacement, by a repaired rupture, a sudden gain or supplied support. It does not decay, and
      acts on the other constructs as s_i does;
    - G_i G_i' is the covariance of shocks per week.

    Shocks, ruptures and life events are added to s_i at their session and decay with the drift. Item responses are
    drawn from the true values at each check-in. The same seed gives the same bits.

    Parameters
    ----------
    scenario : str or Scenario
        The truth to draw from, or its name.
    n_clients : int
        Number of clients, 0 or more.
    rng : numpy.random.Generator
        Source of randomness; every draw depends on its seed alone.
    sessions : int, optional
        Planned sessions per client. This and the next five replace the scenario's own course where they are given.
    missing : float, optional
        Probability that a check-in is not answered.
    irregular : float, optional
        Standard deviation of the gap between sessions, in days.
    dropout : float, optional
        Probability that a client leaves before the planned end.
    safety : float, optional
        Probability, per check-in, that the safety question gets its lowest alerting response.
    inventory_every : int, optional
        Number of sessions from one PHQ-9 to the next; 0 for none.
    shocks : sequence of Shock
        One-off displacements of single clients.
    alerts : sequence of (int, int)
        (person from 0, session from 1) at which the safety question gets its lowest alerting response. That check-in is
        never missed.
    arms : sequence of str
        Names of treatment arms, to which clients are assigned in turn; empty for the scenario's own arms.

    Returns
    -------
    Cohort
        `n_clients` episodes, marked as simulated. Both check-ins of a session bear its day, as they share one row of
        the model.

    Raises
    ------
    ParameterSetError
        If the scenario or an arm does not exist, or an option of the course is out of range.
    ModelError
        If `rng` is no Generator, `n_clients` is negative or no whole number, a shock or alert lies outside the cohort,
        or a shock names a construct that the scenario does not simulate.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> cohort = securebase.simulate("default", n_clients=3, rng=np.random.default_rng(1), sessions=8, dropout=0.0)
    >>> [len(episode.sessions) for episode in cohort.episodes]
    [8, 8, 8]
    >>> cohort.outcome
    'symptoms'
    """
    return simulate_with_truth(
        scenario,
        n_clients=n_clients,
        rng=rng,
        sessions=sessions,
        missing=missing,
        irregular=irregular,
        dropout=dropout,
        safety=safety,
        inventory_every=inventory_every,
        shocks=shocks,
        alerts=alerts,
        arms=arms,
    )[0]


def simulate_with_truth(
    scenario: str | Scenario = "default",
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
) -> tuple[Cohort, Truth]:
    """Simulate a cohort and return with it the true values behind the records.

    Parameters, errors and draws are those of `simulate`: the same seed gives the same cohort.

    Parameters
    ----------
    scenario, n_clients, rng, sessions, missing, irregular, dropout, safety, inventory_every, shocks, alerts, arms
        As in `simulate`.

    Returns
    -------
    cohort : Cohort
        The records, as `simulate` returns them.
    truth : Truth
        True levels, trajectories and events of every client, recorded or not.

    Raises
    ------
    ParameterSetError, ModelError
        As in `simulate`.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> cohort, truth = securebase.simulate_with_truth(
    ...     "default", n_clients=3, rng=np.random.default_rng(1), sessions=8, dropout=0.0
    ... )
    >>> truth.persons[0].values.shape == (8, len(truth.constructs))
    True
    """
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
    _check_shocks_and_alerts(shocks, alerts, n_clients, plan.sessions, specification)
    arm_cycle = tuple(arm(name) for name in check_names(arms, "arms", unique=False)) or resolved.arms
    # the order of the draws from `rng` is fixed: a seed keeps its meaning
    streams = Streams.spawn_from(rng)
    days, last = _session_days(plan, n_clients, rng)
    arm_by_client = tuple(arm_cycle[i % len(arm_cycle)] for i in range(n_clients))
    people = draw_people(parameter_set, processes, arm_by_client, rng, streams)
    attendance = Attendance(days, last, _shock_array(shocks, n_clients, plan.sessions, specification))
    courses = true_courses(parameter_set, processes, people, attendance, rng=rng, streams=streams)
    seeds = rng.integers(2**62, size=n_clients)
    alerted = frozenset((person, session) for person, session in alerts)
    clinic = SimulatedClinic(parameter_set, plan, processes.missing, processes.given, alerted, seeds)
    several_arms = len(arm_cycle) > 1 or arm_cycle[0].id != "ipt"
    builder = _RecordBuilder(resolved, plan, clinic, people, courses, days, several_arms)
    width = max(3, len(str(n_clients)))
    names = [f"sim-{i + 1:0{width}}" for i in range(n_clients)]
    truths = tuple(builder.build_truth(i, name) for i, name in enumerate(names))
    episodes = tuple(
        builder.build_episode(i, name, truths[i], [s for s in shocks if s.person == i]) for i, name in enumerate(names)
    )
    constructs = specification.constructs
    cohort = Cohort(
        episodes=episodes,
        constructs=tuple(construct(name) for name in constructs),
        outcome=constructs[0],
        processes=constructs[1:],
        simulated=True,
        remarks=(f"Simulated from the scenario “{resolved.name}”.",),
    )
    return cohort, Truth(resolved.id, constructs, truths)


def _check_shocks_and_alerts(
    shocks: Sequence[Shock], alerts: Sequence[tuple[int, int]], n: int, sessions: int, specification: Specification
) -> None:
    if isinstance(shocks, Shock) or not all(isinstance(s, Shock) for s in shocks):
        raise ModelError(f"shocks must be a sequence of Shock (got {shocks!r})", advice="Write shocks=[Shock(…)].")
    check_pairs(alerts, "alerts must be pairs (person, session)", advice="Write alerts=[(0, 3)].")
    positions = [(s.person, s.session) for s in shocks] + list(alerts)
    for person, session in positions:
        if not (0 <= person < n and 1 <= session <= sessions):
            raise ModelError(
                f"a shock or alert names session {session} of person {person}, but the cohort has {n} persons with "
                f"{sessions} sessions",
                advice="Persons count from 0, sessions from 1.",
            )
    for shock in shocks:
        if shock.repaired is not None and (shock.rupture is None or shock.repaired < shock.session):
            raise ModelError(
                f"a shock at session {shock.session} names a repair at session {shock.repaired}, "
                + ("but no rupture" if shock.rupture is None else "which is earlier"),
                advice="Give the kind of rupture, and a repair in its session or a later one.",
            )
        if shock.construct not in specification.constructs:
            raise ModelError(
                f"a shock names “{shock.construct}”, which this scenario does not simulate",
                advice=f"It simulates {', '.join(specification.constructs)}.",
            )


def _session_days(plan: CoursePlan, n: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
    """Draw the days of all planned sessions (n, sessions), the first on day 0, and each client's last session (n,)."""
    gaps = np.rint(plan.days_between + plan.irregular * rng.standard_normal((n, plan.sessions - 1)))
    gaps = np.maximum(gaps, 1.0) + plan.days_between * (rng.random(gaps.shape) < plan.skipped_week)
    drops_out = rng.random(n) < plan.dropout
    last = np.where(drops_out, rng.integers(1, max(plan.sessions, 2), size=n), plan.sessions)
    return np.concatenate([np.zeros((n, 1)), np.cumsum(gaps, axis=1)], axis=1), last


def _shock_array(shocks: Sequence[Shock], n: int, sessions: int, specification: Specification) -> Array:
    """Return the displacements (n, sessions, p)."""
    displacement = np.zeros((n, sessions, specification.p))
    for shock in shocks:
        displacement[shock.person, shock.session - 1, specification.constructs.index(shock.construct)] += shock.size
    return displacement


@dataclass(frozen=True, eq=False)
class _RecordBuilder:
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
            RuptureRecord(float(days[r.session - 1]), r.session, r.kind, _day_of(days, r.repaired))
            for r in truth.ruptures
            if r.marked
        ]
        return EpisodeRecord(
            person=name,
            administrations=tuple(administrations),
            sessions=held,
            ruptures=tuple(sorted([*marked, *_marked_shocks(shocks, days)], key=lambda r: r.at)),
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


def _marked_shocks(shocks: Sequence[Shock], days: Array) -> list[RuptureRecord]:
    """Return the shocks recorded as ruptures before the client left."""
    return [
        RuptureRecord(float(days[s.session - 1]), s.session, s.rupture, _day_of(days, s.repaired))
        for s in shocks
        if s.rupture is not None and s.session <= len(days)
    ]


def _day_of(days: Array, session: int | None) -> float | None:
    return float(days[session - 1]) if session is not None and session <= len(days) else None
