from __future__ import annotations

import numpy as np
import pytest

from oracles import dense_verdicts
from securebase.errors import InputError
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


def test_a_pause_of_a_trillion_usual_gaps_has_no_moments_of_its_own() -> None:
    rng = np.random.default_rng(5)
    times = np.cumsum(rng.uniform(0.9, 1.1, (30, 8)), axis=1)
    times[0, 7] = 1e12  # a mistyped date; one slot for each usual gap would not fit into memory
    values = rng.normal(size=(30, 8))
    adjusted = adjust_for_common_course(Pair(values, values, times, discrete=False)).y
    assert np.isfinite(adjusted).all()


def test_the_usual_gap_is_between_rows_with_a_value() -> None:
    y = np.array([[1.0, np.nan, 2.0, 3.0]])
    assert usual_gap(Pair(y, np.full_like(y, np.nan), np.array([[0.0, 1.0, 5.0, 8.0]]), discrete=False)) == 4.0


def rows(times: list[list[float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return values, persons and times of a table whose rows are in no order."""
    person = np.concatenate([np.full(len(t), i) for i, t in enumerate(times)])
    t = np.concatenate([np.array(one) for one in times])
    order = np.random.default_rng(4).permutation(len(t))
    return (100.0 * person + t)[order], person[order], t[order]


@pytest.mark.parametrize("unit", [1.0, 7.0])
def test_rows_of_even_sessions_become_a_grid(unit: float) -> None:
    values, person, times = rows([[1, 2, 3, 4], [2, 4], [1, 3, 4]])
    pair = Pair.of_rows(values, -values, person, unit * times)
    assert pair.discrete
    nan = np.nan
    expected = [[1, 2, 3, 4], [nan, 102, nan, 104], [201, nan, 203, 204]]
    np.testing.assert_array_equal(pair.y, expected)
    np.testing.assert_array_equal(pair.x, -np.array(expected))
    np.testing.assert_array_equal(pair.times, np.broadcast_to(np.arange(4.0), (3, 4)))


def test_rows_of_irregular_weeks_keep_their_times() -> None:
    values, person, times = rows([[0.0, 1.0, 2.5], [0.4, 3.1]])
    pair = Pair.of_rows(values, values, person, times)
    assert not pair.discrete
    np.testing.assert_array_equal(pair.times, [[0.0, 1.0, 2.5], [0.4, 3.1, np.nan]])
    np.testing.assert_array_equal(pair.y[1], [100.4, 103.1, np.nan])


def test_a_long_pause_does_not_make_a_grid_of_empty_sessions() -> None:
    values, person, times = rows([[0, 1, 2, 3], [0, 1, 2, 500]])
    assert not Pair.of_rows(values, values, person, times).discrete


def test_two_rows_at_one_time_are_refused() -> None:
    with pytest.raises(InputError, match="person 0 has two rows at time 1"):
        Pair.of_rows(np.zeros(3), np.zeros(3), np.array([0, 0, 1]), np.array([1.0, 1.0, 1.0]))


def test_a_table_without_rows_is_empty() -> None:
    pair = Pair.of_rows(np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64), np.zeros(0))
    assert pair.y.shape[0] == 0
