from __future__ import annotations

import numpy as np

from securebase.study.verdicts.course import Pair, adjust_for_common_course
from securebase.study.verdicts.mixed_cause import BesideMixedCause, beside_mixed_cause
from securebase.study.verdicts.within import LagDirection, fit_within
from truths.catalogue import TRUTHS, draw_cohort

from .tiny_truths import pair


def read(data: Pair, direction: LagDirection) -> BesideMixedCause:
    adjusted = adjust_for_common_course(data)
    return beside_mixed_cause(adjusted, direction, fit_within(adjusted))


def test_a_true_lag_is_needed_beside_a_mixed_cause_in_either_direction() -> None:
    data = pair("true_lag", np.random.default_rng(1), 70)
    for one, direction in ((data, LagDirection.X_TO_Y), (data.reversed, LagDirection.Y_TO_X)):
        result = read(one, direction)
        assert result.holds
        assert result.z < -2


def test_a_mixture_of_factor_and_unequal_carry_over_gets_no_badge() -> None:
    for cohort in range(2):
        columns = draw_cohort(TRUTHS["factor_and_unequal_carry_over"], 60, cohort)
        result = read(Pair.of_sessions(columns["symptoms"], columns["alliance"]), LagDirection.X_TO_Y)
        assert not result.holds
        assert abs(result.z) < 1.645
