"""The verdict of a pair: which rung the tests allow, and Holm's correction over the pairs of a study.

A direction is credited where time reversal (G1, of the ratings and on a common scale), the within-person likelihood (M)
and the likelihood beside private parts (M⁺) agree, and only the stronger of the two directions (intersection–union: the
largest of the p values needs no correction within the pair). A hidden cause that moves one column before the other
passes all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, isfinite, sqrt
from typing import TypeVar

import numpy as np

from securebase.model.distributions import normal_quantile
from securebase.study.verdicts.course import Pair
from securebase.study.verdicts.identifying import Refusal
from securebase.study.verdicts.readings import LEVEL, Readings, read_pair
from securebase.study.verdicts.within import LagDirection, LagTest

#: normal quantile of power .80
_POWER_QUANTILE = 0.84
#: statistic above which a reading is significant, two-sided at .05
_SIGNIFICANT = 1.96
#: a sample that would decide is not named beyond this
_MAX_SAMPLE = 1_000_000
_Key = TypeVar("_Key")


class Rung(StrEnum):
    """Rung of a verdict. Two observed columns alone reach neither `leads_adjusted` nor `randomised`."""

    REFUSED = "refused"
    TOGETHER = "together"
    LEADS = "leads"
    LEADS_ADJUSTED = "leads_adjusted"
    RANDOMISED = "randomised"
    CONTRADICTED = "contradicted"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, eq=False)
class PairVerdict:
    """Verdict of one pair. refusal: reason, only on the rung `refused`; readings: None only there.

    direction: of `leads`. p, p_adjusted: of the rung's own test, by Holm over the pairs. would_decide: persons that
    would lead to a direction with power .80 if it is as strong as estimated; None on `refused` and `leads`, and where
    no sample would.
    """

    rung: Rung
    direction: LagDirection | None
    p: float
    p_adjusted: float
    refusal: Refusal | None
    would_decide: int | None
    readings: Readings | None

    @property
    def effect(self) -> LagTest | None:
        """Return the effect of the direction that leads, by M."""
        if self.direction is None or self.readings is None:
            return None
        return self.readings.effects[self.direction]


def conclude(readings: Mapping[_Key, Readings | Refusal]) -> dict[_Key, PairVerdict]:
    """Return the verdict of every pair of a study; p values are corrected over all that are not refused."""
    read = {key: value for key, value in readings.items() if isinstance(value, Readings)}
    directed = dict(zip(read, holm([r.p for r in read.values()]), strict=True))
    joint = dict(zip(read, holm([r.p_together for r in read.values()]), strict=True))
    verdicts = {}
    for key, value in readings.items():
        if isinstance(value, Readings):
            verdicts[key] = _verdict(value, directed[key], joint[key], len(read))
        else:
            verdicts[key] = PairVerdict(Rung.REFUSED, None, 1.0, 1.0, value, None, None)
    return verdicts


def conclude_pair(pair: Pair) -> PairVerdict:
    """Return the verdict of one pair as observed, the only one of its study."""
    return conclude({0: read_pair(pair)})[0]


def holm(p: Sequence[float]) -> list[float]:
    """Return p values adjusted by Holm (1979), in the order given."""
    order = np.argsort(p, kind="stable")
    adjusted, largest = [0.0] * len(p), 0.0
    for rank, k in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[k]))
        adjusted[k] = largest
    return adjusted


def persons_needed(n: int, statistics: Sequence[float], *, pairs: int = 1) -> int | None:
    """Return the persons with whom the weakest of the statistics, seen in n persons, is significant with power .80.

    pairs: number of pairs over which p values are corrected. None where no sample is large enough, or where this one
    already is, so that something else than its size is in the way.
    """
    weakest = min(abs(z) for z in statistics)
    needed = -normal_quantile(0.5 * LEVEL / pairs) + _POWER_QUANTILE
    if not isfinite(weakest) or weakest < needed * sqrt(n / _MAX_SAMPLE):
        return None
    persons = ceil(n * (needed / weakest) ** 2)
    return persons if persons > n else None


def _verdict(readings: Readings, p_adjusted: float, p_together: float, pairs: int) -> PairVerdict:
    if readings.direction is not None and p_adjusted < LEVEL and readings.regular:
        return PairVerdict(Rung.LEADS, readings.direction, readings.p, p_adjusted, None, None, readings)
    needed = _would_decide(readings, pairs)
    if _is_contradicted(readings):
        return PairVerdict(Rung.CONTRADICTED, None, readings.p, p_adjusted, None, needed, readings)
    if p_together < LEVEL:
        return PairVerdict(Rung.TOGETHER, None, readings.p_together, p_together, None, needed, readings)
    return PairVerdict(Rung.INCONCLUSIVE, None, readings.p, p_adjusted, None, needed, readings)


def _would_decide(readings: Readings, pairs: int) -> int | None:
    if readings.direction is None or not readings.reversal.agrees(readings.on_common_scale):
        return None
    reversals = [readings.reversal.statistic, readings.on_common_scale.statistic]
    statistics = [*reversals, readings.effects[readings.direction].z]
    if readings.private is not None:
        statistics.append(readings.private.z)
    return persons_needed(readings.reversal.n_persons, statistics, pairs=pairs)


def _is_contradicted(readings: Readings) -> bool:
    """Return whether two significant readings disagree in sign.

    Time reversal is significant, and the only significant effect of M has the sign that it excludes; or M and M⁺ find
    opposite signs of one effect.
    """
    significant = {
        direction: test for direction, test in readings.effects.items() if abs(test.z) > _SIGNIFICANT and test.regular
    }
    if abs(readings.reversal.statistic) > _SIGNIFICANT and len(significant) == 1:
        (direction, test), *_ = significant.items()
        if not readings.reversal.supports(test.estimate, from_x=direction is LagDirection.X_TO_Y):
            return True
    private = readings.private
    if readings.direction is None or private is None or readings.direction not in significant:
        return False
    z = readings.effects[readings.direction].z
    return private.regular and abs(private.z) > _SIGNIFICANT and private.z * z < 0
