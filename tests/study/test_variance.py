"""Variance components and correlations on both levels compared with loops and with simulated values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from securebase.study.detrending import Detrending, detrend
from securebase.study.variance import correlate, variance_row
from study_tables import draw_table, table


def loop_components(persons):
    """Return between and within variance by one-way random effects, with sums written out."""
    persons = [p for p in persons if len(p)]
    N, G = sum(map(len, persons)), len(persons)
    grand = sum(map(sum, persons)) / N
    ssb = sum(len(p) * (np.mean(p) - grand) ** 2 for p in persons)
    ssw = sum((v - np.mean(p)) ** 2 for p in persons for v in p)
    n0 = (N - sum(len(p) ** 2 for p in persons) / N) / (G - 1)
    within_variance = ssw / (N - G)
    between = max(0.0, (ssb / (G - 1) - within_variance) / n0)
    return between, within_variance


@given(st.lists(st.lists(st.floats(-20, 20), max_size=6), min_size=3, max_size=8))
def test_components_equal_explicit_sums(persons):
    if sum(bool(p) for p in persons) < 2 or not any(len(p) > 1 for p in persons):
        return
    person = [i for i, p in enumerate(persons) for _ in p]
    times = [float(j) for p in persons for j in range(len(p))]
    rows = table([*person, len(persons)], [*times, 0.0], y=[*(v for p in persons for v in p), float("nan")])
    row = variance_row(rows, "y", "Y")
    between, within_variance = loop_components(persons)
    assert row.sd_between == pytest.approx(np.sqrt(between), abs=1e-6)
    assert row.sd_within == pytest.approx(np.sqrt(within_variance), abs=1e-6)
    if between + within_variance > 1e-9:
        assert row.between_share == pytest.approx(between / (between + within_variance), abs=1e-6)
    assert row.n_values == sum(map(len, persons))
    assert row.n_missing == 1


def test_a_balanced_table_gives_the_textbook_formula():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(30, 1)) + rng.normal(size=(30, 8))
    rows = table(np.repeat(np.arange(30), 8), np.tile(np.arange(8.0), 30), y=values.ravel())
    msb, msw = 8 * values.mean(axis=1).var(ddof=1), values.var(axis=1, ddof=1).mean()
    assert variance_row(rows, "y", "Y").between_share == pytest.approx((msb - msw) / (msb + 7 * msw))


def test_recovers_the_simulated_shares():
    """Levels of variance 4, slopes of SD .3 over 21 sessions (within variance .09·36.7 = 3.3), residual variance 1."""
    rng = np.random.default_rng(2)
    t = np.arange(21.0) - 10
    values = 2 * rng.normal(size=(800, 1)) + 0.3 * rng.normal(size=(800, 1)) * t + rng.normal(size=(800, 21))
    rows = table(np.repeat(np.arange(800), 21), np.tile(t, 800), y=values.ravel())
    row = variance_row(rows, "y", "Y")
    trend_variance = 0.09 * (t**2).sum() / 20
    assert row.sd_around_trend == pytest.approx(1.0, rel=0.02)
    assert row.sd_between == pytest.approx(2.0, rel=0.06)
    assert row.trend_share == pytest.approx(trend_variance / (1 + trend_variance), abs=0.03)
    assert row.between_share == pytest.approx(4 / (4 + 1 + trend_variance), abs=0.04)
    assert row.between_share_detrended == pytest.approx(4 / 5, abs=0.03)


def test_mean_slope_equals_a_regression_with_person_dummies():
    rows = draw_table(3, n=15, sessions=9, shared_trend=0.2, missing=0.2, gaps=True)
    observed = np.isfinite(rows.values["y"])
    D = np.column_stack([rows.times[observed], np.equal.outer(rows.person[observed], np.arange(15))])
    b = np.linalg.lstsq(D, rows.values["y"][observed], rcond=None)[0]
    # a person with one value would not contribute; there is none in this table
    assert variance_row(rows, "y", "Y").mean_slope == pytest.approx(b[0], abs=1e-9)


def test_correlations_between_and_within_may_have_opposite_signs():
    rng = np.random.default_rng(4)
    level, deviation = rng.normal(size=(200, 1)), rng.normal(size=(200, 12))
    x, y = level + deviation, level - deviation + 0.1 * rng.normal(size=(200, 12))
    rows = table(np.repeat(np.arange(200), 12), np.tile(np.arange(12.0), 200), y=y.ravel(), x=x.ravel())
    correlations = correlate(rows, "x", "y")
    assert correlations.between.estimate > 0.7
    assert correlations.within.estimate < -0.9
    assert correlations.between.n == 200
    assert correlations.within.n == 2400


@pytest.mark.parametrize("method", Detrending)
def test_within_correlation_equals_the_correlation_of_deviations(method):
    rows = draw_table(5, n=20, sessions=10, lag=0.4, back=0.5, missing=0.1)
    complete = np.isfinite(rows.values["x"]) & np.isfinite(rows.values["y"])
    shared = rows.select(complete)
    x, y = (detrend(method, shared.values[n], shared.times, shared.person) for n in ("x", "y"))
    correlations = correlate(rows, "x", "y")
    expected = np.corrcoef(x, y)[0, 1]
    result = correlations.within if method is Detrending.CENTRED else correlations.within_detrended
    assert result.estimate == pytest.approx(expected, abs=1e-9)
    assert result.lower < result.estimate < result.upper


def test_one_value_per_person_has_no_within_variance():
    rows = table([0, 1, 2, 3, 4, 5], [0.0] * 6, y=[1.0, 2, 3, 4, 5, 6], x=[2.0, 1, 4, 3, 6, 5])
    row = variance_row(rows, "y", "Y")
    assert row.sd_within is None
    assert row.between_share is None
    assert correlate(rows, "x", "y").within is None
