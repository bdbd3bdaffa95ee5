"""Taking out means and lines, against one person at a time and numpy's own fit of a line."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securebase.study.detrending import MIN_VALUES, Detrending, detrend

MAYBE = st.one_of(st.floats(-50, 50), st.just(float("nan")))


def slowly(form: Detrending, values, times, person):
    left = np.full(len(values), np.nan)
    for i in set(person.tolist()):
        own = np.flatnonzero((person == i) & np.isfinite(values))
        if len(own) < MIN_VALUES[form]:
            continue
        if form is Detrending.CENTRED:
            left[own] = values[own] - values[own].mean()
        else:
            line = np.polyfit(times[own], values[own], 1)
            left[own] = values[own] - np.polyval(line, times[own])
    return left


@given(st.lists(st.lists(MAYBE, min_size=1, max_size=9), min_size=1, max_size=6), st.sampled_from(Detrending))
@settings(max_examples=150, deadline=None)
def test_equals_one_person_at_a_time(persons, form):
    person = np.repeat(np.arange(len(persons)), [len(p) for p in persons])
    times = np.concatenate([np.cumsum(1.0 + np.arange(len(p)) % 3) for p in persons])
    values = np.array([v for p in persons for v in p])
    np.testing.assert_allclose(
        detrend(form, values, times, person), slowly(form, values, times, person), atol=1e-9, equal_nan=True
    )


def test_a_line_leaves_nothing_of_a_line():
    times = np.arange(5.0)
    left = detrend(Detrending.DETRENDED, 3.0 - 2.0 * times, times, np.zeros(5, dtype=np.int64))
    np.testing.assert_allclose(left, 0.0, atol=1e-12)


@pytest.mark.parametrize(("form", "fewest"), [(Detrending.CENTRED, 2), (Detrending.DETRENDED, 3)])
def test_a_person_with_too_few_values_falls_out(form, fewest):
    person = np.repeat([0, 1], [fewest - 1, fewest])
    times = np.concatenate([np.arange(fewest - 1.0), np.arange(float(fewest))])
    left = detrend(form, times**2, times, person)
    assert np.isnan(left[: fewest - 1]).all()
    assert np.isfinite(left[fewest - 1 :]).all()


def test_values_at_one_time_only_have_no_line():
    left = detrend(Detrending.DETRENDED, np.array([1.0, 2.0, 3.0]), np.ones(3), np.zeros(3, dtype=np.int64))
    assert np.isnan(left).all()
