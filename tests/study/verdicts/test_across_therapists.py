"""Directions across therapists: an oracle for the scores, the level where clients move alike, and the rung."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from securebase.study.verdicts.across_therapists import (
    MIN_THERAPISTS,
    AcrossTherapists,
    across_therapists,
    conclude_across_therapists,
    corrected_across_therapists,
    efficient_scores,
)
from securebase.study.verdicts.course import Pair, adjust_for_common_course
from securebase.study.verdicts.likelihood import RestrictedLikelihood
from securebase.study.verdicts.reversal import time_reversal
from securebase.study.verdicts.rule import Rung, conclude_pair, holm
from securebase.study.verdicts.session_sums import Contrast
from securebase.study.verdicts.within import LagDirection, fit_within

from .tiny_truths import pair


def groups(rng: np.random.Generator, therapists: int, clients: int, sessions: int) -> tuple[Pair, np.ndarray]:
    """Return columns without any link, and the therapist of each client: those of one share moods in each column."""
    therapist = np.repeat(np.arange(therapists), clients)
    mood, state = np.zeros((2, therapists)), np.zeros((2, len(therapist)))
    values = np.empty((2, len(therapist), sessions))
    for t in range(-15, sessions):
        mood = 0.5 * mood + rng.normal(size=mood.shape)
        state = 0.4 * state + 0.8 * rng.normal(size=state.shape)
        if t >= 0:
            values[:, :, t] = mood[:, therapist] + state
    values += 0.6 * rng.normal(size=values.shape)
    return Pair.of_sessions(values[0], values[1]), therapist


def test_efficient_scores_are_those_of_each_person_alone() -> None:
    data = adjust_for_common_course(pair("true_lag", np.random.default_rng(1), 25, 10))
    likelihood = RestrictedLikelihood(data, private=False)
    theta = fit_within(data).theta
    position, k = LagDirection.X_TO_Y.position, len(theta)
    total = np.array([likelihood.log_likelihood(theta + 1e-4 * h) for h in np.eye(k)])
    total -= np.array([likelihood.log_likelihood(theta - 1e-4 * h) for h in np.eye(k)])
    H = np.array(
        [likelihood.objective(theta + 1e-4 * h)[1] - likelihood.objective(theta - 1e-4 * h)[1] for h in np.eye(k)]
    )
    others = np.arange(k) != position
    projection = np.linalg.solve(H[np.ix_(others, others)], H[others, position])
    scores, information = efficient_scores(likelihood, theta, position)
    assert scores.shape == (likelihood.n_persons,)
    expected = (total[position] - total[others] @ projection) / 2e-4
    assert scores.sum() == pytest.approx(expected, rel=1e-3, abs=1e-3)
    # the information is the inverse of the variance that the curvature gives
    assert information == pytest.approx(1.0 / np.linalg.inv(H / 2e-4)[position, position], rel=1e-2)


def test_one_therapist_a_person_gives_the_tests_over_persons() -> None:
    data = pair("true_lag", np.random.default_rng(4), 60)
    adjusted = adjust_for_common_course(data)
    result = across_therapists(data, LagDirection.X_TO_Y, np.arange(60))
    reversal = time_reversal(adjusted)
    assert (result.n_therapists, result.reversal.statistic) == (60, pytest.approx(reversal.statistic))
    # over persons, the design effect of a model that holds is about 1
    ratio = fit_within(adjusted).tests[LagDirection.X_TO_Y]
    assert ratio.z < -2.0
    assert abs(result.effect.statistic) <= abs(ratio.z)
    assert result.effect.statistic == pytest.approx(ratio.z, rel=0.3)


def test_clients_who_move_alike_are_no_independent_evidence() -> None:
    naive, clustered = 0, []
    for seed in range(20):
        data, therapist = groups(np.random.default_rng(seed), 14, 5, 10)
        naive += time_reversal(adjust_for_common_course(data)).p < 0.05
        clustered.append(across_therapists(data, LagDirection.X_TO_Y, therapist))
    assert naive >= 5
    # of 20 at .05, more than 4 are below in 3 of 1000 runs
    assert sum(result.reversal.p < 0.05 for result in clustered) <= 4
    assert sum(result.effect.p < 0.05 for result in clustered) <= 4


def test_a_direction_that_is_lost_across_therapists_is_inconclusive() -> None:
    verdict = conclude_pair(pair("true_lag", np.random.default_rng(4), 90))
    assert verdict.rung is Rung.LEADS
    assert verdict.readings is not None
    verdicts = {"x": verdict, "z": replace(verdict, rung=Rung.INCONCLUSIVE, direction=None)}
    for p, therapists, rung in ((0.2, 12, Rung.INCONCLUSIVE), (0.01, 12, Rung.LEADS), (0.2, 9, Rung.LEADS)):
        tests = {"x": AcrossTherapists(Contrast(2.0, 0.001, therapists), Contrast(1.0, p, therapists))}
        corrected = corrected_across_therapists(verdicts, tests)
        expected = holm([max(p, verdict.readings.p), verdict.readings.p])[0]
        assert corrected == ({} if therapists < MIN_THERAPISTS else {"x": pytest.approx(expected)})
        final = conclude_across_therapists(verdicts, corrected)
        assert final["x"].rung is rung
        assert (final["x"].direction is None) == (rung is Rung.INCONCLUSIVE)
        assert final["z"] == verdicts["z"]
