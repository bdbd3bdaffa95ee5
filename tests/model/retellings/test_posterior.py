"""One story among many, against a dense grid and draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from oracles.dense_stories import dense_posterior, expected_ratings
from securebase.errors import InputError
from securebase.model.retellings import RetellingRow, story_posterior
from story_rows import PARAMETERS

ROWS = [
    RetellingRow("fire", "c", 0.0, 85.0, 60.0),
    RetellingRow("fire", "c", 7.0, 70.0, 48.0),
    RetellingRow("fire", "c", 21.0, 62.0, 40.0),
]

#: fall, return and posterior weight on a dense grid
_, FALLS, RETURNS, WEIGHTS = dense_posterior(ROWS, PARAMETERS, points=41)


def test_fall_and_return_are_those_of_a_dense_grid() -> None:
    posterior = story_posterior(ROWS, PARAMETERS)
    for estimate, values, share in (
        (posterior.within, FALLS[:, 0], WEIGHTS.sum(axis=1)),
        (posterior.returns, RETURNS[0], WEIGHTS.sum(axis=0)),
    ):
        below = np.cumsum(share) - 0.5 * share
        expected = np.interp([0.5, 0.05, 0.95], below, values)
        assert (estimate.value, estimate.low, estimate.high) == pytest.approx(expected, abs=0.004)


def test_the_band_holds_the_share_of_drawn_courses_that_it_states() -> None:
    posterior = story_posterior(ROWS, PARAMETERS, level=0.8)
    course = posterior.course
    assert course is not None
    rng = np.random.default_rng(1)
    drawn = rng.choice(WEIGHTS.size, 2000, p=WEIGHTS.ravel())
    y = np.array([value for row in ROWS for value in (row.peak, row.end)])
    retold = course.retellings
    inside = np.zeros(3)
    for j in drawn:
        a = np.array(expected_ratings(ROWS, FALLS.ravel()[j], RETURNS.ravel()[j], PARAMETERS.learned))
        # peak_0 given fall and return, by the textbook formula for a normal mean
        precision = 1 / PARAMETERS.spread**2 + a @ a / PARAMETERS.error**2
        mean = (PARAMETERS.peak / PARAMETERS.spread**2 + a @ y / PARAMETERS.error**2) / precision
        peaks = a[::2] * (mean + rng.standard_normal() / np.sqrt(precision))
        inside += [course.low[i] <= peak <= course.high[i] for i, peak in zip(retold, peaks, strict=True)]
    assert inside / len(drawn) == pytest.approx(0.8, abs=0.03)


def test_the_curve_falls_at_each_retelling_and_returns_until_the_next() -> None:
    course = story_posterior(ROWS, PARAMETERS).course
    assert course is not None
    retold = course.retellings
    assert [course.days[i] for i in retold] == [0.0, 7.0, 21.0]
    assert all(course.median[i + 1] < course.median[i] for i in retold)
    assert all(np.diff(course.median[retold[0] + 1 : retold[1] + 1]) > 0)
    assert all(lo < mid < hi for lo, mid, hi in zip(course.low, course.median, course.high, strict=True))


def test_several_errors_are_mixed_by_how_well_they_explain_the_ratings() -> None:
    errors = (4.0, 12.0)
    _, w, _, _ = dense_posterior(ROWS, PARAMETERS, points=41)
    parts = [dense_posterior(ROWS, replace(PARAMETERS, error=error), points=41) for error in errors]
    chances = np.exp([part[0] for part in parts])
    share = sum(chance * part[3] for chance, part in zip(chances / chances.sum(), parts, strict=True)).sum(axis=1)
    expected = np.interp([0.5, 0.05, 0.95], np.cumsum(share) - 0.5 * share, w[:, 0])
    within = story_posterior(ROWS, PARAMETERS, errors=errors).within
    assert (within.value, within.low, within.high) == pytest.approx(expected, abs=0.004)


def test_ratings_that_jump_widen_the_band() -> None:
    jumping = [
        replace(row, peak=row.peak + 15 * (-1) ** k, end=(row.end or 0) + 15 * (-1) ** k) for k, row in enumerate(ROWS)
    ]
    calm, wild = (story_posterior(rows, PARAMETERS, errors=(4.0, 8.0, 16.0)).course for rows in (ROWS, jumping))
    assert calm is not None
    assert wild is not None
    assert wild.high[0] - wild.low[0] > 1.5 * (calm.high[0] - calm.low[0])


def test_two_retellings_give_no_curve() -> None:
    posterior = story_posterior(ROWS[:2], PARAMETERS)
    assert posterior.course is None
    assert posterior.returns.high - posterior.returns.low > 0.2


def test_without_retellings_of_use_the_clinic_speaks() -> None:
    posterior = story_posterior([RetellingRow("fire", "c", 0.0, 80.0)], PARAMETERS)
    assert posterior.within.value == pytest.approx(PARAMETERS.within, abs=1e-3)
    # 90% of a normal with SD .4 on the logit: ± .658
    assert posterior.within.high == pytest.approx(0.5097, abs=5e-3)


def test_rows_of_two_stories_are_refused() -> None:
    with pytest.raises(InputError, match=r"retellings of one story \(got 2 stories\)"):
        story_posterior([*ROWS, RetellingRow("flood", "c", 0.0, 50.0)], PARAMETERS)
