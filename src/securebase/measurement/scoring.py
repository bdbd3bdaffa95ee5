"""Scoring: responses in, scale scores and safety alerts out.

Each scale follows the missing-item rule of its instrument. Safety alerts do not depend on a score: one response is
enough.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from numbers import Real

from securebase.errors import ResponseError, check_class
from securebase.measurement.instrument import Instrument, Item, Method, MissingRule, SafetyRule, Scale


@dataclass(frozen=True, slots=True)
class ScaleScore:
    """The score of one scale. `value` is None if too many items are missing; `note` gives the reason."""

    scale: str
    construct: str
    value: float | None
    n_missing: int
    note: str


@dataclass(frozen=True, slots=True)
class SafetyFlag:
    """A response that reached the threshold of a safety item."""

    instrument: str
    item: int
    value: float
    concern: str


@dataclass(frozen=True, slots=True)
class ScoringResult:
    """Result of scoring one administration.

    Attributes
    ----------
    instrument : str
        Id of the instrument.
    responses : mapping of int to float or None
        Response of every item by number, None if unanswered. An answer that counts as missing keeps its value.
    scores : mapping of str to ScaleScore
        Score of every scale by id, in score points.
    alerts : tuple of SafetyFlag
        Responses that reached the threshold of a safety item.
    safety_unanswered : tuple of int
        Safety items without a response, or with one that counts as missing. It is not an all-clear.

    Examples
    --------
    >>> import securebase
    >>> result = securebase.score(securebase.instrument("phq9"), dict.fromkeys(range(1, 10), 1))
    >>> result.scores["total"].value, [alert.item for alert in result.alerts], result.safety_unanswered
    (9.0, [9], ())
    """

    instrument: str
    responses: Mapping[int, float | None]
    scores: Mapping[str, ScaleScore]
    alerts: tuple[SafetyFlag, ...]
    safety_unanswered: tuple[int, ...] = ()


def check_responses(instrument: Instrument, responses: Mapping[int, float | None]) -> dict[int, float | None]:
    """Return the response of every item in the instrument's order, None if unanswered.

    Raises ResponseError for an unknown item or a value that the item does not allow.
    """
    check_class(instrument, Instrument, "instrument", advice="Get one with securebase.instrument.")
    check_class(responses, Mapping, "responses", advice="Write, for example, {1: 2, 2: 0}.")
    item_numbers = {item.number for item in instrument.items}
    for number in responses:
        if isinstance(number, bool) or number not in item_numbers:
            raise ResponseError(
                f"unknown item {number!r} of {instrument.name}",
                where=instrument.id,
                advice=f"Its items are {_format_numbers([item.number for item in instrument.items])}.",
            )
    return {item.number: _check_response(instrument, item, responses.get(item.number)) for item in instrument.items}


def score(
    instrument: Instrument, responses: Mapping[int, float | None], *, asked: Collection[int] | None = None
) -> ScoringResult:
    """Score the responses to one instrument and check them for safety alerts.

    A sum score is the sum of the item responses after reversal, a mean score their mean. Each scale treats missing
    items by the rule of its manual: no score, prorating (mean of the answered items times the number of items) or the
    mean of the answered items. An answer that the instrument counts as missing (“does not apply”) is treated like an
    unanswered item. A scale that cannot be scored has the value None and a note.

    Parameters
    ----------
    instrument : Instrument
        The instrument, see `securebase.instrument`.
    responses : mapping of int to float or None
        Item number → response, in the units of the item. Unanswered items are None or absent.
    asked : collection of int, optional
        The items that were asked, where a check-in asks a part of the instrument. The result has only these items, and
        only scales with one of them.

    Returns
    -------
    ScoringResult
        Checked responses, scores by scale (in score points) and safety alerts.

    Raises
    ------
    ResponseError
        If an item does not exist or was not asked, or a response lies outside its range.
    InputError
        If an argument is of another class.

    Examples
    --------
    >>> import securebase
    >>> phq9 = securebase.instrument("phq9")
    >>> result = securebase.score(phq9, {1: 2, 2: 2, 3: 1, 4: 3, 5: 0, 6: 1, 7: 1, 8: 0, 9: 1})
    >>> result.scores["total"].value
    11.0
    >>> [alert.item for alert in result.alerts]
    [9]
    >>> securebase.score(phq9, {1: 2}).scores["total"].value is None
    True
    >>> result = securebase.score(securebase.instrument("rotation"), {2: 7}, asked=[2])
    >>> [(scale.scale, scale.value, scale.note) for scale in result.scores.values()]
    [('attachment_anxiety', 7.0, 'item 1 not asked; scored from the other answer')]
    """
    checked = check_responses(instrument, responses)
    numbers = frozenset(checked) if asked is None else frozenset(asked)
    _check_asked(instrument, checked, numbers)
    scored = {item.number: item.scored(checked[item.number]) for item in instrument.items}
    return ScoringResult(
        instrument=instrument.id,
        responses={number: value for number, value in checked.items() if number in numbers},
        scores={
            scale.id: _scale_score(instrument, scale, checked, scored, numbers)
            for scale in instrument.scales
            if not numbers.isdisjoint(scale.items)
        },
        alerts=tuple(
            SafetyFlag(instrument.id, rule.item, value, rule.concern)
            for rule, value in raised_rules(instrument, checked)
        ),
        safety_unanswered=tuple(
            sorted({r.item for r in instrument.safety_rules if r.item in numbers and scored[r.item] is None})
        ),
    )


def _check_asked(instrument: Instrument, responses: Mapping[int, float | None], asked: frozenset[int]) -> None:
    """Raise ResponseError if an item that was not asked has a response, or an asked one does not exist."""
    if unknown := sorted(asked - responses.keys()):
        raise ResponseError(f"unknown item {unknown[0]} of {instrument.name} among those asked", where=instrument.id)
    extra = [number for number, value in responses.items() if value is not None and number not in asked]
    if extra:
        raise ResponseError(
            f"item {extra[0]} has a response but was not asked",
            where=instrument.id,
            advice=f"Asked: {_format_numbers(sorted(asked))}.",
        )


def raised_rules(instrument: Instrument, responses: Mapping[int, float | None]) -> tuple[tuple[SafetyRule, float], ...]:
    """Return each safety rule that a response raises, with the response; one that counts as missing raises none."""
    scored = ((r, instrument.item(r.item).scored(responses.get(r.item))) for r in instrument.safety_rules)
    return tuple((rule, value) for rule, value in scored if value is not None and value >= rule.at_least)


def _check_response(instrument: Instrument, item: Item, value: object) -> float | None:
    if value is None:
        return None
    place = f"{instrument.id}, item {item.number}"
    number = _parse_finite(value)
    if number is None:
        raise ResponseError(f"response must be a number (got {value!r:.40})", where=place, advice=_allowed_values(item))
    if item.choices or item.option(number):
        is_allowed = item.option(number) is not None
    else:
        is_allowed = item.minimum <= number <= item.maximum and _is_on_step(number, item)
    if not is_allowed:
        raise ResponseError(f"response {number:g} is not allowed", where=place, advice=_allowed_values(item))
    return number


def _parse_finite(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if isfinite(number) else None


def _is_on_step(number: float, item: Item) -> bool:
    steps = (Decimal(repr(number)) - Decimal(repr(float(item.minimum)))) / Decimal(repr(float(item.step)))
    return steps == steps.to_integral_value()


def _allowed_values(item: Item) -> str:
    if item.choices:
        return f"Allowed: {', '.join(f'{o.value:g}' for o in item.options)}."
    step = "" if item.step == 1 else f" in steps of {item.step:g}"
    quantity = "whole numbers " if item.step == 1 else ""
    exceptions = "".join(f", or {o.value:g} ({o.label})" for o in item.missing_options)
    return f"Allowed: {quantity}from {item.minimum:g} to {item.maximum:g}{step}{exceptions}."


def _scale_score(
    instrument: Instrument,
    scale: Scale,
    given: Mapping[int, float | None],
    scored: Mapping[int, float | None],
    asked: frozenset[int],
) -> ScaleScore:
    """Score one scale from the responses as `given` and as `scored`, which are None if they count as missing."""
    missing = [n for n in scale.items if scored[n] is None]
    described = _describe_missing(instrument, missing, given, asked) if missing else ""
    value, note = None, _reason_for_no_score(scale, missing, described, scored)
    if not note:
        values = [_reverse(instrument.item(n), v, scale) for n in scale.items if (v := scored[n]) is not None]
        value = _combine(scale, values)
        note = _missing_note(scale, missing, described)
    return ScaleScore(scale.id, scale.construct, value, len(missing), note)


def _reverse(item: Item, value: float, scale: Scale) -> float:
    """Reverse a response if the scale reverses its item: minimum + maximum − response."""
    return item.minimum + item.maximum - value if item.number in scale.reversed_items else value


def _combine(scale: Scale, values: list[float]) -> float:
    # sorted, so that rounding does not depend on the order of the items
    total = sum(sorted(values))
    if scale.method is Method.SUM:
        raw = total if len(values) == len(scale.items) else len(scale.items) * total / len(values)
    else:
        raw = total / len(values)
    return min(max(scale.multiplier * raw, scale.minimum), scale.maximum)


def _reason_for_no_score(
    scale: Scale, missing: list[int], described: str, responses: Mapping[int, float | None]
) -> str:
    """Return the reason why a scale has no score; empty if it has one."""
    if any(responses[n] is not None for n in scale.only_without):
        return f"only scored if item {_format_numbers(scale.only_without)} is unanswered"
    allowed = 0 if scale.missing is MissingRule.INCOMPLETE else scale.max_missing
    if len(missing) <= allowed and len(missing) < len(scale.items):
        return ""
    rule = f"at most {allowed} may be missing" if allowed else "all items are required"
    return f"{described}; {rule}"


def _missing_note(scale: Scale, missing: list[int], described: str) -> str:
    if not missing:
        return ""
    answered, prorated = len(scale.items) - len(missing), scale.missing is MissingRule.PRORATE
    if answered == 1 and not prorated:
        return f"{described}; scored from the other answer"
    return f"{described}; {'prorated from' if prorated else 'mean of'} the other {answered}"


def _describe_missing(
    instrument: Instrument, missing: list[int], given: Mapping[int, float | None], asked: frozenset[int]
) -> str:
    """Return “items 2, 3 unanswered, item 9 “does not apply””."""
    reasons: dict[str, list[int]] = {}
    for number in missing:
        option = instrument.item(number).option(given[number])
        unanswered = "unanswered" if number in asked else "not asked"
        reasons.setdefault(f"“{option.label}”" if option else unanswered, []).append(number)
    return ", ".join(f"item{'s' if len(n) > 1 else ''} {_format_numbers(n)} {why}" for why, n in reasons.items())


def _format_numbers(numbers: list[int] | tuple[int, ...]) -> str:
    """Format numbers as ranges: 1, 2, 3, 7 → “1 to 3, 7”."""
    runs: list[list[int]] = []
    for n in sorted(numbers):
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    return ", ".join(f"{r[0]} to {r[-1]}" if len(r) > 2 else ", ".join(map(str, r)) for r in runs)
