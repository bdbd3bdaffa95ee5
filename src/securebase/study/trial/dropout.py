"""Persons without a rating at the planned end, and how much worse than assumed they would have to be.

The mixed model assumes that ratings are missing at random. In a pattern-mixture model, persons without a rating at the
planned end are δ SDs worse than it predicts; an arm's mean then moves by δ times the share of such persons (White,
Carpenter & Horton 2018: a delta adjustment), and so does g. The tipping point is the smallest δ that changes a
conclusion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from securebase.model.distributions import normal_quantile, t_tail
from securebase.study.questions.question import AnswerInterval
from securebase.study.trial.effects import ArmEffect, ArmsConclusion

#: of the arm and of the reference
Rates = tuple["DropoutRate", "DropoutRate"]

_Z = normal_quantile(0.975)
#: largest delta, and its step, in SDs
LARGEST_DELTA, _STEP = 1.0, 0.05


class WorseIn(StrEnum):
    """Arms in which persons without a last rating are assumed to be worse than predicted."""

    ARM = "arm"
    REFERENCE = "reference"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class DropoutRate:
    """Persons of an arm without a rating at the planned end, with the interval of Wilson (1927)."""

    arm: str
    n_missing: int
    n: int
    rate: float
    lower: float
    upper: float

    @classmethod
    def of(cls, arm: str, n_missing: int, n: int) -> DropoutRate:
        p, z2 = n_missing / n, _Z**2
        centre = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z / (1 + z2 / n) * np.sqrt(p * (1 - p) / n + z2 / (4 * n**2))
        return cls(arm, n_missing, n, p, max(float(centre - half), 0.0), min(float(centre + half), 1.0))


@dataclass(frozen=True, slots=True)
class DropoutDifference:
    """Rate of an arm less that of the reference, with the interval of Newcombe (1998, method 10)."""

    arm: str
    reference: str
    difference: float
    lower: float
    upper: float

    @classmethod
    def of(cls, a: DropoutRate, b: DropoutRate) -> DropoutDifference:
        difference = a.rate - b.rate
        lower = difference - np.hypot(a.rate - a.lower, b.upper - b.rate)
        upper = difference + np.hypot(a.upper - a.rate, b.rate - b.lower)
        return cls(a.arm, b.arm, difference, float(lower), float(upper))


@dataclass(frozen=True, slots=True)
class TippingPoint:
    """The smallest δ (SDs) that changes the conclusion of an effect if persons without a last rating are δ worse.

    None where the conclusion holds up to 1 SD. becomes: the conclusion from there on.
    """

    column: str
    arm: str
    reference: str
    worse_in: WorseIn
    delta: float | None
    becomes: ArmsConclusion | None


def tipping_points(effect: ArmEffect, arm: DropoutRate, reference: DropoutRate) -> tuple[TippingPoint, ...]:
    """Return the tipping points if persons are worse in the arm, in the reference, or in both."""
    points = []
    for worse_in in WorseIn:
        weights = float(worse_in is not WorseIn.REFERENCE), float(worse_in is not WorseIn.ARM)
        delta, becomes = _tipping_point(effect, (arm, reference), weights)
        points.append(TippingPoint(effect.column, effect.arm, effect.reference, worse_in, delta, becomes))
    return tuple(points)


def _tipping_point(
    effect: ArmEffect, rates: Rates, weights: tuple[float, float]
) -> tuple[float | None, ArmsConclusion | None]:
    for step in range(1, round(LARGEST_DELTA / _STEP) + 1):
        delta = step * _STEP
        conclusion = adjust_by_delta(effect, rates, (weights[0] * delta, weights[1] * delta)).conclusion
        if conclusion is not effect.conclusion:
            return round(delta, 2), conclusion
    return None, None


def adjust_by_delta(effect: ArmEffect, rates: Rates, deltas: tuple[float, float]) -> ArmEffect:
    """Return the effect if persons without a last rating are worse by these SDs in the arm and in the reference."""
    (arm, reference), (first, second) = rates, deltas
    estimate = effect.g.estimate - first * arm.rate + second * reference.rate
    # the shares of such persons are estimated too
    variance = (
        effect.g.standard_error**2
        + first**2 * arm.rate * (1 - arm.rate) / arm.n
        + second**2 * reference.rate * (1 - reference.rate) / reference.n
    )
    error = float(np.sqrt(variance))
    # Holm's factors stay those of the analysis without δ
    factor = effect.p_adjusted / effect.p if effect.p > 0 else 1.0
    factor_alike = effect.p_equivalence_adjusted / effect.p_equivalence if effect.p_equivalence > 0 else 1.0
    p = float(2.0 * t_tail(abs(estimate) / error, effect.df))
    alike = float(t_tail((effect.margin - abs(estimate)) / error, effect.df))
    return replace(
        effect,
        g=AnswerInterval.of_t(estimate, error, effect.df),
        p=p,
        p_equivalence=alike,
        p_adjusted=min(1.0, factor * p),
        p_equivalence_adjusted=min(1.0, factor_alike * alike),
    )
