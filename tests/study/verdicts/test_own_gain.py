"""Changes within the session beside another scale: sums by explicit loops, level, and power."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from securebase.study.verdicts.own_gain import BesideGain, beside_own_gain, previous
from securebase.study.verdicts.session_sums import Contrast, centre, deviation

Array = np.ndarray


def draw(rng: np.random.Generator, N: int = 60, *, gain: float = 1.3, effect: float = 0.0) -> tuple[Array, ...]:
    """Return y and x before and after 10 sessions: states that carry over and correlate, persons' levels, error."""
    state, before = np.zeros((2, N)), np.empty((2, N, 10))
    for t in range(-10, 10):
        shared = rng.normal(size=N)
        state = 0.5 * state + 0.7 * np.array([shared, -shared]) + 0.8 * rng.normal(size=(2, N))
        if t >= 0:
            before[:, :, t] = state
    level = rng.normal(size=(2, N, 1))
    after = np.array([before[0] + level[0], gain * (before[1] + level[1]) + effect * before[0]])
    rated = [values + 0.5 * rng.normal(size=values.shape) for values in (before + level, after)]
    for values in rated:
        values[rng.random(values.shape) < 0.08] = np.nan
    return rated[0][0], rated[1][0], rated[0][1], rated[1][1]


def read(columns: tuple[Array, ...]) -> BesideGain:
    y_before, y_after, x_before, x_after = columns
    level = deviation(y_before)
    used = np.isfinite(level + y_after + x_before + x_after)
    return beside_own_gain(centre(level, used), (y_before, y_after), (x_before, x_after), used)


def test_the_rating_of_the_previous_session_is_that_of_explicit_loops() -> None:
    before, after, _, _ = draw(np.random.default_rng(1), 20)
    result = previous(before, after)
    for i in range(20):
        means = [np.mean([v for v in (before[i, t], after[i, t]) if np.isfinite(v)] or [np.nan]) for t in range(10)]
        for t in range(10):
            earlier = [m for m in means[: max(t - 1, 0)] if np.isfinite(m)]
            expected = means[t - 1] - np.mean(earlier) if t and earlier else np.nan
            np.testing.assert_allclose(result[i, t], expected)


def test_both_tests_are_those_of_explicit_loops() -> None:
    y_before, y_after, x_before, x_after = columns = draw(np.random.default_rng(2))
    own, past, now = previous(x_before, x_after), previous(y_before, y_after), deviation(y_before)
    used = np.isfinite(now + y_after + x_before + x_after)
    with_own = used & np.isfinite(own)
    both = with_own & np.isfinite(past)

    def centred(values: Array, mask: Array) -> dict[Any, float]:
        return {(i, t): values[i, t] - values[mask[:, t], t].mean() for i, t in zip(*np.nonzero(mask), strict=True)}

    result = read(columns)
    for test, values, mask, known in ((result.rescaled, now, used, with_own), (result.earlier, past, both, both)):
        z, xz, az = (centred(ratings, known) for ratings in (own, x_before, x_after))
        strength = sum(z[k] * xz[k] for k in z)
        gain = sum(z[k] * az[k] for k in z) / strength
        s = centred(values, mask)
        x, a = (centred(ratings, mask) for ratings in (x_before, x_after))
        kappa = sum(s[k] * x[k] for k in s) / strength
        sums = dict.fromkeys((i for i, _ in s), 0.0)
        for i, t in s:
            sums[i] += s[i, t] * (a[i, t] - gain * x[i, t])
        for i, t in z:
            sums[i] -= kappa * z[i, t] * (az[i, t] - gain * xz[i, t])
        expected = ttest_1samp(list(sums.values()), 0.0)
        np.testing.assert_allclose((test.statistic, test.p), (expected.statistic, expected.pvalue), rtol=1e-9)


@pytest.mark.parametrize("gain", [0.7, 1.3])
def test_another_scale_is_no_effect_at_the_level_of_the_tests(gain: float) -> None:
    tests = [read(draw(np.random.default_rng(seed), gain=gain)) for seed in range(200)]
    # of 200 at .05, more than 18 are below in 5 of 1000 runs
    assert sum(test.rescaled.p < 0.05 for test in tests) <= 18
    assert sum(test.earlier.p < 0.05 for test in tests) <= 18


def test_an_effect_is_significant_beside_another_scale() -> None:
    tests = [read(draw(np.random.default_rng(seed), 120, effect=-0.6)) for seed in range(20)]
    assert sum(test.rescaled.p_towards(-1.0) < 0.05 and test.is_seen_earlier(-1.0) for test in tests) >= 18
    assert not any(test.is_seen_earlier(1.0) for test in tests)


def test_without_earlier_ratings_nothing_is_known() -> None:
    columns = tuple(np.random.default_rng(3).normal(size=(4, 10, 2)))
    assert read(columns).rescaled == Contrast(pytest.approx(np.nan, nan_ok=True), 1.0, 10)
