"""Consistency checks of an instrument file: ranges against items, bands against ranges, rules against items."""

from __future__ import annotations

from itertools import pairwise

from securebase.measurement.constructs import CONSTRUCTS, Direction
from securebase.measurement.instrument import Instrument, Item, Method, MissingRule, Scale
from securebase.measurement.toml_fields import Fields

RESPONDENTS = ("client", "therapist", "observer")
MOMENTS = ("before", "after", "between")
AREAS = ("grief", "role_dispute", "role_transition", "interpersonal_deficits")


def check_consistency(instrument: Instrument, file: Fields) -> None:
    """Check an instrument. Raises InstrumentError with file and field at the first contradiction."""
    if instrument.respondent not in RESPONDENTS:
        file.fail(f"unknown respondent “{instrument.respondent}”", "respondent", f"Known: {', '.join(RESPONDENTS)}.")
    if instrument.moment not in MOMENTS:
        file.fail(f"unknown moment “{instrument.moment}”", "moment", f"Known: {', '.join(MOMENTS)}.")
    _check_items(instrument, file)
    _check_scales(instrument, file)
    items = {item.number: item for item in instrument.items}
    for rule, fields in zip(instrument.safety_rules, file.tables("safety_rules"), strict=True):
        if rule.item not in items:
            fields.fail(f"unknown item {rule.item}", "item")
        low, high = items[rule.item].minimum, items[rule.item].maximum
        if not low <= rule.at_least <= high:
            fields.fail(f"must lie within the item's range, {low:g} to {high:g} (got {rule.at_least:g})", "at_least")
    if not instrument.provenance:
        file.fail(
            "required field is missing", "provenance", "Give the source of each fact and whether it was verified."
        )
    if not instrument.examples:
        file.fail("required field is missing", "examples", "Give at least one worked example.")
    _check_examples(instrument, file)
    _check_schedule(instrument, file.table("asked"))


def _check_schedule(instrument: Instrument, fields: Fields) -> None:
    """Check that a scheduled instrument has our own wording and is answered by the client at a check-in."""
    schedule = instrument.schedule
    if schedule is None:
        return
    if bool(schedule.at) == bool(schedule.every):
        fields.fail("needs either “at” (stages of the course) or “every” (a number of sessions), not both")
    if schedule.every < 0 or schedule.first < 1:
        fields.fail(f"must be at least 1 (got {schedule.every}, {schedule.first})", "every, first")
    if unknown := set(schedule.areas) - set(AREAS):
        fields.fail(f"unknown problem area “{min(unknown)}”", "areas", f"Known: {', '.join(AREAS)}.")
    if instrument.respondent != "client" or instrument.moment == "between" or not instrument.own_wording:
        fields.fail(
            "an instrument can only be scheduled if it has our own wording and the client answers it before or after "
            "a session"
        )
    if instrument.safety_rules:
        fields.fail(
            "a scheduled instrument must not hold safety items",
            advice="Move them to the session set, which every check-in asks.",
        )


def _check_items(instrument: Instrument, file: Fields) -> None:
    numbers = [item.number for item in instrument.items]
    if numbers != list(range(1, len(numbers) + 1)):
        file.fail(f"items must be numbered 1, 2, 3, … in order (got {numbers})", "items")
    for item in instrument.items:
        place = f"items[{item.number}]"
        if item.minimum >= item.maximum or item.step <= 0:
            ends = f"{item.minimum:g}, {item.maximum:g}, {item.step:g}"
            file.fail(f"minimum must be below maximum and step above 0 (got {ends})", place)
        if any(not item.minimum <= option.value <= item.maximum for option in item.options):
            file.fail("an option lies outside the item's range", f"{place}.options")
        has_wording = item.text or item.low_label or item.high_label or item.options
        if has_wording and not instrument.own_wording:
            file.fail("item wording needs own_wording = true", place, "Keep number and label only.")
        if instrument.own_wording and not (item.text and (item.options or (item.low_label and item.high_label))):
            file.fail("needs “text”, and either “options” or both “low_label” and “high_label”", place)


def _check_scales(instrument: Instrument, file: Fields) -> None:
    if not instrument.scales:
        file.fail("required field is missing", "scales")
    if len({scale.id for scale in instrument.scales}) != len(instrument.scales):
        file.fail("two scales have the same id", "scales")
    for scale, fields in zip(instrument.scales, file.tables("scales"), strict=True):
        _check_scale(instrument, scale, fields)


def _check_scale(instrument: Instrument, scale: Scale, fields: Fields) -> None:
    items = {item.number: item for item in instrument.items}
    if not scale.items or not set(scale.items) <= set(items):
        fields.fail(f"must list existing items (got {list(scale.items)})", "items")
    if not set(scale.reversed_items) <= set(scale.items):
        fields.fail(f"must list items of the scale (got {list(scale.reversed_items)})", "reversed_items")
    if not set(scale.only_without) <= set(items) - set(scale.items):
        fields.fail(f"must list existing items outside the scale (got {list(scale.only_without)})", "only_without")
    construct = CONSTRUCTS.get(scale.construct)
    if construct is None:
        fields.fail(f"unknown construct “{scale.construct}”", "construct", f"Known: {', '.join(sorted(CONSTRUCTS))}.")
    if construct.direction not in (scale.direction, Direction.UNKNOWN):
        fields.fail(
            f"contradicts the construct “{construct.name}”, where higher is {construct.direction} "
            f"(got {scale.direction})",
            "direction",
        )
    if not 0 <= scale.max_missing < len(scale.items):
        fields.fail(
            f"must be at least 0 and below the number of items, {len(scale.items)} (got {scale.max_missing})",
            "max_missing",
        )
    if scale.missing is MissingRule.INCOMPLETE and scale.max_missing:
        fields.fail(f"must be 0 under the rule “incomplete” (got {scale.max_missing})", "max_missing")
    if scale.missing is MissingRule.PRORATE and scale.method is not Method.SUM:
        fields.fail("“prorate” is for sums", "missing", "Use mean_of_answered with a mean.")
    if scale.missing is MissingRule.MEAN_OF_ANSWERED and scale.method is not Method.MEAN:
        fields.fail("“mean_of_answered” is for means", "missing", "Use prorate with a sum.")
    low, high = possible_range(scale, [items[n] for n in scale.items])
    if (scale.minimum, scale.maximum) != (low, high):
        fields.fail(
            f"must be {low:g} and {high:g}, the range of the items (got {scale.minimum:g} and {scale.maximum:g})",
            "minimum, maximum",
        )
    _check_bands(scale, fields)
    _check_cutoffs(scale, fields)


def possible_range(scale: Scale, items: list[Item]) -> tuple[float, float]:
    """Return the lowest and highest score that the items allow. Reversing an item keeps its range."""
    low, high = sum(item.minimum for item in items), sum(item.maximum for item in items)
    if scale.method is Method.MEAN:
        low, high = low / len(items), high / len(items)
    return scale.multiplier * low, scale.multiplier * high


def _check_bands(scale: Scale, fields: Fields) -> None:
    if not scale.bands:
        return
    if scale.bands[0].low != scale.minimum or scale.bands[-1].high != scale.maximum:
        fields.fail(f"must cover the range of the scale, {scale.minimum:g} to {scale.maximum:g}", "bands")
    if any(band.low > band.high for band in scale.bands):
        fields.fail("“low” must not exceed “high”", "bands")
    if any(not 0 < upper.low - lower.high <= 1 for lower, upper in pairwise(scale.bands)):
        fields.fail("must not overlap or leave a gap", "bands")


def _check_cutoffs(scale: Scale, fields: Fields) -> None:
    for field in ("remission_below", "caseness_from"):
        cutoff = getattr(scale, field)
        if cutoff is not None and not scale.minimum < cutoff <= scale.maximum:
            fields.fail(f"must lie within the range of the scale (got {cutoff:g})", field)
    if scale.response_fraction is not None and not 0 < scale.response_fraction < 1:
        fields.fail(f"must be between 0 and 1 (got {scale.response_fraction:g})", "response_fraction")
    norms = [scale.clinical_mean, scale.clinical_sd, scale.normal_mean, scale.normal_sd]
    if any(n is None for n in norms) and any(n is not None for n in norms):
        fields.fail("norms need all four of clinical_mean, clinical_sd, normal_mean, normal_sd", "clinical_mean")
    if any(sd is not None and sd <= 0 for sd in (scale.clinical_sd, scale.normal_sd)):
        fields.fail(f"must be above 0 (got {scale.clinical_sd:g}, {scale.normal_sd:g})", "clinical_sd, normal_sd")


def _check_examples(instrument: Instrument, file: Fields) -> None:
    scales = {scale.id for scale in instrument.scales}
    numbers = {item.number for item in instrument.items}
    for example, fields in zip(instrument.examples, file.tables("examples"), strict=True):
        if set(example.scores) != scales:
            fields.fail(f"must list every scale and no other (got {sorted(example.scores)})", "scores")
        if not set(example.responses) <= numbers:
            fields.fail(f"unknown item {min(set(example.responses) - numbers)}", "responses")
