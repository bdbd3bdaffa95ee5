"""Simulation of a cohort as a clinic would record it, drawn from a known truth.

The records have rescheduled sessions, missed check-ins, dropout, discrete bounded item responses, and every process
that the scenario switches on (`model/processes.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from securebase.measurement.constructs import construct
from securebase.model.arguments import check_generator, check_instance, check_names, check_whole_number
from securebase.model.arms import arm
from securebase.model.parameters import Array
from securebase.model.scenario import CoursePlan, Scenario
from securebase.model.scenario import scenario as load_scenario
from securebase.model.simulate.clinic import SimulatedClinic
from securebase.model.simulate.courses import Attendance, true_courses
from securebase.model.simulate.people import draw_people
from securebase.model.simulate.record_builder import RecordBuilder
from securebase.model.simulate.shocks import Shock, check_shocks_and_alerts, shock_array
from securebase.model.simulate.streams import Streams
from securebase.model.simulate.truth import Truth
from securebase.records.cohort import Cohort


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
    check_shocks_and_alerts(shocks, alerts, n_clients, plan.sessions, specification)
    arm_cycle = tuple(arm(name) for name in check_names(arms, "arms", unique=False)) or resolved.arms
    # the order of the draws from `rng` is fixed: a seed keeps its meaning
    streams = Streams.spawn_from(rng)
    days, last = _session_days(plan, n_clients, rng)
    arm_by_client = tuple(arm_cycle[i % len(arm_cycle)] for i in range(n_clients))
    people = draw_people(parameter_set, processes, arm_by_client, rng, streams)
    attendance = Attendance(days, last, shock_array(shocks, n_clients, plan.sessions, specification))
    courses = true_courses(parameter_set, processes, people, attendance, rng=rng, streams=streams)
    seeds = rng.integers(2**62, size=n_clients)
    alerted = frozenset((person, session) for person, session in alerts)
    clinic = SimulatedClinic(parameter_set, plan, processes.missing, processes.given, alerted, seeds)
    several_arms = len(arm_cycle) > 1 or arm_cycle[0].id != "ipt"
    builder = RecordBuilder(resolved, plan, clinic, people, courses, days, several_arms)
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


def _session_days(plan: CoursePlan, n: int, rng: np.random.Generator) -> tuple[Array, NDArray[np.int64]]:
    """Draw the days of all planned sessions (n, sessions), the first on day 0, and each client's last session (n,)."""
    gaps = np.rint(plan.days_between + plan.irregular * rng.standard_normal((n, plan.sessions - 1)))
    gaps = np.maximum(gaps, 1.0) + plan.days_between * (rng.random(gaps.shape) < plan.skipped_week)
    drops_out = rng.random(n) < plan.dropout
    last = np.where(drops_out, rng.integers(1, max(plan.sessions, 2), size=n), plan.sessions)
    return np.concatenate([np.zeros((n, 1)), np.cumsum(gaps, axis=1)], axis=1), last
