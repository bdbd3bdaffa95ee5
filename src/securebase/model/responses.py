"""From a drawn score back to item responses: whole, bounded, and scoring to the drawn score within rounding.

The way back is not unique; items scatter around the score as people's answers do. Scoring itself stays in
`measurement.scoring`: what is made here goes through it like any client's answers.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from securebase.measurement.instrument import Instrument, Item, Method, Scale
from securebase.model.parameters import Array

#: how far single items lie from their scale's mean, as a share of the item's range
ITEM_SCATTER = 0.12


def responses_for(
    instrument: Instrument, scores: Mapping[str, float], rng: np.random.Generator, *, alarm: bool = False
) -> dict[int, float | None]:
    """Responses to every item such that each scale named in `scores` scores as near to it as whole answers allow.

    Items of no scale named stay at the end that raises no alarm (safety items) or unanswered. `alarm` answers the
    safety items at their rule; without it they stay below, unless the score cannot be reached in any other way.
    """
    limits = {r.item: r.at_least for r in instrument.safety_rules}
    responses: dict[int, float | None] = {item.number: None for item in instrument.items}
    for number, at_least in limits.items():
        item = instrument.item(number)
        responses[number] = at_least if alarm else item.minimum
    for scale_id, value in scores.items():
        scale = instrument.scale(scale_id)
        fixed = {n: v for n in scale.items if n in limits and (v := responses[n]) is not None}
        responses.update(_for_scale(instrument, scale, value, fixed, rng))
    return responses


def _for_scale(
    instrument: Instrument, scale: Scale, value: float, fixed: Mapping[int, float], rng: np.random.Generator
) -> dict[int, float]:
    """Responses of one scale's items; `fixed` ones give way only where the others cannot make up the score."""
    items = [instrument.item(n) for n in scale.items]
    low = np.array([i.minimum for i in items])
    high = np.array([i.maximum for i in items])
    step = np.array([i.step for i in items])
    target = min(max(value, scale.minimum), scale.maximum) / scale.multiplier
    total = float(target * len(items)) if scale.method is Method.MEAN else float(target)
    free = np.array([i.number not in fixed for i in items])
    turned = np.array([_turned(i, fixed[i.number], scale) if i.number in fixed else np.nan for i in items])
    made = np.where(free, 0.0, turned)
    rest = total - made[~free].sum()
    if not low[free].sum() - 0.5 <= rest <= high[free].sum() + 0.5:
        free[:], rest = True, total
    made[free] = _spread(rest, low[free], high[free], step[free], rng)
    # a line marked in tenths is counted in tenths: 0.3, not 0.30000000000000004
    return {i.number: round(_turned(i, float(v), scale), 9) for i, v in zip(items, made, strict=True)}


def _spread(total: float, low: Array, high: Array, step: Array, rng: np.random.Generator) -> Array:
    """Whole steps within bounds, scattered around an even share, whose sum is as near to `total` as steps allow."""
    most = np.rint((high - low) / step)
    if len(low) == 1:
        alone: Array = low + np.clip(np.rint((total - low) / step), 0.0, most) * step
        return alone
    share = (total - low.sum()) / max((high - low).sum(), 1e-12)
    counts = np.rint(most * np.clip(share + ITEM_SCATTER * rng.standard_normal(len(low)), 0.0, 1.0))
    while True:
        made: Array = low + counts * step
        missing = total - made.sum()
        room = (counts < most) if missing > 0 else (counts > 0)
        candidates = np.flatnonzero(room & (step <= 2 * abs(missing)))
        if abs(missing) <= step.min() / 2 + 1e-9 or not len(candidates):
            return made
        counts[rng.choice(candidates)] += np.sign(missing)


def _turned(item: Item, value: float, scale: Scale) -> float:
    return item.minimum + item.maximum - value if item.number in scale.reversed_items else value
