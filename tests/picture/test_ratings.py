"""Tests of the comparison of client and therapist ratings."""

from __future__ import annotations

import numpy as np
import pytest

from securebase.picture.phrases import FORBIDDEN
from securebase.picture.ratings import RatedSession, compare_ratings, comparison_sentences, concordance


def rated(session: int, client: float | None, therapist: float | None, **items: dict[int, float]) -> RatedSession:
    return RatedSession(session, client, therapist, items.get("client_items"), items.get("therapist_items"))


def test_unrated_sessions_are_omitted_and_the_others_sorted() -> None:
    part = compare_ratings([rated(3, 5.0, None), rated(1, None, 4.0), rated(2, None, None), rated(4, 6.0, 7.0)])
    assert [s.session for s in part.sessions] == [1, 3, 4]
    assert [s.session for s in part.rated_by_both] == [4]
    assert [s.session for s in part.rated_by_therapist] == [1, 4]
    assert (part.minimum, part.maximum) == (0.0, 10.0)


def test_without_a_session_rated_by_both_there_is_no_sentence() -> None:
    assert comparison_sentences(compare_ratings([])) == ()
    assert comparison_sentences(compare_ratings([rated(1, 5.0, None), rated(2, None, 5.0)])) == ()


def test_the_last_session_rated_by_both_is_compared() -> None:
    part = compare_ratings([rated(1, 5.0, 5.0), rated(2, 6.33, 8.0), rated(3, 9.0, None)])
    # the difference of the displayed numbers: 8 less 6.3
    assert comparison_sentences(part) == ("Session 2: the client rated the alliance 6.3, you 8, 1.7 higher.",)
    assert comparison_sentences(compare_ratings([rated(1, 7.0, 5.5)]))[0].endswith("you 5.5, 1.5 lower.")
    assert comparison_sentences(compare_ratings([rated(1, 7.0, 7.0)]))[0].endswith("you 7, the same.")


def test_the_largest_item_difference_is_named_from_two_points() -> None:
    client_items, therapist_items = {1: 8.0, 2: 7.0, 3: 3.0, 4: 9.0}, {1: 7.0, 2: 8.0, 3: 8.0, 4: 4.5, 5: 1.0}
    part = compare_ratings([rated(4, 6.0, 7.7, client_items=client_items, therapist_items=therapist_items)])
    assert comparison_sentences(part)[1] == "Largest difference: “Goal” (client 3, you 8)."
    similar = compare_ratings([rated(4, 6.0, 6.5, client_items={1: 6.0, 3: None}, therapist_items={1: 7.0, 3: 9.0})])
    assert len(comparison_sentences(similar)) == 1


def test_a_mean_difference_is_given_from_three_sessions() -> None:
    two = [rated(1, 5.0, 6.0), rated(2, 5.0, 7.0)]
    assert not any("average" in s for s in comparison_sentences(compare_ratings(two)))
    assert comparison_sentences(compare_ratings([*two, rated(3, 5.0, 8.0)]))[-1] == (
        "Across 3 sessions rated by both, you rated 2 higher than the client on average."
    )
    assert comparison_sentences(compare_ratings([*two, rated(3, 9.0, 6.0)]))[-1].endswith(
        "you rated about the same as the client on average."
    )


def test_no_sentence_contains_a_forbidden_word() -> None:
    part = compare_ratings(
        [rated(n, 5.0, 5.0 + n, client_items={3: 1.0}, therapist_items={3: 9.0}) for n in range(1, 5)]
    )
    for sentence in comparison_sentences(part):
        assert not any(word in f" {sentence.lower()} " for word in FORBIDDEN)


# ---- agreement -------------------------------------------------------------------------------------------------------
def test_agreement_needs_six_sessions_and_ratings_that_differ() -> None:
    steady = [rated(n, 5.0 + n % 2, 6.0) for n in range(1, 9)]
    assert not any("Agreement" in s for s in comparison_sentences(compare_ratings(steady)))
    varied = [rated(n, 5.0 + n % 3, 6.0 + n % 2) for n in range(1, 8)]
    assert not any("Agreement" in s for s in comparison_sentences(compare_ratings(varied[:5])))
    assert "Agreement over these sessions: " in comparison_sentences(compare_ratings(varied))[-1]


def test_agreement_is_one_minus_the_squared_distance_over_that_of_unrelated_ratings() -> None:
    """Compare with Lin's definition: the mean squared difference over all pairings of both ratings."""
    pairs = [(5.0, 6.0), (7.0, 6.5), (8.0, 9.0), (4.0, 5.0), (6.0, 8.0), (9.0, 8.0)]
    distance = sum((a - b) ** 2 for a, b in pairs) / len(pairs)
    unrelated = sum((a - b) ** 2 for a, _ in pairs for _, b in pairs) / len(pairs) ** 2
    result = concordance(pairs)
    assert result is not None
    assert result.value == pytest.approx(1 - distance / unrelated)
    same = concordance([(a, a) for a, _ in pairs])
    assert same is not None
    assert same.value == pytest.approx(1.0)


@pytest.mark.parametrize(("r", "shift", "ratio"), [(0.6, 0.7, 1.0), (0.8, 0.0, 1.5), (0.0, 0.5, 1.0)])
def test_interval_of_agreement_covers_the_truth(r: float, shift: float, ratio: float) -> None:
    truth = 2 * r * ratio / (1 + ratio**2 + shift**2)
    rng = np.random.default_rng(5)
    first = rng.normal(size=(600, 12))
    second = shift + ratio * (r * first + np.sqrt(1 - r**2) * rng.normal(size=(600, 12)))
    results = [concordance([*zip(a, b, strict=True)]) for a, b in zip(first.tolist(), second.tolist(), strict=True)]
    covered = np.mean([c is not None and c.low <= truth <= c.high for c in results])
    assert 0.86 <= covered <= 0.97
