"""Slow lines: pairs of answers in turn, and the rule on series without and with a change."""

from __future__ import annotations

import numpy as np
import pytest

from securebase.model.states import states
from securebase.picture.attachment_phrases import line_description, line_in_words, line_values
from securebase.picture.fluctuation import ChangeOfLevel
from securebase.picture.phrases import FORBIDDEN
from securebase.picture.slow_lines import ROTATION, SLOW_CONSTRUCTS, TurnAnswer, pair_means, slow_lines
from securebase.records.episode import AdministrationRecord
from slow_course import course, joined, turns

REGULATION, CONNECTEDNESS, APPRAISAL = (5, 6), (7, 8), (9, 10)
#: Sessions in which a course asks about one construct, four apart as the rotation does.
ASKED = (3, 7, 11, 14)


def line_of(values: dict[int, float], **options: str):
    return slow_lines(joined(turns(REGULATION, values, **options)))[0]


def test_the_first_pair_is_compared_with_the_last() -> None:
    line = line_of({3: 2, 7: 4, 11: 8, 14: 9})
    assert [(pair.later.session, pair.value) for pair in line.pairs] == [(7, 3), (11, 6), (14, 8.5)]
    assert line.change is not None
    assert (line.change.first, line.change.last, line.change.result) == (3, 8.5, ChangeOfLevel.HIGHER)
    assert line_in_words(line) == "Larger than error and fluctuation."
    assert line_values(line) == "3 → 8.5"
    assert line_description(line) == (
        "Emotion regulation, means of two answers from 0 to 10. "
        "session 7: 3 ± 2.3; session 11: 6 ± 2.3; session 14: 8.5 ± 2.3."
    )


def test_a_difference_between_the_two_questions_is_no_change() -> None:
    """One question is always answered 4 points higher than the other."""
    line = line_of({3: 3, 7: 7, 11: 3, 14: 7, 16: 3})
    assert {pair.value for pair in line.pairs} == {5}
    assert line.change is not None
    assert line.change.result is ChangeOfLevel.WITHIN


@pytest.mark.parametrize(
    ("values", "needed"),
    [({}, 4), ({3: 5.0}, 3), ({3: 5.0, 7: 5.0}, 2), ({3: 5.0, 7: 5.0, 11: 5.0}, 1), (dict.fromkeys(ASKED, 5.0), 0)],
)
def test_a_line_says_how_many_more_answers_it_needs(values: dict[int, float], needed: int) -> None:
    line = line_of(values)
    assert line.needed == needed
    assert (line.change is None) == bool(needed)
    noun = "answer" if needed == 1 else "answers"
    expected = f"Not known yet: {needed} more {noun} needed." if needed else "Within error and fluctuation."
    assert line_in_words(line) == expected


def test_an_answer_is_paired_with_the_other_question_only() -> None:
    answers = [TurnAnswer(7.0 * n, n, item, float(n)) for n, item in ((1, 5), (2, 5), (3, 6), (4, 6), (5, 5))]
    assert [(p.earlier.session, p.later.session) for p in pair_means(answers)] == [(2, 3), (2, 4), (4, 5)]


def test_answers_to_an_earlier_wording_are_left_out() -> None:
    old = turns(REGULATION, {3: 1, 7: 1}, version="1")
    line = slow_lines(joined(old, turns(REGULATION, {11: 9, 14: 9}, version="2")))[0]
    assert [pair.value for pair in line.pairs] == [9]
    assert line.needed == 2


def test_every_construct_has_its_line_and_an_empty_course_has_none_to_draw() -> None:
    lines = slow_lines(joined(turns(REGULATION, {3: 2, 7: 4}), turns(APPRAISAL, {4: 5}), turns(CONNECTEDNESS, {})))
    assert [line.construct for line in lines] == list(SLOW_CONSTRUCTS)
    assert [line.needed for line in lines] == [2, 4, 3]
    assert not any(line.pairs for line in slow_lines(course()))
    assert [line_values(line) for line in lines] == ["3", "", ""]


def draw_answers(rng: np.random.Generator, n: int, construct: str, steps: np.ndarray) -> np.ndarray:
    """Return answers (n, sessions) without limits: level, movement week by week, error; steps are added."""
    state, sd, reliable = states()[construct], 2.2, 0.6
    true = sd * np.sqrt(reliable)
    moved, width = np.empty((n, 16)), np.sqrt(1 - state.level_share)
    moved[:, 0] = rng.normal(0, width, n)
    for week in range(1, 16):
        shock = rng.normal(0, width * np.sqrt(1 - state.persistence**2), n)
        moved[:, week] = state.persistence * moved[:, week - 1] + shock
    level = rng.normal(5, true * np.sqrt(state.level_share), n)[:, None]
    asked = [session - 1 for session in ASKED]
    answers = level + true * moved[:, asked] + rng.normal(0, sd * np.sqrt(1 - reliable), (n, 4))
    # the second question is easier by a point and a half
    return answers + np.array([0.0, 1.5, 0.0, 1.5]) + steps


def claim_rates(rng: np.random.Generator, n: int, steps: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the share of clients with a claim on each line, and on any."""
    drawn = [draw_answers(rng, n, construct, steps) for construct in SLOW_CONSTRUCTS]
    claimed = np.zeros((n, 3), dtype=bool)
    for i in range(n):
        groups = [
            _unlimited(pair, answers[i])
            for pair, answers in zip((REGULATION, CONNECTEDNESS, APPRAISAL), drawn, strict=True)
        ]
        changes = [line.change for line in slow_lines(joined(*groups))]
        claimed[i] = [change is not None and change.is_claimed for change in changes]
    return claimed.mean(axis=0), float(claimed.any(axis=1).mean())


def _unlimited(pair: tuple[int, int], values: np.ndarray) -> list[AdministrationRecord]:
    return [
        AdministrationRecord(ROTATION, 7.0 * (session - 1), session=session, responses={pair[i % 2]: float(values[i])})
        for i, session in enumerate(ASKED)
    ]


def test_lines_without_a_change_are_claimed_in_five_percent_of_clients() -> None:
    """Three lines together; the movement of the weeks between the answers is counted."""
    each, any_line = claim_rates(np.random.default_rng(8), 3000, np.zeros(4))
    assert 0.038 < any_line < 0.057
    assert each.max() < 0.026


def test_a_real_change_is_claimed_as_often_as_the_documentation_says() -> None:
    rates = {}
    for points in (3, 4, 5):
        each, _ = claim_rates(np.random.default_rng(points), 1200, np.array([0.0, 0.0, points, points]))
        rates[points] = each
    for points, (low, high) in {3: (25, 35), 4: (48, 61), 5: (71, 84)}.items():
        assert np.all((100 * rates[points] > low) & (100 * rates[points] < high)), rates


def test_no_sentence_has_a_forbidden_word() -> None:
    for values in ({3: 2.0, 7: 4.0}, {3: 2.0, 7: 4.0, 11: 9.0, 14: 9.0}, dict.fromkeys(ASKED, 5.0)):
        line = line_of(values)
        text = f" {line_in_words(line)} {line_description(line)} ".lower()
        assert not [word for word in FORBIDDEN if word in text]
