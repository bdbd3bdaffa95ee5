"""Truths in which a column is something other than a rating of its own: items with a floor, copies, switches, rivals.

Name, letters of the design, and constants chosen here:

| name | letters | constants |
| --- | --- | --- |
| `floor_without_link` | floor0 | three items of 0 to 3, about half of them 0 |
| `floor_and_factor`, `floor_and_alliance_first` | floorc, floor | the same |
| `reversed_copy` | | alliance is 10 less symptoms |
| `follower` | | empathy is .7 of the alliance of its session, a private AR(.4), and error |
| `measured_confounder`, `confounder_measured_with_error` | d | stress is that confounder; with error, reliability .6 |
| `switch_after_a_bad_week` | | a fifth of the persons, from session 4 on, 1.3 SD above their usual rating |
"""

from __future__ import annotations

from functools import partial

import numpy as np

from .pairs import ALLIANCE_FIRST, FACTOR, Hidden, Pair, as_rated
from .parts import COURSE, SESSIONS, States, autoregression, bend, drop_at_random, observe, own_lines
from .truth import ALLIANCE, SYMPTOMS, Array, Columns, Rng, TrueLink, Truth

EMPATHY, STRESS, MEDICATION = "empathy", "stress", "medication"
ITEMS, MAX_ITEM = 3, 3
#: of a hidden confounder that is itself a column
RELIABILITY = 0.6


def items_with_floor(symptoms: Array, rng: Rng) -> Array:
    """Return the sum of three items of 0 to 3 (0 to 9), each with error of its own before it is rounded and cut off."""
    severity = 1.0 + 0.45 * (symptoms + own_lines(len(symptoms), rng) - COURSE * bend(5.0))
    items = severity[:, :, None] + 0.9 * rng.standard_normal((*symptoms.shape, ITEMS))
    return np.asarray(np.clip(np.rint(items), 0, MAX_ITEM).sum(axis=2))


def last_session(symptoms: Array, rng: Rng) -> Array:
    """Return the number of sessions before dropout (persons, 1), at least five; higher symptoms raise the risk."""
    risk = 1.0 / (1.0 + np.exp(3.5 - 0.6 * symptoms))
    drops = rng.random(symptoms.shape) < np.where(np.arange(symptoms.shape[1]) < 4, 0.0, risk)
    return np.where(drops.any(axis=1), drops.argmax(axis=1) + 1, symptoms.shape[1])[:, None]


def _floor(pair: Pair, persons: int, rng: Rng) -> Columns:
    symptoms, alliance = pair.latent(persons, rng)
    stays = np.arange(SESSIONS) < last_session(symptoms, rng)
    rated = {SYMPTOMS: items_with_floor(symptoms, rng), ALLIANCE: observe(alliance, rng, sign=1)}
    return {name: np.where(stays, drop_at_random(values, rng), np.nan) for name, values in rated.items()}


def _reversed_copy(persons: int, rng: Rng) -> Columns:
    columns = Pair().draw(persons, rng)
    return {SYMPTOMS: columns[SYMPTOMS], ALLIANCE: 10.0 - columns[SYMPTOMS]}


def _follower(persons: int, rng: Rng) -> Columns:
    symptoms, alliance = States(alliance_to_next_symptoms=-0.3).draw(persons, rng)
    empathy = 0.7 * alliance + autoregression(0.4, 0.8, persons, rng)
    return {**as_rated(symptoms, alliance, rng), EMPATHY: drop_at_random(observe(empathy, rng, sign=1), rng)}


def _measured_confounder(error_sd: float, persons: int, rng: Rng) -> Columns:
    """Simulate stress that lowers alliance of the same session and raises symptoms of the next one."""
    sd = 1.2
    stress = autoregression(FACTOR[0], sd, persons, rng, SESSIONS + 1)
    symptoms, alliance = States().draw(persons, rng)
    rated = stress[:, 1:] + own_lines(persons, rng) + error_sd * sd * rng.standard_normal((persons, SESSIONS))
    columns = as_rated(symptoms + stress[:, :-1], alliance - stress[:, 1:], rng)
    return {**columns, STRESS: rated if error_sd == 0 else drop_at_random(rated, rng)}


def _switch(share: float, persons: int, rng: Rng) -> Columns:
    """Simulate medication that some persons begin after a bad week, and that does nothing."""
    symptoms = States().draw(persons, rng)[0]
    rated = observe(symptoms, rng, sign=-1)
    excess = rated - np.concatenate([rated[:, :1], np.cumsum(rated, axis=1)[:, :-1] / np.arange(1, SESSIONS)], axis=1)
    bad = (excess > 1.3 * np.std(excess)) & (np.arange(SESSIONS) >= 3)
    begins = np.where(bad.any(axis=1) & (rng.random(persons) < share), bad.argmax(axis=1), SESSIONS)
    medication = (np.arange(SESSIONS) >= begins[:, None]).astype(float)
    return {SYMPTOMS: drop_at_random(rated, rng), MEDICATION: medication}


def _with_floor(name: str, letters: str, summary: str, pair: Pair, *links: TrueLink) -> Truth:
    items = "items with a floor, dropout that depends on the state"
    return Truth(name, letters, f"{items}; {summary}", partial(_floor, pair), links)


def _confounder(name: str, summary: str, error_sd: float) -> Truth:
    return Truth(
        name,
        "",
        summary,
        partial(_measured_confounder, error_sd),
        links=(TrueLink(STRESS, SYMPTOMS, "next", 1), TrueLink(STRESS, ALLIANCE, "same", -1)),
        unseen=((ALLIANCE, SYMPTOMS),),
        moments=((SYMPTOMS, "before"), (STRESS, "after"), (ALLIANCE, "after")),
    )


COLUMNS = (
    _with_floor("floor_without_link", "floor0", "no link", Pair()),
    _with_floor(
        "floor_and_factor", "floorc", "a hidden factor moves both columns in the same week", Pair(hidden=(Hidden(),))
    ),
    _with_floor(
        "floor_and_alliance_first",
        "floor",
        "alliance lowers symptoms at the next session",
        Pair(States(alliance_to_next_symptoms=-0.3)),
        ALLIANCE_FIRST,
    ),
    Truth(
        "reversed_copy",
        "",
        "alliance is the rating of symptoms, reversed",
        _reversed_copy,
        refused=(ALLIANCE,),
        moments=((SYMPTOMS, "before"), (ALLIANCE, "before")),
    ),
    Truth(
        "follower",
        "",
        "alliance lowers symptoms at the next session, and empathy merely follows alliance",
        _follower,
        links=(ALLIANCE_FIRST, TrueLink(ALLIANCE, EMPATHY, "same", 1)),
        unseen=((EMPATHY, SYMPTOMS),),
        moments=((SYMPTOMS, "before"), (ALLIANCE, "after"), (EMPATHY, "after")),
    ),
    _confounder("measured_confounder", "stress lowers alliance, then raises symptoms, and is a column", 0.0),
    _confounder(
        "confounder_measured_with_error",
        "stress lowers alliance, then raises symptoms, and is a column with rating error",
        float(np.sqrt(1.0 / RELIABILITY - 1.0)),
    ),
    Truth(
        "switch_after_a_bad_week",
        "",
        "some persons begin a medication without effect after a bad week and keep it",
        partial(_switch, 0.5),
        links=(TrueLink(SYMPTOMS, MEDICATION, "same", 1, tellable=False),),
        refused=(MEDICATION,),
        moments=((SYMPTOMS, "before"), (MEDICATION, "after")),
    ),
)
