"""Ratings of simulated clients as arrays: two items for each construct, and check-ins that were missed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from securebase.measurement.constructs import construct
from securebase.model.parameters import Array
from securebase.model.simulate.clients import SimulatedClients
from securebase.model.simulate.probabilities import shift_log_odds
from securebase.records.vocabulary import Moment

#: range of an item; its mean and SD among clients at the first session, judgements
_LOWEST, _HIGHEST = 0.0, 10.0
MEAN, _SD, _ITEMS = 5.0, 2.0, 2
#: variance that rounding to whole numbers adds (Sheppard's correction)
_ROUNDING = 1.0 / 12.0
#: nobody rates it: care in childhood exists in simulations only
_UNRATED = ("early_care",)
#: rated by the therapist after every session
_BY_THERAPIST = ("fidelity", "technique_use")


def rated_constructs(clients: SimulatedClients) -> tuple[str, ...]:
    """Return the constructs that somebody rates, in the order of the web."""
    return tuple(name for name in clients.web.names if name not in _UNRATED)


def draw_ratings(clients: SimulatedClients) -> Array:
    """Return the mean of two items (n, sessions, C) of the rated constructs, NaN where it was not asked or answered.

    Traits are asked at the first session only, and nothing is asked after a session that was not held.
    """
    names = rated_constructs(clients)
    ratings: Array = draw_items(clients, names, _ITEMS).mean(axis=3)
    ratings[~_asked_and_answered(clients, names)] = np.nan
    return ratings


def draw_items(
    clients: SimulatedClients, names: Sequence[str], items_per_rating: int, means: Array | float = MEAN
) -> Array:
    """Return two items (n, sessions, C, 2); the mean of so many has the reliability that its construct states.

    means (C, 2): of the items among clients at the first session.
    """
    positions = [clients.web.index(name) for name in names]
    true, noise = clients.courses.true[:, :, positions], clients.web.noise[positions]
    n, sessions, _ = true.shape
    # one SD of true values in points, so that an item has the SD above
    points = _SD / np.sqrt(1.0 + items_per_rating * noise)
    error = np.sqrt(np.maximum(items_per_rating * noise * points**2 - _ROUNDING, 0.0))
    z = clients.streams.normals("ratings", n, sessions, len(names), _ITEMS)
    items: Array = np.rint(np.clip(means + (points * true)[..., None] + error[:, None] * z, _LOWEST, _HIGHEST))
    return items


def _asked_and_answered(clients: SimulatedClients, names: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return True (n, sessions, C) where a construct has a rating."""
    after = np.array([construct(name).moment == Moment.AFTER for name in names])
    by_therapist = np.isin(names, _BY_THERAPIST)
    answered = answered_check_ins(clients)[:, :, after.astype(int)] | by_therapist
    answered &= ~after | clients.people.is_treated[:, None, None]
    is_trait = np.isin(names, clients.web.names[clients.web.terms.moving :])
    answered[:, 1:] &= ~is_trait
    return answered


def answered_check_ins(clients: SimulatedClients) -> NDArray[np.bool_]:
    """Return True (n, sessions, 2) where the client answered the check-in before and after the session."""
    missing, true = clients.scenario.happens.missing, clients.courses.true
    shift = np.zeros(true.shape[:2])
    for name, weight in (("symptoms", missing.with_symptoms), ("alliance", -missing.with_low_alliance)):
        if weight:
            shift += weight * true[:, :, clients.web.index(name)]
    chance = shift_log_odds(clients.plan.missed, shift)
    answered: NDArray[np.bool_] = clients.streams.uniforms("check_ins", *shift.shape, 2) >= chance[:, :, None]
    return answered
