"""The outcome of one course: categories of change by hand, sudden gains that were reversed, and thresholds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from securebase.measurement import catalogue
from securebase.measurement.change import ChangeRules, can_show_sudden_gain, change_rules, is_reversed, sudden_gains
from securebase.measurement.constructs import Direction
from securebase.measurement.course_outcome import ChangeCategory, SuddenChanges, course_outcome

PHQ9 = change_rules(catalogue.instrument("phq9").scale("total"))
ORS = change_rules(catalogue.instrument("ors").scale("total"))


@pytest.mark.parametrize(
    ("first", "last", "category"),
    [
        (18, 8, "recovered"),  # 10 points down, from 10 or more to below 10
        (18, 12, "improved"),  # 6 points down, still in the clinical range
        (8, 1, "improved"),  # began in the healthy range
        (12, 9, "unchanged"),  # crosses the cut-off by 3 points, within measurement error
        (18, 24, "deteriorated"),
        (2, 8, "deteriorated"),  # 6 points up, still in the healthy range
        (5, 12, "harmed"),
    ],
)
def test_the_categories_of_change_on_the_phq9(first: float, last: float, category: str) -> None:
    outcome = course_outcome([first, None, last], PHQ9)
    assert outcome is not None
    assert outcome.category == category
    assert outcome.began_clinical is (first >= 10)
    assert outcome.change.clinically_significant is (None if first < 10 else category == "recovered")


def test_a_course_needs_two_scores_and_a_category_needs_both_thresholds() -> None:
    assert course_outcome([None, 18, None], PHQ9) is None
    for rules in (replace(PHQ9, cutoff=None), replace(PHQ9, reliable_change=None)):
        outcome = course_outcome([18, 8], rules)
        assert outcome is not None
        assert outcome.category is None


def test_without_a_cut_off_the_remission_threshold_decides_who_began_ill() -> None:
    rules = change_rules(catalogue.instrument("hdrs17").scale("total"))
    assert (rules.cutoff, rules.remission_below) == (None, 8)
    began = [outcome.began_clinical for first in (7, 8) if (outcome := course_outcome([first, 3], rules))]
    assert began == [False, True]
    nothing = course_outcome([7, 3], ChangeRules(Direction.HIGHER_IS_WORSE))
    assert nothing is not None
    assert (nothing.began_clinical, nothing.sudden, nothing.change.verdict) == (None, None, "unknown")


def test_a_disputed_cut_off_decides_nothing_but_that_change_is_within_error() -> None:
    assert ORS.cutoff_disputed
    assert ORS.cutoff == 25
    outcomes = [course_outcome(scores, ORS) for scores in ((15, 25), (25, 27), (15, 26))]
    assert [o and o.category for o in outcomes] == [None, ChangeCategory.UNCHANGED, ChangeCategory.RECOVERED]
    assert [o and o.began_clinical for o in outcomes] == [True, None, True]


@pytest.mark.parametrize(
    ("later", "lost"),
    [([10, 11], False), ([20, 9], False), ([21, 9], True), ([None, 30], True), ([], False)],
)
def test_a_gain_is_reversed_when_half_of_it_is_lost_at_any_later_session(later: list[float], lost: bool) -> None:
    values = [32, 31, 33, 9, 8, *later]
    (gain,) = (g for g in sudden_gains([32, 31, 33, 9, 8, 10], cutoff=7) if g.after == 2)
    # half of the fall from 33 to 9 is 12: at 21, half is lost
    assert is_reversed(gain, values) is lost
    mirrored = [None if v is None else 63 - v for v in values]
    assert is_reversed(gain, mirrored, higher_is_worse=False) is lost


def test_a_loss_is_reversed_when_half_of_it_is_made_good() -> None:
    (loss,) = sudden_gains([9, 8, 9, 25, 26, 25], cutoff=7)
    assert loss.loss
    assert not is_reversed(loss, [9, 8, 9, 25, 26, 18])
    assert is_reversed(loss, [9, 8, 9, 25, 26, 17])


def test_a_course_with_a_gain_and_too_few_scores_for_one() -> None:
    outcome = course_outcome([20, 19, 20, 8, 7, 9, 18], PHQ9)
    assert outcome is not None
    assert outcome.sudden == SuddenChanges(gain=True, loss=False, gain_reversed=True, loss_reversed=False)
    short = course_outcome([20, 8, 7], PHQ9)
    assert short is not None
    assert short.sudden is None


@pytest.mark.parametrize(
    ("values", "can"),
    [([1, 2, 3, 4], True), ([1, 2, 3], False), ([1, None, 3, 4, None, 6], True), ([1, None, 3, None, 5], False)],
)
def test_the_criteria_need_two_scores_on_either_side(values: list[float | None], can: bool) -> None:
    assert can_show_sudden_gain(values) is can
