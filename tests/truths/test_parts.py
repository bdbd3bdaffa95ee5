"""Moments of the simulated parts against theory, and columns against what they claim to be."""

from __future__ import annotations

import numpy as np
import pytest

from truths.catalogue import TRUTHS, draw_cohort
from truths.columns import items_with_floor, last_session
from truths.parts import SESSIONS, States, autoregression, correlated_autoregressions, observe, own_lines
from truths.truth import Array, Truth

LARGE = 20_000


def covariance(a: Array, b: Array) -> float:
    return float(np.mean((a - a.mean()) * (b - b.mean())))


def reduced_form(states: States) -> tuple[Array, Array]:
    """Return A and Q of the state (y, a) with the link within the session solved for."""
    phi, psi = states.persistence
    same = np.array([[1.0, 0.0], [states.symptoms_to_alliance, 1.0]])
    lagged = np.array([[phi, states.alliance_to_next_symptoms], [states.symptoms_to_next_alliance, psi]])
    shocks = np.array([[1.0, states.shock_correlation], [states.shock_correlation, 1.0]])
    return same @ lagged, same @ shocks @ same.T


@pytest.mark.parametrize(
    "states",
    [
        States(),
        States(persistence=(0.2, 0.6), shock_correlation=-0.35),
        States(alliance_to_next_symptoms=-0.3, symptoms_to_alliance=-0.3),
        States(symptoms_to_next_alliance=-0.3, shock_correlation=0.2),
    ],
)
def test_states_have_the_stationary_covariances_of_their_equations(states: States) -> None:
    A, Q = reduced_form(states)
    P = np.linalg.solve(np.eye(4) - np.kron(A, A), Q.ravel()).reshape(2, 2)
    values = states.draw(LARGE, np.random.default_rng(1))
    # 16 dependent sessions of 20,000 persons: standard errors below .01
    for t in (0, SESSIONS - 2):
        for i in range(2):
            for j in range(2):
                assert covariance(values[i][:, t], values[j][:, t]) == pytest.approx(P[i, j], abs=0.05)
                lagged = covariance(values[i][:, t + 1], values[j][:, t])
                assert lagged == pytest.approx((A @ P)[i, j], abs=0.05)


def test_an_autoregression_has_its_variance_and_persistence() -> None:
    values = autoregression(0.6, 1.25, LARGE, np.random.default_rng(2))
    assert np.var(values[:, 0]) == pytest.approx(1.25**2, rel=0.04)
    assert np.var(values[:, -1]) == pytest.approx(1.25**2, rel=0.04)
    assert covariance(values[:, 3], values[:, 6]) == pytest.approx(1.25**2 * 0.6**3, abs=0.04)


def test_correlated_autoregressions_share_shocks_only() -> None:
    (phi, psi), rho = (0.6, 0.9), -0.5
    first, second = correlated_autoregressions((phi, psi), 2.0, rho, LARGE, np.random.default_rng(3))
    assert np.var(first[:, -1]) == pytest.approx(4.0, rel=0.04)
    assert np.var(second[:, -1]) == pytest.approx(4.0, rel=0.04)
    expected = 4.0 * rho * np.sqrt((1 - phi**2) * (1 - psi**2)) / (1 - phi * psi)
    assert covariance(first[:, 5], second[:, 5]) == pytest.approx(expected, abs=0.08)


def test_lines_have_own_levels_and_slopes() -> None:
    lines = own_lines(LARGE, np.random.default_rng(4))
    np.testing.assert_allclose(np.diff(lines, n=2), 0.0, atol=1e-12)
    assert np.std(lines.mean(axis=1)) == pytest.approx(1.0, rel=0.03)
    assert np.std(np.diff(lines)[:, 0]) == pytest.approx(0.05, rel=0.03)


@pytest.mark.parametrize("sign", [-1, 1])
def test_ratings_follow_the_common_course_and_have_error(sign: int) -> None:
    rated = observe(np.zeros((LARGE, SESSIONS)), np.random.default_rng(5), sign=sign, error_sd=0.75)
    means = rated.mean(axis=0)
    assert means[0] == pytest.approx(0.0, abs=0.05)
    assert means[-1] == pytest.approx(sign * 1.5 * (1 - np.exp(-3)), abs=0.05)
    # second differences remove levels and slopes: variance of the error times 1 + 4 + 1
    assert np.var(np.diff(rated, n=2)[:, 7]) == pytest.approx(6 * 0.75**2, rel=0.05)


@pytest.mark.parametrize("truth", TRUTHS.values(), ids=lambda truth: truth.name)
def test_cohorts_have_the_columns_that_the_truth_names(truth: Truth) -> None:
    columns = draw_cohort(truth, 30, 0)
    assert {*columns} == {*truth.columns}
    assert truth.outcome in columns
    for values in columns.values():
        assert values.shape == (30, SESSIONS)
        assert np.isfinite(values).mean() > 0.6
    again, other = draw_cohort(truth, 30, 0), draw_cohort(truth, 30, 1)
    for name, values in columns.items():
        np.testing.assert_array_equal(values, again[name])
        assert not np.array_equal(values, other[name], equal_nan=True)


def test_about_eight_in_a_hundred_ratings_are_missing() -> None:
    for values in draw_cohort(TRUTHS["no_link"], 4000, 0).values():
        assert np.isnan(values).mean() == pytest.approx(0.08, abs=0.005)


def test_items_are_whole_and_lie_on_their_floor() -> None:
    values = draw_cohort(TRUTHS["floor_without_link"], 2000, 0)["symptoms"]
    recorded = values[np.isfinite(values)]
    assert {*recorded} == {*map(float, range(10))}
    at_floor = [np.mean(items_with_floor(np.full((2000, SESSIONS), y), np.random.default_rng(6)) == 0) for y in (0, -3)]
    assert at_floor[0] < 0.3 < 0.6 < at_floor[1]


def test_dropout_depends_on_the_state_and_begins_after_the_fifth_session() -> None:
    rng = np.random.default_rng(7)
    low, high = (last_session(np.full((4000, SESSIONS), y), rng) for y in (-2.0, 2.0))
    assert low.min() >= 5
    assert high.min() == 5
    assert (high < SESSIONS).mean() > (low < SESSIONS).mean() + 0.4


def test_a_reversed_copy_is_the_same_rating() -> None:
    columns = draw_cohort(TRUTHS["reversed_copy"], 50, 0)
    np.testing.assert_array_equal(columns["alliance"], 10.0 - columns["symptoms"])


def test_medication_begins_once_after_a_bad_week_and_stays() -> None:
    columns = draw_cohort(TRUTHS["switch_after_a_bad_week"], 4000, 0)
    medication, symptoms = columns["medication"], columns["symptoms"]
    assert (np.diff(medication) >= 0).all()
    begins = medication.argmax(axis=1)
    takes = medication.any(axis=1)
    assert takes.mean() == pytest.approx(0.2, abs=0.03)
    assert begins[takes].min() >= 3
    starters = symptoms[takes]
    at_start = starters[np.arange(len(starters)), begins[takes]]
    assert np.nanmean(at_start - np.nanmean(starters, axis=1)) > 1.0
