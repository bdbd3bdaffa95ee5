"""Effects of the fitted models beside the lags, and residual autocorrelation that speaks against the models."""

from __future__ import annotations

import math
from collections.abc import Sequence

from securebase.study.parts import EffectRow, ModelSummary, NotFitted, ResidualRow
from securebase.study.reciprocal import LagFinding

#: smaller autocorrelations of residuals are not reported, however many residuals there are
_MIN_AUTOCORRELATION = 0.10


def is_usable(model: ModelSummary | NotFitted) -> bool:
    """Return whether the fit ended where its estimates can be interpreted."""
    return isinstance(model, ModelSummary) and model.outcome in ("converged", "boundary")


def matching_effect(finding: LagFinding, model: ModelSummary) -> EffectRow | None:
    """Return the model's effect in the same direction, over the usual distance of two sessions."""
    link = finding.link
    return next((e for e in model.effects if (e.earlier, e.later) == (link.earlier, link.later)), None)


def residual_autocorrelations(models: Sequence[ModelSummary | NotFitted], construct: str) -> list[tuple[str, float]]:
    """Return (trend, autocorrelation at lag 1) of one-step-ahead residuals of a construct where it exceeds chance.

    A construct with several indicators is listed once for each of them.
    """
    return [
        (model.trend, row.autocorrelation)
        for model in models
        if isinstance(model, ModelSummary) and is_usable(model)
        for row in model.residuals
        if row.construct in ({column for column, target in model.indicators if target == construct} or {construct})
        and row.autocorrelation is not None
        and _exceeds_chance(row, row.autocorrelation)
    ]


def _exceeds_chance(row: ResidualRow, autocorrelation: float) -> bool:
    # white noise: SE of a lag-1 autocorrelation is about 1/√n
    return abs(autocorrelation) > max(_MIN_AUTOCORRELATION, 1.96 / math.sqrt(row.n))
