"""Shares, differences and numbers needed to treat: published figures, coverage, and limits through infinity."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

from securebase.study.outcomes.phrases import number_needed, percent_share
from securebase.study.outcomes.shares import NumberNeeded, PersonShare, ShareDifference


def share(count: int, total: int) -> PersonShare:
    result = PersonShare.of_count(count, total)
    assert result is not None
    return result


def test_score_intervals_agree_with_those_that_newcombe_printed() -> None:
    """Compare with Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3."""
    for (count, total), limits in (
        ((81, 263), (0.2553, 0.3662)),
        ((15, 148), (0.0624, 0.1605)),
        ((0, 20), (0.0, 0.1611)),
        ((1, 29), (0.0061, 0.1718)),
    ):
        own = share(count, total)
        assert (own.lower, own.upper) == pytest.approx(limits, abs=5e-5)
    assert PersonShare.of_count(0, 0) is None


def test_differences_agree_with_those_that_newcombe_printed() -> None:
    """Compare with Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10."""
    for (a, m, b, n), limits in (
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((10, 10, 0, 20), (0.6791, 1.0)),
        ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ):
        difference = ShareDifference.between(share(a, m), share(b, n))
        assert difference.estimate == pytest.approx(a / m - b / n)
        assert (difference.lower, difference.upper) == pytest.approx(limits, abs=5e-5)


def test_intervals_of_a_difference_cover_the_truth() -> None:
    """The mean coverage over shares between .05 and .95, with 40 and 60 persons, is about .95."""
    rng = np.random.default_rng(3)
    covered = []
    for _ in range(1500):
        p, q = rng.uniform(0.05, 0.95, size=2)
        d = ShareDifference.between(share(rng.binomial(40, p), 40), share(rng.binomial(60, q), 60))
        covered.append(d.lower <= p - q <= d.upper)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.018)


def test_number_needed_to_treat_agrees_with_altman() -> None:
    """Reproduce Altman (1998), BMJ 317, 1309: a difference of .10 (−.05 to .25) is NNTB 10 (NNTB 4 to ∞ to NNTH 20)."""
    needed = NumberNeeded.of_difference(ShareDifference(0.10, -0.05, 0.25))
    assert needed.estimate == pytest.approx(10)
    assert needed.benefit == (pytest.approx(4), inf)
    assert needed.harm == (pytest.approx(20), inf)
    assert number_needed(needed) == "benefit 10 (benefit 4.0 to ∞ to harm 20)"


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ((0.25, 0.10, 0.40), "benefit 4.0 (2.5 to 10)"),
        ((-0.25, -0.40, -0.10), "harm 4.0 (2.5 to 10)"),
        ((0.0, -0.10, 0.10), "∞ (benefit 10 to ∞ to harm 10)"),
        ((-0.01, -0.10, 0.08), "harm 100 (benefit 12 to ∞ to harm 10)"),
        ((0.10, 0.0, 0.20), "benefit 10 (5.0 to ∞)"),
    ],
)
def test_numbers_needed_in_words(limits: tuple[float, float, float], words: str) -> None:
    assert number_needed(NumberNeeded.of_difference(ShareDifference(*limits))) == words


def test_a_share_in_words() -> None:
    assert percent_share(share(24, 40)) == "60% (45 to 74), 24 of 40"
