"""Does the fitted model show what the lags say? And does its own check speak against it?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum

from securebase.study.reciprocal import AssociationVerdict, LagFinding
from securebase.study.result import EffectRow, ModelSummary, NotFitted, ResidualRow

#: residuals that go with the one before them by less than this are not worth a word, however many there are
_SMALL_AUTOCORRELATION = 0.10


class IntervalSide(StrEnum):
    """Where an effect of a fitted model stands to a lag: its interval beyond zero on the lag's side, on the other
    side, or with zero in it."""

    SHOWN = "shown"
    NOT_SHOWN = "not_shown"
    OPPOSED = "opposed"


def usable(model: ModelSummary | NotFitted) -> bool:
    """Whether the fit ended where its estimates can be read."""
    return isinstance(model, ModelSummary) and model.outcome in ("converged", "boundary")


def effect_of(finding: LagFinding, model: ModelSummary) -> EffectRow | None:
    """The effect of the same direction over the usual distance of two sessions."""
    link = finding.link
    return next((e for e in model.effects if (e.earlier, e.later) == (link.earlier, link.later)), None)


def sides(finding: LagFinding, models: Sequence[ModelSummary | NotFitted]) -> dict[str, IntervalSide]:
    """trend → where the model with this trend stands, for those that have an interval."""
    lag = finding.main.centred if finding.verdict is AssociationVerdict.FADES else finding.main.detrended
    found: dict[str, IntervalSide] = {}
    if lag is None:
        return found
    for model in models:
        if not isinstance(model, ModelSummary) or not usable(model):
            continue
        effect = effect_of(finding, model)
        if effect is None or effect.lower is None or effect.upper is None:
            continue
        if effect.lower <= 0 <= effect.upper:
            found[model.trend] = IntervalSide.NOT_SHOWN
        else:
            found[model.trend] = IntervalSide.SHOWN if effect.estimate * lag.raw > 0 else IntervalSide.OPPOSED
    return found


def misfits(models: Sequence[ModelSummary | NotFitted], construct: str) -> list[tuple[str, float]]:
    """(trend, autocorrelation) where one-step-ahead residuals of a construct, or of one of its columns, follow each
    other beyond chance."""
    return [
        (model.trend, row.autocorrelation)
        for model in models
        if isinstance(model, ModelSummary) and usable(model)
        for row in model.residuals
        if row.construct in ({c for c, its in model.indicators if its == construct} or {construct})
        and row.autocorrelation is not None
        and _follows(row, row.autocorrelation)
    ]


def _follows(row: ResidualRow, autocorrelation: float) -> bool:
    return abs(autocorrelation) > max(_SMALL_AUTOCORRELATION, 1.96 / math.sqrt(row.n))
