"""Moderation of the gain against least squares by hand, and against truths in which one of two regressions is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from question_truths import draw_gains, question_data
from securebase.study.questions.gain import GainAnswer, GainModeration, first_and_last
from securebase.study.questions.question import QuestionData

LABELS = {"x": "Relational capacity", "y": "Symptoms"}


def answer(data: QuestionData) -> GainAnswer:
    return GainModeration("x").answer(data)


def test_both_coefficients_are_those_of_least_squares() -> None:
    data = draw_gains(1, gain=0.3)
    y = data.table.values["y"].reshape(80, -1)
    x = data.table.values["x"].reshape(80, -1)[:, 0]
    unit, scale = y[:, 0].std(ddof=1), x.std(ddof=1)
    columns = np.column_stack([np.ones(80), x, y[:, 0]])
    adjusted = np.linalg.lstsq(columns, y[:, -1], rcond=None)[0][1] * scale / unit
    change = np.polyfit(x, y[:, -1] - y[:, 0], 1)[0] * scale / unit
    result = answer(data)
    assert result.adjusted is not None
    assert result.change is not None
    assert (result.adjusted.estimate, result.change.estimate) == pytest.approx((adjusted, change))
    # errors robust to unequal variances (HC1), written out
    residuals = y[:, -1] - columns @ np.linalg.lstsq(columns, y[:, -1], rcond=None)[0]
    bread = np.linalg.inv(columns.T @ columns)
    covariance = bread @ (columns.T * residuals**2) @ columns @ bread * 80 / 77
    assert result.adjusted.standard_error == pytest.approx(np.sqrt(covariance[1, 1]) * scale / unit, rel=1e-6)


@pytest.mark.parametrize("truth", [{}, {"shared": 0.0}, {"proportional": 0.5}, {"error": 1.0}])
def test_neither_error_of_the_first_rating_nor_proportional_change_passes_for_moderation(
    truth: dict[str, float],
) -> None:
    """Each regression alone is wrong in up to 57% of these tables; both together in at most 5%."""
    assert sum(answer(draw_gains(seed, **truth)).sign != 0 for seed in range(60)) <= 7


@pytest.mark.parametrize(("gain", "sign"), [(0.6, 1), (-0.6, -1)])
def test_a_true_moderation_is_stated_with_its_direction(gain: float, sign: int) -> None:
    assert sum(answer(draw_gains(seed, gain=gain)).sign == sign for seed in range(20)) >= 15


def test_the_first_and_the_last_value_are_those_that_were_rated() -> None:
    y = np.array([[np.nan, 3.0, 5.0, np.nan], [np.nan, np.nan, 4.0, np.nan], [np.nan] * 4])
    first, last, time = first_and_last(question_data({"y": y}).table, "y")
    np.testing.assert_array_equal(first, [3.0, 4.0, np.nan])
    np.testing.assert_array_equal(last, [5.0, 4.0, np.nan])
    np.testing.assert_array_equal(time, [1.0, 0.0, np.nan])


def test_a_longer_course_is_adjusted_for() -> None:
    """Persons with more x stay longer and fall further, at the same pace."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=200)
    length = np.clip(np.rint(8 + 2 * x), 3, 15).astype(int)
    y = 10.0 - 0.3 * np.arange(16) + 0.2 * rng.normal(size=(200, 16))
    y[np.arange(16) >= length[:, None]] = np.nan
    result = answer(question_data({"x": np.repeat(x[:, None], 16, axis=1), "y": y}))
    assert result.change is not None
    assert abs(result.change.estimate) < 3 * result.change.standard_error


def test_too_few_persons_and_a_constant_moderator_give_no_figure() -> None:
    constant = draw_gains(1)
    ones = question_data({"x": np.ones((80, 10)), "y": constant.table.values["y"].reshape(80, -1)})
    for data in (draw_gains(1, n=19), ones):
        result = answer(data)
        assert (result.adjusted, result.change, result.sign) == (None, None, 0)
        assert "cannot be estimated here (20 persons" in result.in_words(LABELS)
        assert result.figures_in_words(LABELS) == ""


def test_the_sentences_say_who_improves_more() -> None:
    more, less = answer(draw_gains(1, gain=0.8)), answer(draw_gains(1, gain=-0.8))
    assert more.in_words(LABELS) == "Persons who begin with a higher Relational capacity improve more in Symptoms."
    assert less.in_words(LABELS).endswith("improve less in Symptoms.")
    assert answer(draw_gains(2)).in_words(LABELS).endswith("inconclusive.")
    assert more.figures_in_words(LABELS).endswith("80 persons.")
