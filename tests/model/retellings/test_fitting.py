"""Recovery of known fall, return and learning; what is refused, and what cannot be told apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from securebase.errors import InputError
from securebase.model.retellings import RetellingEstimate, RetellingFit, RetellingRow, fit_retellings
from story_rows import rows_of
from truths.stories import Stories


def contains(estimate: RetellingEstimate | None, truth: float) -> bool:
    return estimate is not None and estimate.low <= truth <= estimate.high


def test_known_fall_return_and_learning_are_recovered() -> None:
    fits = [fit_retellings(rows_of(Stories(), 60, seed)) for seed in range(3)]
    for name, truth in (("within", 0.35), ("returns", 0.6), ("learned", 0.8)):
        estimates = [getattr(fit, name) for fit in fits]
        assert np.mean([e.value for e in estimates]) == pytest.approx(truth, abs=0.03), name
        assert sum(contains(e, truth) for e in estimates) >= 2, name
        assert all(e.low < e.value < e.high for e in estimates)
    assert fits[0].parameters is not None
    assert fits[0].parameters.error == pytest.approx(4.0, abs=0.5)
    assert fits[0].parameters.within_sd == pytest.approx(0.4, abs=0.1)


def test_stories_that_are_all_alike_have_no_boundary() -> None:
    fit = fit_retellings(rows_of(Stories(differs=0.0), 40, seed=1))
    assert fit.outcome.kind == "converged"
    assert contains(fit.within, 0.35)
    assert contains(fit.returns, 0.6)
    assert fit.parameters is not None
    assert fit.parameters.within_sd < 0.1


def test_order_and_names_of_rows_do_not_matter() -> None:
    rows = rows_of(Stories(), 24, seed=2)
    shuffled = [
        replace(rows[i], story="x", day=rows[i].day + 3.0) for i in np.random.default_rng(1).permutation(len(rows))
    ]
    first, second = fit_retellings(rows), fit_retellings(shuffled)
    assert first.within is not None
    assert second.within is not None
    assert first.within.value == pytest.approx(second.within.value, abs=1e-4)
    assert first.within.high == pytest.approx(second.within.high, abs=1e-4)


def test_stories_of_one_client_count_as_one_cluster() -> None:
    rows = rows_of(Stories(), 24, seed=2)
    grouped = [replace(row, story=row.client, client=f"c{int(row.client[1:]) // 3}") for row in rows]
    alone, together = fit_retellings(rows), fit_retellings(grouped)
    assert (together.n_stories, together.n_clients) == (24, 8)
    assert alone.within is not None
    assert together.within is not None
    assert together.within.value == pytest.approx(alone.within.value, abs=1e-9)
    assert together.within.high > alone.within.high


def test_a_story_counted_twice_for_one_client_makes_no_estimate_surer() -> None:
    rows = rows_of(Stories(), 30, seed=3)
    once, twice = fit_retellings(rows), fit_retellings([*rows, *(replace(row, story="again") for row in rows)])
    assert (twice.n_stories, twice.n_clients) == (60, 30)
    assert once.within is not None
    assert twice.within is not None
    # the information alone would give 1/√2 = .71 of the width
    assert (twice.within.high - twice.within.low) / (once.within.high - once.within.low) > 0.85


def test_the_quantile_is_that_of_a_t_with_a_degree_of_freedom_for_three_clients() -> None:
    rows = rows_of(Stories(), 30, seed=3)

    def half_width(level: float) -> float:
        learned = fit_retellings(rows, level=level).learned
        assert learned is not None
        return float(np.log(learned.high / learned.low))

    assert half_width(0.9) / half_width(0.5) == pytest.approx(stats.t.ppf(0.95, 10) / stats.t.ppf(0.75, 10))


def test_few_stories_are_refused_with_the_number_needed() -> None:
    fit = fit_retellings(rows_of(Stories(), 19, seed=1))
    assert (fit.outcome.kind, fit.within, fit.parameters) == ("too_few", None, None)
    assert str(fit.n_stories) in fit.outcome.sentence
    assert "20" in fit.outcome.what_to_do
    assert fit_retellings([]).n_stories == 0


def grid(peak: float, falls: float, error: float, *, ends: bool = True) -> list[RetellingRow]:
    """Return 30 stories of four weekly retellings, with whole and half points of error."""
    rng = np.random.default_rng(1)
    rows = []
    for i in range(30):
        for k in range(4):
            values = peak * falls ** np.array([k, k + 1]) + error * rng.standard_normal(2)
            first, last = (float(np.clip(value, 0.0, 100.0)) for value in values)
            rows.append(RetellingRow("x", str(i), 7.0 * k, first, last if ends else None))
    return rows


def test_tables_beyond_the_model_end_without_an_exception() -> None:
    assert fit_retellings(grid(50.0, 1.0, error=0.0)).outcome.kind == "not_converged"
    assert fit_retellings(grid(90.0, 0.6, error=0.0)).outcome.kind == "not_converged"
    assert fit_retellings(grid(90.0, 0.8, error=4.0, ends=False)).outcome.kind == "too_few"
    # distress that never returns leaves learning open
    never = fit_retellings(grid(90.0, 0.65, error=4.0))
    assert never.outcome.kind == "converged"
    assert contains(never.within, 0.35)
    assert never.returns is not None
    assert never.learned is not None
    assert never.returns.value < 0.15
    assert never.learned.high / never.learned.low > 4.0


def test_habituation_and_learning_are_told_apart_only_with_long_gaps_and_an_interval_below_one() -> None:
    def fit(spaced: int, high: float) -> RetellingFit:
        whole = fit_retellings([])
        return replace(whole, n_spaced=spaced, learned=RetellingEstimate(0.8, 0.7, high))

    assert fit(60, 0.9).not_told_apart == ""
    assert "59 stories have a gap of two weeks" in fit(59, 0.9).not_told_apart
    assert "includes 1, no change" in fit(60, 1.05).not_told_apart
    assert fit_retellings([]).not_told_apart != ""


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([RetellingRow("a", "c", 0.0, 120.0)], "peak must be between 0 and 100"),
        ([RetellingRow("a", "c", 0.0, 80.0, -1.0)], "end must be between 0 and 100"),
        ([RetellingRow("a", "c", 0.0, 80.0), RetellingRow("a", "c", 0.0, 70.0)], "two retellings on day 0"),
        ([RetellingRow("a", "c", float("nan"), 80.0)], "day must be a finite number"),
        (["a row"], "must be of class RetellingRow"),
    ],
)
def test_unusable_rows_are_named(rows: list[RetellingRow], words: str) -> None:
    with pytest.raises(InputError, match=words):
        fit_retellings(rows)


def test_unusable_options_are_named() -> None:
    with pytest.raises(InputError, match="level must be between"):
        fit_retellings([], level=90.0)
    with pytest.raises(InputError, match="pause_days must be greater"):
        fit_retellings([], pause_days=0.0)
