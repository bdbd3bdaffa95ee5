"""From a drawn score back to item responses: whole, bounded, and scoring to the drawn score within rounding.

The way back is not unique; items scatter around the score as people's answers do. Scoring itself stays in
`measurement.scoring`: what is made here goes through it like any client's answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from securebase.measurement.instrument import Instrument, Item, Method, Scale

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
    items = {i.number: i for i in instrument.items}
    asked = [items[n] for n in scale.items]
    target = min(max(value, scale.minimum), scale.maximum) / scale.multiplier
    total = float(target * len(asked)) if scale.method is Method.MEAN else float(target)
    held = {i.number: _turned(i, fixed[i.number], scale) for i in asked if i.number in fixed}
    free = [i for i in asked if i.number not in held]
    rest = total - sum(held.values())
    if not sum(i.minimum for i in free) - 0.5 <= rest <= sum(i.maximum for i in free) + 0.5:
        held, free, rest = {}, asked, total
    made = dict(zip((i.number for i in free), _spread(rest, free, rng), strict=True)) | held
    # a line marked in tenths is counted in tenths: 0.3, not 0.30000000000000004
    return {i.number: round(_turned(i, made[i.number], scale), 9) for i in asked}


def _spread(total: float, items: Sequence[Item], rng: np.random.Generator) -> list[float]:
    """Whole steps within bounds, scattered around an even share, whose sum is as near to `total` as steps allow.

    Plain numbers and not arrays: with so few items arrays take three times as long.
    """
    most = [round((i.maximum - i.minimum) / i.step) for i in items]
    if len(items) == 1:
        (alone,) = items
        return [alone.minimum + min(max(round((total - alone.minimum) / alone.step), 0), most[0]) * alone.step]
    reach = sum(i.maximum - i.minimum for i in items)
    share = (total - sum(i.minimum for i in items)) / max(reach, 1e-12)
    scatter = rng.standard_normal(len(items)).tolist()
    counts = [round(m * min(max(share + ITEM_SCATTER * z, 0.0), 1.0)) for m, z in zip(most, scatter, strict=True)]
    finest = min((i.step for i in items), default=1.0)
    while True:
        made = [i.minimum + c * i.step for i, c in zip(items, counts, strict=True)]
        missing = total - sum(made)
        candidates = [
            k
            for k, i in enumerate(items)
            if (counts[k] < most[k] if missing > 0 else counts[k] > 0) and i.step <= 2 * abs(missing)
        ]
        if abs(missing) <= finest / 2 + 1e-9 or not candidates:
            return made
        counts[candidates[int(rng.integers(len(candidates)))]] += 1 if missing > 0 else -1


def _turned(item: Item, value: float, scale: Scale) -> float:
    return item.minimum + item.maximum - value if item.number in scale.reversed_items else value
