"""Share of persons whose data identify the right mechanism: why the client page does not rank them early.

One of four mechanisms affects the outcome; a regression on each person's data alone ranks them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.page import Part, table

#: standardised effect of one mechanism at the next session, autoregression, reliability, constructs, discarded sessions
EFFECT, PERSISTENCE, RELIABILITY, MECHANISMS, BURN_IN = -0.15, 0.3, 0.8, 4, 20


@dataclass(frozen=True)
class Ranking:
    """Shares of simulated persons whose largest effect is the true one, and whose estimate has the wrong sign."""

    sessions: int
    persons: int
    right: float
    wrong_sign: float


def ranking(sessions: int, *, persons: int = 4000, seed: int = 1) -> Ranking:
    rng = np.random.default_rng(seed)
    estimates = np.array([_estimates(sessions, rng) for _ in range(persons)])
    return Ranking(
        sessions, persons, float((estimates.argmin(axis=1) == 0).mean()), float((estimates[:, 0] > 0).mean())
    )


def _estimates(sessions: int, rng: np.random.Generator) -> np.ndarray:
    """Return one person's effects (4,), by least squares on the previous scores of outcome and mechanisms."""
    shock = np.sqrt(1 - PERSISTENCE**2)
    states, outcome = np.zeros((sessions + BURN_IN, MECHANISMS)), np.zeros(sessions + BURN_IN)
    for t in range(1, sessions + BURN_IN):
        states[t] = PERSISTENCE * states[t - 1] + shock * rng.standard_normal(MECHANISMS)
        expected = PERSISTENCE * outcome[t - 1] + EFFECT * states[t - 1, 0]
        outcome[t] = expected + np.sqrt(shock**2 - EFFECT**2) * rng.standard_normal()
    error = np.sqrt((1 - RELIABILITY) / RELIABILITY)
    scores = states[BURN_IN:] + error * rng.standard_normal((sessions, MECHANISMS))
    y = outcome[BURN_IN:] + error * rng.standard_normal(sessions)
    design = np.column_stack([np.ones(sessions - 1), y[:-1], scores[:-1]])
    return np.linalg.lstsq(design, y[1:], rcond=None)[0][2:]


def section(results: list[Ranking]) -> list[str]:
    return [
        "## Can a single course identify the mechanism?",
        "",
        "One of four mechanisms affects the outcome (standardised effect −.15, reliability .8). A regression on each "
        "simulated person's data ranks them. Chance is 25%.",
        "",
        *table(
            ["sessions", "persons", "right mechanism ranked first", "wrong sign of its effect"],
            [(r.sessions, f"{r.persons:,}", f"{r.right:.0%}", f"{r.wrong_sign:.0%}") for r in results],
        ),
        "",
    ]


def highlights(results: list[Ranking]) -> list[str]:
    shortest = results[0]
    return [
        f"**A single course.** With {shortest.sessions} sessions it identifies the right one of four mechanisms in "
        f"{shortest.right:.0%} of persons (chance: 25%), and the sign of its effect is wrong in "
        f"{shortest.wrong_sign:.0%}."
    ]


PART = Part(
    "ranking", Ranking, lambda: [ranking(sessions) for sessions in (16, 50, 100)], section, highlights=highlights
)
