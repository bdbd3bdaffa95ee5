from __future__ import annotations

import numpy as np

from oracles import dense_verdicts
from securebase.study.verdicts.course import MIN_VALUES, Pair, adjust_for_common_course, own_line_residuals, usual_gap


def gappy(rng: np.random.Generator, N: int = 25, T: int = 9) -> np.ndarray:
    values = rng.normal(size=(N, T)) + np.linspace(0, 2, T) ** 2 + rng.normal(size=(N, 1)) * np.arange(T)
    values[rng.random((N, T)) < 0.2] = np.nan
    values[0, 3:] = np.nan
    return values


def test_residuals_of_lines_are_those_of_polyfit() -> None:
    rng = np.random.default_rng(1)
    values = gappy(rng)
    times = np.cumsum(rng.uniform(0.5, 2.0, values.shape), axis=1)
    expected = [dense_verdicts.line_residuals(v, t, MIN_VALUES) for v, t in zip(values, times, strict=True)]
    np.testing.assert_allclose(own_line_residuals(values, times), expected, atol=1e-10)
    assert np.isnan(own_line_residuals(values, times)[0]).all()


def test_the_common_course_is_that_of_one_least_squares_fit() -> None:
    rng = np.random.default_rng(2)
    values = gappy(rng)
    pair = adjust_for_common_course(Pair.of_sessions(values, values[:, ::-1].copy()))
    lines_out = own_line_residuals(pair.y, pair.times)
    expected = dense_verdicts.course_adjusted(values, pair.times, MIN_VALUES)
    np.testing.assert_allclose(lines_out, expected, atol=1e-9)
    assert np.abs(np.nanmean(lines_out, axis=0)).max() < 1e-9


def test_sparse_sessions_are_joined_with_the_one_before() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(30, 8))
    values[9:, 7] = np.nan
    with_jump = values.copy()
    with_jump[:, 6:] += 3.0
    without = adjust_for_common_course(Pair.of_sessions(values, values)).y
    same = adjust_for_common_course(Pair.of_sessions(with_jump, with_jump)).y
    times = np.broadcast_to(np.arange(8.0), values.shape)
    np.testing.assert_allclose(own_line_residuals(same, times), own_line_residuals(without, times), atol=1e-9)


def test_the_usual_gap_is_between_rows_with_a_value() -> None:
    y = np.array([[1.0, np.nan, 2.0, 3.0]])
    assert usual_gap(Pair(y, np.full_like(y, np.nan), np.array([[0.0, 1.0, 5.0, 8.0]]), discrete=False)) == 4.0
