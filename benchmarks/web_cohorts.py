"""Cohorts of the whole web as tables of ratings, and how a scenario differs from its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.stored import as_text
from securebase.measurement.constructs import construct
from securebase.model.arms import arm
from securebase.model.scenario import Scenario, scenario
from securebase.model.simulate.clients import draw_clients
from securebase.model.simulate.ratings import draw_ratings, rated_constructs
from securebase.records.vocabulary import Moment
from securebase.study.table import SessionTable

Array = NDArray[np.float64]

#: share of check-ins that are not answered
MISSED = 0.05
#: mean of both ratings of the people in the inventory: how reliably on the client's side, and how honest
TIES = "ties"
#: 1 in the first of two arms, 0 in the second
ARM = "treated"


@dataclass(frozen=True)
class WebTruth:
    """A scenario with other sizes of edges, and what a study of it must conclude; "" if nothing."""

    name: str
    scenario: str
    expected: str
    sizes: Mapping[str, float] = field(default_factory=dict)
    arms: tuple[str, ...] = ()

    def load(self) -> Scenario:
        loaded = scenario(self.scenario)
        return replace(loaded, web=replace(loaded.web, sizes={**loaded.web.sizes, **self.sizes}))

    def signature(self) -> str:
        """Return a text that changes with everything that the scenario's numbers state."""
        loaded = self.load()
        web = loaded.web.build(loaded.parameter_set)
        matrices = {k: np.round(getattr(web, k), 9) for k in ("drift", "within_session", "level_residual", "noise")}
        stated: dict[str, Any] = {
            "terms": repr(web.terms),
            "happens": repr(loaded.happens),
            "set": repr(loaded.parameter_set.standardised),
            "arms": [repr(arm(name)) for name in self.arms] or repr(loaded.arms),
        }
        return as_text({**matrices, **stated})


def draw_table(truth: WebTruth, columns: Sequence[str], clients: int, cohort: int) -> SessionTable:
    """Return the ratings of one simulated cohort: weekly sessions, traits rated at the first."""
    # cohorts of different truths share their seeds, so that the truths differ in nothing else
    rng = np.random.default_rng([cohort, clients])
    drawn = draw_clients(truth.load(), n_clients=clients, rng=rng, missing=MISSED, dropout=0.0, arms=truth.arms)
    ratings, rated = draw_ratings(drawn), rated_constructs(drawn)

    def rating(name: str) -> Array:
        return np.asarray(ratings[:, :, rated.index(name)])

    values = {name: rating(name).ravel() for name in columns if name not in (TIES, ARM)}
    moments = {name: Moment(construct(name).moment) for name in values}
    if TIES in columns:
        values[TIES] = ((rating("tie_commitment") + rating("tie_objectivity")) / 2).ravel()
        moments[TIES] = Moment.BEFORE
    if ARM in columns:
        first = drawn.people.arms[0]
        values[ARM] = np.repeat([float(a is first) for a in drawn.people.arms], drawn.plan.sessions)
        moments[ARM] = Moment.BEFORE
    person = np.repeat(np.arange(clients), drawn.plan.sessions)
    return SessionTable(clients, person, drawn.days.ravel() / 7.0, values, moments, "session")
