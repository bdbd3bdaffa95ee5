"""Share of therapists in the outcome against mean squares by hand and a known truth."""

from __future__ import annotations

import numpy as np
import pytest

from securebase.study.trial.therapist_share import therapist_share


def draw(seed: int, *, therapists: int = 20, clients: int = 15, share: float = 0.1) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    therapist = np.repeat(np.arange(therapists), clients)
    first = rng.normal(size=len(therapist))
    own = np.sqrt(share) * rng.normal(size=therapists)[therapist] + np.sqrt(1 - share) * rng.normal(size=len(first))
    return first, 0.5 * first + own, therapist


def test_the_share_follows_from_the_mean_squares() -> None:
    first, last, therapist = draw(1, therapists=6, clients=8)
    rest = last - np.polyval(np.polyfit(first, last, 1), first)
    groups = rest.reshape(6, 8)
    between = 8 * groups.mean(axis=1).var(ddof=1)
    within = groups.var(axis=1, ddof=1).mean()
    result = therapist_share("a", first, last, therapist)
    expected = max((between - within) / (between + 7 * within), 0.0)
    assert result.share == pytest.approx(expected, abs=0.01)
    assert result.design_effect == pytest.approx(1 + 7 * (result.share or 0.0))
    assert (result.n_therapists, result.n_persons, result.clients) == (6, 48, 8.0)


def test_the_interval_holds_the_truth_in_95_percent_of_trials() -> None:
    results = [therapist_share("a", *draw(seed)) for seed in range(200)]
    held = [r.lower <= 0.1 <= r.upper for r in results if r.lower is not None and r.upper is not None]
    assert len(held) == 200
    assert 0.90 <= np.mean(held) <= 0.99
    assert np.mean([r.share for r in results if r.share is not None]) == pytest.approx(0.1, abs=0.015)


def test_the_number_of_therapists_named_gives_an_interval_of_five_points() -> None:
    needed = therapist_share("a", *draw(1, therapists=40, share=0.1)).needed
    assert needed is not None
    shares = [therapist_share("a", *draw(seed, therapists=needed, share=0.1)).share for seed in range(100)]
    assert 1.96 * np.std(np.array(shares, dtype=float)) == pytest.approx(0.05, abs=0.015)


def test_therapists_who_are_more_alike_than_by_chance_do_not_prove_a_share_of_zero() -> None:
    first, last, therapist = draw(1, therapists=10, clients=8, share=0.0)
    rest = last.reshape(10, 8) - last.reshape(10, 8).mean(axis=1, keepdims=True)
    result = therapist_share("a", first, rest.ravel(), therapist)
    assert (result.share, result.lower) == (0.0, 0.0)
    assert result.upper is not None
    assert result.upper > 0.1


def test_few_therapists_tell_nothing() -> None:
    result = therapist_share("a", *draw(1, therapists=4))
    assert (result.share, result.lower, result.design_effect) == (None, None, None)
    assert result.needed is not None
    assert therapist_share("a", *draw(1, therapists=30, clients=1)).needed is None
