"""The package’s own scenarios as truths of the benchmark, from its own simulator."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from securebase.model.expectation import Sign
from securebase.model.observations import panel
from securebase.model.scenario import scenario
from securebase.model.simulate import simulate
from truths.parts import SESSIONS
from truths.truth import ALLIANCE, SYMPTOMS, Columns, Rng, TrueLink, Truth

#: scenario → the process that it is about
FOCUS = {
    "co_trend_only": ALLIANCE,
    "reverse_only": ALLIANCE,
    "common_cause_only": ALLIANCE,
    "alliance_sufficient": ALLIANCE,
    "alliance_as_gate": ALLIANCE,
    "one_mechanism": "social_support",
    "all_four_equal": "social_support",
    "relapse_on_withdrawal": "social_support",
}
MECHANISMS = ("social_support", "interpersonal_stress", "emotional_processing", "interpersonal_skills")


def draw(name: str, columns: Sequence[str], persons: int, rng: Rng) -> Columns:
    """Simulate one cohort during therapy: column → (persons, sessions)."""
    cohort = simulate(scenario(name), n_clients=persons, rng=rng, sessions=SESSIONS)
    rows = panel(cohort, columns)
    person = np.repeat(np.arange(rows.n_persons), np.diff(rows.starts))
    in_therapy = (rows.wave >= 1) & (rows.wave <= SESSIONS)
    drawn = {}
    for k, construct in zip(rows.reference_columns, rows.constructs, strict=True):
        values = np.full((rows.n_persons, SESSIONS), np.nan)
        scored = in_therapy & np.isfinite(rows.scores[:, k])
        values[person[scored], rows.wave[scored] - 1] = rows.scores[scored, k]
        drawn[construct] = values
    return drawn


def truth_of(name: str, processes: Sequence[str]) -> Truth:
    """Return a scenario as a truth of symptoms and some processes: its direct effects hold.

    Those that it is expected to show can be told; of two opposite ones, the stronger. A column that shares its shocks
    with another one that moves symptoms passes on what that one does.
    """
    source = scenario(name)
    model, expected = source.parameter_set.standardised, source.expects.effects
    sizes = {pair: size for pair, size in model.effects.items() if size and SYMPTOMS in pair}

    def can_be_told(earlier: str, later: str) -> bool:
        is_stronger = abs(sizes[earlier, later]) >= abs(sizes.get((later, earlier), 0.0))
        return expected.get((earlier, later), Sign.NONE) is not Sign.NONE and is_stronger

    links = tuple(
        TrueLink(
            earlier,
            later,
            "same" if earlier == SYMPTOMS else "next",
            1 if size > 0 else -1,
            tellable=can_be_told(earlier, later),
        )
        for (earlier, later), size in sizes.items()
        if {earlier, later} <= {SYMPTOMS, *processes}
    )
    movers = {earlier for earlier, later in sizes if later == SYMPTOMS}
    together = [{*pair} for pair, correlation in model.state_correlation.items() if correlation]
    followers = tuple(
        (column, SYMPTOMS)
        for column in processes
        if column not in movers and any({column, mover} in together for mover in movers)
    )
    several = len(processes) > 1
    return Truth(
        f"{name}_six" if several else name,
        "",
        f"{source.name}{', six columns' if several else f': {processes[0]}'}".replace("_", " "),
        partial(draw, name, (SYMPTOMS, *processes)),
        links,
        followers,
        moments=((SYMPTOMS, "before"), *((column, "after") for column in processes)),
    )


#: each with the process that it is about, and with all
PRODUCT = tuple(truth_of(name, (process,)) for name, process in FOCUS.items())
PRODUCT_SIX = tuple(truth_of(name, (ALLIANCE, *MECHANISMS)) for name in FOCUS)
#: truth → the numbers of its scenario, which no module holds
SIGNATURES = {
    truth.name: repr((source.parameter_set.standardised, source.happens, source.course))
    for truths in (PRODUCT, PRODUCT_SIX)
    for truth, source in zip(truths, map(scenario, FOCUS), strict=True)
}
