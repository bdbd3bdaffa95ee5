"""The rule of the hand-over of support, against a spreadsheet's way of computing it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from securebase.ipt.hand_over import BASIS, HandOverLook, hand_over_looks, look_in_words, looks_of, points_carried
from securebase.records.episode import EpisodeRecord
from slow_course import filled
from support_course import course


def sessions(values: dict[int, float]) -> dict[int, float]:
    return {number: value for number, value in values.items() if not np.isnan(value)}


@pytest.mark.parametrize("seed", range(10))
def test_points_are_those_of_a_plain_computation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    share, support = rng.integers(0, 11, (2, 17)).astype(float)
    share[rng.random(17) < 0.3] = np.nan
    support[rng.random(17) < 0.1] = np.nan
    share[[1, 8, 9, 10]] = 5.0  # enough to be computed
    support[[1, 9]] = 6.0
    now = np.nanmean(share[7:14]) / 10 * np.nanmean(support[7:14])
    before = np.nanmean(share[1:3]) / 10 * np.nanmean(support[1:3])
    carried = points_carried(sessions(dict(enumerate(share))), sessions(dict(enumerate(support))), 13)
    assert carried == pytest.approx(now - before / 2)


def constant(share: float, *, support: float = 8.0, first: float = 1.0) -> tuple[dict[int, float], dict[int, float]]:
    shares = dict.fromkeys((4, 6, 8, 10, 11, 12, 13, 14, 15, 16), share) | {1: first, 2: first}
    return shares, dict.fromkeys(range(1, 17), support)


def test_a_course_of_sixteen_is_looked_at_after_sessions_11_13_and_15() -> None:
    shares, support = constant(4.0)
    # .4 · 8 − ½ · .1 · 8 = 2.8 points
    expected = tuple(HandOverLook(n, pytest.approx(2.8), cut) for n, cut in ((11, 2.3), (13, 2.1), (15, 1.9)))
    assert hand_over_looks(shares, support, planned=16, latest=16) == expected
    assert [look.session for look in hand_over_looks(shares, support, planned=16, latest=14)] == [11, 13]
    assert hand_over_looks(shares, support, planned=16, latest=10) == ()
    assert [look.session for look in hand_over_looks(shares, support, planned=15, latest=15)] == [13, 15]


@pytest.mark.parametrize(
    ("carried", "signals"), [(2.4, [1, 1, 1]), (2.2, [0, 1, 1]), (2.0, [0, 0, 1]), (1.8, [0, 0, 0])]
)
def test_the_cut_falls_towards_the_end(carried: float, signals: list[int]) -> None:
    shares, support = constant(carried, support=10.0, first=0.0)
    assert [look.is_signal for look in hand_over_looks(shares, support, planned=16, latest=16)] == signals


def test_a_higher_usual_answer_counts_half() -> None:
    shares, support = constant(4.0, first=6.0)
    assert points_carried(shares, support, 11) == pytest.approx(3.2 - 2.4)


def test_a_recorded_course_is_looked_at_through_its_sources_of_support() -> None:
    shares = {2: 10.0, 8: 40.0, 9: 40.0, 11: 40.0}
    looks = looks_of(course(shares, support=8.0, held=12))
    assert [(look.session, look.carried) for look in looks] == [(11, pytest.approx(2.8))]
    assert look_in_words(looks) == (
        "In sessions 7 to 11 you carried 2.8 of 10 points of the client’s support, minus half of the points at "
        "sessions 1 and 2. More than 2.3 points are a signal: discuss with the client who else could "
        f"provide this support. {BASIS}"
    )
    calm = looks_of(course(dict.fromkeys(shares, 10.0), support=8.0, held=12))
    assert look_in_words(calm) == (
        "In sessions 7 to 11 you carried 0.4 of 10 points of the client’s support, minus half of the points at "
        f"sessions 1 and 2. More than 2.3 points are a signal. {BASIS}"
    )
    assert look_in_words(looks_of(course({1: 10.0, 9: 50.0}, support=8.0))) == ""
    assert looks_of(EpisodeRecord("c")) == ()


def test_ratings_of_check_ins_and_worksheets_are_joined_for_the_rule() -> None:
    sheets = course({1: 10.0, 8: 90.0}, support=8.0, held=12)
    ratings = tuple(filled(n, {1: 4.0}, name="support_share") for n in (8, 9, 11))
    looks = looks_of(replace(sheets, administrations=sheets.administrations + ratings))
    # the rating of session 8 counts, not its worksheet: .4 · 8 − ½ · .1 · 8
    assert [(look.session, look.carried) for look in looks] == [(11, pytest.approx(2.8))]


def test_the_rule_is_silent_with_few_ratings() -> None:
    shares, support = constant(9.0)
    few = {n: share for n, share in shares.items() if n < 11}
    assert few.keys() == {1, 2, 4, 6, 8, 10}
    assert hand_over_looks(few, support, planned=16, latest=16) == ()
    without_start = {n: share for n, share in shares.items() if n > 2}
    assert hand_over_looks(without_start, support, planned=16, latest=16) == ()
    assert hand_over_looks(shares, dict.fromkeys(range(3, 17), 5.0), planned=16, latest=16) == ()
    assert hand_over_looks({}, {}, planned=16, latest=16) == ()
