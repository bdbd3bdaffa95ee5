"""Common factors: own mean and distance from it where there are enough ratings, else a plain line."""

from __future__ import annotations

from statistics import fmean, stdev

from securebase.picture.common_factors import common_factors, factor_facts, factors_line
from securebase.records.episode import ScoreRecord
from securebase.records.vocabulary import Respondent

HOPE = (4.0, 5.0, 5.0, 7.0, 8.0, 8.0, 6.0)


def scores(construct: str, scale: str, *values: float, by: Respondent = Respondent.CLIENT) -> list[ScoreRecord]:
    return [
        ScoreRecord(construct, v, 7.0 * n, instrument="session_before", scale=scale, respondent=by)
        for n, v in enumerate(values)
    ]


def test_factors_with_enough_ratings_have_an_own_mean_and_a_distance_from_it() -> None:
    every = [
        *scores("hope", "hope", *HOPE),
        *scores("hope", "expectation", 9.0),
        *scores("felt_understood", "understood", *HOPE, by=Respondent.THERAPIST),
        *scores("alliance", "alliance", *[8.0] * 6),
        *scores("positive_regard", "regard", 5.0, 6.0),
        *scores("goal_consensus", "goals", 7.0),
    ]
    factors = common_factors(reversed(every))
    hope = factors[0]
    assert hope.ratings == HOPE
    assert hope.mean == fmean(HOPE)
    # 43 / 7 = 6.14, shown as 6.1
    assert round(stdev(HOPE), 1) == 1.6
    assert factor_facts(factors) == (
        ("Hope", "6, 0.1 below own mean of 6.1 (SD 1.6, n = 7)"),
        ("Alliance", "8, at own mean of 8 (SD 0, n = 6)"),
        ("Felt understood", "not asked yet"),
        ("Positive regard", "5 → 6 (2 ratings)"),
        ("Agreement on goals", "7 (1 rating)"),
    )
    assert factors_line(factors) == "Last ratings minus own means: hope −0.1."


def test_five_ratings_are_too_few_for_a_mean() -> None:
    factors = common_factors(scores("hope", "hope", *HOPE[:5]))
    assert factor_facts(factors)[0] == ("Hope", "4 → 8 (5 ratings)")
    assert factors_line(factors) == ""


def test_of_two_scales_asked_equally_often_the_one_begun_last_is_shown() -> None:
    earlier = ScoreRecord("positive_regard", 3.0, 14.0, instrument="relationship_seldom", scale="regard")
    later = ScoreRecord("positive_regard", 7.0, 90.0, instrument="rotation", scale="positive_regard")
    assert dict(factor_facts(common_factors([later, earlier])))["Positive regard"] == "7 (1 rating)"
