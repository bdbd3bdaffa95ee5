from __future__ import annotations

import numpy as np
import pytest

from securebase.study.verdicts.course import Pair, adjust_for_common_course, own_line_residuals
from securebase.study.verdicts.hidden_cause import HiddenCause, Strength, hidden_cause, robustness_value
from securebase.study.verdicts.identifying import association


def confounded(
    rng: np.random.Generator, N: int, *, loading: float, effect: float = 0.0, T: int = 16
) -> tuple[Pair, np.ndarray]:
    """Return a pair that a factor moves, x one row before y, and the factor at the row where x shows it."""
    factor, y, x = np.zeros((N, T + 1)), np.zeros((N, T)), np.zeros((N, T))
    factor[:, 0] = rng.normal(size=N)
    for t in range(1, T + 1):
        factor[:, t] = 0.6 * factor[:, t - 1] + 0.8 * rng.normal(size=N)
    own = rng.normal(size=(2, N, T))
    for t in range(1, T):
        own[0, :, t] += 0.4 * own[0, :, t - 1]
        own[1, :, t] += 0.4 * own[1, :, t - 1]
    x = own[1] - loading * factor[:, 1:]
    y = own[0] + loading * factor[:, :-1]
    y[:, 1:] += effect * x[:, :-1]
    lines = rng.normal(size=(2, N, 1)) + 0.05 * rng.normal(size=(2, N, 1)) * np.arange(T)
    return Pair.of_sessions(y + lines[0], x + lines[1]), factor[:, 1:]


def read(pair: Pair, **others: np.ndarray) -> HiddenCause:
    result = hidden_cause(pair, others)
    assert result is not None
    return result


@pytest.mark.parametrize(("loading", "T", "tolerance"), [(0.5, 100, 0.06), (1.2, 100, 0.03), (1.2, 16, 0.1)])
def test_the_cause_behind_a_spurious_association_has_the_stated_strength(
    loading: float, T: int, tolerance: float
) -> None:
    pair, factor = confounded(np.random.default_rng(1), 60_000 // T, loading=loading, T=T)
    result = read(pair, factor=factor)
    true = result.measured["factor"]
    # the whole association is the factor's, so that it creates this f²; lines removed from short series blur it
    np.testing.assert_allclose(true.bias, result.f_squared, rtol=tolerance)
    low, high = sorted((true.with_earlier, true.with_later))
    assert low < result.to_zero < high
    assert 0.75 * result.to_zero < result.to_insignificance < result.to_zero
    assert result.lead == 0.5


def test_a_weaker_cause_does_not_explain_a_true_lag_away() -> None:
    pair, factor = confounded(np.random.default_rng(2), 400, loading=0.5, effect=-0.4)
    result = read(pair, factor=factor, noise=np.random.default_rng(3).normal(size=factor.shape))
    assert not result.is_explained_by(result.measured["factor"])
    assert result.measured["factor"].bias > 20 * result.measured["noise"].bias
    assert result.is_explained_by(Strength(result.to_zero + 1e-9, result.to_zero + 1e-9))


def test_a_cause_of_that_strength_brings_the_coefficient_to_zero() -> None:
    """Construct the cause by linear algebra, and add it to the regression."""
    rng = np.random.default_rng(4)
    x, past = rng.normal(size=(2, 200))
    y = 0.4 * x + 0.3 * past + rng.normal(size=200)
    d, v = (values - past * (past @ values) / (past @ past) for values in (x, y))
    residual = v - d * (d @ v) / (d @ d)
    explained = (d @ v) ** 2 / ((d @ d) * (v @ v))
    strength = robustness_value(np.sqrt(explained / (1 - explained)))
    noise = rng.normal(size=200)
    for values in (past, d, residual):
        noise = noise - values * (values @ noise) / (values @ values)
    unit_x, unit_y, unit = (values / np.linalg.norm(values) for values in (d, residual, noise))
    # partial R² with x is a², with y beside x is b² / (b² + c²)
    a = np.sqrt(strength)
    b = np.sqrt(strength * (1 - strength))
    cause = a * unit_x + b * unit_y + np.sqrt(1 - a**2 - b**2) * unit
    beta = np.linalg.lstsq(np.column_stack([x, past, cause]), y, rcond=None)[0]
    assert abs(beta[0]) < 1e-9


def test_the_interval_needs_a_weaker_cause_and_one_around_zero_needs_none() -> None:
    pair, _ = confounded(np.random.default_rng(5), 60, loading=0.0, effect=-0.15)
    result = read(pair)
    assert 0 < result.to_insignificance < result.to_zero
    unrelated, _ = confounded(np.random.default_rng(6), 60, loading=0.0)
    assert association(adjust_for_common_course(unrelated), 1).p > 0.05
    assert read(unrelated).to_insignificance == 0.0


def test_the_measured_strengths_are_those_of_regressions() -> None:
    pair, factor = confounded(np.random.default_rng(7), 50, loading=0.8)
    factor[3, 2] = np.nan
    result = read(pair, factor=factor)
    adjusted = adjust_for_common_course(pair)
    z = adjust_for_common_course(Pair.of_sessions(pair.y, factor)).x
    y, x, z = (own_line_residuals(values, pair.times) for values in (adjusted.y, adjusted.x, z))
    rows = np.column_stack([v.ravel() for v in (y[:, 1:], x[:, :-1], y[:, :-1], z[:, :-1])])
    rows = rows[np.isfinite(rows).all(axis=1)]

    def left(target: int, *given: int) -> float:
        X = rows[:, list(given)]
        return float(((rows[:, target] - X @ np.linalg.pinv(X) @ rows[:, target]) ** 2).sum())

    strength = result.measured["factor"]
    np.testing.assert_allclose(strength.with_earlier, 1 - left(1, 2, 3) / left(1, 2), rtol=1e-9)
    np.testing.assert_allclose(strength.with_later, 1 - left(0, 1, 2, 3) / left(0, 1, 2), rtol=1e-9)


def test_an_association_in_the_same_row_needs_a_cause_of_both_at_once() -> None:
    rng = np.random.default_rng(8)
    factor = rng.normal(size=(2000, 16))
    y, x = rng.normal(size=(2, 2000, 16)) + factor
    result = hidden_cause(Pair.of_sessions(y, x), {"factor": factor}, lag=0, lead=0.0)
    assert result is not None
    assert result.lead == 0.0
    true = result.measured["factor"]
    # half of the variance of x, and of y beside x: .5 / 1.5
    np.testing.assert_allclose((true.with_earlier, true.with_later), (1 / 2, 1 / 3), rtol=0.05)
    np.testing.assert_allclose(true.bias, result.f_squared, rtol=0.05)


def test_nothing_is_said_where_nothing_varies() -> None:
    assert hidden_cause(Pair.of_sessions(np.zeros((5, 6)), np.zeros((5, 6))), {}) is None
