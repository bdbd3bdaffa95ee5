"""Simulated trials of interpersonal psychotherapy against a waiting list, and the true share of a mediator.

The share is solved from the equations of all constructs by a Runge–Kutta method, without any code of the estimators.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from securebase.measurement.constructs import construct
from securebase.model.scenario import scenario
from securebase.model.simulate import simulate_table
from securebase.records.vocabulary import Moment
from securebase.study.table import SessionTable

#: weeks at which the scenarios' courses of 16 weekly sessions end
END = 15.0
ARMS = ("ipt", "waiting_list")


def draw_trial(
    name: str, columns: Sequence[str], *, n: int, rng: np.random.Generator
) -> tuple[SessionTable, NDArray[np.float64]]:
    """Return the sessions of a simulated trial with these columns, and 1 or 0 for each person with therapy or not."""
    drawn = simulate_table(name, n_clients=n, rng=rng, arms=ARMS).columns
    _, first, person = np.unique(drawn["person"], return_index=True, return_inverse=True)
    values = {c: np.asarray(drawn[c], dtype=float) for c in columns}
    moments = {c: Moment(construct(c).moment) for c in columns}
    weeks = np.asarray(drawn["day"], dtype=float) / 7.0
    table = SessionTable(n, person.astype(np.int64), weeks, values, moments, "week")
    return table, np.asarray(drawn["arm"][first] == ARMS[0], dtype=float)


@cache
def true_share(name: str, mediator: str) -> float:
    """Return the share of the effect of therapy on symptoms at `END` that vanishes without the mediator's effect.

    On a waiting list therapy adds nothing, so the difference between the arms follows dd = (A d + B) dt from 0.
    """
    drawn = scenario(name).parameter_set
    symptoms, through = (drawn.specification.constructs.index(c) for c in ("symptoms", mediator))
    push = drawn.parameters.therapy_effect

    def effect(drift: NDArray[np.float64]) -> float:
        solved = solve_ivp(lambda _t, d: drift @ d + push, (0.0, END), np.zeros(len(drift)), rtol=1e-10, atol=1e-12)
        return float(solved.y[symptoms, -1])

    without = drawn.parameters.drift.copy()
    without[symptoms, through] = 0.0
    return 1.0 - effect(without) / effect(drawn.parameters.drift)
