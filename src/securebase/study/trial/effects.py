"""Differences of two arms at the planned end as Hedges' g, and what they conclude.

Two questions are asked of every pair and column, each with Holm's correction over all of them: do the arms differ (two
sides, 5%), and are they alike within a margin (two one-sided tests, TOST, 5% each: Schuirmann 1987)?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil

import numpy as np

from securebase.errors import ModelError
from securebase.model.distributions import normal_quantile, t_quantile, t_tail
from securebase.study.questions.question import AnswerInterval
from securebase.study.trial.mixed_model import RepeatedMeasuresFit, fit_repeated_measures
from securebase.study.trial.visits import Array, Indices
from securebase.study.verdicts.readings import LEVEL
from securebase.study.verdicts.rule import holm

#: probability with which the persons named would settle a question
_POWER = 0.8
#: more persons in an arm are not named
_MAX_PERSONS = 10_000


class ArmsConclusion(StrEnum):
    """Result of both questions. An arm can be better and yet alike within the margin: then it is `equivalent`.

    higher, lower: in place of better and worse, where nobody knows which of them is better.
    """

    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"
    LOWER = "lower"
    EQUIVALENT = "equivalent"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True)
class ArmEffect:
    """Difference of an arm and the reference in one column at the planned end; positive: better in the arm.

    directed: whether it is known if higher or lower is better; otherwise positive means higher.
    g: adjusted for the first rating (`adjusted`; not where it came after the first session). unadjusted: the same
    without. completers: analysis of covariance of persons rated at the planned end; None if it could not be estimated.
    points: g in points, positive: higher in the arm. sd: within arms at the planned end. p, p_equivalence: of no
    difference, and of one beyond the margin; each with its correction. persons_for_difference, persons_for_equivalence:
    in each arm, for 80% power, if the true difference is the estimate, or zero; None beyond 10,000 or if concluded.
    """

    column: str
    arm: str
    reference: str
    directed: bool
    adjusted: bool
    n_arm: int
    n_reference: int
    g: AnswerInterval
    unadjusted: AnswerInterval
    completers: AnswerInterval | None
    points: AnswerInterval
    sd: float
    margin: float
    df: float
    p: float
    p_equivalence: float
    p_adjusted: float = 1.0
    p_equivalence_adjusted: float = 1.0
    persons_for_difference: int | None = None
    persons_for_equivalence: int | None = None

    @property
    def tost_interval(self) -> AnswerInterval:
        """The 90% interval of g: within the margins exactly if both one-sided tests at 5% reject (Schuirmann 1987)."""
        half = t_quantile(0.95, self.df) * self.g.standard_error
        return replace(self.g, lower=self.g.estimate - half, upper=self.g.estimate + half)

    @property
    def differs(self) -> bool:
        return self.p_adjusted < LEVEL

    @property
    def conclusion(self) -> ArmsConclusion:
        if self.p_equivalence_adjusted < LEVEL:
            return ArmsConclusion.EQUIVALENT
        if self.differs and self.directed:
            return ArmsConclusion.BETTER if self.g.estimate > 0 else ArmsConclusion.WORSE
        if self.differs:
            return ArmsConclusion.HIGHER if self.g.estimate > 0 else ArmsConclusion.LOWER
        return ArmsConclusion.INCONCLUSIVE


@dataclass(frozen=True, slots=True)
class ArmPair:
    """Two arms by their number."""

    arm: int
    reference: int


@dataclass(frozen=True, eq=False)
class ColumnRatings:
    """Ratings of one column at the visits, of persons with at least one.

    sign: −1 where a higher value is worse, else 1. directed: whether this is known. adjusted: whether the first rating
    came before treatment. therapist: number of each person's therapist; None if unknown.
    """

    column: str
    rated: Array
    arm: Indices
    names: tuple[str, ...]
    sign: float
    directed: bool
    adjusted: bool
    therapist: Indices | None


def column_effects(ratings: ColumnRatings, pairs: Sequence[ArmPair], margin: float) -> list[ArmEffect]:
    """Return the effect of each pair of arms, without corrections. Raises ModelError where none can be estimated."""
    fitted = fit_repeated_measures(ratings.rated, ratings.arm, len(ratings.names))
    ended = np.isfinite(ratings.rated[:, -1]) & np.isfinite(ratings.rated[:, 0])
    completers = replace(
        ratings,
        rated=ratings.rated[ended][:, [0, -1]],
        arm=ratings.arm[ended],
        therapist=None if ratings.therapist is None else ratings.therapist[ended],
    )
    return [_effect(ratings, fitted, pair, margin, _completers(completers, pair)) for pair in pairs]


def _completers(ratings: ColumnRatings, pair: ArmPair) -> AnswerInterval | None:
    try:
        fitted = fit_repeated_measures(ratings.rated, ratings.arm, len(ratings.names))
        return _interval(ratings, fitted, pair, adjusted=ratings.adjusted)
    except ModelError:
        return None


def _interval(
    ratings: ColumnRatings, fitted: RepeatedMeasuresFit, pair: ArmPair, *, adjusted: bool, standardised: bool = True
) -> AnswerInterval:
    """Return g, positive where the arm is better, or the difference in points, positive where it is higher."""
    difference = fitted.difference(pair.arm, pair.reference, adjusted=adjusted, standardised=standardised)
    sign = ratings.sign if standardised else 1.0
    return AnswerInterval.of_t(sign * difference.estimate, *difference.error(ratings.therapist))


def _effect(
    ratings: ColumnRatings,
    fitted: RepeatedMeasuresFit,
    pair: ArmPair,
    margin: float,
    completers: AnswerInterval | None,
) -> ArmEffect:
    counts = np.bincount(ratings.arm, minlength=len(ratings.names))
    g = _interval(ratings, fitted, pair, adjusted=ratings.adjusted)
    contrast = fitted.difference(pair.arm, pair.reference, adjusted=ratings.adjusted, standardised=True)
    _, df = contrast.error(ratings.therapist)
    return ArmEffect(
        column=ratings.column,
        arm=ratings.names[pair.arm],
        reference=ratings.names[pair.reference],
        directed=ratings.directed,
        adjusted=ratings.adjusted,
        n_arm=int(counts[pair.arm]),
        n_reference=int(counts[pair.reference]),
        g=g,
        unadjusted=_interval(ratings, fitted, pair, adjusted=False),
        completers=completers,
        points=_interval(ratings, fitted, pair, adjusted=ratings.adjusted, standardised=False),
        sd=fitted.sd,
        margin=margin,
        df=df,
        p=float(2.0 * t_tail(abs(g.estimate) / g.standard_error, df)),
        p_equivalence=float(t_tail((margin - abs(g.estimate)) / g.standard_error, df)),
    )


def apply_holm(effects: Sequence[ArmEffect]) -> tuple[ArmEffect, ...]:
    """Return the effects with Holm's correction over all of them, and the persons that would settle what is open."""
    different = holm([e.p for e in effects])
    alike = holm([e.p_equivalence for e in effects])
    return tuple(
        _with_persons(replace(e, p_adjusted=p, p_equivalence_adjusted=q), len(effects))
        for e, p, q in zip(effects, different, alike, strict=True)
    )


def _with_persons(effect: ArmEffect, tests: int) -> ArmEffect:
    if effect.conclusion is not ArmsConclusion.INCONCLUSIVE:
        return effect
    g, level = effect.g, LEVEL / tests
    for_difference = (
        (-normal_quantile(level / 2) + normal_quantile(_POWER)) * g.standard_error / max(abs(g.estimate), 1e-9)
    )
    # both one-sided tests must succeed: each may fail in half of 1 − power
    for_equivalence = (-normal_quantile(level) + normal_quantile((1 + _POWER) / 2)) * g.standard_error / effect.margin
    # the error falls with the root of the harmonic mean of both arms
    persons = 2.0 / (1.0 / effect.n_arm + 1.0 / effect.n_reference)
    difference, equivalence = (ceil(persons * factor**2) for factor in (for_difference, for_equivalence))
    return replace(
        effect,
        persons_for_difference=difference if persons < difference <= _MAX_PERSONS else None,
        persons_for_equivalence=equivalence if persons < equivalence <= _MAX_PERSONS else None,
    )
