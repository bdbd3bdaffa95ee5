"""Conclusions about two arms: equivalence, difference, corrections, and the persons that would settle them."""

from __future__ import annotations

import pytest

from question_truths import draw_trial
from securebase.model.distributions import normal_quantile, normal_tail, t_quantile
from securebase.study.questions.arms import TreatmentArms
from securebase.study.questions.question import AnswerInterval
from securebase.study.trial.effects import ArmEffect, ArmsConclusion, apply_holm

BETTER, WORSE, _, _, EQUIVALENT, INCONCLUSIVE = ArmsConclusion


def conclusion(seed: int, **truth: float) -> ArmsConclusion:
    """Return the conclusion of one trial with a margin of .40, for which few persons are enough."""
    answer = TreatmentArms(0.4, reference="old").answer(draw_trial(seed, **truth))  # type: ignore[arg-type]
    return answer.primary[0].conclusion


def test_arms_are_equivalent_when_the_90_percent_interval_lies_within_the_margin() -> None:
    for seed in range(8):
        effect = TreatmentArms(0.3).answer(draw_trial(seed, n=120)).primary[0]
        half = t_quantile(0.95, effect.df) * effect.g.standard_error
        assert (effect.conclusion is EQUIVALENT) == (abs(effect.g.estimate) + half < 0.3)


def test_no_difference_is_seldom_called_better_or_worse() -> None:
    """At 5%, 10 or more of 80 trials would be a chance of 1 in 100."""
    conclusions = [conclusion(seed, n=30) for seed in range(80)]
    assert sum(c in (BETTER, WORSE) for c in conclusions) <= 9


def test_a_difference_as_large_as_the_margin_is_seldom_called_equivalent() -> None:
    """At 5%, 9 or more of 60 trials would be a chance of 1 in 200."""
    assert sum(conclusion(seed, n=60, effect=0.4) is EQUIVALENT for seed in range(60)) <= 8
    # but no difference is, with more persons
    assert sum(conclusion(seed, n=120) is EQUIVALENT for seed in range(20)) >= 14


def test_a_large_difference_has_its_direction() -> None:
    assert {conclusion(seed, effect=1.0) for seed in range(5)} == {BETTER}
    assert {conclusion(seed, effect=-1.0) for seed in range(5)} == {WORSE}


def effect_of(g: float, error: float, *, p: float = 0.5, p_equivalence: float = 0.5) -> ArmEffect:
    interval = AnswerInterval.of_t(g, error, 100)
    return ArmEffect(
        "y", "new", "old", True, True, 50, 50, interval, interval, None, interval, 1.0, 0.2, 100.0, p, p_equivalence
    )


def test_both_questions_are_corrected_over_pairs_and_outcomes() -> None:
    first, second = apply_holm([effect_of(0.5, 0.2, p=0.03), effect_of(0.5, 0.2, p=0.04)])
    assert (first.p_adjusted, second.p_adjusted) == (0.06, 0.06)
    assert first.conclusion is INCONCLUSIVE
    assert apply_holm([effect_of(0.5, 0.2, p=0.03)])[0].conclusion is BETTER
    alike = [effect_of(0.0, 0.05, p_equivalence=0.03), effect_of(0.0, 0.05, p_equivalence=0.02)]
    assert [e.p_equivalence_adjusted for e in apply_holm(alike)] == [0.04, 0.04]


def test_a_difference_within_the_margin_is_equivalent_although_it_is_significant() -> None:
    (effect,) = apply_holm([effect_of(0.1, 0.03, p=0.001, p_equivalence=0.001)])
    assert effect.differs
    assert effect.conclusion is EQUIVALENT


def test_the_persons_named_have_a_power_of_80_percent() -> None:
    (effect,) = apply_holm([effect_of(0.3, 0.2)])
    assert effect.persons_for_difference is not None
    assert effect.persons_for_equivalence is not None
    error = 0.2 * (50 / effect.persons_for_difference) ** 0.5
    assert normal_tail(normal_quantile(0.975) - 0.3 / error) == pytest.approx(0.8, abs=0.01)
    error = 0.2 * (50 / effect.persons_for_equivalence) ** 0.5
    # without a difference, both one-sided tests succeed
    assert 1 - 2 * normal_tail(0.2 / error - normal_quantile(0.95)) == pytest.approx(0.8, abs=0.01)


def test_no_sample_is_named_for_what_no_sample_would_settle() -> None:
    (effect,) = apply_holm([effect_of(0.001, 0.2)])
    assert effect.persons_for_difference is None
    (concluded,) = apply_holm([effect_of(0.5, 0.2, p=0.001)])
    assert concluded.persons_for_equivalence is None
