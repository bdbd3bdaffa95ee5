"""Within-person centring and detrending compared with a loop over persons and numpy's polynomial fit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securebase.study.detrending import MIN_VALUES, Detrending, detrend

OPTIONAL_VALUES = st.one_of(st.floats(-50, 50), st.just(float("nan")))


def detrend_by_person(method: Detrending, values, times, person):
    deviations = np.full(len(values), np.nan)
    for i in set(person.tolist()):
        indices = np.flatnonzero((person == i) & np.isfinite(values))
        if len(indices) < MIN_VALUES[method]:
            continue
        if method is Detrending.CENTRED:
            deviations[indices] = values[indices] - values[indices].mean()
        else:
            line = np.polyfit(times[indices], values[indices], 1)
            deviations[indices] = values[indices] - np.polyval(line, times[indices])
    return deviations


@given(st.lists(st.lists(OPTIONAL_VALUES, min_size=1, max_size=9), min_size=1, max_size=6), st.sampled_from(Detrending))
@settings(max_examples=150)
def test_detrend_equals_a_loop_over_persons(persons, method):
    person = np.repeat(np.arange(len(persons)), [len(p) for p in persons])
    times = np.concatenate([np.cumsum(1.0 + np.arange(len(p)) % 3) for p in persons])
    values = np.array([v for p in persons for v in p])
    np.testing.assert_allclose(
        detrend(method, values, times, person),
        detrend_by_person(method, values, times, person),
        atol=1e-9,
        equal_nan=True,
    )


def test_detrending_a_line_leaves_zero():
    times = np.arange(5.0)
    deviations = detrend(Detrending.DETRENDED, 3.0 - 2.0 * times, times, np.zeros(5, dtype=np.int64))
    np.testing.assert_allclose(deviations, 0.0, atol=1e-12)


@pytest.mark.parametrize(("method", "minimum"), [(Detrending.CENTRED, 2), (Detrending.DETRENDED, 3)])
def test_a_person_with_too_few_values_gets_nan(method, minimum):
    person = np.repeat([0, 1], [minimum - 1, minimum])
    times = np.concatenate([np.arange(minimum - 1.0), np.arange(float(minimum))])
    deviations = detrend(method, times**2, times, person)
    assert np.isnan(deviations[: minimum - 1]).all()
    assert np.isfinite(deviations[minimum - 1 :]).all()


def test_values_at_a_single_time_cannot_be_detrended():
    deviations = detrend(Detrending.DETRENDED, np.array([1.0, 2.0, 3.0]), np.ones(3), np.zeros(3, dtype=np.int64))
    assert np.isnan(deviations).all()
