"""Truths of two columns, symptoms and alliance, that differ in their dynamics and hidden causes.

Name, letters of the design, and constants chosen here:

| name | letters | constants |
| --- | --- | --- |
| `no_link` | none | |
| `shared_bend`, `separate_bends` | trend, trendp | change of 2 at a pace of one's own: one for both columns, or two |
| `same_week_factor` | c1 | hidden AR(.6) of SD 1.25, loads on both at once |
| `unequal_carry_over` | c2 | shocks correlate −.35, persistence .2 and .6 |
| `unequal_carry_over_with_heavy_error` | c3 | the same, errors of SD .75 |
| `factor_and_unequal_carry_over` | c1c2 | that factor; shocks correlate −.38, persistence .5 and .25 |
| `confounder_a_week_earlier` | d | hidden AR(.6) of SD 1.2 that alliance shows one session before symptoms |
| `confounder_half_a_week_earlier` | dhalf | the same, half a week |
| `alliance_first` and with a factor, with correlated shocks | a, ac, ac2 | −.3 at the next session |
| `symptoms_first_in_session`, `symptoms_first` | r, ry | −.35 in the session, −.3 at the next one |
| `each_follows_the_other` | both | alliance to next symptoms −.3, symptoms to alliance −.3 in the session |
| `fast_shocks_with_slow_parts` | c2b | shocks correlate −.5, persistence .1 and .6, private AR(.9) of SD 1 |
| `slow_shocks_with_fast_parts` | c2b2 | shocks correlate −.5, persistence .6 and .9, private AR(.1) of SD 1 |
| `carry_over_with_lasting_error` | c2n | c2, rating errors AR(.5) |
| `carry_over_that_differs` | c2h | c2, persistence of one's own, SD .6 on the logit scale |
| `two_same_week_factors` | c1x2 | hidden AR(.9) and AR(.2) on both at once |
| `season` | seasonal | yearly wave, persons begin at any time of the year |
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

import numpy as np

from .parts import (
    SESSIONS,
    States,
    autoregression,
    bend,
    correlated_autoregressions,
    drop_at_random,
    observe,
    own_pace,
)
from .truth import ALLIANCE, SYMPTOMS, Array, Columns, Rng, TrueLink, Truth

FACTOR = (0.6, 1.25)
ALLIANCE_FIRST = TrueLink(ALLIANCE, SYMPTOMS, "next", -1)
IN_SESSION = TrueLink(SYMPTOMS, ALLIANCE, "same", -1)
CARRY_OVER = States(persistence=(0.2, 0.6), shock_correlation=-0.35)


@dataclass(frozen=True, slots=True)
class Hidden:
    """A hidden AR(1) factor that raises symptoms and lowers alliance, `lead` weeks earlier in alliance (0, ½ or 1)."""

    persistence: float = FACTOR[0]
    sd: float = FACTOR[1]
    lead: float = 0.0
    loadings: tuple[float, float] = (1.0, -1.0)

    def draw(self, persons: int, rng: Rng) -> tuple[Array, Array]:
        """Return its contributions to symptoms and to alliance. Half weeks are simulated where the lead needs them."""
        per_week = 1 if self.lead == int(self.lead) else 2
        shift = round(self.lead * per_week)
        factor = autoregression(self.persistence ** (1 / per_week), self.sd, persons, rng, SESSIONS * per_week + shift)
        symptoms, alliance = factor[:, : SESSIONS * per_week : per_week], factor[:, shift::per_week]
        return self.loadings[0] * symptoms, self.loadings[1] * alliance


@dataclass(frozen=True, slots=True)
class Pair:
    """Parts of symptoms and alliance beside their states. private: AR(1) of (persistence, SD) in each column."""

    states: States = field(default_factory=States)
    hidden: tuple[Hidden, ...] = ()
    private: tuple[tuple[float, float], tuple[float, float]] | None = None
    error_sd: float = 0.5

    def latent(self, persons: int, rng: Rng) -> tuple[Array, Array]:
        symptoms, alliance = self.states.draw(persons, rng)
        for hidden in self.hidden:
            to_symptoms, to_alliance = hidden.draw(persons, rng)
            symptoms, alliance = symptoms + to_symptoms, alliance + to_alliance
        if self.private is not None:
            own = [autoregression(phi, sd, persons, rng) for phi, sd in self.private]
            symptoms, alliance = symptoms + own[0], alliance + own[1]
        return symptoms, alliance

    def draw(self, persons: int, rng: Rng) -> Columns:
        """Simulate one cohort."""
        return as_rated(*self.latent(persons, rng), rng, self.error_sd)


def as_rated(symptoms: Array, alliance: Array, rng: Rng, error_sd: float = 0.5) -> Columns:
    """Return latent symptoms and alliance with own lines, common courses, error and missing ratings."""
    rated = {
        SYMPTOMS: observe(symptoms, rng, sign=-1, error_sd=error_sd),
        ALLIANCE: observe(alliance, rng, sign=1, error_sd=error_sd),
    }
    return {name: drop_at_random(values, rng) for name, values in rated.items()}


def _bends(persons: int, rng: Rng, *, shared: bool) -> Columns:
    symptoms, alliance = States().draw(persons, rng)
    pace = own_pace(persons, rng)
    other = pace if shared else own_pace(persons, rng)
    return as_rated(symptoms - 2.0 * bend(pace), alliance + 2.0 * bend(other), rng)


def _slow_shocks(persons: int, rng: Rng) -> Columns:
    """Simulate slow parts whose shocks correlate, beside fast private parts."""
    fast = States(persistence=(0.1, 0.1)).draw(persons, rng)
    slow = correlated_autoregressions((0.6, 0.9), 1.0, -0.5, persons, rng)
    return as_rated(fast[0] + slow[0], fast[1] + slow[1], rng)


def _season(persons: int, rng: Rng) -> Columns:
    symptoms, alliance = States().draw(persons, rng)
    week = 52.0 * rng.random((persons, 1)) + np.arange(SESSIONS)
    wave = 1.5 * np.cos(2.0 * np.pi * week / 52.0)
    return as_rated(symptoms + wave, alliance - wave, rng)


def _pair(name: str, letters: str, summary: str, pair: Pair, *links: TrueLink) -> Truth:
    return Truth(name, letters, summary, pair.draw, links)


def _confounder(name: str, letters: str, weeks: str, lead: float) -> Truth:
    return Truth(
        name,
        letters,
        f"a hidden factor moves alliance {weeks} before symptoms",
        Pair(hidden=(Hidden(sd=1.2, lead=lead),)).draw,
        unseen=((ALLIANCE, SYMPTOMS),),
    )


NO_EFFECT = (
    _pair("no_link", "none", "nothing links the two columns", Pair()),
    Truth(
        "shared_bend",
        "trend",
        "both columns improve fast at first, each person at a pace of their own",
        partial(_bends, shared=True),
    ),
    Truth(
        "separate_bends",
        "trendp",
        "both columns improve fast at first, each at a pace of its own",
        partial(_bends, shared=False),
    ),
    _pair("same_week_factor", "c1", "a hidden factor moves both columns in the same week", Pair(hidden=(Hidden(),))),
    _pair("unequal_carry_over", "c2", "weekly shocks correlate and last longer in alliance", Pair(CARRY_OVER)),
    _pair(
        "unequal_carry_over_with_heavy_error",
        "c3",
        "weekly shocks correlate and last longer in alliance, with heavy rating error",
        Pair(CARRY_OVER, error_sd=0.75),
    ),
    _pair(
        "factor_and_unequal_carry_over",
        "c1c2",
        "a hidden factor in the same week, and correlated shocks that last longer in symptoms",
        Pair(States(persistence=(0.5, 0.25), shock_correlation=-0.38), (Hidden(),)),
    ),
    _pair(
        "fast_shocks_with_slow_parts",
        "c2b",
        "fast parts share shocks and carry over unequally, beside a slow private part",
        Pair(States(persistence=(0.1, 0.6), shock_correlation=-0.5), private=((0.9, 1.0), (0.9, 1.0))),
    ),
    Truth(
        "slow_shocks_with_fast_parts",
        "c2b2",
        "slow parts share shocks and carry over unequally, beside a fast private part",
        _slow_shocks,
    ),
    _pair(
        "carry_over_with_lasting_error",
        "c2n",
        "correlated shocks with unequal carry-over, and rating errors that last",
        Pair(CARRY_OVER, private=((0.5, 0.8), (0.5, 0.8)), error_sd=0.3),
    ),
    _pair(
        "carry_over_that_differs",
        "c2h",
        "correlated shocks with unequal carry-over that differs between persons",
        Pair(States(persistence=(0.2, 0.6), shock_correlation=-0.35, spread=0.6)),
    ),
    _pair(
        "two_same_week_factors",
        "c1x2",
        "two hidden factors of different pace move both columns in the same week",
        Pair(hidden=(Hidden(0.9, 1.0), Hidden(0.2, 1.0, loadings=(0.5, -1.2)))),
    ),
    Truth("season", "", "both columns follow the time of year", _season),
)

CONFOUNDED = (
    _confounder("confounder_a_week_earlier", "d", "a week", 1.0),
    _confounder("confounder_half_a_week_earlier", "dhalf", "half a week", 0.5),
)

_A = States(alliance_to_next_symptoms=-0.3)
LINKED = (
    _pair("alliance_first", "a", "alliance lowers symptoms at the next session", Pair(_A), ALLIANCE_FIRST),
    _pair(
        "alliance_first_and_factor",
        "ac",
        "alliance lowers symptoms at the next session, beside a hidden factor in the same week",
        Pair(_A, (Hidden(sd=1.0),)),
        ALLIANCE_FIRST,
    ),
    _pair(
        "alliance_first_and_correlated_shocks",
        "ac2",
        "alliance lowers symptoms at the next session, and weekly shocks correlate",
        Pair(States(persistence=(0.45, 0.4), alliance_to_next_symptoms=-0.3, shock_correlation=-0.3)),
        ALLIANCE_FIRST,
    ),
    _pair(
        "symptoms_first_in_session",
        "r",
        "symptoms lower alliance in the same session",
        Pair(States(symptoms_to_alliance=-0.35)),
        IN_SESSION,
    ),
    _pair(
        "symptoms_first",
        "ry",
        "symptoms lower alliance at the next session",
        Pair(States(symptoms_to_next_alliance=-0.3)),
        TrueLink(SYMPTOMS, ALLIANCE, "next", -1),
    ),
    _pair(
        "each_follows_the_other",
        "both",
        "alliance lowers symptoms at the next session, and symptoms lower alliance in the session",
        Pair(States(alliance_to_next_symptoms=-0.3, symptoms_to_alliance=-0.3)),
        ALLIANCE_FIRST,
        TrueLink(SYMPTOMS, ALLIANCE, "same", -1, tellable=False),
    ),
)

PAIRS = (*NO_EFFECT, *CONFOUNDED, *LINKED)
