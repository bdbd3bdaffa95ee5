"""Consistency checks of an instrument file: ranges against items, bands against ranges, rules against items."""

from __future__ import annotations

from itertools import pairwise

from securebase.measurement.constructs import CONSTRUCTS, Direction
from securebase.measurement.instrument import Instrument, Item, Method, MissingRule, Scale
from securebase.schema import Place

AREAS = ("grief", "role_dispute", "role_transition", "interpersonal_deficits")


def check_consistency(instrument: Instrument, place: Place) -> None:
    """Check an instrument. Raises InstrumentError with file and field at the first contradiction."""
    _check_items(instrument, place)
    _check_scales(instrument, place)
    items = {item.number: item for item in instrument.items}
    for n, rule in enumerate(instrument.safety_rules, start=1):
        rule_place = place.at("safety_rules", n)
        if rule.item not in items:
            rule_place.fail(f"unknown item {rule.item}", "item")
        low, high = items[rule.item].minimum, items[rule.item].maximum
        if not low <= rule.at_least <= high:
            rule_place.fail(
                f"must lie within the item's range, {low:g} to {high:g} (got {rule.at_least:g})", "at_least"
            )
    if not instrument.provenance:
        place.fail(
            "required field is missing", "provenance", "Give the source of each fact and whether it was verified."
        )
    for n, fact in enumerate(instrument.provenance, start=1):
        if fact.verified and fact.conflict:
            place.at("provenance", n).fail("must be false where sources disagree (got true)", "verified")
    if not instrument.examples:
        place.fail("required field is missing", "examples", "Give at least one worked example.")
    _check_examples(instrument, place)
    for key in ("system", "panel"):
        # an export names every instrument by a code system and a panel, so both are compulsory
        if key not in instrument.codes:
            place.fail("required field is missing", f"codes.{key}")
    _check_schedule(instrument, place.at("asked"))


def _check_schedule(instrument: Instrument, place: Place) -> None:
    """Check that a scheduled instrument has our own wording and is answered by the client at a check-in."""
    schedule = instrument.schedule
    if schedule is None:
        return
    if bool(schedule.at) == bool(schedule.areas):
        place.fail("needs either “at” (stages of the course) or “areas” (problem areas), not both")
    if schedule.first < 1:
        place.fail(f"must be at least 1 (got {schedule.first})", "first")
    if not set(schedule.items) <= {item.number for item in instrument.items}:
        place.fail(f"must list existing items (got {list(schedule.items)})", "items")
    if unknown := set(schedule.areas) - set(AREAS):
        place.fail(f"unknown problem area “{min(unknown)}”", "areas", f"Known: {', '.join(AREAS)}.")
    if instrument.respondent != "client" or instrument.moment == "between" or not instrument.own_wording:
        place.fail(
            "an instrument can only be scheduled if it has our own wording and the client answers it before or after "
            "a session"
        )
    if instrument.safety_rules:
        place.fail(
            "a scheduled instrument must not hold safety items",
            advice="Move them to the session set, which every check-in asks.",
        )


def _check_items(instrument: Instrument, place: Place) -> None:
    numbers = [item.number for item in instrument.items]
    if numbers != list(range(1, len(numbers) + 1)):
        place.fail(f"items must be numbered 1, 2, 3, … in order (got {numbers})", "items")
    for item in instrument.items:
        item_place = place.at("items", item.number)
        if item.minimum >= item.maximum or item.step <= 0:
            ends = f"{item.minimum:g}, {item.maximum:g}, {item.step:g}"
            item_place.fail(f"minimum must be below maximum and step above 0 (got {ends})")
        if any(not item.minimum <= option.value <= item.maximum for option in item.choices):
            item_place.fail("an option lies outside the item's range", "options")
        if any(item.minimum <= option.value <= item.maximum for option in item.missing_options):
            item_place.fail("an option that counts as missing lies within the item's range", "options")
        has_wording = item.text or item.low_label or item.high_label or item.choices
        if has_wording and not instrument.own_wording:
            item_place.fail("item wording needs own_wording = true", advice="Keep number and label only.")
        if instrument.own_wording and not (item.text and (item.choices or (item.low_label and item.high_label))):
            item_place.fail("needs “text”, and either “options” or both “low_label” and “high_label”")


def _check_scales(instrument: Instrument, place: Place) -> None:
    if not instrument.scales:
        place.fail("required field is missing", "scales")
    if len({scale.id for scale in instrument.scales}) != len(instrument.scales):
        place.fail("two scales have the same id", "scales")
    for n, scale in enumerate(instrument.scales, start=1):
        _check_scale(instrument, scale, place.at("scales", n))


def _check_scale(instrument: Instrument, scale: Scale, place: Place) -> None:
    items = {item.number: item for item in instrument.items}
    for field in ("items", "reversed_items", "only_without"):
        _check_distinct(getattr(scale, field), field, place)
    if not scale.items or not set(scale.items) <= set(items):
        place.fail(f"must list existing items (got {list(scale.items)})", "items")
    if not set(scale.reversed_items) <= set(scale.items):
        place.fail(f"must list items of the scale (got {list(scale.reversed_items)})", "reversed_items")
    if not set(scale.only_without) <= set(items) - set(scale.items):
        place.fail(f"must list existing items outside the scale (got {list(scale.only_without)})", "only_without")
    if not set(scale.measures) <= set(scale.claims):
        place.fail(f"must list claims of the scale (got {list(scale.measures)})", "measures")
    construct = CONSTRUCTS.get(scale.construct)
    if construct is None:
        place.fail(f"unknown construct “{scale.construct}”", "construct", f"Known: {', '.join(sorted(CONSTRUCTS))}.")
    if construct.direction not in (scale.direction, Direction.UNKNOWN):
        place.fail(
            f"contradicts the construct “{construct.name}”, where higher is {construct.direction} "
            f"(got {scale.direction})",
            "direction",
        )
    if not 0 <= scale.max_missing < len(scale.items):
        place.fail(
            f"must be at least 0 and below the number of items, {len(scale.items)} (got {scale.max_missing})",
            "max_missing",
        )
    if scale.missing is MissingRule.INCOMPLETE and scale.max_missing:
        place.fail(f"must be 0 under the rule “incomplete” (got {scale.max_missing})", "max_missing")
    if scale.missing is MissingRule.PRORATE and scale.method is not Method.SUM:
        place.fail("“prorate” is for sums", "missing", "Use mean_of_answered with a mean.")
    if scale.missing is MissingRule.MEAN_OF_ANSWERED and scale.method is not Method.MEAN:
        place.fail("“mean_of_answered” is for means", "missing", "Use prorate with a sum.")
    low, high = possible_range(scale, [items[n] for n in scale.items])
    if (scale.minimum, scale.maximum) != (low, high):
        place.fail(
            f"must be {low:g} and {high:g}, the range of the items (got {scale.minimum:g} and {scale.maximum:g})",
            "minimum, maximum",
        )
    _check_bands(scale, place)
    _check_cutoffs(scale, place)


def _check_distinct(numbers: tuple[int, ...], field: str, place: Place) -> None:
    if len(set(numbers)) != len(numbers):
        place.fail(f"must not list a number twice (got {list(numbers)})", field)


def possible_range(scale: Scale, items: list[Item]) -> tuple[float, float]:
    """Return the lowest and highest score that the items allow. Reversing an item keeps its range."""
    low, high = sum(item.minimum for item in items), sum(item.maximum for item in items)
    if scale.method is Method.MEAN:
        low, high = low / len(items), high / len(items)
    return scale.multiplier * low, scale.multiplier * high


def _check_bands(scale: Scale, place: Place) -> None:
    if not scale.bands:
        return
    if scale.bands[0].low != scale.minimum or scale.bands[-1].high != scale.maximum:
        place.fail(f"must cover the range of the scale, {scale.minimum:g} to {scale.maximum:g}", "bands")
    if any(band.low > band.high for band in scale.bands):
        place.fail("“low” must not exceed “high”", "bands")
    if any(not 0 < upper.low - lower.high <= 1 for lower, upper in pairwise(scale.bands)):
        place.fail("must not overlap or leave a gap", "bands")


def _check_cutoffs(scale: Scale, place: Place) -> None:
    for field in ("remission_below", "caseness_from"):
        cutoff = getattr(scale, field)
        if cutoff is not None and not scale.minimum < cutoff <= scale.maximum:
            place.fail(f"must lie within the range of the scale (got {cutoff:g})", field)
    if scale.response_fraction is not None and not 0 < scale.response_fraction < 1:
        place.fail(f"must be between 0 and 1 (got {scale.response_fraction:g})", "response_fraction")
    if scale.bands_basis and not scale.bands:
        place.fail("needs “bands”", "bands_basis")
    if (scale.caseness_basis or scale.caseness_disputed) and scale.caseness_from is None:
        place.fail("needs “caseness_from”", "caseness_basis, caseness_disputed")
    norms = [scale.clinical_mean, scale.clinical_sd, scale.normal_mean, scale.normal_sd]
    if any(n is None for n in norms) and any(n is not None for n in norms):
        place.fail("norms need all four of clinical_mean, clinical_sd, normal_mean, normal_sd", "clinical_mean")
    if any(sd is not None and sd <= 0 for sd in (scale.clinical_sd, scale.normal_sd)):
        place.fail(f"must be above 0 (got {scale.clinical_sd:g}, {scale.normal_sd:g})", "clinical_sd, normal_sd")


def _check_examples(instrument: Instrument, place: Place) -> None:
    scales = {scale.id for scale in instrument.scales}
    numbers = {item.number for item in instrument.items}
    for n, example in enumerate(instrument.examples, start=1):
        example_place = place.at("examples", n)
        _check_distinct(example.safety_items, "safety_items", example_place)
        if set(example.scores) != scales:
            example_place.fail(f"must list every scale and no other (got {sorted(example.scores)})", "scores")
        if not set(example.responses) <= numbers:
            example_place.fail(f"unknown item {min(set(example.responses) - numbers)}", "responses")
