"""Correlations person by person against partial correlations by hand, and the test of “every” against known truths."""

from __future__ import annotations

import numpy as np
import pytest

from question_truths import draw_persons, question_data
from securebase.study.questions.every_person import (
    EveryPerson,
    EveryPersonAnswer,
    correlations,
    every_p,
    random_effects,
)

LABELS = {"x": "Dispute", "y": "Support"}


def answer(seed: int, **truth: float) -> EveryPersonAnswer:
    return EveryPerson("x").answer(draw_persons(seed, **truth))


def test_a_correlation_is_partial_given_the_row_before_and_time() -> None:
    data = draw_persons(1, n=3)
    r, rows = correlations(data, "x")
    for i in range(3):
        own = data.table.person == i
        x, y = data.table.values["x"][own], data.table.values["y"][own]
        # from the inverse of the correlation matrix, another way to the same number
        precision = np.linalg.inv(np.corrcoef([x[1:], y[1:], y[:-1], np.arange(len(y) - 1)]))
        assert r[i] == pytest.approx(-precision[0, 1] / np.sqrt(precision[0, 0] * precision[1, 1]))
    assert rows.tolist() == [15, 15, 15]


def test_random_effects_recover_mean_and_spread() -> None:
    rng = np.random.default_rng(1)
    v = rng.uniform(0.02, 0.2, size=4000)
    z = -0.3 + 0.25 * rng.normal(size=4000) + np.sqrt(v) * rng.normal(size=4000)
    mean, error, spread = random_effects(z, v)
    assert (mean, spread) == (pytest.approx(-0.3, abs=0.02), pytest.approx(0.25, abs=0.02))
    assert error == pytest.approx(np.sqrt(1 / (1 / (v + spread**2)).sum()), rel=0.05)
    assert random_effects(np.full(5, 0.2), np.full(5, 0.1))[2] == 0.0


def test_p_of_every_is_that_of_simulated_deviates_at_zero() -> None:
    rng = np.random.default_rng(2)
    draws = rng.normal(size=(20_000, 6))
    q = np.where(draws < 0, draws**2, 0.0).sum(axis=1)
    deviates = np.array([-1.5, -1.0, 0.3, 2.0, 1.0, 0.1])
    assert every_p(deviates) == pytest.approx((q >= 1.5**2 + 1.0**2).mean(), abs=0.01)
    assert every_p(np.abs(deviates)) == 1.0


@pytest.mark.parametrize("truth", [{}, {"mean": -0.15}, {"mean": 0.0}])
def test_every_is_not_contradicted_where_it_holds(truth: dict[str, float]) -> None:
    """Of 100 tables of each truth, none was (at most 5% are allowed)."""
    assert sum(answer(seed, **truth).contradicted for seed in range(12)) <= 1


def test_every_is_contradicted_where_some_persons_have_the_other_sign() -> None:
    """The power is low with 16 sessions: 14% if a fifth are opposite, 39% if three tenths are (benchmarks)."""
    assert sum(answer(seed, opposite=0.25, sessions=40, n=80).contradicted for seed in range(6)) == 6


def test_the_mean_is_the_correlation_of_the_truth() -> None:
    """Here x raises y by .4 SD of its own shocks: the partial correlation is .4 / √(1 + .4²)."""
    estimate = answer(1, n=300, sessions=30).estimate
    assert estimate is not None
    assert estimate.mean.estimate == pytest.approx(-0.4 / np.sqrt(1.16), abs=0.03)
    assert estimate.same_sign == pytest.approx(1.0, abs=0.01)


def test_a_constant_column_and_short_courses_count_for_nobody() -> None:
    rows = np.random.default_rng(1).normal(size=(20, 16))
    for data in (question_data({"x": np.ones((20, 16)), "y": rows}), draw_persons(1, sessions=7)):
        result = EveryPerson("x").answer(data)
        assert result.estimate is None
        assert "cannot be estimated here" in result.in_words(LABELS)
        assert result.figures_in_words(LABELS) == ""


def test_the_sentences_never_say_that_every_is_shown() -> None:
    assert answer(1).in_words(LABELS) == (
        "On average, above-average Dispute goes with lower Support in the same row. The data neither contradict nor "
        "show that this holds in every person."
    )
    some = answer(1, opposite=0.25, sessions=40, n=80)
    assert some.in_words(LABELS).endswith("but not in every person: some have the opposite association.")
    assert "test of “every” p < .001." in some.figures_in_words(LABELS) or "p = ." in some.figures_in_words(LABELS)
    assert "inconclusive even on average" in answer(3, mean=0.0).in_words(LABELS)
