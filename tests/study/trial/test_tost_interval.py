"""The 90% interval of an effect agrees with the two one-sided tests."""

from __future__ import annotations

import dataclasses

import pytest
from scipy import stats

from securebase.study.questions.question import AnswerInterval
from securebase.study.trial.effects import ArmEffect


@pytest.mark.parametrize("estimate", [-0.12, 0.0, 0.1, 0.19])
@pytest.mark.parametrize("error", [0.03, 0.06, 0.1])
def test_the_interval_lies_within_the_margins_exactly_if_both_tests_reject(estimate: float, error: float) -> None:
    fields = {f.name: None for f in dataclasses.fields(ArmEffect)}
    g = AnswerInterval(estimate, error, estimate - 2 * error, estimate + 2 * error)
    effect = ArmEffect(**fields | {"g": g, "df": 40.0, "margin": 0.2})
    low, high = effect.tost_interval.lower, effect.tost_interval.upper
    assert (low + high) / 2 == pytest.approx(estimate)
    tests = [stats.t.sf((0.2 + sign * estimate) / error, 40.0) for sign in (1, -1)]
    assert (low > -0.2 and high < 0.2) is bool(max(tests) < 0.05)
