"""Rates of dropout against published intervals, and tipping points against the shift of a mean by hand."""

from __future__ import annotations

import numpy as np
import pytest

from question_truths import draw_trial
from securebase.study.questions.arms import TreatmentArms
from securebase.study.trial.dropout import DropoutDifference, DropoutRate, WorseIn, adjust_by_delta
from securebase.study.trial.effects import ArmsConclusion


def test_intervals_of_rates_are_the_published_ones() -> None:
    """Newcombe (1998), Statistics in Medicine 17: 56 of 70 and 48 of 80, method 10: .0524 to .3339."""
    first, second = DropoutRate.of("a", 56, 70), DropoutRate.of("b", 48, 80)
    difference = DropoutDifference.of(first, second)
    assert (difference.difference, difference.lower, difference.upper) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    # Wilson's interval holds the rates p with |p̂ − p| ≤ 1.96 √(p (1 − p) / n)
    for p in (first.lower, first.upper):
        assert abs(0.8 - p) == pytest.approx(1.959964 * np.sqrt(p * (1 - p) / 70))
    assert (DropoutRate.of("a", 0, 20).lower, DropoutRate.of("a", 20, 20).upper) == (0.0, 1.0)


def test_persons_who_are_worse_by_delta_move_their_arm_by_their_share() -> None:
    effect = TreatmentArms(reference="old").answer(draw_trial(1)).primary[0]
    rates = DropoutRate.of("new", 30, 100), DropoutRate.of("old", 20, 100)
    shifted = adjust_by_delta(effect, rates, (0.5, 0.0)).g.estimate
    assert shifted == pytest.approx(effect.g.estimate - 0.5 * 0.3)
    shifted = adjust_by_delta(effect, rates, (0.0, 0.5)).g.estimate
    assert shifted == pytest.approx(effect.g.estimate + 0.5 * 0.2)
    same = adjust_by_delta(effect, rates, (0.0, 0.0))
    assert same.p_adjusted == pytest.approx(effect.p_adjusted)


def test_the_tipping_point_is_the_smallest_delta_that_changes_the_conclusion() -> None:
    answer = TreatmentArms(reference="old").answer(draw_trial(3, n=120, effect=0.45))
    effect, rates = answer.primary[0], (answer.dropout[1], answer.dropout[0])
    assert effect.conclusion is ArmsConclusion.BETTER
    points = {point.worse_in: point for point in answer.tipping_points}
    tipping = points[WorseIn.ARM]
    assert tipping.delta is not None
    assert adjust_by_delta(effect, rates, (tipping.delta, 0.0)).conclusion is tipping.becomes
    assert adjust_by_delta(effect, rates, (tipping.delta - 0.05, 0.0)).conclusion is ArmsConclusion.BETTER
    # worse persons in the reference make the arm look better still
    assert points[WorseIn.REFERENCE].delta is None
