"""Simulation of a cohort as a clinic would record it, drawn from a known truth.

The records have rescheduled sessions, missed check-ins, dropout, discrete bounded item responses, and every process
that the scenario switches on (`model/processes.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from securebase.measurement.constructs import construct
from securebase.model.scenario import Scenario
from securebase.model.simulate.clients import draw_clients
from securebase.model.simulate.clinic import SimulatedClinic
from securebase.model.simulate.record_builder import RecordBuilder
from securebase.model.simulate.shocks import Shock
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
    style: str = "",
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
    style : {"", "secure", "anxious", "avoidant", "disorganised"}
        Attachment style of all clients, in scenarios of the whole web; empty for the whole range.

    Returns
    -------
    Cohort
        `n_clients` episodes, marked as simulated. Both check-ins of a session bear its day, as they share one row of
        the model.

    Raises
    ------
    ParameterSetError
        If the scenario or an arm does not exist, an option of the course is out of range, or a style is asked of a
        scenario that has none.
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
        style=style,
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
    style: str = "",
) -> tuple[Cohort, Truth]:
    """Simulate a cohort and return with it the true values behind the records.

    Parameters, errors and draws are those of `simulate`: the same seed gives the same cohort.

    Parameters
    ----------
    scenario, n_clients, rng, sessions, missing, irregular, dropout, safety, inventory_every, shocks, alerts, arms, \
    style
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
    clients = draw_clients(
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
        style=style,
    )
    drawn, truth = clients.scenario, clients.truth()
    clinic = SimulatedClinic(
        parameter_set=drawn.parameter_set,
        plan=clients.plan,
        missing=drawn.happens.missing,
        given=drawn.happens.given,
        alerts=frozenset((person, session) for person, session in alerts),
        seeds=rng.integers(2**62, size=n_clients),
        reliabilities=clients.web.reliabilities,
    )
    builder = RecordBuilder(clients, clinic)
    episodes = tuple(
        builder.build_episode(i, person, [s for s in shocks if s.person == i]) for i, person in enumerate(truth.persons)
    )
    constructs = drawn.parameter_set.specification.constructs
    cohort = Cohort(
        episodes=episodes,
        constructs=tuple(construct(name) for name in constructs),
        outcome=constructs[0],
        processes=constructs[1:],
        simulated=True,
        remarks=(f"Simulated from the scenario “{drawn.name}”.",),
    )
    return cohort, truth
