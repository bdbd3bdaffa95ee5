"""Seven claims about mediation: the path is reported where the simulator has it, and not where it is switched off.

The twin without the path has the same clients, and no edge of the web into the mediator; or it is a scenario without
one of its steps.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mediation_tables import ask, edges_into, simulated
from securebase.study.mediation.question import MediationKind

LEVELS = MediationKind.LEVELS
N = 1500


def supported(
    columns: Sequence[str],
    kind: MediationKind,
    *,
    scenario: str = "pillars",
    without: Sequence[str] = (),
    serial: bool = False,
) -> set[tuple[str, ...]]:
    """Return the reported routes of cause, mediators and outcome."""
    cause, *mediators, outcome = columns
    table = simulated(scenario, columns, n=N, seed=2, without=without)
    return set(ask(table, cause, mediators, outcome, kind, serial=serial).supported)


@pytest.mark.parametrize(
    ("claim", "cause", "mediators", "without"),
    [
        # the alliance moves with nothing there; in the other scenario it is the only one that acts on symptoms
        ("S38", "alliance", ("interpersonal_stress", "interpersonal_skills"), "co_trend_only"),
        ("S65", "interpersonal_stress", ("social_support",), "alliance_sufficient"),
        ("S94", "emotional_processing", ("social_support", "interpersonal_stress"), "alliance_sufficient"),
    ],
)
def test_paths_within_clients(claim: str, cause: str, mediators: tuple[str, ...], without: str) -> None:
    columns = (cause, *mediators, "symptoms")
    assert supported(columns, MediationKind.WITHIN) == {(name,) for name in mediators}, claim
    assert supported(columns, MediationKind.WITHIN, scenario=without) == set(), claim


def test_security_works_through_self_appraisal_and_regulation() -> None:
    """S60 and S103; paths through support remain, as no edge into it is switched off."""
    columns = ("attachment_security", "self_appraisal", "emotion_regulation", "social_support", "symptoms")
    both = {("self_appraisal",), ("emotion_regulation",)}
    assert supported(columns, LEVELS) == both | {("social_support",)}
    without = edges_into("self_appraisal", "emotion_regulation")
    assert supported(columns, LEVELS, without=without) == {("social_support",)}


def test_anxious_clients_ask_less_clearly_and_get_less_support() -> None:
    """S79, a chain."""
    columns = ("attachment_anxiety", "support_seeking", "social_support", "symptoms")
    assert supported(columns, LEVELS, serial=True) == {("support_seeking", "social_support")}
    assert supported(columns, LEVELS, serial=True, without=edges_into("support_seeking")) == set()


def test_insecure_clients_have_more_stress_by_two_routes() -> None:
    """S107. Fear of rejection (attachment anxiety) keeps some of its effect: it acts on trust and seeking too."""
    columns = ("attachment_security", "attachment_anxiety", "network_size", "interpersonal_stress")
    assert supported(columns, LEVELS) == {("attachment_anxiety",), ("network_size",)}
    assert ("network_size",) not in supported(columns, LEVELS, without=edges_into("network_size"))
    cause, *mediators, outcome = columns
    with_fear, without_fear = (
        ask(simulated("pillars", columns, n=N, seed=2, without=off), cause, mediators, outcome, LEVELS)
        for off in ((), ("anxious_stress_level",))
    )
    fear, rest = with_fear.main.routes[0].effect, without_fear.main.routes[0].effect
    assert fear.estimate < 0.7 * rest.estimate < 0
