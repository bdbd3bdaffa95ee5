"""Time reversal on a common scale: what a map of the ratings cannot change, and crises that meet a bounded scale."""

from __future__ import annotations

import numpy as np
import pytest

from securebase.study.verdicts.common_scale import common_scale_reversal, on_common_scale
from securebase.study.verdicts.course import Pair, adjust_for_common_course
from securebase.study.verdicts.readings import read_pair
from securebase.study.verdicts.reversal import joint_residuals
from securebase.study.verdicts.rule import Rung, conclude, conclude_pair
from securebase.study.verdicts.within import LagDirection
from truths.catalogue import TRUTHS, draw_cohort

from .tiny_truths import pair


def crises(name: str, persons: int, cohort: int) -> Pair:
    columns = draw_cohort(TRUTHS[name], persons, cohort)
    return Pair.of_sessions(columns["symptoms"], columns["alliance"])


def linked_by_loops(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return, for each x, the value of y at the rank in the middle of its ties."""
    ordered = sorted(y)
    return np.array([ordered[int(sum(x < value) + (sum(x == value) - 1) / 2)] for value in x])


def test_the_finer_column_takes_the_values_of_the_coarser_at_its_percentiles() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(12, 8))
    y = np.clip(np.rint(x + rng.normal(size=x.shape)), -1, 2)
    result = on_common_scale(Pair.of_sessions(y, x))
    linked = linked_by_loops(y.ravel(), x.ravel())
    for values, scores in ((y.ravel(), result.y.ravel()), (linked, result.x.ravel())):
        assert len({*zip(values, scores, strict=True)}) == len({*values}) == len({*scores}) == 4
        assert np.corrcoef(values, scores)[0, 1] > 0.95
    np.testing.assert_allclose(np.unique(result.y), np.unique(result.x), atol=0.05)


@pytest.mark.parametrize("cut", [lambda z: np.maximum(z, 0.3), np.floor, np.exp, lambda z: z > 0.5])
def test_two_maps_of_one_cause_become_one_column(cut: np.ufunc) -> None:
    z = np.random.default_rng(2).normal(size=(30, 10))
    y = np.asarray(cut(z), dtype=float)
    y[3, 2] = np.nan
    for x, sign in ((z**3, 1.0), (-z, -1.0)):
        result = on_common_scale(Pair.of_sessions(y, x))
        np.testing.assert_array_equal(np.isfinite(result.y), np.isfinite(y))
        np.testing.assert_allclose(result.x, sign * result.y)


def test_increasing_maps_of_the_ratings_change_nothing() -> None:
    data = pair("true_lag", np.random.default_rng(3), 60)
    expected = common_scale_reversal(data)
    mapped = common_scale_reversal(Pair.of_sessions(np.arctan(data.y), np.exp(data.x)))
    np.testing.assert_allclose(mapped.statistic, expected.statistic)


def test_columns_exchanged_change_the_sign_alone() -> None:
    data = pair("true_lag", np.random.default_rng(4), 60)
    for x in (data.x, np.rint(data.x), np.maximum(data.x, np.nanmedian(data.x))):
        observed = Pair.of_sessions(data.y, x)
        backwards = common_scale_reversal(observed.reversed).statistic
        np.testing.assert_allclose(common_scale_reversal(observed).statistic, -backwards)


def test_the_intercept_is_the_asymmetry_that_persons_with_reversible_columns_have() -> None:
    """Leave out each person in turn: the jackknife of an explicit regression gives nearly the same statistic."""
    data = pair("true_lag", np.random.default_rng(5), 50)
    y, x = joint_residuals(adjust_for_common_course(on_common_scale(data)))
    rows = []
    for own_y, own_x in zip(np.nan_to_num(y), np.nan_to_num(x), strict=True):
        sums = np.zeros(3)
        for t in range(len(own_y) - 1):
            (a, b), (c, d) = own_y[t : t + 2], own_x[t : t + 2]
            sums += a * d - c * b, a * a * b - a * b * b, c * c * d - c * d * d
        rows.append(sums)
    a, *own = np.array(rows).T
    design = np.column_stack([np.ones(len(a)), *own])
    fits = [np.linalg.lstsq(np.delete(design, k, axis=0), np.delete(a, k), rcond=None)[0][0] for k in range(len(a))]
    intercept = np.linalg.lstsq(design, a, rcond=None)[0][0]
    # HC3 is the sum of squares of these differences
    expected = intercept / np.sqrt(((np.array(fits) - intercept) ** 2).sum())
    np.testing.assert_allclose(common_scale_reversal(data).statistic, expected, rtol=1e-8)


def test_nothing_known_gives_no_statistic() -> None:
    result = common_scale_reversal(Pair.of_sessions(np.full((5, 6), np.nan), np.ones((5, 6))))
    assert np.isnan(result.statistic)
    assert result.p == 1.0


@pytest.mark.parametrize("name", ["crises_at_a_ceiling", "crises_at_a_floor", "crises_on_a_bounded_scale"])
def test_crises_fool_time_reversal_of_the_ratings_and_not_on_a_common_scale(name: str) -> None:
    readings = read_pair(crises(name, 240, 1))
    assert not isinstance(readings, str)
    assert readings.reversal.p < 0.01
    assert readings.on_common_scale.p > 0.05
    assert readings.p > 0.05
    assert readings.private is None
    verdict = conclude({0: readings})[0]
    assert verdict.rung is Rung.TOGETHER
    assert verdict.direction is None


def test_a_true_lag_of_crises_at_a_ceiling_leads() -> None:
    verdict = conclude_pair(crises("alliance_crises_first", 90, 0))
    assert verdict.rung is Rung.LEADS
    assert verdict.direction is LagDirection.X_TO_Y
