"""Interpretation of scores, of change between two scores, and of sudden gains in a series.

Severity bands, reliable change, clinically significant change, remission, response and sudden gains. Thresholds come
from the instrument's file, which says whether each was verified, or from `ChangeRules` that a study states itself.
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

NO_RELIABLE_CHANGE = "no reliable change is known for this scale"
#: Tolerance for scores that are means of items: in binary, 8.2 − 6.0 falls slightly below 2.2.
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class ChangeRules:
    """Thresholds by which change on a scale is classified, in points; None where none is known.

    `minimum` is the lowest possible score. `reliable_change` exceeds measurement error; `basis` names its source, and
    `verified` tells whether it was checked there. `cutoff` is the first score of the clinical range where higher is
    worse, else the first score of the healthy range; with `cutoff_disputed`, sources disagree about that very score.
    """

    direction: Direction
    minimum: float | None = None
    reliable_change: float | None = None
    basis: str = NO_RELIABLE_CHANGE
    verified: bool = False
    cutoff: float | None = None
    cutoff_disputed: bool = False
    remission_below: float | None = None
    response_fraction: float | None = None

    def is_clinical(self, score: float) -> bool | None:
        """Return whether a score lies in the clinical range; None without a cut-off, or where its side is disputed."""
        if self.cutoff is None or self.direction is Direction.UNKNOWN:
            return None
        if self.cutoff_disputed and score == self.cutoff:
            return None
        return bool(score >= self.cutoff if self.direction is Direction.HIGHER_IS_WORSE else score < self.cutoff)


def change_rules(scale: Scale) -> ChangeRules:
    """Return the thresholds of a scale. The cut-off is Jacobson & Truax's c where norms are known, else caseness."""
    known = scale.reliable_change
    return ChangeRules(
        scale.direction,
        scale.minimum,
        None if known is None else known.points,
        basis=NO_RELIABLE_CHANGE if known is None else known.basis,
        verified=known is not None and known.verified,
        cutoff=_clinical_cutoff(scale),
        cutoff_disputed=scale.caseness_disputed,
        remission_below=scale.remission_below,
        response_fraction=scale.response_fraction,
    )


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
    return classify_change(change_rules(scale), first, last)


def classify_change(rules: ChangeRules, first: float, last: float) -> ScoreChange:
    """Return the change of one person from score `first` to score `last` by these thresholds."""
    points = last - first
    base = None if rules.minimum is None else first - rules.minimum
    verdict = _verdict(rules.direction, points, rules.reliable_change)
    return ScoreChange(
        points=points,
        percent=100.0 * points / base if base is not None and base > 0 else None,
        threshold=rules.reliable_change,
        verdict=verdict,
        basis=rules.basis,
        verified=rules.verified,
        remission=_remission(rules, first, last),
        response=_response(rules, first, last),
        clinically_significant=_clinically_significant(rules, first, last, verdict),
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


def can_show_sudden_gain(values: Sequence[float | None]) -> bool:
    """Return whether the criteria of sudden gains can be applied between any two sessions."""
    return any(
        values[i] is not None and values[i + 1] is not None and min(map(len, _both_sides(values, i))) >= 2
        for i in range(len(values) - 1)
    )


def is_reversed(gain: SuddenGain, values: Sequence[float | None], *, higher_is_worse: bool = True) -> bool:
    """Return whether at least half of a sudden gain was lost again at any later session (Tang & DeRubeis 1999).

    For a sudden loss: whether at least half of it was made good.
    """
    sign = 1.0 if higher_is_worse else -1.0
    after = values[gain.after + 1]
    assert after is not None  # a gain leads to an observed value
    later = [sign * (value - after) for value in values[gain.after + 2 :] if value is not None]
    half = gain.drop / 2
    return any(back <= half + _TOLERANCE if gain.loss else back >= half - _TOLERANCE for back in later)


def _decimals(number: float) -> int:
    exponent = Decimal(repr(number)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _verdict(direction: Direction, points: float, threshold: float | None) -> ChangeVerdict:
    if threshold is None or direction is Direction.UNKNOWN:
        return "unknown"
    if abs(points) < threshold - _TOLERANCE:
        return "within_error"
    return "improved" if (points < 0) == (direction is Direction.HIGHER_IS_WORSE) else "worse"


def _remission(rules: ChangeRules, first: float, last: float) -> bool | None:
    if rules.remission_below is None or first < rules.remission_below:
        return None
    return last < rules.remission_below


def _response(rules: ChangeRules, first: float, last: float) -> bool | None:
    if rules.response_fraction is None or rules.minimum is None or first <= rules.minimum:
        return None
    return (first - last) >= rules.response_fraction * (first - rules.minimum) - _TOLERANCE


def _clinically_significant(rules: ChangeRules, first: float, last: float, verdict: ChangeVerdict) -> bool | None:
    """Return whether the change is reliable and crosses from the clinical to the healthy range.

    None where a score lies on a cut-off whose side the sources dispute, or where the first score was healthy.
    """
    first_is_clinical, last_is_clinical = rules.is_clinical(first), rules.is_clinical(last)
    if verdict == "unknown" or last_is_clinical is None or not first_is_clinical:
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
    left, right = _both_sides(values, i)
    if len(left) < 2 or len(right) < 2:
        return None
    df = len(left) + len(right) - 2
    pooled = ((len(left) - 1) * variance(left) + (len(right) - 1) * variance(right)) / df
    means = (fmean(left), fmean(right))
    difference = sign * (means[0] - means[1]) * (-1.0 if loss else 1.0)
    if not difference > _CRITICAL_T[df] * sqrt(pooled):
        return None
    return SuddenGain(i, drop, size / abs(before), means, loss)


def _both_sides(values: Sequence[float | None], i: int) -> tuple[list[float], list[float]]:
    """Return the observed values among the three up to position i, and among the three after it."""
    left = [v for v in values[max(0, i - 2) : i + 1] if v is not None]
    return left, [v for v in values[i + 1 : i + 4] if v is not None]
