"""Responses → scores and safety alerts.

Each scale follows its instrument's own rule for unanswered items. Safety alerts need no score: one response is enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from numbers import Real

from securebase.errors import ResponseError
from securebase.measurement.instrument import Instrument, Item, Method, MissingRule, Scale


@dataclass(frozen=True, slots=True)
class ScaleScore:
    """The score of one scale. `value` is None where the rule for missing items allows none; `note` says why."""

    scale: str
    construct: str
    value: float | None
    n_missing: int
    note: str


@dataclass(frozen=True, slots=True)
class SafetyFlag:
    """A response that must be seen at once."""

    instrument: str
    item: int
    value: float
    concern: str


@dataclass(frozen=True, slots=True)
class Scored:
    """Checked responses (every item of the instrument, None where unanswered), scores by scale, alerts by item."""

    instrument: str
    responses: Mapping[int, float | None]
    scores: Mapping[str, ScaleScore]
    alerts: tuple[SafetyFlag, ...]
    #: safety items that were left out; silence is no all-clear
    safety_unanswered: tuple[int, ...] = ()


def check_responses(instrument: Instrument, responses: Mapping[int, float | None]) -> dict[int, float | None]:
    """Every item in the instrument's order with its response, None where unanswered.

    Raises ResponseError for an item the instrument does not have, or a value it does not allow.
    """
    known = {item.number for item in instrument.items}
    for number in responses:
        if isinstance(number, bool) or number not in known:
            raise ResponseError(
                f"{instrument.name} has no item {number!r}",
                where=instrument.id,
                advice=f"Its items are {_numbers([item.number for item in instrument.items])}.",
            )
    return {item.number: _checked(instrument, item, responses.get(item.number)) for item in instrument.items}


def score(instrument: Instrument, responses: Mapping[int, float | None]) -> Scored:
    """Score one filled-in instrument; unanswered items are None or left out.

    Raises ResponseError as `check_responses` does. A scale that cannot be scored has value None and a note.
    """
    checked = check_responses(instrument, responses)
    return Scored(
        instrument=instrument.id,
        responses=checked,
        scores={scale.id: _scale_score(instrument, scale, checked) for scale in instrument.scales},
        alerts=_alerts(instrument, checked),
        safety_unanswered=tuple(sorted({r.item for r in instrument.safety_rules if checked[r.item] is None})),
    )


def _checked(instrument: Instrument, item: Item, value: object) -> float | None:
    if value is None:
        return None
    where = f"{instrument.id}, item {item.number}"
    number = _finite(value)
    if number is None:
        raise ResponseError(f"a response is a number; found {value!r:.40}", where=where, advice=_allowed(item))
    if item.options:
        fits = number in {option.value for option in item.options}
    else:
        fits = item.minimum <= number <= item.maximum and _on_step(number, item)
    if not fits:
        raise ResponseError(f"{number:g} is no response to this item", where=where, advice=_allowed(item))
    return number


def _finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def _on_step(number: float, item: Item) -> bool:
    steps = (Decimal(repr(number)) - Decimal(repr(float(item.minimum)))) / Decimal(repr(float(item.step)))
    return steps == steps.to_integral_value()


def _allowed(item: Item) -> str:
    if item.options:
        return f"Allowed are {', '.join(f'{o.value:g}' for o in item.options)}."
    step = "" if item.step == 1 else f" in steps of {item.step:g}"
    whole = "whole numbers " if item.step == 1 else ""
    return f"Allowed are {whole}from {item.minimum:g} to {item.maximum:g}{step}."


def _alerts(instrument: Instrument, responses: Mapping[int, float | None]) -> tuple[SafetyFlag, ...]:
    answered = ((rule, responses[rule.item]) for rule in instrument.safety_rules)
    return tuple(
        SafetyFlag(instrument.id, rule.item, value, rule.concern)
        for rule, value in answered
        if value is not None and value >= rule.at_least
    )


def _scale_score(instrument: Instrument, scale: Scale, responses: Mapping[int, float | None]) -> ScaleScore:
    missing = [n for n in scale.items if responses[n] is None]
    value, note = None, _why_not(scale, missing, responses)
    if not note:
        values = [_turned(instrument.item(n), v, scale) for n in scale.items if (v := responses[n]) is not None]
        value = _combined(scale, values)
        note = _how_missing_were_met(scale, missing)
    return ScaleScore(scale.id, scale.construct, value, len(missing), note)


def _turned(item: Item, value: float, scale: Scale) -> float:
    """A reversed item counts from the other end of its own range."""
    return item.minimum + item.maximum - value if item.number in scale.reversed_items else value


def _combined(scale: Scale, values: list[float]) -> float:
    # a mean of items is exact to the last place whatever the order in which they came
    total = sum(sorted(values))
    if scale.method is Method.SUM:
        raw = total if len(values) == len(scale.items) else len(scale.items) * total / len(values)
    else:
        raw = total / len(values)
    return min(max(scale.multiplier * raw, scale.minimum), scale.maximum)


def _why_not(scale: Scale, missing: list[int], responses: Mapping[int, float | None]) -> str:
    """Why the scale has no score, or an empty string where it has one."""
    if any(responses[n] is not None for n in scale.only_without):
        return f"only scored where item {_numbers(scale.only_without)} was left out"
    allowed = 0 if scale.missing is MissingRule.INCOMPLETE else scale.max_missing
    if len(missing) <= allowed and len(missing) < len(scale.items):
        return ""
    unanswered = f"item{'s' if len(missing) > 1 else ''} {_numbers(missing)} unanswered"
    rule = f"at most {allowed} may be" if allowed else "all are needed"
    return f"{unanswered}; {rule}"


def _how_missing_were_met(scale: Scale, missing: list[int]) -> str:
    if not missing:
        return ""
    if scale.missing is MissingRule.PRORATE:
        return f"item {_numbers(missing)} unanswered; prorated from the {len(scale.items) - len(missing)} others"
    return f"item {_numbers(missing)} unanswered; from the {len(scale.items) - len(missing)} others"


def _numbers(numbers: list[int] | tuple[int, ...]) -> str:
    """1, 2, 3, 7 → “1 to 3, 7”."""
    runs: list[list[int]] = []
    for n in sorted(numbers):
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    return ", ".join(f"{r[0]} to {r[-1]}" if len(r) > 2 else ", ".join(map(str, r)) for r in runs)
