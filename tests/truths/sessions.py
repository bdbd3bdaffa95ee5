"""Truths of the design that can settle links within a session: both columns rated before and after each session.

Between sessions the latent states carry over as in `parts.States`. In a session, symptoms y and alliance a change by

    Δa = to_alliance y + shock,    Δy = to_symptoms a + shock        (y and a: the states before the session)

with shocks of SD .5. Links name the two constructs, not their four columns. Name, letters of the design, and constants
chosen here:

| name | letters | constants |
| --- | --- | --- |
| `sessions_without_link` | none | |
| `sessions_and_factor` | c1 | hidden AR(.6) of SD 1.25, in all four ratings of a week |
| `sessions_and_unequal_carry_over` | c2 | weekly shocks correlate −.5, persistence .2 and .6 |
| `shared_shocks_in_session` | c2s | shocks in the session correlate −.6, persistence .2 and .6 |
| `sessions_and_earlier_confounder` | d | hidden AR(.6) that alliance shows a week before symptoms |
| `symptoms_change_alliance_in_session`, with factor, with carry-over | r, r+c1, r+c2 | −.35 |
| `alliance_changes_symptoms_in_session` | x→y | −.35 |
| `equal_links_in_session` | both ways, equal | −.35 each |
| `relief_in_session` | relieved | hidden AR(.6) in both columns, half of it gone after the session |
| `relief_seen_in_alliance` | relieved, x alone | the same, but symptoms after the session do not show it |
| `return_to_usual_in_session` | falls back | each state loses .3 of its deviation in the session |
| `wider_scale_after_session` | scale | alliance after the session is 1.3 times itself, beside the factor of c1 |
| `wider_scales_after_session` | scale, both | both columns are |
| `older_ratings_before_session` | age, both | as c2; half of the ratings before the session are a day old |
| `older_alliance_before_session` | age, x alone | the same for alliance alone |
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .parts import BURN_IN, ERROR_SD, SESSIONS, autoregression, bend, correlated_normal, drop_at_random, own_lines
from .truth import ALLIANCE, SYMPTOMS, Array, Columns, Moment, Rng, TrueLink, Truth

SYMPTOMS_BEFORE, SYMPTOMS_AFTER = "symptoms_before", "symptoms_after"
ALLIANCE_BEFORE, ALLIANCE_AFTER = "alliance_before", "alliance_after"
MOMENTS: tuple[tuple[str, Moment], ...] = (
    (SYMPTOMS_BEFORE, "before"),
    (ALLIANCE_BEFORE, "before"),
    (SYMPTOMS_AFTER, "after"),
    (ALLIANCE_AFTER, "after"),
)
SESSION_SHOCK_SD = 0.5
#: weeks
AGE = 1 / 7


@dataclass(frozen=True, slots=True)
class Sessions:
    """Dynamics between and within sessions; hidden: (SD, weeks earlier in alliance, shares left after the session)."""

    to_alliance: float = 0.0
    to_symptoms: float = 0.0
    persistence: tuple[float, float] = (0.4, 0.4)
    weekly_correlation: float = 0.0
    session_correlation: float = 0.0
    loss: float = 0.0
    factor_sd: float = 0.0
    lead: int = 0
    left_after: tuple[float, float] = field(default=(1.0, 1.0))
    #: factor of all ratings after the session, and whether half of those before are older by `AGE`: symptoms, alliance
    gain: tuple[float, float] = field(default=(1.0, 1.0))
    older: tuple[bool, bool] = field(default=(False, False))

    def states(self, persons: int, rng: Rng) -> Array:
        """Return the states as y before, a before, y after, a after (4, persons, sessions)."""
        after = np.zeros((2, persons))
        values = np.empty((4, persons, BURN_IN + SESSIONS))
        for t in range(BURN_IN + SESSIONS):
            before, older = self.week(after, rng)
            rated = np.where(older[0], older[1], before)
            shock = SESSION_SHOCK_SD * np.array(correlated_normal(self.session_correlation, persons, rng))
            effect = np.array([self.to_symptoms * before[1], self.to_alliance * before[0]])
            after = (1.0 - self.loss) * before + effect + shock
            values[:, :, t] = [*rated, *after]
        return values[:, :, BURN_IN:]

    def week(self, after: Array, rng: Rng) -> tuple[Array, tuple[Array, Array]]:
        """Return the states before the next session, which of their ratings are older, and the old states."""
        keep, persons = np.array(self.persistence)[:, None], after.shape[1]
        if not any(self.older):
            before = keep * after + np.array(correlated_normal(self.weekly_correlation, persons, rng))
            return before, (np.zeros(before.shape, dtype=bool), before)
        # an Ornstein–Uhlenbeck process that equals the weekly one at the sessions
        early, late = (
            np.sqrt((1.0 - keep ** (2.0 * span)) / (1.0 - keep**2))
            * np.array(correlated_normal(self.weekly_correlation, persons, rng))
            for span in (1.0 - AGE, AGE)
        )
        old = keep ** (1.0 - AGE) * after + early
        return keep**AGE * old + late, (np.array(self.older)[:, None] & (rng.random(persons) < 0.5), old)

    def draw(self, persons: int, rng: Rng) -> Columns:
        """Simulate one cohort: four columns, with own lines, common courses, error and missing ratings."""
        latent = self.states(persons, rng)
        if self.factor_sd:
            factor = autoregression(0.6, self.factor_sd, persons, rng, SESSIONS + self.lead)
            symptoms, alliance = factor[:, :SESSIONS], -factor[:, self.lead :]
            latent = latent + np.array(
                [symptoms, alliance, self.left_after[0] * symptoms, self.left_after[1] * alliance]
            )
        lines = [sign * 1.5 * bend(5.0) + own_lines(persons, rng) for sign in (-1, 1)]
        scores = np.array([1.0, 1.0, *self.gain])[:, None, None] * (latent + np.array([*lines, *lines]))
        rated = scores + ERROR_SD * rng.standard_normal(latent.shape)
        return {name: drop_at_random(values, rng) for name, values in zip(dict(MOMENTS), rated, strict=True)}


SYMPTOMS_LEAD = TrueLink(SYMPTOMS, ALLIANCE, "same", -1)
ALLIANCE_LEADS = TrueLink(ALLIANCE, SYMPTOMS, "same", -1)
_UNEQUAL = (0.2, 0.6)


def _sessions(name: str, letters: str, summary: str, dynamics: Sessions, *links: TrueLink) -> Truth:
    return Truth(name, letters, summary, dynamics.draw, links, moments=MOMENTS, outcome=SYMPTOMS_BEFORE)


SESSION_DESIGNS = (
    _sessions("sessions_without_link", "none", "nothing links the two columns", Sessions()),
    _sessions(
        "sessions_and_factor", "c1", "a hidden factor moves both columns in the same week", Sessions(factor_sd=1.25)
    ),
    _sessions(
        "sessions_and_unequal_carry_over",
        "c2",
        "weekly shocks correlate and last longer in alliance",
        Sessions(persistence=_UNEQUAL, weekly_correlation=-0.5),
    ),
    _sessions(
        "shared_shocks_in_session",
        "c2s",
        "shocks within the session correlate and last longer in alliance",
        Sessions(persistence=_UNEQUAL, session_correlation=-0.6),
    ),
    Truth(
        "sessions_and_earlier_confounder",
        "d",
        "a hidden factor moves alliance a week before symptoms",
        Sessions(factor_sd=1.2, lead=1).draw,
        unseen=((ALLIANCE, SYMPTOMS),),
        moments=MOMENTS,
        outcome=SYMPTOMS_BEFORE,
    ),
    _sessions(
        "symptoms_change_alliance_in_session",
        "r",
        "symptoms lower alliance in the session",
        Sessions(to_alliance=-0.35),
        SYMPTOMS_LEAD,
    ),
    _sessions(
        "symptoms_change_alliance_beside_factor",
        "r+c1",
        "symptoms lower alliance in the session, beside a hidden factor",
        Sessions(to_alliance=-0.35, factor_sd=1.25),
        SYMPTOMS_LEAD,
    ),
    _sessions(
        "symptoms_change_alliance_beside_carry_over",
        "r+c2",
        "symptoms lower alliance in the session, and weekly shocks correlate",
        Sessions(to_alliance=-0.35, persistence=_UNEQUAL, weekly_correlation=-0.5),
        SYMPTOMS_LEAD,
    ),
    _sessions(
        "alliance_changes_symptoms_in_session",
        "x→y",
        "alliance lowers symptoms in the session",
        Sessions(to_symptoms=-0.35),
        ALLIANCE_LEADS,
    ),
    _sessions(
        "equal_links_in_session",
        "both",
        "each lowers the other in the session, equally",
        Sessions(to_symptoms=-0.35, to_alliance=-0.35),
        TrueLink(SYMPTOMS, ALLIANCE, "same", -1, tellable=False),
        TrueLink(ALLIANCE, SYMPTOMS, "same", -1, tellable=False),
    ),
    _sessions(
        "relief_in_session",
        "relieved",
        "the session relieves a hidden state of both columns",
        Sessions(factor_sd=1.25, left_after=(0.5, 0.5)),
    ),
    _sessions(
        "relief_seen_in_alliance",
        "relieved, x alone",
        "the session relieves a hidden state, and only alliance shows it",
        Sessions(factor_sd=1.25, left_after=(1.0, 0.5)),
    ),
    _sessions(
        "return_to_usual_in_session",
        "falls back",
        "each column returns towards its usual level in the session",
        Sessions(loss=0.3),
    ),
    _sessions(
        "wider_scale_after_session",
        "scale",
        "alliance after the session uses more of its scale, beside a hidden factor",
        Sessions(factor_sd=1.25, gain=(1.0, 1.3)),
    ),
    _sessions(
        "wider_scales_after_session",
        "scale, both",
        "both columns use more of their scales after the session, beside a hidden factor",
        Sessions(factor_sd=1.25, gain=(1.3, 1.3)),
    ),
    _sessions(
        "older_ratings_before_session",
        "age, both",
        "weekly shocks correlate, and half of the ratings before the session are a day old",
        Sessions(persistence=_UNEQUAL, weekly_correlation=-0.5, older=(True, True)),
    ),
    _sessions(
        "older_alliance_before_session",
        "age, x alone",
        "weekly shocks correlate, and half of the ratings of alliance before the session are a day old",
        Sessions(persistence=_UNEQUAL, weekly_correlation=-0.5, older=(False, True)),
    ),
)
