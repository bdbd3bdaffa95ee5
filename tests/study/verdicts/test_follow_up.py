from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from securebase.study.verdicts.adjusted import Adjusted, BesideRival
from securebase.study.verdicts.course import Pair
from securebase.study.verdicts.follow_up import PairFollowUp, conclude_follow_ups, follow_up
from securebase.study.verdicts.mixed_cause import BesideMixedCause
from securebase.study.verdicts.rule import PairVerdict, Rung, conclude_pair
from securebase.study.verdicts.straight_line import BesideBends
from securebase.study.verdicts.within import LagDirection
from truths.catalogue import TRUTHS, draw_cohort

from .tiny_truths import pair


def reading(*, bends: float = -3.0, p: float = 0.001) -> PairFollowUp:
    rivals = Adjusted({"rival": BesideRival(-0.3, -3.2, p, regular=True, is_input=False)})
    return PairFollowUp(BesideBends(-4.0, bends, 0.01, True), BesideMixedCause(-1.0, 0.2, True), rivals, None)


@cache
def leading() -> PairVerdict:
    verdict = conclude_pair(pair("true_lag", np.random.default_rng(3), 80))
    assert verdict.rung is Rung.LEADS
    return verdict


def test_a_direction_leads_adjusted_if_it_remains_beside_bends_and_rivals() -> None:
    verdict = leading()
    result = conclude_follow_ups({"a": verdict}, {"a": reading(p=0.04)})["a"]
    assert result.rung is Rung.LEADS_ADJUSTED
    assert result.direction is verdict.direction
    assert result.p == result.p_adjusted == 0.04
    assert conclude_follow_ups({"a": verdict}, {"a": reading(p=0.06)})["a"] == verdict
    assert conclude_follow_ups({"a": verdict}, {"a": replace(reading(), adjusted=Adjusted({}))})["a"] == verdict


def test_a_direction_that_rests_on_the_straight_line_is_inconclusive() -> None:
    result = conclude_follow_ups({"a": leading()}, {"a": reading(bends=-0.5)})["a"]
    assert result.rung is Rung.INCONCLUSIVE
    assert result.direction is None


def test_p_values_beside_rivals_are_corrected_over_all_pairs() -> None:
    verdict = leading()
    assert verdict.readings is not None
    unrelated = conclude_pair(pair("no_link", np.random.default_rng(1), 60))
    assert unrelated.rung is not Rung.LEADS
    refused = conclude_pair(Pair.of_sessions(np.zeros((30, 8)), np.zeros((30, 8))))
    family = {"a": verdict, "b": unrelated, "c": refused}
    result = conclude_follow_ups(family, {"a": reading(p=0.02)})
    assert result["a"].rung is Rung.LEADS_ADJUSTED
    assert result["a"].p_adjusted == 0.04
    assert conclude_follow_ups(family, {"a": reading(p=0.03)})["a"].rung is Rung.LEADS
    assert (result["b"], result["c"]) == (unrelated, refused)


def test_both_directions_are_followed_up_from_the_earlier_column() -> None:
    columns = draw_cohort(TRUTHS["confounder_measured_with_error"], 40, 0)
    data, rivals = Pair.of_sessions(columns["symptoms"], columns["alliance"]), {"stress": columns["stress"]}
    verdict, backwards = conclude_pair(data), follow_up(data.reversed, LagDirection.Y_TO_X, rivals, {})
    result = follow_up(data, LagDirection.X_TO_Y, rivals, {})
    np.testing.assert_allclose(backwards.bends.z, result.bends.z, atol=1e-3)
    assert backwards.hidden_cause == result.hidden_cause
    assert result.bends.holds
    assert result.hidden_cause is not None
    assert result.hidden_cause.measured.keys() == {"stress"}
    assert conclude_follow_ups({0: verdict}, {0: result})[0].rung is Rung.LEADS
