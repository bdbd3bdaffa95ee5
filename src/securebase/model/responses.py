"""Item responses for a simulated score: whole, within bounds, and scoring to that score within rounding.

Many response patterns give one score; items scatter around their mean as people's answers do. Simulated responses go
through `measurement.scoring` like any client's answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from securebase.measurement.instrument import Instrument, Item, Method, Scale

#: SD of single items around their scale's mean, as a share of the item's range
ITEM_SCATTER = 0.12


def responses_for(
    instrument: Instrument, scores: Mapping[str, float], rng: np.random.Generator, *, alarm: bool = False
) -> dict[int, float | None]:
    """Return responses to every item so that each named scale scores as near to its value as whole answers allow.

    Items of other scales stay unanswered; safety items stay at their minimum. `alarm` answers safety items at the
    threshold of their rule; otherwise they stay below it unless the score cannot be reached otherwise.
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
    """Return responses of one scale's items; `fixed` ones change only if the others cannot reach the score."""
    items = {i.number: i for i in instrument.items}
    scale_items = [items[n] for n in scale.items]
    target = min(max(value, scale.minimum), scale.maximum) / scale.multiplier
    total = float(target * len(scale_items)) if scale.method is Method.MEAN else float(target)
    fixed_values = {i.number: _reverse(i, fixed[i.number], scale) for i in scale_items if i.number in fixed}
    free = [i for i in scale_items if i.number not in fixed_values]
    remainder = total - sum(fixed_values.values())
    if not sum(i.minimum for i in free) - 0.5 <= remainder <= sum(i.maximum for i in free) + 0.5:
        fixed_values, free, remainder = {}, scale_items, total
    sample = dict(zip((i.number for i in free), _spread_total(remainder, free, rng), strict=True)) | fixed_values
    # visual analogue scales are marked in tenths: 0.3, not 0.30000000000000004
    return {i.number: round(_reverse(i, sample[i.number], scale), 9) for i in scale_items}


def _spread_total(total: float, items: Sequence[Item], rng: np.random.Generator) -> list[float]:
    """Return whole steps within bounds, scattered around an even share, whose sum is as near to `total` as steps allow.

    Plain numbers, not arrays: with so few items arrays take three times as long.
    """
    most = [round((i.maximum - i.minimum) / i.step) for i in items]
    if len(items) == 1:
        (only,) = items
        return [only.minimum + min(max(round((total - only.minimum) / only.step), 0), most[0]) * only.step]
    reach = sum(i.maximum - i.minimum for i in items)
    share = (total - sum(i.minimum for i in items)) / max(reach, 1e-12)
    scatter = rng.standard_normal(len(items)).tolist()
    counts = [round(m * min(max(share + ITEM_SCATTER * z, 0.0), 1.0)) for m, z in zip(most, scatter, strict=True)]
    finest = min((i.step for i in items), default=1.0)
    while True:
        values = [i.minimum + c * i.step for i, c in zip(items, counts, strict=True)]
        missing = total - sum(values)
        candidates = [
            k
            for k, i in enumerate(items)
            if (counts[k] < most[k] if missing > 0 else counts[k] > 0) and i.step <= 2 * abs(missing)
        ]
        if abs(missing) <= finest / 2 + 1e-9 or not candidates:
            return values
        counts[candidates[int(rng.integers(len(candidates)))]] += 1 if missing > 0 else -1


def _reverse(item: Item, value: float, scale: Scale) -> float:
    """Return minimum + maximum − value for reverse-scored items, else the value."""
    return item.minimum + item.maximum - value if item.number in scale.reversed_items else value
