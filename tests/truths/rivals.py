"""Truths of a pair beside a third column that is, or is not, the cause of both: `columns` has those with one that is.

| name | third column |
| --- | --- |
| `alliance_first_beside_unrelated` | social, linked to nothing |
| `alliance_first_beside_correlated` | social, whose shocks correlate .5 with those of alliance |
| `same_week_factor_beside_part` | social, which shows a part of the hidden factor |
| `event_confounder` | event (0/1, in 30% of the weeks), lowers alliance of its session, raises symptoms of the next |
"""

from __future__ import annotations

from functools import partial

import numpy as np

from .pairs import ALLIANCE_FIRST, FACTOR, as_rated
from .parts import SESSIONS, States, autoregression, correlated_normal, drop_at_random, observe
from .truth import ALLIANCE, SYMPTOMS, Columns, Rng, TrueLink, Truth

SOCIAL, EVENT = "social", "event"
MOMENTS = ((SYMPTOMS, "before"), (ALLIANCE, "after"), (SOCIAL, "after"))
#: effect of an event in SDs of the weekly shocks
EVENT_EFFECT = 2.0


def _alliance_first(shared: float, persons: int, rng: Rng) -> Columns:
    """Simulate alliance before symptoms, and a third column whose shocks correlate with those of alliance."""
    symptoms, alliance = np.zeros((2, persons, SESSIONS + 20))
    social = np.zeros_like(alliance)
    for t in range(1, SESSIONS + 20):
        u, v = correlated_normal(shared, persons, rng)
        symptoms[:, t] = 0.4 * symptoms[:, t - 1] - 0.3 * alliance[:, t - 1] + rng.standard_normal(persons)
        alliance[:, t], social[:, t] = 0.4 * alliance[:, t - 1] + u, 0.4 * social[:, t - 1] + v
    columns = as_rated(symptoms[:, 20:], alliance[:, 20:], rng)
    return {**columns, SOCIAL: drop_at_random(observe(social[:, 20:], rng, sign=1), rng)}


def _factor(persons: int, rng: Rng) -> Columns:
    factor = autoregression(*FACTOR, persons, rng)
    symptoms, alliance = States().draw(persons, rng)
    social = autoregression(0.4, 1.0, persons, rng) - 0.7 * factor
    columns = as_rated(symptoms + factor, alliance - factor, rng)
    return {**columns, SOCIAL: drop_at_random(observe(social, rng, sign=1), rng)}


def _event(persons: int, rng: Rng) -> Columns:
    event = (rng.random((persons, SESSIONS + 1)) < 0.3).astype(float)
    symptoms, alliance = States().draw(persons, rng)
    columns = as_rated(symptoms + EVENT_EFFECT * event[:, :-1], alliance - EVENT_EFFECT * event[:, 1:], rng)
    return {**columns, EVENT: event[:, 1:]}


RIVALS = (
    Truth(
        "alliance_first_beside_unrelated",
        "",
        "alliance lowers symptoms at the next session, and a third column is linked to nothing",
        partial(_alliance_first, 0.0),
        (ALLIANCE_FIRST,),
        moments=MOMENTS,
    ),
    Truth(
        "alliance_first_beside_correlated",
        "",
        "alliance lowers symptoms at the next session, and a third column shares shocks with alliance",
        partial(_alliance_first, 0.5),
        (ALLIANCE_FIRST,),
        unseen=((SOCIAL, SYMPTOMS),),
        moments=MOMENTS,
    ),
    Truth(
        "same_week_factor_beside_part",
        "",
        "a hidden factor moves three columns in the same week",
        _factor,
        moments=MOMENTS,
    ),
    Truth(
        "event_confounder",
        "",
        "an event lowers alliance, then raises symptoms, and is a column of 0 and 1",
        _event,
        (TrueLink(EVENT, SYMPTOMS, "next", 1), TrueLink(EVENT, ALLIANCE, "same", -1)),
        unseen=((ALLIANCE, SYMPTOMS),),
        moments=((SYMPTOMS, "before"), (EVENT, "after"), (ALLIANCE, "after")),
    ),
)
