from __future__ import annotations

import numpy as np
import pytest

from oracles import dense_verdicts
from securebase.study.verdicts import dynamics
from securebase.study.verdicts.course import Pair, adjust_for_common_course
from securebase.study.verdicts.likelihood import RestrictedLikelihood
from securebase.study.verdicts.within import LagDirection, effect_beside_private_parts, fit_within

from .tiny_truths import pair


def adjusted(name: str, seed: int, N: int) -> Pair:
    return adjust_for_common_course(pair(name, np.random.default_rng(seed), N))


def test_the_fits_reach_the_optimum_that_brute_force_finds() -> None:
    data = pair("true_lag", np.random.default_rng(1), 7, T=6)
    result = fit_within(data)
    usable = (np.isfinite(data.y).sum(axis=1) >= 4) & (np.isfinite(data.x).sum(axis=1) >= 4)
    assert result.n_persons == usable.sum()
    y, x = data.y[usable] / result.scale[0], data.x[usable] / result.scale[1]
    full = dense_verdicts.best_shared_dynamics(y, x, list(range(9)))
    without = dense_verdicts.best_shared_dynamics(y, x, [0, 1, 3, 4, 5, 6, 7, 8])
    test = result.tests[LagDirection.X_TO_Y]
    assert abs(result.log_likelihood - full) < 1e-3
    assert abs(test.z**2 - 2 * (full - without)) < 4e-3


def test_a_true_lag_is_found_with_its_sign_and_size() -> None:
    data = adjusted("true_lag", 2, 150)
    result = fit_within(data)
    forward, back = result.tests[LagDirection.X_TO_Y], result.tests[LagDirection.Y_TO_X]
    assert forward.regular
    assert forward.standard_error is not None
    assert forward.z < -3
    assert abs(forward.estimate + 0.3) < 3 * forward.standard_error
    assert abs(back.z) < 3
    beside = effect_beside_private_parts(data, LagDirection.X_TO_Y, result)
    assert beside.z < -1.96


def test_private_parts_never_lower_the_likelihood_beyond_their_penalty() -> None:
    data = adjusted("no_link", 3, 40)
    result = fit_within(data)
    shared = RestrictedLikelihood(data, private=False)
    private = RestrictedLikelihood(data, private=True)
    absent = np.concatenate([result.theta, np.full(2, -15.0), np.zeros(2)])
    assert abs(private.log_likelihood(absent) - shared.log_likelihood(result.theta)) < 1e-4


def test_the_restricted_fits_are_not_above_the_full_one_and_hold_their_effect_at_zero() -> None:
    data = adjusted("unequal_carry_over", 4, 60)
    result = fit_within(data)
    likelihood = RestrictedLikelihood(data, private=False)
    for direction, theta in result.restricted.items():
        assert theta[direction.position] == 0
        assert -likelihood.objective(theta)[0] <= result.log_likelihood + 1e-9


def test_units_of_the_columns_make_no_difference_to_the_test() -> None:
    data = adjusted("true_lag", 5, 50)
    other = Pair(10 * data.y, -0.5 * data.x, data.times, data.discrete)
    first, second = fit_within(data).tests[LagDirection.X_TO_Y], fit_within(other).tests[LagDirection.X_TO_Y]
    np.testing.assert_allclose(second.z, -first.z, rtol=1e-3)
    np.testing.assert_allclose(second.estimate, -20 * first.estimate, rtol=1e-2)


def test_even_weeks_in_real_time_tell_what_sessions_tell() -> None:
    data = adjusted("true_lag", 6, 120)
    weeks = Pair(data.y, data.x, 7.0 * data.times, discrete=False)
    by_session, by_time = (fit_within(d).tests[LagDirection.X_TO_Y] for d in (data, weeks))
    assert by_time.regular
    np.testing.assert_allclose(by_time.z, by_session.z, rtol=0.15)
    np.testing.assert_allclose(by_time.estimate, by_session.estimate, rtol=0.15)


@pytest.mark.parametrize("discrete", [False, True])
def test_unstable_dynamics_have_no_likelihood(discrete: bool) -> None:
    data = adjusted("no_link", 7, 12)
    theta = dynamics.start(discrete=discrete)
    theta[[dynamics.X_TO_Y, dynamics.Y_TO_X]] = 2.0
    value, gradient = RestrictedLikelihood(Pair(data.y, data.x, data.times, discrete), private=False).objective(theta)
    assert value == np.inf
    assert not gradient.any()


def test_the_number_of_evaluations_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    data = adjusted("true_lag", 8, 60)
    evaluate, calls = RestrictedLikelihood.objective, []

    def counted(self: RestrictedLikelihood, theta: np.ndarray) -> tuple[float, np.ndarray]:
        calls.append(len(theta))
        return evaluate(self, theta)

    monkeypatch.setattr(RestrictedLikelihood, "objective", counted)
    result = fit_within(data)
    assert len(calls) < 400
    calls.clear()
    effect_beside_private_parts(data, LagDirection.X_TO_Y, result)
    assert len(calls) < 2500
