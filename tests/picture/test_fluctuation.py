"""Error and ordinary fluctuation against a covariance matrix written out, and against drawn series."""

from __future__ import annotations

import numpy as np
import pytest

from securebase.model.states import states
from securebase.picture.fluctuation import (
    ASSUMED,
    BAR,
    ELLIPSE,
    AssumedRating,
    ChangeOfLevel,
    compare_levels,
    fluctuation_sd,
)

RATING = AssumedRating(2.0, 0.7, "a test")


def covariance(construct: str, days: list[float], sd: float, reliability: float) -> np.ndarray:
    """Return the covariance of ratings without their common level, entry by entry."""
    state = states()[construct]
    matrix = np.zeros((len(days), len(days)))
    for i, one in enumerate(days):
        for j, other in enumerate(days):
            weeks = abs(one - other) / 7
            matrix[i, j] = sd**2 * reliability * (1 - state.level_share) * state.persistence**weeks
            matrix[i, j] += sd**2 * (1 - reliability) * (i == j)
    return matrix


@pytest.mark.parametrize("construct", ["attachment_anxiety", "connectedness"])
@pytest.mark.parametrize("seed", range(4))
def test_the_sd_of_a_weighted_sum_is_that_of_its_covariance_matrix(construct: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    days, weights = np.sort(rng.uniform(0, 110, 5)).tolist(), rng.normal(size=5)
    expected = np.sqrt(weights @ covariance(construct, days, 2.0, 0.7) @ weights)
    pairs = list(zip(days, weights.tolist(), strict=True))
    assert fluctuation_sd(construct, RATING, pairs) == pytest.approx(expected)


def test_movement_that_persists_counts_less_in_a_short_time() -> None:
    gaps = [fluctuation_sd("connectedness", RATING, [(0.0, -1.0), (days, 1.0)]) for days in (7.0, 28.0, 280.0)]
    assert gaps == sorted(gaps)


def test_ellipses_and_bars_hold_nine_of_ten_draws() -> None:
    points = np.random.default_rng(3).normal(size=(200_000, 2))
    assert np.mean(np.hypot(*points.T) < ELLIPSE) == pytest.approx(0.90, abs=0.003)
    assert np.mean(np.abs(points[:, 0]) < BAR) == pytest.approx(0.90, abs=0.003)


@pytest.mark.parametrize("comparisons", [1, 2, 3])
@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_comparisons_side_by_side_are_false_in_five_percent_at_most(comparisons: int, correlation: float) -> None:
    rng, n = np.random.default_rng(7), 100_000
    common, own = rng.normal(size=(n, 1)), rng.normal(size=(n, comparisons))
    drawn = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
    threshold = compare_levels(0.0, 0.0, 1.0, comparisons=comparisons, limits=(-9.0, 9.0)).threshold
    claimed = np.mean((np.abs(drawn) > threshold).any(axis=1))
    assert claimed < 0.052
    assert correlation or claimed > 0.047


def test_a_change_is_claimed_from_the_threshold_on() -> None:
    def result(first: float, last: float, sd: float = 1.0) -> ChangeOfLevel:
        return compare_levels(first, last, sd, comparisons=1, limits=(0.0, 10.0)).result

    assert result(5.0, 3.05) is ChangeOfLevel.WITHIN
    assert result(5.0, 3.04) is ChangeOfLevel.LOWER
    assert result(5.0, 6.96) is ChangeOfLevel.HIGHER
    # the largest possible change from 5 is 5 points, from 2 it is 8
    assert result(5.0, 10.0, sd=2.6) is ChangeOfLevel.TOO_COARSE
    assert result(2.0, 10.0, sd=2.6) is ChangeOfLevel.HIGHER


def test_every_assumption_has_a_source_and_a_possible_reliability() -> None:
    assert ASSUMED.keys() == {"own_attachment", "rotation", "ecr_r", "ecr_rs"}
    for rating in ASSUMED.values():
        assert rating.source
        assert rating.sd > 0
        assert 0 < rating.reliability < 1
