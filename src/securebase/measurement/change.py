"""What a score and a difference between two scores mean: severity bands, reliable and clinically significant change,
remission, response, sudden gains.

Nothing here is invented: thresholds come from the instrument's file and carry whether they were verified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from math import isfinite, sqrt
from statistics import fmean, variance
from typing import Literal

from securebase.measurement.constructs import Direction
from securebase.measurement.instrument import Band, Scale

Verdict = Literal["improved", "worse", "within_error", "unknown"]

#: slack for comparing scores that are means of items (8.2 - 6.0 is a little below 2.2 in binary)
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """The difference between two scores of one person on one scale.

    `points` is last minus first, `percent` the same in percent of the first score's distance from the scale's lowest
    score (None where that is zero). Both are given because mild cases need a larger percentage to notice a difference
    than severe ones (Kounali et al. 2022). `threshold` is the reliable change in points, None where none is known.
    `remission`, `response` and `clinically_significant` are None where the instrument gives no rule, or where the
    first score was already on the healthy side, so that there was nothing to cross.
    """

    points: float
    percent: float | None
    threshold: float | None
    verdict: Verdict
    basis: str
    verified: bool
    remission: bool | None = None
    response: bool | None = None
    clinically_significant: bool | None = None


@dataclass(frozen=True, slots=True)
class SuddenGain:
    """A sudden gain (or, with `loss`, a sudden loss) between value `after` and the next one (0-based positions).

    `drop` in points, `fraction` of the value before it, `means` of up to three values before and after.
    """

    after: int
    drop: float
    fraction: float
    means: tuple[float, float]
    loss: bool = False


def severity(scale: Scale, value: float | None) -> Band | None:
    """The band a score lies in; None without a score or without bands.

    Bands are printed for whole numbers (or one decimal); a score between two of them, as prorating makes, is rounded
    half up to the decimals in which the bands are printed.
    """
    if value is None or not scale.bands:
        return None
    printed = max(_decimals(edge) for band in scale.bands for edge in (band.low, band.high))
    rounded = float(Decimal(repr(round(value, 9))).quantize(Decimal(1).scaleb(-printed), ROUND_HALF_UP))
    return next((b for b in scale.bands if b.low <= rounded <= b.high), None)


def reliable_change_points(sd: float, reliability: float) -> float:
    """The smallest difference that measurement error alone makes in fewer than 5 of 100 cases, in points.

    1.96 √2 SD √(1 - r), Jacobson & Truax (1991). `sd` > 0 in points, 0 <= `reliability` <= 1.
    """
    if not (isfinite(sd) and sd > 0 and 0 <= reliability <= 1):
        raise ValueError("sd must be above 0 and reliability between 0 and 1")
    return 1.96 * sqrt(2.0) * sd * sqrt(1.0 - reliability)


def clinical_cutoff(*, clinical_mean: float, clinical_sd: float, normal_mean: float, normal_sd: float) -> float:
    """The score as far from the clinical as from the normal distribution, each in its own spread: cut-off c of
    Jacobson & Truax (1991). Both spreads above 0.
    """
    if clinical_sd <= 0 or normal_sd <= 0:
        raise ValueError("both spreads must be above 0")
    return (clinical_sd * normal_mean + normal_sd * clinical_mean) / (clinical_sd + normal_sd)


def change_between(scale: Scale, first: float, last: float) -> ScoreChange:
    """Change of one person from `first` to `last`, both scores of `scale`, in its points."""
    points = last - first
    base = first - scale.minimum
    percent = 100.0 * points / base if base > 0 else None
    known = scale.reliable_change
    verdict = _verdict(scale.direction, points, None if known is None else known.points)
    return ScoreChange(
        points=points,
        percent=percent,
        threshold=None if known is None else known.points,
        verdict=verdict,
        basis="no reliable change is known for this scale" if known is None else known.basis,
        verified=known is not None and known.verified,
        remission=_remission(scale, first, last),
        response=_response(scale, first, last),
        clinically_significant=_clinically_significant(scale, first, last, verdict),
    )


def sudden_gains(
    values: Sequence[float | None], *, cutoff: float, higher_is_worse: bool = True
) -> tuple[SuddenGain, ...]:
    """Sudden gains and losses in one person's scores, one value a session in order, None where missing.

    The three criteria of Tang & DeRubeis (1999), with the critical value fitted to the number of values as in the R
    package suddengains (Wiedemann et al. 2020): between two neighbouring sessions the score improves by at least
    `cutoff` points, and by at least a quarter of the score before it, and the means of the three values before
    and after differ by more than a critical t times the pooled spread. Of the three values on each side at least two
    must be there, among them the two neighbours. A loss is the same in the other direction.
    """
    if not cutoff > 0:
        raise ValueError("cutoff must be above 0")
    sign = 1.0 if higher_is_worse else -1.0
    found = [_jump(values, i, cutoff, sign) for i, _ in enumerate(pairwise(values))]
    return tuple(gain for gain in found if gain is not None)


def _decimals(number: float) -> int:
    exponent = Decimal(repr(number)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _verdict(direction: Direction, points: float, threshold: float | None) -> Verdict:
    if threshold is None or direction is Direction.UNKNOWN:
        return "unknown"
    if abs(points) < threshold - _SLACK:
        return "within_error"
    return "improved" if (points < 0) == (direction is Direction.HIGHER_IS_WORSE) else "worse"


def _remission(scale: Scale, first: float, last: float) -> bool | None:
    if scale.remission_below is None or first < scale.remission_below:
        return None
    return last < scale.remission_below


def _response(scale: Scale, first: float, last: float) -> bool | None:
    base = first - scale.minimum
    if scale.response_fraction is None or base <= 0:
        return None
    return (first - last) >= scale.response_fraction * base - _SLACK


def _clinically_significant(scale: Scale, first: float, last: float, verdict: Verdict) -> bool | None:
    """Reliably improved and from the clinical to the healthy side of the cut: Jacobson & Truax's c where norms are
    known, else the instrument's caseness."""
    cut = _cut(scale)
    if cut is None or verdict == "unknown":
        return None
    worse = scale.direction is Direction.HIGHER_IS_WORSE
    began_clinical, ended_clinical = ((s >= cut) if worse else (s < cut) for s in (first, last))
    if not began_clinical:
        return None
    return verdict == "improved" and not ended_clinical


def _cut(scale: Scale) -> float | None:
    norms = (scale.clinical_mean, scale.clinical_sd, scale.normal_mean, scale.normal_sd)
    if None not in norms:
        m1, s1, m0, s0 = (float(n) for n in norms if n is not None)
        return clinical_cutoff(clinical_mean=m1, clinical_sd=s1, normal_mean=m0, normal_sd=s0)
    return scale.caseness_from


#: two-sided 5% points of Student's t by degrees of freedom (values on both sides less two)
_CRITICAL_T = {2: 4.303, 3: 3.182, 4: 2.776}


def _jump(values: Sequence[float | None], i: int, cutoff: float, sign: float) -> SuddenGain | None:
    before, after = values[i], values[i + 1]
    if before is None or after is None:
        return None
    drop = sign * (before - after)
    loss = drop < 0
    size = abs(drop)
    if size < cutoff - _SLACK or before == 0 or size < 0.25 * abs(before) - _SLACK:
        return None
    left = [v for v in values[max(0, i - 2) : i + 1] if v is not None]
    right = [v for v in values[i + 1 : i + 4] if v is not None]
    if len(left) < 2 or len(right) < 2:
        return None
    freedom = len(left) + len(right) - 2
    pooled = ((len(left) - 1) * variance(left) + (len(right) - 1) * variance(right)) / freedom
    means = (fmean(left), fmean(right))
    apart = sign * (means[0] - means[1]) * (-1.0 if loss else 1.0)
    if not apart > _CRITICAL_T[freedom] * sqrt(pooled):
        return None
    return SuddenGain(i, drop, size / abs(before), means, loss)
