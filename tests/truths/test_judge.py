from __future__ import annotations

import pytest

from truths.catalogue import TRUTHS
from truths.judge import Conclusion, judge

A_TO_S, S_TO_A = ("alliance", "symptoms"), ("symptoms", "alliance")
OPEN = (Conclusion(*A_TO_S, "together"), Conclusion(*S_TO_A, "inconclusive"))


def leads(pair: tuple[str, str], sign: int = -1, rung: str = "leads", **flags: bool) -> Conclusion:
    return Conclusion(*pair, rung, sign, **flags)


@pytest.mark.parametrize("truth", TRUTHS)
def test_nothing_concluded_is_withheld(truth: str) -> None:
    assert judge(TRUTHS[truth], OPEN).outcome == "withheld"


@pytest.mark.parametrize(
    ("truth", "conclusions", "outcome"),
    [
        ("no_link", [leads(A_TO_S), OPEN[1]], "wrong"),
        ("alliance_first", [leads(A_TO_S), OPEN[1]], "right"),
        ("alliance_first", [leads(A_TO_S, 1), OPEN[1]], "wrong"),
        ("alliance_first", [leads(A_TO_S), leads(S_TO_A)], "wrong"),
        ("alliance_first", [leads(A_TO_S, attenuates=True), OPEN[1]], "wrong"),
        ("alliance_first", [Conclusion(*A_TO_S, "inconclusive", attenuates=True)], "wrong"),
        ("alliance_first", [leads(A_TO_S, rung="leads_adjusted")], "right"),
        # the association of one occasion may attenuate where the link holds at the other
        ("symptoms_first", [Conclusion(*S_TO_A, "inconclusive", attenuates=True, occasion="next")], "wrong"),
        ("symptoms_first", [Conclusion(*S_TO_A, "inconclusive", attenuates=True, occasion="same")], "withheld"),
        ("shared_bend", [Conclusion(*A_TO_S, "inconclusive", attenuates=True)], "withheld"),
        ("symptoms_first_in_session", [OPEN[0], leads(S_TO_A)], "right"),
        # the weaker of two opposite links: right where it is told, never asked for
        ("each_follows_the_other", [leads(A_TO_S), OPEN[1]], "right"),
        ("each_follows_the_other", [OPEN[0], leads(S_TO_A)], "withheld"),
        # an earlier confounder: the warning excuses "leads", and no adjustment does
        ("confounder_a_week_earlier", [leads(A_TO_S, warned=True), OPEN[1]], "warned"),
        ("confounder_a_week_earlier", [leads(A_TO_S), OPEN[1]], "wrong"),
        ("confounder_a_week_earlier", [leads(S_TO_A, warned=True)], "wrong"),
        ("confounder_measured_with_error", [leads(A_TO_S, rung="leads_adjusted", warned=True)], "wrong"),
        ("follower", [leads(A_TO_S), leads(("empathy", "symptoms"), warned=True)], "warned"),
        ("follower", [leads(A_TO_S), leads(("empathy", "symptoms"), rung="leads_adjusted", warned=True)], "wrong"),
        ("reversed_copy", [leads(A_TO_S)], "wrong"),
        # a true cause of the switch, but a column that switches once is refused
        ("switch_after_a_bad_week", [leads(("symptoms", "medication"), 1)], "wrong"),
        ("switch_after_a_bad_week", [Conclusion("medication", "symptoms", "refused")], "withheld"),
    ],
)
def test_conclusions_are_judged(truth: str, conclusions: list[Conclusion], outcome: str) -> None:
    assert judge(TRUTHS[truth], conclusions).outcome == outcome


def test_pairs_are_judged_one_by_one() -> None:
    judgement = judge(TRUTHS["each_follows_the_other"], [leads(A_TO_S), leads(S_TO_A)])
    assert judgement.outcome == "right"
    assert judgement.pairs == {A_TO_S: "right", S_TO_A: "right"}


@pytest.mark.parametrize(("rung", "sign"), [("leads", 0), ("together", -1), ("persists", 1)])
def test_a_conclusion_has_a_sign_exactly_with_a_direction(rung: str, sign: int) -> None:
    with pytest.raises(ValueError, match="rung"):
        Conclusion(*A_TO_S, rung, sign)
