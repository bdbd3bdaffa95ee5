"""The study's former verdict: a lagged association centred, detrended and adjusted, compared by ratios of estimates.

Kept for the tables that show how often it was wrong; studies conclude by `securebase.study.conclusions`
(docs/decisions/0024).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from securebase.study.agreement import is_usable, matching_effect
from securebase.study.parts import ModelSummary, NotFitted
from securebase.study.reciprocal import LagFinding

#: an association that loses more than this share of its size attenuates
MAX_ATTENUATION = 0.5


class FormerVerdict(StrEnum):
    """Result of detrending a lagged association within persons."""

    PERSISTS = "persists"
    ATTENUATES = "attenuates"
    EMERGES = "emerges"
    INCONCLUSIVE = "inconclusive"


class IntervalSide(StrEnum):
    """Side of a model effect's 95% interval: beyond zero on the lag's side, on the other side, or including zero."""

    SAME_SIGN = "same_sign"
    INCLUDES_ZERO = "includes_zero"
    OPPOSITE_SIGN = "opposite_sign"


class Estimate(Protocol):
    """The part of an estimate that the former rule reads."""

    @property
    def raw(self) -> float: ...

    @property
    def significant(self) -> bool: ...


def classify(centred: Estimate, detrended: Estimate) -> FormerVerdict:
    """Return the verdict of the first step: centred against detrended."""
    if centred.significant:
        if detrended.raw / centred.raw < 1.0 - MAX_ATTENUATION:
            return FormerVerdict.ATTENUATES
        return FormerVerdict.PERSISTS if detrended.significant else FormerVerdict.INCONCLUSIVE
    return FormerVerdict.EMERGES if detrended.significant else FormerVerdict.INCONCLUSIVE


def adjust(verdict: FormerVerdict, detrended: Estimate, time_adjusted: Estimate | None) -> FormerVerdict:
    """Return the verdict of the second step: it revises only associations that persist."""
    if verdict is not FormerVerdict.PERSISTS or time_adjusted is None:
        return verdict
    if time_adjusted.raw / detrended.raw < 1.0 - MAX_ATTENUATION:
        return FormerVerdict.ATTENUATES
    return FormerVerdict.PERSISTS if time_adjusted.significant else FormerVerdict.INCONCLUSIVE


def former_verdict(centred: Estimate | None, detrended: Estimate | None, adjusted: Estimate | None) -> FormerVerdict:
    """Return the verdict of both steps; inconclusive where centred or detrended could not be estimated."""
    if centred is None or detrended is None:
        return FormerVerdict.INCONCLUSIVE
    return adjust(classify(centred, detrended), detrended, adjusted)


def verdict_of_lag(lag: LagFinding) -> FormerVerdict:
    return former_verdict(lag.main.centred, lag.main.detrended, lag.time_adjusted.detrended)


def interval_sides(
    finding: LagFinding, verdict: FormerVerdict, models: Sequence[ModelSummary | NotFitted]
) -> dict[str, IntervalSide]:
    """Return trend → side of the interval of the model with this trend, for models that have an interval."""
    lag = finding.main.centred if verdict is FormerVerdict.ATTENUATES else finding.main.detrended
    sides: dict[str, IntervalSide] = {}
    for model in models:
        if lag is None or not isinstance(model, ModelSummary) or not is_usable(model):
            continue
        effect = matching_effect(finding, model)
        if effect is None or effect.lower is None or effect.upper is None:
            continue
        if effect.lower <= 0 <= effect.upper:
            sides[model.trend] = IntervalSide.INCLUDES_ZERO
        else:
            same = effect.estimate * lag.raw > 0
            sides[model.trend] = IntervalSide.SAME_SIGN if same else IntervalSide.OPPOSITE_SIGN
    return sides
