"""Share of persons whose own course names the right mechanism: why the client page does not rank mechanisms.

Four mechanisms, of which one moves the outcome; each person is ranked by a regression on that person's own data alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.page import Part, table

#: truth: standardised effect of one mechanism at the next session, autoregression of all, reliability of the scores
EFFECT, PERSISTENCE, RELIABILITY, MECHANISMS, BEFORE = -0.15, 0.3, 0.8, 4, 20


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
    states, outcome = np.zeros((sessions + BEFORE, MECHANISMS)), np.zeros(sessions + BEFORE)
    for t in range(1, sessions + BEFORE):
        states[t] = PERSISTENCE * states[t - 1] + shock * rng.standard_normal(MECHANISMS)
        pushed = PERSISTENCE * outcome[t - 1] + EFFECT * states[t - 1, 0]
        outcome[t] = pushed + np.sqrt(shock**2 - EFFECT**2) * rng.standard_normal()
    error = np.sqrt((1 - RELIABILITY) / RELIABILITY)
    scores = states[BEFORE:] + error * rng.standard_normal((sessions, MECHANISMS))
    y = outcome[BEFORE:] + error * rng.standard_normal(sessions)
    design = np.column_stack([np.ones(sessions - 1), y[:-1], scores[:-1]])
    return np.linalg.lstsq(design, y[1:], rcond=None)[0][2:]


def section(results: list[Ranking]) -> list[str]:
    return [
        "## Can one person's own course name the mechanism that matters?",
        "",
        "Four mechanisms, one of which moves the outcome (standardised effect −.15, reliability .8), ranked by each "
        "simulated person's own data. Chance is 25%.",
        "",
        *table(
            ["sessions", "persons", "the right one ranked first", "its sign wrong"],
            [(r.sessions, f"{r.persons:,}", f"{r.right:.0%}", f"{r.wrong_sign:.0%}") for r in results],
        ),
        "",
    ]


def gist(results: list[Ranking]) -> list[str]:
    few = results[0]
    return [
        f"**One person’s own course.** With {few.sessions} sessions it names the right one of four mechanisms in "
        f"{few.right:.0%} of persons (chance: 25%) and has its sign wrong in {few.wrong_sign:.0%}."
    ]


PART = Part("ranking", Ranking, lambda: [ranking(sessions) for sessions in (16, 50, 100)], section, gist=gist)
