"""Every estimator on the shelf: against explicit loops, and against a known truth."""

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
from study_tables import drawn, table

FORWARD, BACK = ("x", "y"), ("y", "x")


def own_residuals(rows, name, form, keep=None):
    """Each person's values less the own mean or line, by numpy's fit of a polynomial, over the rows kept."""
    left = np.full(rows.n_rows, np.nan)
    keep = np.ones(rows.n_rows, dtype=bool) if keep is None else keep
    degree = 0 if form is Detrending.CENTRED else 1
    for i in range(rows.n_persons):
        own = np.flatnonzero((rows.person == i) & np.isfinite(rows.values[name]) & keep)
        if len(own) >= degree + 2:
            line = np.polyfit(rows.times[own], rows.values[name][own], degree)
            left[own] = rows.values[name][own] - np.polyval(line, rows.times[own])
    return left


def slow_pairs(rows, earlier, later, form, keep=None):
    """(person, time, later, own past, earlier, gap) for every complete pair, row by row."""
    keep = np.ones(rows.n_rows, dtype=bool) if keep is None else keep
    x, y = own_residuals(rows, earlier, form, keep), own_residuals(rows, later, form, keep)
    same = rows.moments[earlier] is Moment.BEFORE and rows.moments[later] is Moment.AFTER
    found = []
    for i in range(rows.n_persons):
        own = np.flatnonzero((rows.person == i) & keep)
        for a, b in pairwise(own):
            row = (i, rows.times[b], y[b], y[a], x[b] if same else x[a], rows.times[b] - rows.times[a])
            if np.isfinite(row).all():
                found.append(row)
    return np.array(found)


def least_squares(pairs):
    D = np.column_stack([np.ones(len(pairs)), pairs[:, 4], pairs[:, 3]])
    return np.linalg.lstsq(D, pairs[:, 2], rcond=None)[0]


@pytest.fixture(scope="module")
def messy():
    return drawn(5, n=25, sessions=12, lag=0.2, back=0.2, shared_trend=0.1, missing=0.15, gaps=True)


@pytest.mark.parametrize("form", Detrending)
@pytest.mark.parametrize(("earlier", "later"), [FORWARD, BACK])
def test_the_leading_estimator_equals_loops(messy, form, earlier, later):
    found = PRIMARY.estimate(messy, shortest_link(messy, earlier, later), form)
    pairs = slow_pairs(messy, earlier, later, form)
    b = least_squares(pairs)
    sd = pairs.std(axis=0, ddof=1)
    assert found.lag.n_pairs == len(pairs)
    assert found.lag.n_persons == len(np.unique(pairs[:, 0]))
    assert found.lag.raw == pytest.approx(b[1], abs=1e-10)
    assert found.lag.estimate == pytest.approx(b[1] * sd[4] / sd[2], abs=1e-10)
    assert found.lag.own_past == pytest.approx(b[2] * sd[3] / sd[2], abs=1e-10)
    assert found.lag.standard_error / found.lag.raw_standard_error == pytest.approx(sd[4] / sd[2])
    assert found.lag.lower < found.lag.estimate < found.lag.upper


def test_the_robust_error_equals_the_jackknife_over_persons(messy):
    """Leaving out one person at a time is another road to nearly the same standard error."""
    wanted = shortest_link(messy, *FORWARD)
    found = PRIMARY.estimate(messy, wanted, Detrending.CENTRED).lag
    pairs = slow_pairs(messy, *FORWARD, Detrending.CENTRED)
    persons = np.unique(pairs[:, 0])
    without = np.array([least_squares(pairs[pairs[:, 0] != i])[1] for i in persons])
    jackknife = np.sqrt((len(persons) - 1) / len(persons) * ((without - without.mean()) ** 2).sum())
    assert found.raw_standard_error == pytest.approx(jackknife, rel=0.1)


@pytest.mark.parametrize("form", Detrending)
def test_neighbours_leaves_out_pairs_across_a_gap(messy, form):
    pairs = slow_pairs(messy, *FORWARD, form)
    near = pairs[pairs[:, 5] <= 1.5]
    found = adjacent_sessions.estimate(messy, shortest_link(messy, *FORWARD), form)
    assert found.lag.n_pairs == len(near) < len(pairs)
    assert found.lag.raw == pytest.approx(least_squares(near)[1], abs=1e-10)


@pytest.mark.parametrize("form", Detrending)
def test_a_session_later_leaves_the_order_within_a_session_aside(messy, form):
    after_both = table(messy.person, messy.times, {"y": Moment.AFTER, "x": Moment.AFTER}, **messy.values)
    expected = PRIMARY.estimate(after_both, shortest_link(after_both, *BACK), form)
    found = next_session.estimate(messy, shortest_link(messy, *BACK), form)
    assert found.lag == expected.lag
    assert not next_session.ESTIMATOR.applies(messy, shortest_link(messy, *FORWARD))
    assert next_session.ESTIMATOR.applies(messy, shortest_link(messy, *BACK))


@pytest.mark.parametrize("form", Detrending)
def test_recorded_passes_over_empty_sessions(messy, form):
    there = np.isfinite(messy.values["x"]) | np.isfinite(messy.values["y"])
    assert not there.all()
    found = skip_empty_sessions.estimate(messy, shortest_link(messy, *FORWARD), form)
    pairs = slow_pairs(messy, *FORWARD, form, keep=there)
    assert found.lag.n_pairs == len(pairs) > PRIMARY.estimate(messy, shortest_link(messy, *FORWARD), form).lag.n_pairs
    assert found.lag.raw == pytest.approx(least_squares(pairs)[1], abs=1e-10)


def test_long_courses_leaves_out_persons_with_few_values(messy):
    count = {n: np.bincount(messy.person[np.isfinite(messy.values[n])]) for n in ("x", "y")}
    enough = (count["x"] >= min_observations.MIN_OBSERVATIONS) & (count["y"] >= min_observations.MIN_OBSERVATIONS)
    found = min_observations.estimate(messy, shortest_link(messy, *FORWARD), Detrending.CENTRED)
    pairs = slow_pairs(messy, *FORWARD, Detrending.CENTRED, keep=enough[messy.person])
    assert 0 < enough.sum() < messy.n_persons
    assert found.lag.raw == pytest.approx(least_squares(pairs)[1], abs=1e-10)


@pytest.mark.parametrize("form", Detrending)
def test_within_pairs_equals_the_regression_with_a_column_for_every_person(messy, form):
    first, second = messy.successive()
    y, past, x = messy.values["y"][second], messy.values["y"][first], messy.values["x"][first]
    person, time = messy.person[second], messy.times[second]
    keep = np.isfinite(y) & np.isfinite(past) & np.isfinite(x)
    fewest = 2 if form is Detrending.CENTRED else 3
    keep &= (np.bincount(person[keep], minlength=messy.n_persons) >= fewest)[person]
    dummies = np.equal.outer(person[keep], np.unique(person[keep])).astype(float)
    D = [x[keep], past[keep], dummies]
    if form is Detrending.DETRENDED:
        D.append(dummies * time[keep][:, None])
    b = np.linalg.lstsq(np.column_stack(D), y[keep], rcond=None)[0]
    found = person_fixed_effects.estimate(messy, shortest_link(messy, *FORWARD), form)
    assert found.lag.raw == pytest.approx(b[0], abs=1e-8)
    assert found.lag.n_pairs == keep.sum()


@pytest.mark.parametrize("form", Detrending)
def test_half_panel_equals_twice_the_whole_less_the_mean_of_the_halves(messy, form):
    second = np.zeros(messy.n_rows, dtype=bool)
    for i in range(messy.n_persons):
        own = np.flatnonzero(messy.person == i)
        second[own[(len(own) + 1) // 2 :]] = True
    parts = [slow_pairs(messy, *FORWARD, form, keep=k) for k in (None, ~second, second)]
    both = np.intersect1d(parts[1][:, 0], parts[2][:, 0])
    whole, one, two = (least_squares(p[np.isin(p[:, 0], both)])[1] for p in parts)
    found = half_panel_jackknife.estimate(messy, shortest_link(messy, *FORWARD), form)
    assert found.lag.raw == pytest.approx(2 * whole - (one + two) / 2, abs=1e-9)


def test_other_processes_holds_the_other_column_equal():
    rows = drawn(7, n=200, lag=0.3)
    z = 0.8 * rows.values["x"] + np.random.default_rng(8).normal(size=rows.n_rows)
    rows = table(rows.person, rows.times, y=rows.values["y"], x=rows.values["x"], z=z)
    alone = PRIMARY.estimate(rows, shortest_link(rows, "z", "y"), Detrending.CENTRED).lag
    held = other_processes_adjusted.estimate(rows, shortest_link(rows, "z", "y"), Detrending.CENTRED).lag
    assert alone.p_value < 0.001
    assert abs(held.estimate) < 0.05 < 0.1 < abs(alone.estimate)


def test_other_processes_needs_another_column():
    rows = drawn(9)
    assert not other_processes_adjusted.ESTIMATOR.applies(rows, shortest_link(rows, "x", "y"))
    three = table(rows.person, rows.times, **rows.values, z=rows.times)
    assert other_processes_adjusted.ESTIMATOR.applies(three, shortest_link(three, "x", "y"))


@pytest.mark.parametrize("estimator", [PRIMARY, TIME_ADJUSTED, *ALTERNATIVES], ids=lambda e: e.name)
def test_each_estimator_finds_what_was_drawn(estimator):
    """Long courses, a lag of .3 points from x to y and nothing back: every estimator must find both."""
    rows = drawn(11, n=120, sessions=40, lag=0.3)
    z = np.random.default_rng(12).normal(size=rows.n_rows)
    rows = table(rows.person, rows.times, y=rows.values["y"], x=rows.values["x"], z=z)
    for form in Detrending:
        forward = estimator.estimate(rows, shortest_link(rows, "x", "y"), form).lag
        back = estimator.estimate(rows, shortest_link(rows, "y", "x"), form).lag
        assert forward.raw == pytest.approx(0.3, abs=0.05)
        assert back.raw == pytest.approx(0.0, abs=0.05)


def test_half_panel_takes_away_the_bias_of_short_courses():
    """Own past .3 in 10 sessions: detrending pulls it far down, the correction brings most of it back."""
    rows = drawn(13, n=3000, sessions=10, lag=0.3)
    wanted = shortest_link(rows, "x", "y")
    plain = PRIMARY.estimate(rows, wanted, Detrending.DETRENDED).lag
    corrected = half_panel_jackknife.estimate(rows, wanted, Detrending.DETRENDED).lag
    assert plain.own_past < 0.12
    assert abs(corrected.own_past - 0.3) < abs(plain.own_past - 0.3) / 2


def test_intervals_of_the_leading_estimator_hold_what_they_promise():
    """100 draws of long courses: 95% intervals contain .2 in all but a few (bias left by 60 sessions is small)."""
    inside = 0
    for seed in range(100):
        found = PRIMARY.estimate(
            rows := drawn(seed, n=25, sessions=60, lag=0.2), shortest_link(rows, "x", "y"), Detrending.CENTRED
        )
        half = found.lag.raw_standard_error * 2.064
        inside += abs(found.lag.raw - 0.2) < half
    assert 88 <= inside <= 99


def test_the_order_within_a_session_decides_what_a_lag_is():
    rows = drawn(14, n=40, sessions=30, back=0.4)
    assert shortest_link(rows, "x", "y").step is LagStep.NEXT_SESSION
    assert shortest_link(rows, "y", "x").step is LagStep.SAME_SESSION
    assert PRIMARY.estimate(rows, shortest_link(rows, "y", "x"), Detrending.CENTRED).lag.raw == pytest.approx(
        0.4, abs=0.07
    )
    swapped = table(rows.person, rows.times, {"y": Moment.AFTER, "x": Moment.AFTER}, **rows.values)
    assert shortest_link(swapped, "y", "x").step is LagStep.NEXT_SESSION


@pytest.mark.parametrize("estimator", [PRIMARY, TIME_ADJUSTED, *ALTERNATIVES], ids=lambda e: e.name)
def test_too_little_data_is_no_estimate(estimator):
    few, flat = drawn(15, n=3, sessions=5), drawn(16)
    few = table(few.person, few.times, **few.values, z=few.values["y"] ** 2)
    flat = table(flat.person, flat.times, y=flat.values["y"], x=np.ones(flat.n_rows), z=flat.values["x"])
    for form in Detrending:
        assert estimator.estimate(few, shortest_link(few, "x", "y"), form) is None
        assert estimator.estimate(flat, shortest_link(flat, "x", "y"), form) is None


def test_the_shelf_is_named_and_defined():
    shelf = (PRIMARY, TIME_ADJUSTED, *ALTERNATIVES)
    assert len({e.name for e in shelf}) == len(shelf)
    assert all(e.label and e.definition.endswith(".") for e in shelf)
