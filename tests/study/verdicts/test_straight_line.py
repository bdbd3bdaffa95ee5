from __future__ import annotations

import numpy as np

from securebase.study.verdicts.course import Pair, adjust_for_common_course
from securebase.study.verdicts.straight_line import BesideBends, beside_bends
from securebase.study.verdicts.within import LagDirection, LagTest, fit_within

from .tiny_truths import pair


def both(data: Pair) -> tuple[LagTest, BesideBends]:
    adjusted = adjust_for_common_course(data)
    within = fit_within(adjusted)
    direction = max(LagDirection, key=lambda d: abs(within.tests[d].z))
    return within.tests[direction], beside_bends(adjusted, direction, within)


def test_a_bend_of_ones_own_looks_like_a_lag_beside_lines_only() -> None:
    bend, holds = ((np.arange(16) - 7.5) / 7.5) ** 2, 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        data, own = pair("no_link", rng, 60), 4.0 * rng.normal(size=(60, 1)) * bend
        by_lines, result = both(Pair.of_sessions(data.y + own, data.x - own))
        assert by_lines.p < 0.01
        assert result.z_of_lines == by_lines.z
        holds += result.holds
    assert holds <= 1


def test_a_true_lag_does_not_rest_on_the_straight_line() -> None:
    for seed in range(4):
        by_lines, result = both(pair("true_lag", np.random.default_rng(seed), 60))
        assert result.holds
        assert 0.5 < result.z / by_lines.z < 1.1


def test_it_needs_the_same_sign_a_size_and_a_regular_fit() -> None:
    def holds(lines: float, bends: float, *, regular: bool = True) -> bool:
        return BesideBends(lines, bends, 0.2, regular).holds

    assert holds(-3.0, -1.1)
    assert not holds(-3.0, -0.9)
    assert not holds(-3.0, 2.0)
    assert not holds(3.0, 2.0, regular=False)
