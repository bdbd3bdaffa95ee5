"""The mixed model against analysis of covariance by hand, its likelihood written out, and trials with a known truth."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.stats import ttest_ind

from question_truths import draw_trial
from securebase.errors import ModelError
from securebase.model.distributions import t_quantile
from securebase.study.questions.gain import first_and_last
from securebase.study.regression import regress
from securebase.study.trial.effects import ArmEffect
from securebase.study.trial.members import TrialArms
from securebase.study.trial.mixed_model import fit_repeated_measures
from securebase.study.trial.visits import planned_course

#: in “new” persons who are worse leave, in “old” those who are better
SELECTIVE = {"selective": (0.6, -0.6), "dropout": 0.04}


def draw_ratings(seed: int, *, n: int = 90, missing: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Draw ratings of three arms at four visits, and the arms."""
    rng = np.random.default_rng(seed)
    arm = np.arange(n) % 3
    factor = rng.normal(size=(4, 4))
    rated = arm[:, None] * np.array([0.1, 0.5, 1.0, 1.5]) + rng.normal(size=(n, 4)) @ factor.T
    rated[:, 1:][rng.random((n, 3)) < missing] = np.nan
    return rated, arm


def test_complete_ratings_give_the_analysis_of_covariance_with_robust_errors() -> None:
    rated, arm = draw_ratings(1)
    fitted = fit_repeated_measures(rated, arm, 3)
    first, last = rated[:, 0], rated[:, -1]
    by_hand = regress(last, np.column_stack([arm == 1, arm == 2, first]).astype(float), np.arange(90), 90)
    assert by_hand is not None
    difference = fitted.difference(2, 0, adjusted=True, standardised=False)
    assert difference.estimate == pytest.approx(by_hand.coefficients[2], rel=1e-6)
    assert difference.error()[0] == pytest.approx(by_hand.standard_errors[2], rel=0.01)
    pooled = np.sqrt(sum((last[arm == a].var(ddof=1)) * 29 for a in range(3)) / 87)
    assert fitted.sd == pytest.approx(pooled, rel=1e-6)
    g = fitted.difference(2, 0, adjusted=True, standardised=True).estimate
    assert g == pytest.approx((1 - 3 / (4 * 87 - 1)) * by_hand.coefficients[2] / pooled, rel=1e-6)
    unadjusted = fitted.difference(2, 0, adjusted=False, standardised=False).estimate
    assert unadjusted == pytest.approx(last[arm == 2].mean() - last[arm == 0].mean(), rel=1e-6)


def log_likelihood(rated: np.ndarray, arm: np.ndarray, means: np.ndarray, covariance: np.ndarray) -> float:
    """Return the log-likelihood person by person."""
    total = 0.0
    for y, a in zip(rated, arm, strict=True):
        known = np.isfinite(y)
        rest, own = y[known] - means[a, known], covariance[np.ix_(known, known)]
        total -= 0.5 * (np.log(np.linalg.det(own)) + rest @ np.linalg.inv(own) @ rest)
    return total


def test_no_other_means_or_covariance_are_more_likely() -> None:
    rated, arm = draw_ratings(2, missing=0.3)
    fitted = fit_repeated_measures(rated, arm, 3)
    best, rng = log_likelihood(rated, arm, fitted.means, fitted.covariance), np.random.default_rng(1)
    for _ in range(40):
        step, shift = 1e-4 * rng.normal(size=(4, 4)), 1e-4 * rng.normal(size=(3, 4))
        step = step + step.T
        further = log_likelihood(rated, arm, fitted.means + shift, fitted.covariance + step)
        back = log_likelihood(rated, arm, fitted.means - shift, fitted.covariance - step)
        assert max(further, back) < best
        # the gradient is zero: both sides fall alike
        assert further - best == pytest.approx(back - best, rel=0.1)


def test_the_error_is_that_of_a_jackknife() -> None:
    rated, arm = draw_ratings(3, missing=0.3)
    difference = fit_repeated_measures(rated, arm, 3).difference(1, 0, adjusted=True, standardised=True)
    without = []
    for i in range(90):
        fitted = fit_repeated_measures(np.delete(rated, i, axis=0), np.delete(arm, i), 3)
        without.append(fitted.difference(1, 0, adjusted=True, standardised=True).estimate)
    jackknife = np.sqrt(89 / 90 * ((np.array(without) - np.mean(without)) ** 2).sum())
    assert difference.error()[0] == pytest.approx(jackknife, rel=0.06)


def test_ratings_without_variation_are_refused() -> None:
    rated, arm = draw_ratings(1)
    rated[:, 2] = 3.0
    with pytest.raises(ModelError, match="all equal"):
        fit_repeated_measures(rated, arm, 3)


def test_one_therapist_in_an_arm_shows_no_difference_between_therapists() -> None:
    rated, arm = draw_ratings(1)
    difference = fit_repeated_measures(rated, arm, 3).difference(1, 0, adjusted=True, standardised=True)
    # the reference has one therapist, the arm five; a third arm does not make up for it
    therapist = np.where(arm == 0, 0, 1 + np.arange(90) // 3 % 5 + 10 * arm)
    with pytest.raises(ModelError, match="6 therapists in two arms"):
        difference.error(therapist)


def test_therapists_of_a_third_arm_add_no_degrees_of_freedom() -> None:
    rated, arm = draw_ratings(1)
    difference = fit_repeated_measures(rated, arm, 3).difference(1, 0, adjusted=True, standardised=True)
    # two therapists in each of both arms, 15 in the third: one degree of freedom in each of the two
    therapist = np.where(arm == 2, 100 + np.arange(90) // 3 % 15, arm * 10 + np.arange(90) // 3 % 2)
    assert 1.0 <= difference.error(therapist)[1] < 2.1


def test_therapists_in_both_arms_have_the_degrees_of_freedom_of_all_of_them() -> None:
    rated, arm = draw_ratings(1)
    difference = fit_repeated_measures(rated, arm, 3).difference(1, 0, adjusted=True, standardised=True)
    assert difference.error(np.arange(90) // 3 % 7)[1] == 5


def test_a_small_arm_beside_a_large_one_has_the_error_of_the_test_of_welch() -> None:
    rng = np.random.default_rng(5)
    arm = np.repeat([0, 1], [10, 190])
    rated = rng.normal(size=(200, 2))
    difference = fit_repeated_measures(rated, arm, 2).difference(1, 0, adjusted=False, standardised=False)
    small, large = rated[arm == 0, 1], rated[arm == 1, 1]
    by_hand = ttest_ind(large, small, equal_var=False)
    error, df = difference.error()
    assert difference.estimate / error == pytest.approx(by_hand.statistic, rel=1e-6)
    assert df == pytest.approx(by_hand.df, rel=1e-6)


def test_intervals_cover_zero_with_few_therapists_in_two_of_three_arms() -> None:
    rng, covered = np.random.default_rng(7), []
    arm = np.repeat([0, 1, 2], [40, 40, 60])
    therapist = np.concatenate([np.arange(40) % 2, 2 + np.arange(40) % 2, 4 + np.arange(60) % 10])
    for _ in range(100):
        rated = rng.normal(size=(140, 2))
        rated[:, 1] += np.sqrt(0.1 / 0.9) * rng.normal(size=14)[therapist]
        difference = fit_repeated_measures(rated, arm, 3).difference(1, 0, adjusted=True, standardised=True)
        error, df = difference.error(therapist)
        covered.append(abs(difference.estimate) < t_quantile(0.975, df) * error)
    # 95 expected; with the therapists of the third arm counted, about 75
    assert sum(covered) >= 89


@cache
def effects(effect: float) -> tuple[tuple[ArmEffect, float], ...]:
    """Return the effects of trials whose persons leave by their state, each beside that of last observed ratings."""
    results = []
    for seed in range(30):
        data = draw_trial(seed, n=150, effect=effect, **SELECTIVE)  # type: ignore[arg-type]
        course = planned_course(data.table, "y", None)
        (estimated,), _ = TrialArms.of(data, "old").compare(data, course, (), 0.2)
        first, last, _ = first_and_last(data.table, "y")
        new = np.arange(len(first)) % 2 == 0
        regression = regress(last, np.column_stack([new, first]).astype(float), np.arange(len(first)), len(first))
        assert regression is not None
        spread = np.sqrt((last[new].var(ddof=1) + last[~new].var(ddof=1)) / 2)
        results.append((estimated, -float(regression.coefficients[1]) / spread))
    return tuple(results)


@pytest.mark.parametrize("truth", [0.0, 0.4])
def test_the_truth_is_recovered_although_dropout_depends_on_the_state(truth: float) -> None:
    g = np.array([effect.g.estimate for effect, _ in effects(truth)])
    assert abs(g.mean() - truth) < 2 * g.std() / np.sqrt(30)
    # those who completed are another selection in each arm
    completers = [effect.completers.estimate for effect, _ in effects(truth) if effect.completers]
    assert np.mean(completers) - truth > 0.15


def test_the_stated_error_is_the_spread_of_estimates_over_trials() -> None:
    errors = [effect.g.standard_error for effect, _ in (*effects(0.0), *effects(0.4))]
    spread = np.sqrt(np.mean([np.var([e.g.estimate for e, _ in effects(truth)], ddof=1) for truth in (0.0, 0.4)]))
    assert 0.8 < np.mean(errors) / spread < 1.25
