"""Every estimator compared with explicit loops, and with a known truth."""

from itertools import pairwise

import numpy as np
import pytest

from securebase.records.vocabulary import Moment
from securebase.study.detrending import Detrending
from securebase.study.estimator import LagStep, shortest_link
from securebase.study.estimators import (
    ALTERNATIVES,
    PRIMARY,
    TIME_ADJUSTED,
    adjacent_sessions,
    half_panel_jackknife,
    min_observations,
    next_session,
    other_processes_adjusted,
    person_fixed_effects,
    skip_empty_sessions,
)
from study_tables import draw_table, table

FORWARD, BACK = ("x", "y"), ("y", "x")


def detrend_by_person(rows, name, method, keep=None):
    """Subtract each person's mean or line, fitted with numpy's polynomials over the rows in `keep`."""
    deviations = np.full(rows.n_rows, np.nan)
    keep = np.ones(rows.n_rows, dtype=bool) if keep is None else keep
    degree = 0 if method is Detrending.CENTRED else 1
    for i in range(rows.n_persons):
        indices = np.flatnonzero((rows.person == i) & np.isfinite(rows.values[name]) & keep)
        if len(indices) >= degree + 2:
            line = np.polyfit(rows.times[indices], rows.values[name][indices], degree)
            deviations[indices] = rows.values[name][indices] - np.polyval(line, rows.times[indices])
    return deviations


def loop_pairs(rows, earlier, later, method, keep=None):
    """Return (person, time, later, own past, earlier, gap) of every complete pair, row by row."""
    keep = np.ones(rows.n_rows, dtype=bool) if keep is None else keep
    x, y = detrend_by_person(rows, earlier, method, keep), detrend_by_person(rows, later, method, keep)
    is_within_session = rows.moments[earlier] is Moment.BEFORE and rows.moments[later] is Moment.AFTER
    pairs = []
    for i in range(rows.n_persons):
        indices = np.flatnonzero((rows.person == i) & keep)
        for a, b in pairwise(indices):
            row = (i, rows.times[b], y[b], y[a], x[b] if is_within_session else x[a], rows.times[b] - rows.times[a])
            if np.isfinite(row).all():
                pairs.append(row)
    return np.array(pairs)


def least_squares(pairs):
    D = np.column_stack([np.ones(len(pairs)), pairs[:, 4], pairs[:, 3]])
    return np.linalg.lstsq(D, pairs[:, 2], rcond=None)[0]


@pytest.fixture(scope="module")
def messy():
    return draw_table(5, n=25, sessions=12, lag=0.2, back=0.2, shared_trend=0.1, missing=0.15, gaps=True)


@pytest.mark.parametrize("method", Detrending)
@pytest.mark.parametrize(("earlier", "later"), [FORWARD, BACK])
def test_primary_estimator_equals_loops(messy, method, earlier, later):
    result = PRIMARY.estimate(messy, shortest_link(messy, earlier, later), method)
    pairs = loop_pairs(messy, earlier, later, method)
    b = least_squares(pairs)
    sd = pairs.std(axis=0, ddof=1)
    assert result.lag.n_pairs == len(pairs)
    assert result.lag.n_persons == len(np.unique(pairs[:, 0]))
    assert result.lag.raw == pytest.approx(b[1], abs=1e-10)
    assert result.lag.estimate == pytest.approx(b[1] * sd[4] / sd[2], abs=1e-10)
    assert result.lag.own_past == pytest.approx(b[2] * sd[3] / sd[2], abs=1e-10)
    assert result.lag.standard_error / result.lag.raw_standard_error == pytest.approx(sd[4] / sd[2])
    assert result.lag.lower < result.lag.estimate < result.lag.upper


def test_robust_error_is_close_to_the_jackknife_over_persons(messy):
    """The jackknife over persons estimates the same standard error in another way."""
    lag = PRIMARY.estimate(messy, shortest_link(messy, *FORWARD), Detrending.CENTRED).lag
    pairs = loop_pairs(messy, *FORWARD, Detrending.CENTRED)
    persons = np.unique(pairs[:, 0])
    leave_one_out = np.array([least_squares(pairs[pairs[:, 0] != i])[1] for i in persons])
    jackknife = np.sqrt((len(persons) - 1) / len(persons) * ((leave_one_out - leave_one_out.mean()) ** 2).sum())
    assert lag.raw_standard_error == pytest.approx(jackknife, rel=0.1)


@pytest.mark.parametrize("method", Detrending)
def test_adjacent_sessions_excludes_pairs_across_a_gap(messy, method):
    pairs = loop_pairs(messy, *FORWARD, method)
    adjacent = pairs[pairs[:, 5] <= 1.5]
    result = adjacent_sessions.estimate(messy, shortest_link(messy, *FORWARD), method)
    assert result.lag.n_pairs == len(adjacent) < len(pairs)
    assert result.lag.raw == pytest.approx(least_squares(adjacent)[1], abs=1e-10)


@pytest.mark.parametrize("method", Detrending)
def test_next_session_ignores_the_order_within_a_session(messy, method):
    after_both = table(messy.person, messy.times, {"y": Moment.AFTER, "x": Moment.AFTER}, **messy.values)
    expected = PRIMARY.estimate(after_both, shortest_link(after_both, *BACK), method)
    result = next_session.estimate(messy, shortest_link(messy, *BACK), method)
    assert result.lag == expected.lag
    assert not next_session.ESTIMATOR.applies(messy, shortest_link(messy, *FORWARD))
    assert next_session.ESTIMATOR.applies(messy, shortest_link(messy, *BACK))


@pytest.mark.parametrize("method", Detrending)
def test_skip_empty_sessions_pairs_the_sessions_around_them(messy, method):
    recorded = np.isfinite(messy.values["x"]) | np.isfinite(messy.values["y"])
    assert not recorded.all()
    result = skip_empty_sessions.estimate(messy, shortest_link(messy, *FORWARD), method)
    pairs = loop_pairs(messy, *FORWARD, method, keep=recorded)
    assert (
        result.lag.n_pairs == len(pairs) > PRIMARY.estimate(messy, shortest_link(messy, *FORWARD), method).lag.n_pairs
    )
    assert result.lag.raw == pytest.approx(least_squares(pairs)[1], abs=1e-10)


def test_min_observations_excludes_persons_with_few_values(messy):
    count = {n: np.bincount(messy.person[np.isfinite(messy.values[n])]) for n in ("x", "y")}
    enough = (count["x"] >= min_observations.MIN_OBSERVATIONS) & (count["y"] >= min_observations.MIN_OBSERVATIONS)
    result = min_observations.estimate(messy, shortest_link(messy, *FORWARD), Detrending.CENTRED)
    pairs = loop_pairs(messy, *FORWARD, Detrending.CENTRED, keep=enough[messy.person])
    assert 0 < enough.sum() < messy.n_persons
    assert result.lag.raw == pytest.approx(least_squares(pairs)[1], abs=1e-10)


@pytest.mark.parametrize("method", Detrending)
def test_person_fixed_effects_equal_a_regression_with_person_dummies(messy, method):
    first, second = messy.successive()
    y, past, x = messy.values["y"][second], messy.values["y"][first], messy.values["x"][first]
    person, time = messy.person[second], messy.times[second]
    keep = np.isfinite(y) & np.isfinite(past) & np.isfinite(x)
    minimum = 2 if method is Detrending.CENTRED else 3
    keep &= (np.bincount(person[keep], minlength=messy.n_persons) >= minimum)[person]
    dummies = np.equal.outer(person[keep], np.unique(person[keep])).astype(float)
    D = [x[keep], past[keep], dummies]
    if method is Detrending.DETRENDED:
        D.append(dummies * time[keep][:, None])
    b = np.linalg.lstsq(np.column_stack(D), y[keep], rcond=None)[0]
    result = person_fixed_effects.estimate(messy, shortest_link(messy, *FORWARD), method)
    assert result.lag.raw == pytest.approx(b[0], abs=1e-8)
    assert result.lag.n_pairs == keep.sum()


@pytest.mark.parametrize("method", Detrending)
def test_half_panel_jackknife_is_twice_the_whole_minus_the_mean_of_the_halves(messy, method):
    second = np.zeros(messy.n_rows, dtype=bool)
    for i in range(messy.n_persons):
        indices = np.flatnonzero(messy.person == i)
        second[indices[(len(indices) + 1) // 2 :]] = True
    parts = [loop_pairs(messy, *FORWARD, method, keep=k) for k in (None, ~second, second)]
    in_both_halves = np.intersect1d(parts[1][:, 0], parts[2][:, 0])
    full, first_half, second_half = (least_squares(p[np.isin(p[:, 0], in_both_halves)])[1] for p in parts)
    result = half_panel_jackknife.estimate(messy, shortest_link(messy, *FORWARD), method)
    assert result.lag.raw == pytest.approx(2 * full - (first_half + second_half) / 2, abs=1e-9)


def test_other_processes_adjusted_removes_confounding_by_another_column():
    rows = draw_table(7, n=200, lag=0.3)
    z = 0.8 * rows.values["x"] + np.random.default_rng(8).normal(size=rows.n_rows)
    rows = table(rows.person, rows.times, y=rows.values["y"], x=rows.values["x"], z=z)
    alone = PRIMARY.estimate(rows, shortest_link(rows, "z", "y"), Detrending.CENTRED).lag
    adjusted = other_processes_adjusted.estimate(rows, shortest_link(rows, "z", "y"), Detrending.CENTRED).lag
    assert alone.p_value < 0.001
    assert abs(adjusted.estimate) < 0.05 < 0.1 < abs(alone.estimate)


def test_other_processes_adjusted_needs_another_column():
    rows = draw_table(9)
    assert not other_processes_adjusted.ESTIMATOR.applies(rows, shortest_link(rows, "x", "y"))
    three = table(rows.person, rows.times, **rows.values, z=rows.times)
    assert other_processes_adjusted.ESTIMATOR.applies(three, shortest_link(three, "x", "y"))


@pytest.mark.parametrize("estimator", [PRIMARY, TIME_ADJUSTED, *ALTERNATIVES], ids=lambda e: e.name)
def test_each_estimator_recovers_the_simulated_lags(estimator):
    """In long courses every estimator recovers a lag of .3 points from x to y, and zero from y to x."""
    rows = draw_table(11, n=120, sessions=40, lag=0.3)
    z = np.random.default_rng(12).normal(size=rows.n_rows)
    rows = table(rows.person, rows.times, y=rows.values["y"], x=rows.values["x"], z=z)
    for method in Detrending:
        forward = estimator.estimate(rows, shortest_link(rows, "x", "y"), method).lag
        back = estimator.estimate(rows, shortest_link(rows, "y", "x"), method).lag
        assert forward.raw == pytest.approx(0.3, abs=0.05)
        assert back.raw == pytest.approx(0.0, abs=0.05)


def test_half_panel_jackknife_reduces_the_bias_of_short_courses():
    """Detrending 10 sessions biases an autoregression of .3 towards 0; the jackknife removes most of the bias."""
    rows = draw_table(13, n=3000, sessions=10, lag=0.3)
    link = shortest_link(rows, "x", "y")
    plain = PRIMARY.estimate(rows, link, Detrending.DETRENDED).lag
    corrected = half_panel_jackknife.estimate(rows, link, Detrending.DETRENDED).lag
    assert plain.own_past < 0.12
    assert abs(corrected.own_past - 0.3) < abs(plain.own_past - 0.3) / 2


def test_intervals_of_the_primary_estimator_have_nominal_coverage():
    """In 100 tables of 60 sessions, where bias is small, about 95 intervals contain the true .2."""
    inside = 0
    for seed in range(100):
        result = PRIMARY.estimate(
            rows := draw_table(seed, n=25, sessions=60, lag=0.2), shortest_link(rows, "x", "y"), Detrending.CENTRED
        )
        half_width = result.lag.raw_standard_error * 2.064
        inside += abs(result.lag.raw - 0.2) < half_width
    assert 88 <= inside <= 99


def test_order_within_a_session_determines_the_step_of_a_lag():
    rows = draw_table(14, n=40, sessions=30, back=0.4)
    assert shortest_link(rows, "x", "y").step is LagStep.NEXT_SESSION
    assert shortest_link(rows, "y", "x").step is LagStep.SAME_SESSION
    assert PRIMARY.estimate(rows, shortest_link(rows, "y", "x"), Detrending.CENTRED).lag.raw == pytest.approx(
        0.4, abs=0.07
    )
    swapped = table(rows.person, rows.times, {"y": Moment.AFTER, "x": Moment.AFTER}, **rows.values)
    assert shortest_link(swapped, "y", "x").step is LagStep.NEXT_SESSION


@pytest.mark.parametrize("estimator", [PRIMARY, TIME_ADJUSTED, *ALTERNATIVES], ids=lambda e: e.name)
def test_too_little_data_gives_no_estimate(estimator):
    few, flat = draw_table(15, n=3, sessions=5), draw_table(16)
    few = table(few.person, few.times, **few.values, z=few.values["y"] ** 2)
    flat = table(flat.person, flat.times, y=flat.values["y"], x=np.ones(flat.n_rows), z=flat.values["x"])
    for method in Detrending:
        assert estimator.estimate(few, shortest_link(few, "x", "y"), method) is None
        assert estimator.estimate(flat, shortest_link(flat, "x", "y"), method) is None


def test_estimators_have_unique_names_and_definitions():
    estimators = (PRIMARY, TIME_ADJUSTED, *ALTERNATIVES)
    assert len({e.name for e in estimators}) == len(estimators)
    assert all(e.label and e.definition.endswith(".") for e in estimators)
