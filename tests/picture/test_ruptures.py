"""Tests of ruptures: false-alarm rate, opening, closing, and merging of marks with ratings."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from securebase.model.simulate import simulate_panel
from securebase.model.track import track
from securebase.picture.fingerprints import default_parameter_set
from securebase.picture.parts import Repair
from securebase.picture.ruptures import EARLIER_RATINGS, FALSE_ALARM_LIMIT, ForecastRating, ruptures
from securebase.picture.series import DEFAULT_MEASURES
from securebase.records.episode import RuptureRecord
from securebase.records.vocabulary import RuptureKind

WEEKS = np.arange(16.0)


def ratings(*values: float, expected: float = 7.0, sd: float = 1.0) -> list[ForecastRating]:
    return [ForecastRating(7.0 * n, n + 1, v, expected, sd) for n, v in enumerate(values)]


def test_five_percent_of_ordinary_sessions_are_flagged() -> None:
    """In a cohort without ruptures, the flagged share equals the stated false-alarm rate."""
    default_set = default_parameter_set()
    parameters = default_set.in_score_units(DEFAULT_MEASURES)
    rng = np.random.default_rng(20250101)
    persons = 250
    panel = simulate_panel(default_set.specification, parameters, [WEEKS] * persons, rng)
    k = default_set.specification.constructs.index("alliance")
    flagged = []
    for i in range(persons):
        rows = panel.rows_of(i)
        client = type(panel)(
            (panel.persons[i],),
            panel.constructs,
            np.array([0, len(WEEKS)]),
            panel.times[rows],
            panel.scores[rows],
            panel.wave[rows],
        )
        tracked = track(client, default_set.specification, parameters)
        z = (tracked.observed[:, k] - tracked.predicted[:, k]) / tracked.predicted_sd[:, k]
        flagged += list(z[EARLIER_RATINGS:] < -FALSE_ALARM_LIMIT)
    rate = float(np.mean(flagged))
    # with 3,500 sessions, three standard errors are 1.1 percentage points
    assert len(flagged) == 3500
    assert abs(rate - 0.05) < 0.011, rate


def test_a_fall_beyond_the_limit_opens_a_rupture() -> None:
    (mark,) = ruptures(ratings(7, 7.2, 7.1, 5.0), (), as_of=100)
    assert (mark.session, mark.repair, mark.marked) == (4, Repair.OPEN, None)
    assert mark.limit is not None
    assert mark.value is not None
    assert mark.value < mark.limit


def test_a_fall_within_the_limit_does_not() -> None:
    assert ruptures(ratings(7, 7.2, 7.1, 5.4), (), as_of=100) == ()


def test_the_first_two_ratings_open_no_rupture() -> None:
    assert ruptures(ratings(2, 2), (), as_of=100) == ()


def test_a_rupture_closes_once_ratings_have_returned() -> None:
    half_way = ratings(7, 7, 7, 4, 5.9, 6.0)
    assert ruptures(half_way, (), as_of=100)[0].repair is Repair.OPEN
    (mark,) = ruptures([*half_way, ForecastRating(42, 7, 6.5, 5.5, 1.0)], (), as_of=100)
    assert (mark.repair, mark.repaired_session) == (Repair.RETURNED, 7)


def test_low_ratings_during_a_rupture_belong_to_it() -> None:
    assert len(ruptures(ratings(7, 7, 7, 4, 3, 3.5), (), as_of=100)) == 1


def test_a_fall_after_a_repair_opens_a_second_rupture() -> None:
    marks = ruptures(ratings(7, 7, 7, 4, 7, 4), (), as_of=100)
    assert [m.session for m in marks] == [4, 6]
    assert [m.repair for m in marks] == [Repair.RETURNED, Repair.OPEN]


def test_a_mark_and_a_low_rating_of_a_session_merge() -> None:
    marked = RuptureRecord(22.0, 4, RuptureKind.WITHDRAWAL)
    (mark,) = ruptures(ratings(7, 7, 7, 4), (marked,), as_of=100)
    assert (mark.marked, mark.value) == ("withdrawal", 4)


def test_a_recorded_repair_closes_a_rupture_from_its_date() -> None:
    marked = RuptureRecord(22.0, 4, RuptureKind.CONFRONTATION, repaired_at=30.0)
    (now,) = ruptures(ratings(7, 7, 7, 4), (marked,), as_of=31)
    (earlier,) = ruptures(ratings(7, 7, 7, 4), (marked,), as_of=29)
    assert (now.repair, earlier.repair) == (Repair.RECORDED, Repair.OPEN)


def test_ratings_do_not_close_a_rupture_that_is_only_marked() -> None:
    marked = RuptureRecord(15.0, 2, RuptureKind.WITHDRAWAL)
    (mark,) = ruptures(ratings(7, 7, 8, 9), (marked,), as_of=100, session_at={2: 7.0})
    assert (mark.repair, mark.at, mark.expected) == (Repair.OPEN, 7.0, None)


def test_a_marked_rupture_needs_no_ratings() -> None:
    assert len(ruptures((), (RuptureRecord(15.0, 2, RuptureKind.WITHDRAWAL),), as_of=100)) == 1


@given(st.lists(st.floats(0, 10), max_size=20))
def test_at_most_one_rupture_is_open_and_each_begins_low(values: list[float]) -> None:
    marks = ruptures(ratings(*values), (), as_of=1000)
    assert sum(m.repair is Repair.OPEN for m in marks) <= 1
    assert all(m.value is not None and m.limit is not None and m.value < m.limit for m in marks)
    assert all(m.repaired_at is None or m.repaired_at > m.at for m in marks)
