"""Change between two times, set against measurement error and ordinary fluctuation.

A rating is a person's level, a movement around it that fades from week to week, and measurement error. A change of the
level is claimed only where the difference exceeds what the other two produce. SD and reliability of the ratings are
assumed; how the movement fades is stated for each construct in `model/states/`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log, sqrt
from statistics import NormalDist

from securebase.model.states import states

#: Clients without a change for whom a comparison claims one, at most, and the coverage of ellipses and bars.
FALSE_CLAIMS, COVERAGE = 0.05, 0.90
#: Radius of an ellipse in SDs: two normal values lie inside with probability COVERAGE.
ELLIPSE = sqrt(-2.0 * log(1.0 - COVERAGE))
#: Half the length of a bar in SDs.
BAR = NormalDist().inv_cdf((1.0 + COVERAGE) / 2.0)


@dataclass(frozen=True, slots=True)
class AssumedRating:
    """SD and reliability of one score, or of one answer where the scores are means of answers. None was verified."""

    sd: float
    reliability: float
    source: str
    of_answers: bool = False


_OWN_ITEM = AssumedRating(
    2.2, 0.60, "Judgement: the SD of the product’s other items from 0 to 10, and one item’s share of it.", True
)
#: Instrument → what is assumed of its scores: the one place for these numbers.
ASSUMED: Mapping[str, AssumedRating] = {
    "own_attachment": _OWN_ITEM,
    "rotation": _OWN_ITEM,
    "ecr_r": AssumedRating(1.2, 0.93, "Judgement, near what is usually reported; not checked at a source."),
    "ecr_rs": AssumedRating(1.3, 0.85, "Judgement, near what is usually reported; not checked at a source."),
}


class ChangeOfLevel(StrEnum):
    """Result of a comparison: lower, higher, within error and fluctuation, or the scale can show no change at all."""

    LOWER = "lower"
    HIGHER = "higher"
    WITHIN = "within"
    TOO_COARSE = "too_coarse"


@dataclass(frozen=True, slots=True)
class LevelComparison:
    """First and last value, and the difference in points from which on a change is claimed."""

    first: float
    last: float
    threshold: float
    result: ChangeOfLevel

    @property
    def is_claimed(self) -> bool:
        return self.result in {ChangeOfLevel.LOWER, ChangeOfLevel.HIGHER}


#: Day and weight of an answer in a mean, or in a difference of means.
WeightedAnswer = tuple[float, float]


def fluctuation_sd(construct: str, assumed: AssumedRating, answers: Sequence[WeightedAnswer]) -> float:
    """Return the SD of a weighted sum of answers around the person's level.

        sd² · [ (1 − r) Σ wᵢ² + r (1 − s) Σᵢⱼ wᵢ wⱼ φ^|weeks between i and j| ]

    with reliability r, level share s and weekly persistence φ of the construct. The level itself is left out: it
    cancels in a difference, and an interval is meant to cover it.
    """
    state = states()[construct]
    error = sum(weight**2 for _, weight in answers)
    movement = sum(
        weight * other * state.persistence ** (abs(day - other_day) / 7.0)
        for day, weight in answers
        for other_day, other in answers
    )
    reliable = assumed.reliability
    return assumed.sd * sqrt((1.0 - reliable) * error + reliable * (1.0 - state.level_share) * movement)


def compare_levels(
    first: float, last: float, sd: float, *, comparisons: int, limits: tuple[float, float]
) -> LevelComparison:
    """Compare two values whose difference has this SD while the level does not change.

    comparisons: number of changes that are claimed side by side; together they are false in FALSE_CLAIMS of the
    clients without a change, whatever their correlation (Bonferroni). limits: of the scale.
    """
    threshold = NormalDist().inv_cdf(1.0 - FALSE_CLAIMS / (2.0 * comparisons)) * sd
    low, high = limits
    if max(first - low, high - first) < threshold:
        result = ChangeOfLevel.TOO_COARSE
    elif abs(last - first) < threshold:
        result = ChangeOfLevel.WITHIN
    else:
        result = ChangeOfLevel.LOWER if last < first else ChangeOfLevel.HIGHER
    return LevelComparison(first, last, threshold, result)
