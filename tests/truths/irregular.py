"""Truths with irregular weeks: sessions 4 to 14 days apart, some weeks missed, simulated day by day.

| name | letters | constants |
| --- | --- | --- |
| `no_link_irregular` | none | persistence .4 a week |
| `same_day_factor_irregular` | c1 | hidden AR of persistence .6 a week and SD 1.25 |
| `unequal_carry_over_irregular` | c2 | daily shocks correlate −.35, persistence .2 and .6 a week |
| `alliance_first_irregular` and with a factor | a, ac | a change of alliance by 1 lowers symptoms by .3 a week later |

Shocks have an SD of 1 a week. Other constants are those of `parts`. Columns: symptoms and alliance of one occasion, and
the day on which they were rated, from the person's first one on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .pairs import ALLIANCE_FIRST, FACTOR
from .parts import BURN_IN, COURSE, ERROR_SD, LEVEL_SD, SESSIONS, SLOPE_SD, correlated_normal, drop_at_random
from .truth import ALLIANCE, SYMPTOMS, Array, Columns, Rng, Truth

DAY = "day"
WEEK = 7
#: shortest and longest gap in days, and the share of gaps to which a missed week is added
GAPS, MISSED = (4, 14), 0.1
MAX_DAYS = 1 + SESSIONS * (GAPS[1] + WEEK)


@dataclass(frozen=True, slots=True)
class Daily:
    """Daily autoregressions of symptoms and alliance, one effect, and a factor on both; all but SDs a week."""

    persistence: tuple[float, float] = (0.4, 0.4)
    alliance_to_symptoms: float = 0.0
    shock_correlation: float = 0.0
    factor_sd: float = 0.0

    def draw(self, persons: int, rng: Rng) -> Columns:
        """Simulate one cohort."""
        day = session_days(persons, rng)
        columns = {}
        states = self.states(persons, rng)
        factor = daily_autoregression(FACTOR[0], self.factor_sd, persons, rng)
        for name, values, sign in ((SYMPTOMS, states[0] + factor, -1), (ALLIANCE, states[1] - factor, 1)):
            columns[name] = drop_at_random(_rate(np.take_along_axis(values, day, axis=1), day, sign, rng), rng)
        return {**columns, DAY: day.astype(float)}

    def states(self, persons: int, rng: Rng, days: int = MAX_DAYS) -> tuple[Array, Array]:
        """Return latent symptoms and alliance (persons, days)."""
        keep_y, keep_a = (phi ** (1 / WEEK) for phi in self.persistence)
        scale_y, scale_a = (np.sqrt((1 - phi ** (2 / WEEK)) / (1 - phi**2)) for phi in self.persistence)
        # alliance of day 0 acts over the days 0 to 6, so that the effects add up to the one of a week
        lasting = sum(keep_y ** (WEEK - 1 - k) * keep_a**k for k in range(WEEK))
        y, a = np.zeros(persons), np.zeros(persons)
        symptoms, alliance = np.empty((2, BURN_IN * WEEK + days, persons))
        for t in range(BURN_IN * WEEK + days):
            u, v = correlated_normal(self.shock_correlation, persons, rng)
            y = keep_y * y + self.alliance_to_symptoms / lasting * a + scale_y * u
            a = keep_a * a + scale_a * v
            symptoms[t], alliance[t] = y, a
        return symptoms[BURN_IN * WEEK :].T, alliance[BURN_IN * WEEK :].T


def session_days(persons: int, rng: Rng) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Return the days of the sessions (persons, sessions), the first on day 0."""
    gaps = rng.integers(GAPS[0], GAPS[1] + 1, (persons, SESSIONS)) + WEEK * (rng.random((persons, SESSIONS)) < MISSED)
    gaps[:, 0] = 0
    return np.cumsum(gaps, axis=1)


def daily_autoregression(weekly: float, sd: float, persons: int, rng: Rng, days: int = MAX_DAYS) -> Array:
    """Return a stationary AR(1) (persons, days) of variance sd² with a persistence per week."""
    keep = weekly ** (1 / WEEK)
    values = np.empty((persons, days))
    values[:, 0] = rng.standard_normal(persons)
    for t in range(1, days):
        values[:, t] = keep * values[:, t - 1] + np.sqrt(1 - keep**2) * rng.standard_normal(persons)
    return sd * values


def _rate(latent: Array, day: Array, sign: int, rng: Rng) -> Array:
    """Return latent values with own level and line over time, the common course by days, and error."""
    weeks = day / WEEK
    level, slope = rng.standard_normal((2, len(latent), 1))
    line = LEVEL_SD * level + SLOPE_SD * slope * (weeks - weeks.mean(axis=1, keepdims=True))
    course = sign * COURSE * (1.0 - np.exp(-weeks / 5.0))
    return np.asarray(latent + line + course + ERROR_SD * rng.standard_normal(latent.shape))


IRREGULAR = (
    Truth("no_link_irregular", "none", "nothing links the two columns", Daily().draw),
    Truth(
        "same_day_factor_irregular",
        "c1",
        "a hidden factor moves both columns on the same day",
        Daily(factor_sd=FACTOR[1]).draw,
    ),
    Truth(
        "unequal_carry_over_irregular",
        "c2",
        "daily shocks correlate and last longer in alliance",
        Daily(persistence=(0.2, 0.6), shock_correlation=-0.35).draw,
    ),
    Truth(
        "alliance_first_irregular",
        "a",
        "alliance lowers symptoms over the next week",
        Daily(alliance_to_symptoms=-0.3).draw,
        (ALLIANCE_FIRST,),
    ),
    Truth(
        "alliance_first_and_factor_irregular",
        "ac",
        "alliance lowers symptoms over the next week, beside a hidden factor on the same day",
        Daily(alliance_to_symptoms=-0.3, factor_sd=1.0).draw,
        (ALLIANCE_FIRST,),
    ),
)
