"""Truths with crises: a cause that jumps and fades is not reversible in time, and symptoms have a bounded scale.

Crises come to a person in a tenth of the sessions, raise the cause by 3 on average (exponential) and fade to .6 of
their size from one session to the next. They raise symptoms and lower alliance of the same session. Own states are half
as large as in the other truths. Scales of symptoms, of which the middle half of the linear ratings is about −2 to 1:

| name | scale |
| --- | --- |
| `crises` | linear |
| `crises_at_a_ceiling`, `crises_at_a_floor` | cut off at .5 or at 0 |
| `crises_on_a_bounded_scale` | 10 / (1 + exp(−2 (s + 1))): 0 to 10 |
| `crises_at_a_ceiling_with_error` | cut off at .5, and alliance with errors of SD 1.5 |
| `crises_in_categories` | symptoms in four categories, alliance in five |
| `alliance_crises_first` | a true lag of −.3 beside crises of alliance alone; symptoms cut off at .5 |
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from .pairs import ALLIANCE_FIRST
from .parts import BURN_IN, ERROR_SD, SESSIONS, States, drop_at_random, observe
from .truth import ALLIANCE, SYMPTOMS, Array, Columns, Rng, Truth

RATE, SIZE, FADING = 0.1, 3.0, 0.6
OWN = 0.5
#: linear rating → rating on the scale
Scale = Callable[[Array], Array]


def crises(persons: int, rng: Rng, *, fading: float = FADING) -> Array:
    """Return a cause that jumps and fades, with mean 0 (persons, sessions)."""
    state, values = np.zeros(persons), np.empty((BURN_IN + SESSIONS, persons))
    for t in range(BURN_IN + SESSIONS):
        state = fading * state + (rng.random(persons) < RATE) * SIZE * rng.exponential(size=persons)
        values[t] = state
    return values[BURN_IN:].T - RATE * SIZE / (1.0 - fading)


def at_a_ceiling(ratings: Array) -> Array:
    return np.minimum(ratings, 0.5)


def _linear(ratings: Array) -> Array:
    return ratings


def _at_a_floor(ratings: Array) -> Array:
    return np.maximum(ratings, 0.0)


def _bounded(ratings: Array) -> Array:
    return np.asarray(10.0 / (1.0 + np.exp(-2.0 * (ratings + 1.0))))


def _four_categories(ratings: Array) -> Array:
    return np.asarray(np.clip(np.rint(ratings + 2.0), 1.0, 4.0))


def _five_categories(ratings: Array) -> Array:
    return np.asarray(np.clip(np.rint(ratings + 3.0), 1.0, 5.0))


def _as_rated(
    symptoms: Array, alliance: Array, scales: tuple[Scale, Scale], rng: Rng, error_sd: float = ERROR_SD
) -> Columns:
    """Return both as rated. error_sd: of alliance."""
    return {
        SYMPTOMS: drop_at_random(scales[0](observe(symptoms, rng, sign=-1)), rng),
        ALLIANCE: drop_at_random(scales[1](observe(alliance, rng, sign=1, error_sd=error_sd)), rng),
    }


def _common_cause(scales: tuple[Scale, Scale], error_sd: float, persons: int, rng: Rng) -> Columns:
    cause = crises(persons, rng)
    symptoms, alliance = States().draw(persons, rng)
    return _as_rated(OWN * symptoms + cause, OWN * alliance - cause, scales, rng, error_sd)


def _alliance_first(persons: int, rng: Rng) -> Columns:
    """Simulate alliance with crises of its own, and symptoms that follow it at the next session."""
    symptoms, alliance = States().draw(persons, rng)
    symptoms, alliance = OWN * symptoms, alliance - crises(persons, rng, fading=0.4)
    carried = np.zeros_like(symptoms)
    for t in range(1, SESSIONS):
        carried[:, t] = 0.4 * carried[:, t - 1] - 0.3 * alliance[:, t - 1]
    return _as_rated(symptoms + carried, alliance, (at_a_ceiling, _linear), rng)


def _crises(name: str, scale: str, symptoms: Scale, alliance: Scale = _linear, error_sd: float = ERROR_SD) -> Truth:
    summary = f"a cause that jumps and fades moves both columns in the same week; {scale}"
    return Truth(name, "", summary, partial(_common_cause, (symptoms, alliance), error_sd))


CRISES = (
    _crises("crises", "linear scales", _linear),
    _crises("crises_at_a_ceiling", "symptoms have a ceiling", at_a_ceiling),
    _crises(
        "crises_at_a_ceiling_with_error",
        "symptoms have a ceiling, and alliance is rated with heavy error",
        at_a_ceiling,
        error_sd=1.5,
    ),
    _crises("crises_at_a_floor", "symptoms have a floor", _at_a_floor),
    _crises("crises_on_a_bounded_scale", "the scale of symptoms flattens towards both ends", _bounded),
    _crises("crises_in_categories", "both are rated in few categories", _four_categories, _five_categories),
    Truth(
        "alliance_crises_first",
        "",
        "crises of alliance raise symptoms at the next session, and symptoms have a ceiling",
        _alliance_first,
        (ALLIANCE_FIRST,),
    ),
)
