"""Columns assigned by chance: estimates and errors by explicit loops, known effects, and what is refused."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from scipy.stats import t as student

from securebase.study.verdicts.randomised import AssignedEffect, AssignmentRefusal, read_assignment
from securebase.study.verdicts.rule import Rung
from securebase.study.verdicts.selective import selective_p_of_arms
from securebase.study.verdicts.strata import Strata, chance_p
from truths.catalogue import TRUTHS, draw_cohort

Array = np.ndarray
Rng = np.random.Generator


def prompts(
    rng: Rng, N: int, T: int, effect: float = 0.0, *, probability: float | Array = 0.5, carry: float = 0.0
) -> tuple[Array, Array]:
    """Return ratings, 8% missing, and prompts that change the next one (carry: the one after)."""
    assigned = (rng.random((N, T + 20)) < probability).astype(float)
    state, rated = np.zeros(N), np.zeros((N, T + 20))
    for t in range(2, T + 20):
        state = 0.5 * state + rng.normal(size=N)
        rated[:, t] = state + effect * assigned[:, t - 1] + carry * assigned[:, t - 2]
    rated, assigned = rated[:, 20:], assigned[:, 20:]
    rated += rng.normal(size=(N, 1)) + 0.1 * rng.normal(size=(N, 1)) * np.arange(T) - np.linspace(0.0, 2.0, T)
    rated += 0.5 * rng.normal(size=rated.shape)
    rated[rng.random(rated.shape) < 0.08] = np.nan
    return rated, assigned


def arms(rng: Rng, N: int, T: int, effect: float = 0.0) -> tuple[Array, Array]:
    """Return ratings of two arms of equal size, which grow apart by `effect` until the last session."""
    arm = rng.permutation(np.arange(N) % 2).astype(float)
    rated = 1.5 * rng.normal(size=(N, 1)) + rng.normal(size=(N, T)) + effect * arm[:, None] * np.linspace(0.0, 1.0, T)
    rated[:, 1:][rng.random((N, T - 1)) < 0.08] = np.nan
    return rated, np.repeat(arm[:, None], T, axis=1)


def read(columns: tuple[Array, Array], **options: Any) -> AssignedEffect:
    return read_assignment(*columns, **{"same_session": False} | options)


def rows_by_loops(
    rated: Array, assigned: Array, *, same_session: bool
) -> list[tuple[int, tuple[int, float], list[float], float]]:
    """Return person, stratum, regressors and next rating of every row that counts."""
    rows = []
    for i in range(len(rated)):
        for t in range(rated.shape[1]):
            b, n = (t - 1, t) if same_session else (t, t + 1)
            if b < 0 or n >= rated.shape[1] or not np.isfinite([rated[i, b], rated[i, n], assigned[i, t]]).all():
                continue
            previous = assigned[i, t - 1] if t else 0.0
            if np.isfinite(previous):
                past = rated[i, : b + 1][np.isfinite(rated[i, : b + 1])]
                rows.append((i, (t, previous), [assigned[i, t], rated[i, b], past.mean()], rated[i, n]))
    return rows


@pytest.mark.parametrize("same_session", [False, True])
def test_effect_and_error_within_persons_are_those_of_explicit_regressions(*, same_session: bool) -> None:
    rated, assigned = prompts(np.random.default_rng(1), 40, 6, -0.5)
    assigned[5, 2] = np.nan
    rows = rows_by_loops(rated, assigned, same_session=same_session)
    strata = sorted({stratum for _, stratum, _, _ in rows})
    X = np.array([[*terms, *(float(stratum == s) for s in strata)] for _, stratum, terms, _ in rows])
    y, person = np.array([row[3] for row in rows]), np.array([row[0] for row in rows])

    def coefficient(keep: Array) -> float:
        return float(np.linalg.lstsq(X[keep], y[keep], rcond=None)[0][0])

    estimate = coefficient(person >= 0)
    error = np.sqrt(sum((coefficient(person != i) - estimate) ** 2 for i in set(person)))
    residual = X[:, 0] - X[:, 1:] @ np.linalg.lstsq(X[:, 1:], X[:, 0], rcond=None)[0]
    h = np.array([(residual[person == i] ** 2).sum() for i in set(person)])
    result = read((rated, assigned), same_session=same_session)
    assert result.within_persons
    assert result.n_persons == len(h)
    assert result.n_identifying == pytest.approx(h.sum() ** 2 / (h**2).sum())
    assert result.estimate == pytest.approx(estimate)
    low, high = result.interval
    assert (high - low) / 2 == pytest.approx(error * student.ppf(0.975, result.n_identifying - 1))


def test_the_arms_are_compared_by_covariance_analysis_of_last_on_first_ratings() -> None:
    rated, assigned = arms(np.random.default_rng(2), 30, 8, -1.0)
    rated[4, 0] = np.nan
    last = [row[np.isfinite(row)][-1] for row in rated]
    X = np.column_stack([assigned[:, 0], rated[:, 0], np.ones(30)])
    keep = np.isfinite(rated[:, 0])
    X, y = X[keep], np.array(last)[keep]
    estimate = np.linalg.lstsq(X, y, rcond=None)[0][0]
    leverage = np.diag(X @ np.linalg.inv(X.T @ X) @ X.T)
    influence = (np.linalg.inv(X.T @ X) @ X.T)[0] * (y - X @ np.linalg.lstsq(X, y, rcond=None)[0]) / (1 - leverage)
    result = read((rated, assigned))
    assert (result.within_persons, result.n_persons) == (False, 29)
    assert result.estimate == pytest.approx(estimate)
    low, high = result.interval
    assert (high - low) / 2 == pytest.approx(np.sqrt((influence**2).sum()) * student.ppf(0.975, 29 - 3))


@pytest.mark.parametrize(
    ("draw", "effect"),
    [
        (lambda rng: prompts(rng, 24, 8), 0.0),
        (lambda rng: prompts(rng, 24, 8, -0.4), -0.4),
        # an effect that lasts until the rating before the next prompt is no confounder
        (lambda rng: prompts(rng, 24, 8, carry=-0.8), 0.0),
        # few ratings are missing after rare prompts, in some cohorts none
        (lambda rng: prompts(rng, 60, 10, probability=0.1), 0.0),
        # each person has a probability of their own
        (lambda rng: prompts(rng, 60, 20, probability=rng.uniform(0.05, 0.95, (60, 1))), 0.0),
        (lambda rng: arms(rng, 26, 8), 0.0),
        (lambda rng: arms(rng, 26, 8, -1.0), -1.0),
    ],
)
def test_intervals_cover_and_columns_by_chance_are_not_refused(draw: Any, effect: float) -> None:
    results = [read(draw(np.random.default_rng(seed))) for seed in range(100)]
    refusals = Counter(result.refusal for result in results)
    assert refusals.keys() <= {None, AssignmentRefusal.HARDLY_VARIES}
    covered = [r.interval[0] <= effect <= r.interval[1] for r in results if r.refusal is None]
    # 3 standard errors of a proportion below .95
    assert np.mean(covered) > 0.95 - 3 * np.sqrt(0.95 * 0.05 / len(covered))
    assert len(covered) >= 95


@pytest.mark.parametrize(("draw", "sign"), [(prompts, -1), (arms, -1), (prompts, 1)])
def test_a_strong_effect_is_concluded_with_its_sign(draw: Any, sign: int) -> None:
    for seed in range(10):
        result = read(draw(np.random.default_rng(seed), 60, 10, 2.0 * sign))
        assert (result.rung, result.direction) == (Rung.RANDOMISED, sign)
        assert result.p < 0.001


def silent_after_unlike_weeks(rng: Rng, persons: int = 60) -> tuple[Array, Array]:
    """Return prompts without effect: a bad rating is missing after a prompt, a good one without. As many either way."""
    rated, assigned = prompts(rng, persons, 12)
    level = np.nan_to_num(rated - np.nanmean(rated, axis=0))[:, 1:]
    prompted = assigned[:, :-1] == 1
    unwelcome = (prompted & (level > 0.3)) | (~prompted & (level < -0.3))
    rated[:, 1:][unwelcome & (rng.random(level.shape) < 0.7)] = np.nan
    return rated, assigned


def arms_left_after_unlike_weeks(
    rng: Rng, persons: int = 60, *, alike: bool = False, effect: float = 0.0
) -> tuple[Array, Array]:
    """Return arms that are left after good weeks in the one and after bad ones in the other; alike: as in the one."""
    rated, assigned = arms(rng, persons, 12, effect)
    level = np.nan_to_num(rated - np.nanmean(rated[:, 0]))[:, :-1]
    leaves = np.where((assigned[:, 1:] == 1) | alike, level < -0.5, level > 0.5) & (rng.random(level.shape) < 0.3)
    leaves[:, 0] = False
    rated[:, 1:][np.maximum.accumulate(leaves, axis=1)] = np.nan
    return rated, assigned


@pytest.mark.parametrize("draw", [silent_after_unlike_weeks, arms_left_after_unlike_weeks])
def test_selection_by_rating_and_assignment_is_not_taken_for_an_effect(draw: Any) -> None:
    results = [read(draw(np.random.default_rng(seed))) for seed in range(20)]
    assert all(result.rung is not Rung.RANDOMISED for result in results)
    assert sum(result.refusal is AssignmentRefusal.SELECTIVE_MISSING for result in results) >= 12
    # the level is that of an effect: such estimates are numbers, but no conclusion
    assert all(result.tests.withheld for result in results)


def test_selection_by_rating_alone_leaves_an_effect() -> None:
    """Persons leave once they are well, in either arm: the arms differ in who leaves, but not at the same rating."""
    results = [
        read(arms_left_after_unlike_weeks(np.random.default_rng(seed), 240, alike=True, effect=-2.0))
        for seed in range(10)
    ]
    assert sum(result.rung is Rung.RANDOMISED for result in results) >= 9
    assert all(result.refusal is not AssignmentRefusal.SELECTIVE_MISSING for result in results)


def test_the_test_of_selection_has_its_level() -> None:
    draws: tuple[Any, ...] = (
        lambda rng: prompts(rng, 40, 8),
        lambda rng: prompts(rng, 40, 8, -1.5, carry=-0.8),
        lambda rng: arms(rng, 40, 8, -2.0),
        lambda rng: arms_left_after_unlike_weeks(rng, 40, alike=True, effect=-1.0),
    )
    p = np.array([read(draw(np.random.default_rng(seed))).tests.selective for draw in draws for seed in range(50)])
    # of 200 at .05, more than 17 are below in 1 of 100 runs; at .001, more than 2 in 1 of 1000
    assert (p < 0.05).sum() <= 17
    assert (p < 0.001).sum() <= 2


def test_sums_over_the_ratings_of_an_arm_are_those_of_explicit_loops() -> None:
    rated, assigned = arms(np.random.default_rng(3), 24, 6)
    rows = [(i, t) for i in range(24) for t in range(5) if np.isfinite(rated[i, t])]
    level = np.array([rated[i, t] for i, t in rows])
    z = (level - level.mean()) / level.std()
    missing = np.array([float(np.isnan(rated[i, t + 1])) for i, t in rows])
    dummies = np.array([[float(t == s) for s in range(5)] for _, t in rows])
    X = np.column_stack([z, z**2, z**3, dummies])
    rest = missing - X @ np.linalg.lstsq(X, missing, rcond=None)[0]
    centred = z - dummies @ np.linalg.lstsq(dummies, z, rcond=None)[0]
    sums = np.zeros(24)
    for (i, _), product in zip(rows, rest * centred, strict=True):
        sums[i] += product
    strata, person = Strata.single(24), np.arange(24)
    expected = chance_p(assigned[:, 0], sums[:, None], strata, person)
    assert selective_p_of_arms(assigned[:, 0], rated) == pytest.approx(expected)
    constant = np.where(np.isfinite(rated), 1.0, np.nan)
    assert selective_p_of_arms(assigned[:, 0], constant) == 1.0


def test_no_effect_is_inconclusive() -> None:
    result = read(prompts(np.random.default_rng(4), 60, 10))
    assert (result.rung, result.direction) == (Rung.INCONCLUSIVE, 0)
    assert np.isfinite(result.estimate)


def test_a_start_that_was_drawn_by_lot_is_compared_with_those_who_have_not_begun() -> None:
    """Before its start a lasting effect has not reached the ratings, so that these do not tell the assignment."""
    covered = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        rated, _ = prompts(rng, 60, 12)
        assigned = (np.arange(12) >= rng.integers(2, 12, 60)[:, None]).astype(float)
        rated[:, 1:] -= assigned[:, :-1]
        result = read((rated, assigned))
        assert result.refusal is None
        covered.append(result.interval[0] <= -1.0 <= result.interval[1])
    assert sum(covered) >= 35


def test_doses_of_many_values_have_an_effect_per_unit() -> None:
    rng = np.random.default_rng(6)
    rated, _ = prompts(rng, 80, 10)
    assigned = rng.uniform(0.0, 3.0, rated.shape)
    rated[:, 1:] -= 0.5 * assigned[:, :-1]
    result = read((rated, assigned))
    assert result.rung is Rung.RANDOMISED
    assert result.interval[0] < -0.5 < result.interval[1]


def test_a_known_probability_that_depends_on_the_state_is_no_confounder() -> None:
    """Prompts are sent more often after a bad week, with known probabilities: centred at these the effect is right."""
    rng = np.random.default_rng(7)
    rated, _ = prompts(rng, 200, 12)
    probability = np.where(np.nan_to_num(rated) > 0, 0.8, 0.2)
    assigned = (rng.random(rated.shape) < probability).astype(float)
    rated = rated + 0.5 * np.concatenate([np.zeros((200, 1)), assigned[:, :-1]], axis=1)
    assert read((rated, assigned)).refusal is AssignmentRefusal.TOLD_BY_THE_PAST
    centred = read((rated, assigned), probability=probability)
    assert centred.rung is Rung.RANDOMISED
    assert centred.interval[0] < 0.5 < centred.interval[1]


def after_a_bad_week(rng: Rng) -> tuple[Array, Array]:
    rated, _ = prompts(rng, 60, 12)
    change = np.diff(np.nan_to_num(rated), axis=1, prepend=0.0)
    return rated, (rng.random(rated.shape) < 1 / (1 + np.exp(-change))).astype(float)


def to_those_who_suffer_most(rng: Rng) -> tuple[Array, Array]:
    rated, _ = arms(rng, 60, 8)
    return rated, np.repeat((rated[:, :1] + rng.normal(size=(60, 1)) > 0).astype(float), 8, axis=1)


def silent_where_prompted(rng: Rng) -> tuple[Array, Array]:
    rated, assigned = prompts(rng, 60, 12)
    rated[:, 1:][(assigned[:, :-1] == 1) & (rng.random((60, 11)) < 0.3)] = np.nan
    return rated, assigned


def one_arm_leaves_early(rng: Rng) -> tuple[Array, Array]:
    rated, assigned = arms(rng, 60, 8)
    rated[:, 4:][assigned[:, 4:] == 1] = np.nan
    return rated, assigned


def three_who_switch(rng: Rng) -> tuple[Array, Array]:
    rated, _ = prompts(rng, 60, 12)
    return rated, ((np.arange(12) >= 5) & (np.arange(60) < 3)[:, None]).astype(float)


@pytest.mark.parametrize(
    ("draw", "reason"),
    [
        (after_a_bad_week, AssignmentRefusal.TOLD_BY_THE_PAST),
        (to_those_who_suffer_most, AssignmentRefusal.TOLD_BY_THE_PAST),
        (silent_where_prompted, AssignmentRefusal.TOLD_BY_MISSING),
        (one_arm_leaves_early, AssignmentRefusal.TOLD_BY_MISSING),
        (three_who_switch, AssignmentRefusal.HARDLY_VARIES),
        (lambda rng: prompts(rng, 19, 12), AssignmentRefusal.FEW_PERSONS),
        (lambda rng: arms(rng, 18, 12), AssignmentRefusal.FEW_PERSONS),
        (lambda rng: (arms(rng, 40, 8)[0], np.ones((40, 8))), AssignmentRefusal.HARDLY_VARIES),
        (lambda rng: (arms(rng, 40, 8)[0], np.full((40, 8), np.nan)), AssignmentRefusal.FEW_PERSONS),
    ],
)
def test_what_cannot_be_read_as_an_assignment_by_chance_is_refused(draw: Any, reason: AssignmentRefusal) -> None:
    for seed in range(5):
        result = read(draw(np.random.default_rng(seed)))
        assert (result.rung, result.refusal) == (Rung.REFUSED, reason)
        assert np.isnan(result.estimate)
        assert result.direction == 0


def test_arms_need_a_rating_before_the_first_session() -> None:
    columns = arms(np.random.default_rng(8), 40, 8, -2.0)
    assert read(columns, same_session=True).refusal is AssignmentRefusal.NO_FIRST_RATING
    assert read(columns).rung is Rung.RANDOMISED


@pytest.mark.parametrize("persons", [60, 240])
def test_medication_that_begins_after_a_bad_week_is_refused(persons: int) -> None:
    for cohort in range(10):
        columns = draw_cohort(TRUTHS["switch_after_a_bad_week"], persons, cohort)
        result = read((columns["symptoms"], columns["medication"]))
        assert result.rung is Rung.REFUSED
