"""Ratings of simulated clients as check-ins ask for them: weekly questions, and rare ones in rotation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from securebase.measurement.catalogue import instrument, instruments
from securebase.measurement.rotation import ITEM_COLUMN, ROTATION, rotating_items
from securebase.measurement.schedule import SESSION_SETS, CourseContext, walk_course
from securebase.model.parameters import Array
from securebase.model.simulate.clients import SimulatedClients
from securebase.model.simulate.ratings import MEAN, answered_check_ins, draw_items, draw_ratings, rated_constructs
from securebase.model.states import Layer, states
from securebase.records.vocabulary import ProblemArea

#: means of the two items of a construct among clients at the first session: a judgement, half an SD apart
_ITEM_MEANS = (MEAN + 0.5, MEAN - 0.5)
#: rated by the therapist after every session
_BY_THERAPIST = ("fidelity", "technique_use")
#: worksheets and questionnaires on paper, filled in at the first, the middle and the last session: a judgement
_THREE_TIMES = ("network_size", "interpersonal_problems")
#: asked whole, both items at once, near the start and the end: a change needs two precise ratings
_WHOLE = ("attachment_anxiety", "attachment_avoidance")
#: rated where an event is retold
_AT_RETELLINGS = ("topic_fear", "memory_distress", "positive_tone", "story_revision")
#: clients after whom starting rows, shifts and first items repeat
_CLIENTS = 28


def draw_rotating_ratings(clients: SimulatedClients, retelling: Array) -> dict[str, Array]:
    """Return column → values (n, sessions), NaN where a check-in did not ask or was not answered.

    Weekly constructs have the mean of two items. A rotating construct has one item, with the reliability that its
    construct states. Constructs that nobody asks for have no column. retelling (n, sessions): retellings of a session.
    """
    names = rated_constructs(clients)
    scales = {scale.construct: scale for scale in instrument(ROTATION).scales}
    paired = [name in scales and len(scales[name].items) > 1 for name in names]
    weekly = draw_ratings(clients)
    single = draw_items(clients, names, 1, np.where(np.array(paired)[:, None], _ITEM_MEANS, MEAN))
    answered = _answered_after(clients)
    asked = _asked_items(clients, answered)
    columns: dict[str, Array] = {}
    for k, name in enumerate(names):
        if name not in scales:
            if (when := _sessions_that_ask(clients, name, retelling)) is not None:
                columns[name] = np.where(when, weekly[:, :, k], np.nan)
            continue
        columns[name], which = np.full(asked.shape[:2], np.nan), np.full(asked.shape[:2], np.nan)
        for place, item in enumerate(scales[name].items):
            here = asked[:, :, item - 1]
            columns[name][here], which[here] = single[:, :, k, place][here], place + 1.0
        if name in _WHOLE:
            whole = answered & np.isin(np.arange(answered.shape[1]), (1, answered.shape[1] - 2))
            columns[name][whole] = single[:, :, k].mean(axis=2)[whole]
        if paired[k]:
            columns[f"{name}{ITEM_COLUMN}"] = which
    return columns


def _sessions_that_ask(clients: SimulatedClients, name: str, retelling: Array) -> NDArray[np.bool_] | None:
    """Return the sessions (n, sessions) that ask for a construct outside the rotation; None if none does."""
    shape = clients.days.shape
    if name in {*_weekly_constructs(), *_BY_THERAPIST}:
        return np.ones(shape, dtype=bool)
    if name in _AT_RETELLINGS:
        return retelling > 0
    if name in area_constructs():
        sessions = {area: area_sessions(area, shape[1]).get(name, []) for area in set(problems_of(clients))}
        numbers = np.arange(1, shape[1] + 1)
        return np.array([np.isin(numbers, sessions[area]) for area in problems_of(clients)])
    state = states().get(name)
    if name in _THREE_TIMES or (state is not None and state.layer is Layer.TRAIT):
        # ratings of traits exist at the first session only
        three = np.isin(np.arange(shape[1]), [0, shape[1] // 2 - 1, shape[1] - 1])
        return np.broadcast_to(three, shape)
    return None


def problems_of(clients: SimulatedClients) -> tuple[ProblemArea, ...]:
    """Return the problem area of each client; where the scenario has none, the three areas in turn."""
    areas = (ProblemArea.GRIEF, ProblemArea.ROLE_DISPUTE, ProblemArea.ROLE_TRANSITION)
    return clients.people.problems or tuple(areas[i % len(areas)] for i in range(len(clients.days)))


@cache
def area_constructs() -> frozenset[str]:
    """Return the constructs of the questions about problem areas, which take turns before each session."""
    return frozenset(
        scale.construct
        for i in instruments().values()
        if i.schedule is not None and i.schedule.weekly
        for scale in i.scales
    )


@cache
def area_sessions(area: ProblemArea, planned: int) -> Mapping[str, list[int]]:
    """Return construct → sessions before which a client with this area is asked for it, if no check-in is missed."""
    sessions: dict[str, list[int]] = defaultdict(list)
    for check_in in walk_course(CourseContext(planned, (area.value,))):
        for part in check_in.parts if check_in.moment == "before" else ():
            scales = instruments()[part.instrument].scales
            for scale in scales:
                if not set(scale.items).isdisjoint(part.items):
                    sessions[scale.construct].append(check_in.session)
    return sessions


@cache
def _weekly_constructs() -> frozenset[str]:
    """Return the constructs of questions that every client has before or after every session."""
    sets = (instruments()[name] for name in SESSION_SETS.values())
    return frozenset(scale.construct for spec in sets for scale in spec.scales)


def _answered_after(clients: SimulatedClients) -> NDArray[np.bool_]:
    """Return whether a check-in after a session that was held was answered (n, sessions)."""
    held = np.arange(clients.days.shape[1]) < clients.courses.held[:, None]
    return answered_check_ins(clients)[:, :, 1] & held & clients.people.is_treated[:, None]


def _asked_items(clients: SimulatedClients, answered: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return whether an answered check-in asked an item of the rotation (n, sessions, I)."""
    n, sessions = clients.days.shape
    asked = np.zeros((n, sessions, len(instrument(ROTATION).items)), dtype=bool)
    for i, row in enumerate(answered.tolist()):
        for session, items in _rotation(i % _CLIENTS, sessions, tuple(row)):
            asked[i, session - 1, [item - 1 for item in items]] = True
    return asked


def _rotation(client: int, planned: int, answered: tuple[bool, ...]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield number and items of each session after which a client answered rotating questions."""
    history: tuple[tuple[int, ...], ...] = ()
    for session, is_answered in enumerate(answered, start=1):
        items = _next_items(client, rotating_places(planned)[session], history) if is_answered else ()
        if items:
            history = (*history, items)
            yield session, items


@cache
def rotating_places(planned: int) -> Mapping[int, int]:
    """Return session → number of rotating questions after it, in a course in which every check-in is answered."""
    return {
        check_in.session: sum(len(part.items) for part in check_in.parts if part.instrument == ROTATION)
        for check_in in walk_course(CourseContext(planned))
        if check_in.moment == "after"
    }


@cache
def _next_items(client: int, places: int, history: tuple[tuple[int, ...], ...]) -> tuple[int, ...]:
    # most clients with the same first row have missed the same check-ins up to here
    return rotating_items(places=places, history=history, client=client)
