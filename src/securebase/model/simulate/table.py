"""A cohort as a table, one row per session: every construct of the web, and every event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from securebase.errors import InputError
from securebase.model.parameters import Array
from securebase.model.scenario import Scenario
from securebase.model.simulate.clients import SimulatedClients, draw_clients
from securebase.model.simulate.ratings import MEAN, draw_ratings, rated_constructs
from securebase.model.simulate.rotation import draw_rotating_ratings, problems_of
from securebase.model.states import states

#: how much is asked: every construct at every session, or what check-ins ask
AskedQuestions = Literal["everything", "rotation"]
ASKED = get_args(AskedQuestions)
#: column of an event that is the opposite of its construct
_COLUMN_OF_EVENT = {"boundary_integrity": "boundary_breach"}


@dataclass(frozen=True, eq=False)
class SimulatedTable:
    """A simulated cohort as arrays, one row per session that took place.

    Parameters
    ----------
    scenario : str
        Id of the scenario.
    columns : mapping of str to ndarray
        Column → values (rows,): `person`, `session` from 1, `day` since the first session; `arm`, `therapy` (1 or 0),
        `therapist`, `problem_area`, `style` and covariates where they differ or were given; constructs, the mean of two
        items from 0 to 10, NaN where they were not asked or answered; indices, computed from their parts; events
        since the session before; `ending`.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> table = securebase.simulate_table("pillars", n_clients=3, rng=np.random.default_rng(1), sessions=8)
    >>> table.columns["support_seeking"].shape
    (24,)
    """

    scenario: str
    columns: Mapping[str, NDArray[Any]]


def simulate_table(
    scenario: str | Scenario = "pillars",
    *,
    n_clients: int,
    rng: np.random.Generator,
    sessions: int | None = None,
    missing: float | None = None,
    irregular: float | None = None,
    dropout: float | None = None,
    arms: Sequence[str] = (),
    style: str = "",
    asked: AskedQuestions = "everything",
) -> SimulatedTable:
    r"""Simulate a cohort as a table of all constructs, which is faster than `simulate` and has no records.

    The true values are those that `simulate_with_truth` returns for the same seed. Item k = 1, 2 of a construct is ::

        round(5 + g θ + √(2 g² v − 1/12) z_k),    g = 2 / √(1 + 2 v),    v = (1 − r) / r

    within 0 and 10, with the true value θ in standard deviations of clients at the first session, the reliability r
    of a rating of the construct and standard normal z. At the first session an item has mean 5 and SD 2, and the mean
    of both items has the reliability r, apart from the bounds of the scale.

    Parameters
    ----------
    scenario : str or Scenario
        The truth to draw from, or its name.
    n_clients : int
        Number of clients, 0 or more.
    rng : numpy.random.Generator
        Source of randomness; every draw depends on its seed alone.
    sessions, missing, irregular, dropout, arms, style
        As in `simulate`.
    asked : {"everything", "rotation"}, default "everything"
        “everything”: every construct after every session. “rotation”: what the check-ins of a clinic ask, with rare
        constructs in rotation, one item at a time (k = 1 or 2, in the column `CONSTRUCT_item`); then this item alone
        has the reliability r, and the means of the two items are 5.5 and 4.5. Constructs that no check-in asks have no
        column.

    Returns
    -------
    SimulatedTable
        One row per session that took place; on a waiting list, per week with questions.

    Raises
    ------
    ParameterSetError, ModelError
        As in `simulate`.
    InputError
        If `asked` is another word.

    See Also
    --------
    simulate : Simulate the records of a clinic, with the responses to its questionnaires.

    Examples
    --------
    >>> import numpy as np
    >>> import securebase
    >>> table = securebase.simulate_table(n_clients=200, rng=np.random.default_rng(1), style="anxious")
    >>> at_first = table.columns["session"] == 1
    >>> bool(table.columns["attachment_anxiety"][at_first].mean() > 6)
    True
    """
    return tabulate(
        draw_clients(
            scenario,
            n_clients=n_clients,
            rng=rng,
            sessions=sessions,
            missing=missing,
            irregular=irregular,
            dropout=dropout,
            arms=arms,
            style=style,
        ),
        asked,
    )


def tabulate(clients: SimulatedClients, asked: AskedQuestions = "everything") -> SimulatedTable:
    """Return the table of these clients."""
    if asked not in ASKED:
        raise InputError(f"asked must be one of {', '.join(ASKED)} (got {asked!r})")
    n, sessions = clients.days.shape
    rows = np.arange(sessions) < clients.courses.held[:, None]

    def spread(by_client: Iterable[Any]) -> NDArray[Any]:
        return np.repeat(np.array([*by_client]), rows.sum(axis=1))

    columns: dict[str, NDArray[Any]] = {
        "person": spread(clients.names),
        "session": np.broadcast_to(np.arange(1.0, sessions + 1), (n, sessions))[rows],
        "day": clients.days[rows],
    }
    people = clients.people
    if clients.shows_arms:
        columns["arm"] = spread(arm.id for arm in people.arms)
        columns["therapy"] = spread(people.is_treated.astype(float))
    if people.therapist is not None:
        columns["therapist"] = spread(clients.therapist(i) for i in range(n))
    if people.problems or asked == "rotation":
        columns["problem_area"] = spread(problem.value for problem in problems_of(clients))
    if clients.style:
        columns["style"] = spread([clients.style] * n)
    events = _events(clients)
    if asked == "rotation":
        rotated = draw_rotating_ratings(clients, events["retelling"])
        rated = {name: values[rows] for name, values in rotated.items()}
    else:
        ratings = draw_ratings(clients)[rows]
        rated = {name: ratings[:, k] for k, name in enumerate(rated_constructs(clients))}
    columns |= rated | _indices(rated)
    for k, covariate in enumerate(clients.scenario.happens.brings):
        columns.setdefault(covariate.name, spread(people.brought[:, k]))
    columns |= {name: values[rows] for name, values in events.items()}
    columns["ending"] = spread(ending.value for ending in clients.courses.endings)
    return SimulatedTable(clients.scenario.id, columns)


def _indices(rated: Mapping[str, Array]) -> dict[str, Array]:
    """Return the indices of several constructs on the scale of a rating, from the ratings (rows,) of their parts.

    An index of one construct would be a copy of its column.
    """
    return {
        name: MEAN + np.sum([weight * (rated[part] - MEAN) for part, weight in state.parts.items()], axis=0)
        for name, state in states().items()
        if len(state.parts) > 1 and rated.keys() >= state.parts.keys()
    }


def _events(clients: SimulatedClients) -> dict[str, Array]:
    """Return events by session (n, sessions): how many since the session before, and ratings of retellings."""
    courses, shape = clients.courses, clients.days.shape
    sessions = shape[1]

    def count(moments: Iterable[tuple[int, int]]) -> Array:
        counts = np.zeros(shape)
        for i, session in moments:
            counts[i, session - 1] += 1.0
        return counts

    life_events = [(i, e) for i, events in enumerate(courses.life_events.events) for e in events]
    ruptures = [(i, r) for i, events in enumerate(courses.ruptures.events) for r in events if r.marked]
    retellings = [(i, t) for i, events in enumerate(courses.retellings.events) for t in events]
    peak, end, expectation = (np.full(shape, np.nan) for _ in range(3))
    for i, t in retellings:
        peak[i, t.session - 1], end[i, t.session - 1] = t.rated_peak, t.rated_end
        expectation[i, t.session - 1] = np.rint(t.expectation)
    return {
        "life_events_dependent": count((i, e.session) for i, e in life_events if e.dependent),
        "life_events_independent": count((i, e.session) for i, e in life_events if not e.dependent),
        "rupture": count((i, r.session) for i, r in ruptures),
        "rupture_repair": count((i, r.repaired) for i, r in ruptures if r.repaired and r.repaired <= sessions),
        "corrective_experience": count((i, s) for i, events in enumerate(courses.corrective.events) for s in events),
        "retelling": count((i, t.session) for i, t in retellings),
        "retelling_peak": peak,
        "retelling_end": end,
        "retelling_expectation": expectation,
        **{_COLUMN_OF_EVENT.get(name, name): values for name, values in courses.own_events.occurred.items()},
    }
