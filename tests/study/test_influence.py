"""Leave-one-person-out influence: the closed method compared with refitting without each person."""

import numpy as np
import pytest

from securebase.study.detrending import Detrending
from securebase.study.estimator import shortest_link
from securebase.study.estimators import (
    PRIMARY,
    TIME_ADJUSTED,
    adjacent_sessions,
    other_processes_adjusted,
    person_fixed_effects,
    skip_empty_sessions,
)
from securebase.study.influence import leave_one_out
from securebase.study.reciprocal import estimate_lags
from securebase.study.regression import regress
from study_tables import draw_table, table

#: estimators whose detrended values of one person do not depend on other persons
ONE_REGRESSION = (
    PRIMARY,
    adjacent_sessions.ESTIMATOR,
    skip_empty_sessions.ESTIMATOR,
    person_fixed_effects.ESTIMATOR,
    other_processes_adjusted.ESTIMATOR,
)


@pytest.fixture(scope="module")
def messy():
    rows = draw_table(5, n=25, sessions=12, lag=0.2, back=0.2, shared_trend=0.1, missing=0.15, gaps=True)
    z = np.random.default_rng(6).normal(size=rows.n_rows)
    return table(rows.person, rows.times, **rows.values, z=z)


def without(rows, person):
    return rows.select(rows.person != person)


def test_closed_form_equals_the_regression_without_each_cluster():
    rng = np.random.default_rng(1)
    cluster = rng.integers(0, 12, 90)
    X, y = rng.normal(size=(90, 3)) * (1.0, 1e3, 1e-4) + (0.0, 500.0, 0.0), rng.normal(size=90)
    result = leave_one_out(y, X, cluster, 13)
    for g in range(12):
        slow = regress(y[cluster != g], X[cluster != g], cluster[cluster != g], 13)
        assert result.coefficient[g] == pytest.approx(slow.coefficients[1], rel=1e-8)
        assert result.standard_error[g] == pytest.approx(slow.standard_errors[1], rel=1e-7)
        assert result.n_clusters[g] == slow.n_clusters
    assert np.isnan(result.coefficient[12])  # no rows: nothing to leave out


@pytest.mark.parametrize("method", Detrending)
@pytest.mark.parametrize("estimator", ONE_REGRESSION, ids=lambda e: e.name)
def test_leave_one_out_lags_equal_estimates_without_that_person(messy, estimator, method):
    for link in (shortest_link(messy, "x", "y"), shortest_link(messy, "y", "x")):
        full = estimator.estimate(messy, link, method)
        lags = full.leave_one_out
        for person in range(messy.n_persons):
            slow = estimator.estimate(without(messy, person), link, method).lag
            if not lags.present[person]:
                assert slow.raw == pytest.approx(full.lag.raw, abs=1e-12)
                continue
            assert lags.raw[person] == pytest.approx(slow.raw, abs=1e-9)
            assert lags.p_value[person] == pytest.approx(slow.p_value, abs=1e-7)
            assert lags.estimate[person] == pytest.approx(slow.estimate, abs=1e-9)


def test_keeping_the_common_time_course_hardly_matters():
    rows = draw_table(7, n=60, sessions=14, lag=0.25, shared_trend=0.05)
    link = shortest_link(rows, "x", "y")
    full = TIME_ADJUSTED.estimate(rows, link, Detrending.DETRENDED)
    slow = np.array(
        [TIME_ADJUSTED.estimate(without(rows, i), link, Detrending.DETRENDED).lag.estimate for i in range(60)]
    )
    largest_influence = np.abs(slow - full.lag.estimate).max()
    assert np.abs(full.leave_one_out.estimate - slow).max() < 0.1 * largest_influence


def test_a_lag_due_to_one_person_shows_in_the_range():
    rows = draw_table(8, n=30, sessions=14)
    x, y = (rows.values[name].copy() for name in ("x", "y"))
    indices = np.flatnonzero(rows.person == 4)
    swing = 12.0 * np.random.default_rng(9).normal(size=len(indices))
    x[indices] += swing
    y[indices[1:]] += swing[:-1]
    rows = table(rows.person, rows.times, y=y, x=x)
    (forward, _) = estimate_lags(rows, "y", ("x",))
    summary = forward.main.leave_one_out
    assert summary.lowest < 0.2 < 0.5 < forward.main.detrended.estimate


def test_the_summary_is_the_range_of_the_lag_without_each_person():
    rows = draw_table(2, n=20, sessions=10, lag=0.14, shared_trend=0.04)
    link = shortest_link(rows, "x", "y")
    (forward, _) = estimate_lags(rows, "y", ("x",))
    slow = [PRIMARY.estimate(without(rows, i), link, Detrending.DETRENDED).lag for i in range(rows.n_persons)]
    summary = forward.main.leave_one_out
    assert summary.lowest == pytest.approx(min(lag.estimate for lag in slow))
    assert summary.highest == pytest.approx(max(lag.estimate for lag in slow))
    assert summary.max_p_value == pytest.approx(max(lag.p_value for lag in slow))
    assert summary.n_persons == rows.n_persons


def test_too_few_persons_give_no_leave_one_out_summary():
    (forward, _) = estimate_lags(draw_table(6, n=3, sessions=4), "y", ("x",))
    assert forward.main.leave_one_out is None
