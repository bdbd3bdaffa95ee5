"""One person left out at a time: the closed form against leaving persons out one by one."""

import time

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
from securebase.study.reciprocal import AssociationVerdict, estimate_lag_pair, estimate_lags, final_verdict
from securebase.study.regression import regress
from study_tables import drawn, table

#: each of these takes from a person's values only what that person's own rows say
ONE_REGRESSION = (
    PRIMARY,
    adjacent_sessions.ESTIMATOR,
    skip_empty_sessions.ESTIMATOR,
    person_fixed_effects.ESTIMATOR,
    other_processes_adjusted.ESTIMATOR,
)


@pytest.fixture(scope="module")
def messy():
    rows = drawn(5, n=25, sessions=12, lag=0.2, back=0.2, shared_trend=0.1, missing=0.15, gaps=True)
    z = np.random.default_rng(6).normal(size=rows.n_rows)
    return table(rows.person, rows.times, **rows.values, z=z)


def without(rows, person):
    return rows.select(rows.person != person)


def test_the_closed_form_equals_the_regression_without_each_cluster():
    rng = np.random.default_rng(1)
    cluster = rng.integers(0, 12, 90)
    X, y = rng.normal(size=(90, 3)) * (1.0, 1e3, 1e-4) + (0.0, 500.0, 0.0), rng.normal(size=90)
    found = leave_one_out(y, X, cluster, 13)
    for g in range(12):
        slow = regress(y[cluster != g], X[cluster != g], cluster[cluster != g], 13)
        assert found.coefficient[g] == pytest.approx(slow.coefficients[1], rel=1e-8)
        assert found.standard_error[g] == pytest.approx(slow.standard_errors[1], rel=1e-7)
        assert found.n_clusters[g] == slow.n_clusters
    assert np.isnan(found.coefficient[12])  # no rows: nothing to leave out


@pytest.mark.parametrize("form", Detrending)
@pytest.mark.parametrize("estimator", ONE_REGRESSION, ids=lambda e: e.name)
def test_every_figure_equals_the_estimate_on_the_table_without_that_person(messy, estimator, form):
    for wanted in (shortest_link(messy, "x", "y"), shortest_link(messy, "y", "x")):
        whole = estimator.estimate(messy, wanted, form)
        found = whole.leave_one_out
        for person in range(messy.n_persons):
            slow = estimator.estimate(without(messy, person), wanted, form).lag
            if not found.present[person]:
                assert slow.raw == pytest.approx(whole.lag.raw, abs=1e-12)
                continue
            assert found.raw[person] == pytest.approx(slow.raw, abs=1e-9)
            assert found.p_value[person] == pytest.approx(slow.p_value, abs=1e-7)
            assert found.estimate[person] == pytest.approx(slow.estimate, abs=1e-9)


def test_the_common_course_is_kept_and_this_hardly_matters():
    rows = drawn(7, n=60, sessions=14, lag=0.25, shared_trend=0.05)
    wanted = shortest_link(rows, "x", "y")
    found = TIME_ADJUSTED.estimate(rows, wanted, Detrending.DETRENDED)
    slow = np.array(
        [TIME_ADJUSTED.estimate(without(rows, i), wanted, Detrending.DETRENDED).lag.estimate for i in range(60)]
    )
    moved = np.abs(slow - found.lag.estimate).max()
    assert np.abs(found.leave_one_out.estimate - slow).max() < 0.1 * moved


def test_a_lag_that_one_person_makes_is_seen_to_hang_on_that_person():
    rows = drawn(8, n=30, sessions=14)
    x, y = (rows.values[name].copy() for name in ("x", "y"))
    own = np.flatnonzero(rows.person == 4)
    swing = 12.0 * np.random.default_rng(9).normal(size=len(own))
    x[own] += swing
    y[own[1:]] += swing[:-1]
    rows = table(rows.person, rows.times, y=y, x=x)
    (forward, _) = estimate_lags(rows, "y", ("x",))
    assert forward.verdict is not AssociationVerdict.PERSISTS or forward.leave_one_out.n_influential
    own_line = forward.main.leave_one_out
    assert own_line.lowest < 0.2 < 0.5 < forward.main.detrended.estimate


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_who_decides_equals_judging_again_without_each_person(seed):
    rows = drawn(seed, n=30, sessions=10, lag=0.14, shared_trend=0.04)
    wanted = shortest_link(rows, "x", "y")
    (forward, _) = estimate_lags(rows, "y", ("x",))
    slow = []
    for person in range(rows.n_persons):
        some = without(rows, person)
        slow.append(
            final_verdict(*(estimate_lag_pair(some, wanted, estimator) for estimator in (PRIMARY, TIME_ADJUSTED)))
        )
    other = [v for v in slow if v is not forward.verdict]
    assert forward.leave_one_out.n_influential == len(other)
    assert dict(forward.leave_one_out.alternative_verdicts) == {v: other.count(v) for v in set(other)}
    assert forward.leave_one_out.n_persons == rows.n_persons


def test_it_is_quick():
    """Two thousand persons: refitting for each would take minutes."""
    rng = np.random.default_rng(3)
    cluster = np.repeat(np.arange(2000), 10)
    X, y = rng.normal(size=(20000, 3)), rng.normal(size=20000)
    begun = time.perf_counter()
    leave_one_out(y, X, cluster, 2000)
    assert time.perf_counter() - begun < 2.0


def test_too_few_persons_leave_no_range():
    (forward, _) = estimate_lags(drawn(6, n=3, sessions=4), "y", ("x",))
    assert forward.main.leave_one_out is None
    assert forward.leave_one_out is None
