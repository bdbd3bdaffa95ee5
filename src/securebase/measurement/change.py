"""Interpretation of scores and of change between two scores.

Severity bands, reliable change, clinically significant change, remission, response and sudden gains. Thresholds come
from the instrument's file, which says whether each was verified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from math import sqrt
from statistics import fmean, variance
from typing import Literal

from securebase.measurement.constructs import Direction
from securebase.measurement.instrument import Band, Scale

ChangeVerdict = Literal["improved", "worse", "within_error", "unknown"]

#: Tolerance for scores that are means of items: in binary, 8.2 − 6.0 falls slightly below 2.2.
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """The difference between two scores of one person on one scale.

    `points` is last minus first. `percent` is the same difference in percent of the first score's distance from the
    scale minimum (None if that distance is zero). Both are given because the smallest noticeable difference is a
    larger percentage in mild cases than in severe ones (Kounali et al. 2022). `threshold` is the reliable change in
    points, None if unknown. `remission`, `response` and `clinically_significant` are None if the instrument
    defines no rule, or if the first score already lay in the healthy range.
    """

    points: float
    percent: float | None
    threshold: float | None
    verdict: ChangeVerdict
    basis: str
    verified: bool
    remission: bool | None = None
    response: bool | None = None
    clinically_significant: bool | None = None


@dataclass(frozen=True, slots=True)
class SuddenGain:
    """A sudden gain (or, with `loss`, a sudden loss) between value `after` and the next one (0-based positions).

    `drop` is in points, `fraction` relative to the value before. `means` are those of up to three values before and
    after.
    """

    after: int
    drop: float
    fraction: float
    means: tuple[float, float]
    loss: bool = False


def severity_band(scale: Scale, value: float | None) -> Band | None:
    """Return the severity band of a score; None without a score or without bands.

    Manuals print bands for whole numbers (or one decimal). A prorated score can fall between two bands: it is rounded
    half up to the decimals in which the bands are printed.
    """
    if value is None or not scale.bands:
        return None
    decimals = max(_decimals(edge) for band in scale.bands for edge in (band.low, band.high))
    rounded = float(Decimal(repr(round(value, 9))).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))
    return next((b for b in scale.bands if b.low <= rounded <= b.high), None)


def clinical_cutoff(*, clinical_mean: float, clinical_sd: float, normal_mean: float, normal_sd: float) -> float:
    """Return cut-off c of Jacobson & Truax (1991): (s₁ m₀ + s₀ m₁) / (s₀ + s₁).

    It lies equally many standard deviations from the clinical and from the normal mean. Both SDs must be above 0.
    """
    if clinical_sd <= 0 or normal_sd <= 0:
        raise ValueError(f"both standard deviations must be above 0 (got {clinical_sd:g} and {normal_sd:g})")
    return (clinical_sd * normal_mean + normal_sd * clinical_mean) / (clinical_sd + normal_sd)


def score_change(scale: Scale, first: float, last: float) -> ScoreChange:
    """Return the change of one person from score `first` to score `last` on `scale`."""
    points = last - first
    base = first - scale.minimum
    percent = 100.0 * points / base if base > 0 else None
    reliable = scale.reliable_change
    verdict = _verdict(scale.direction, points, None if reliable is None else reliable.points)
    return ScoreChange(
        points=points,
        percent=percent,
        threshold=None if reliable is None else reliable.points,
        verdict=verdict,
        basis="no reliable change is known for this scale" if reliable is None else reliable.basis,
        verified=reliable is not None and reliable.verified,
        remission=_remission(scale, first, last),
        response=_response(scale, first, last),
        clinically_significant=_clinically_significant(scale, first, last, verdict),
    )


def sudden_gains(
    values: Sequence[float | None], *, cutoff: float, higher_is_worse: bool = True
) -> tuple[SuddenGain, ...]:
    """Return the sudden gains and losses in one person's scores, one value a session in order, None if missing.

    The criteria are those of Tang & DeRubeis (1999). The critical t depends on the number of values, as in the R
    package suddengains (Wiedemann et al. 2020). Between two adjacent sessions the score must improve

    1. by at least `cutoff` points,
    2. by at least 25% of the score before, and
    3. stably: the means of the three values before and after differ by more than t times the pooled SD.

    Each side needs at least two of its three values, the adjacent one included. A sudden loss meets the same criteria
    in the opposite direction.
    """
    if not cutoff > 0:
        raise ValueError(f"cutoff must be above 0 (got {cutoff:g})")
    sign = 1.0 if higher_is_worse else -1.0
    gains = (_sudden_gain(values, i, cutoff, sign) for i, _ in enumerate(pairwise(values)))
    return tuple(gain for gain in gains if gain is not None)


def _decimals(number: float) -> int:
    exponent = Decimal(repr(number)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _verdict(direction: Direction, points: float, threshold: float | None) -> ChangeVerdict:
    if threshold is None or direction is Direction.UNKNOWN:
        return "unknown"
    if abs(points) < threshold - _TOLERANCE:
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
    return (first - last) >= scale.response_fraction * base - _TOLERANCE


def _clinically_significant(scale: Scale, first: float, last: float, verdict: ChangeVerdict) -> bool | None:
    """Return whether the change is reliable and crosses from the clinical to the healthy range.

    The cut-off is Jacobson & Truax's c where norms are known, else the instrument's caseness threshold. None where a
    score lies on a cut-off whose side the sources dispute.
    """
    cut = _clinical_cutoff(scale)
    if cut is None or verdict == "unknown" or (scale.caseness_disputed and cut in (first, last)):
        return None
    worse = scale.direction is Direction.HIGHER_IS_WORSE
    first_is_clinical, last_is_clinical = ((s >= cut) if worse else (s < cut) for s in (first, last))
    if not first_is_clinical:
        return None
    return verdict == "improved" and not last_is_clinical


def _clinical_cutoff(scale: Scale) -> float | None:
    norms = (scale.clinical_mean, scale.clinical_sd, scale.normal_mean, scale.normal_sd)
    if None not in norms:
        m1, s1, m0, s0 = (float(n) for n in norms if n is not None)
        return clinical_cutoff(clinical_mean=m1, clinical_sd=s1, normal_mean=m0, normal_sd=s0)
    return scale.caseness_from


#: Two-sided 5% critical values of Student's t by degrees of freedom (values on both sides minus two).
_CRITICAL_T = {2: 4.303, 3: 3.182, 4: 2.776}


def _sudden_gain(values: Sequence[float | None], i: int, cutoff: float, sign: float) -> SuddenGain | None:
    before, after = values[i], values[i + 1]
    if before is None or after is None:
        return None
    drop = sign * (before - after)
    loss = drop < 0
    size = abs(drop)
    if size < cutoff - _TOLERANCE or before == 0 or size < 0.25 * abs(before) - _TOLERANCE:
        return None
    left = [v for v in values[max(0, i - 2) : i + 1] if v is not None]
    right = [v for v in values[i + 1 : i + 4] if v is not None]
    if len(left) < 2 or len(right) < 2:
        return None
    df = len(left) + len(right) - 2
    pooled = ((len(left) - 1) * variance(left) + (len(right) - 1) * variance(right)) / df
    means = (fmean(left), fmean(right))
    difference = sign * (means[0] - means[1]) * (-1.0 if loss else 1.0)
    if not difference > _CRITICAL_T[df] * sqrt(pooled):
        return None
    return SuddenGain(i, drop, size / abs(before), means, loss)
