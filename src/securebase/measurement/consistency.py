"""Whether an instrument's facts agree with each other: ranges with items, bands with ranges, rules with items."""

from __future__ import annotations

from itertools import pairwise

from securebase.measurement.constructs import CONSTRUCTS, Direction
from securebase.measurement.instrument import Instrument, Item, Method, MissingRule, Scale
from securebase.measurement.toml_fields import Fields

RESPONDENTS = ("client", "therapist", "observer")
MOMENTS = ("before", "after", "between")
AREAS = ("grief", "role_dispute", "role_transition", "interpersonal_deficits")


def check_sound(instrument: Instrument, file: Fields) -> None:
    """Raise InstrumentError naming file and field at the first thing that cannot be."""
    if instrument.respondent not in RESPONDENTS:
        file.fail(f"“{instrument.respondent}” is not known", "respondent", f"Known are: {', '.join(RESPONDENTS)}.")
    if instrument.moment not in MOMENTS:
        file.fail(f"“{instrument.moment}” is not known", "moment", f"Known are: {', '.join(MOMENTS)}.")
    _check_items(instrument, file)
    _check_scales(instrument, file)
    numbers = {item.number: item for item in instrument.items}
    for rule, fields in zip(instrument.safety_rules, file.tables("safety_rules"), strict=True):
        if rule.item not in numbers:
            fields.fail(f"there is no item {rule.item}", "item")
        if not numbers[rule.item].minimum <= rule.at_least <= numbers[rule.item].maximum:
            fields.fail("no response can reach this, or none can miss it", "at_least")
    if not instrument.provenance:
        file.fail("is missing", "provenance", "Say where the facts come from and whether they were verified.")
    if not instrument.examples:
        file.fail("is missing", "examples", "Give at least one worked example.")
    _check_examples(instrument, file)
    _check_asked(instrument, file.table("asked"))


def _check_asked(instrument: Instrument, fields: Fields) -> None:
    """What the workbench asks by itself is in our own words, by the client, before or after a session."""
    rhythm = instrument.asked
    if rhythm is None:
        return
    if bool(rhythm.at) == bool(rhythm.every):
        fields.fail("give either stages (“at”) or a number of sessions (“every”)")
    if rhythm.every < 0 or rhythm.first < 1:
        fields.fail("must be at least 1", "every, first")
    if unknown := set(rhythm.areas) - set(AREAS):
        fields.fail(f"“{min(unknown)}” is not known", "areas", f"Known are: {', '.join(AREAS)}.")
    if instrument.respondent != "client" or instrument.moment == "between" or not instrument.own_wording:
        fields.fail("only what clients answer before or after a session, in our own words, is asked by itself")
    if instrument.safety_rules:
        fields.fail("a question that raises an alert belongs to the session set, where it is asked every time")


def _check_items(instrument: Instrument, file: Fields) -> None:
    numbers = [item.number for item in instrument.items]
    if numbers != list(range(1, len(numbers) + 1)):
        file.fail("are not numbered 1, 2, 3, … in order", "items")
    for item in instrument.items:
        place = f"items[{item.number}]"
        if item.minimum >= item.maximum or item.step <= 0:
            file.fail("the range is empty or the step is not above 0", place)
        if any(not item.minimum <= option.value <= item.maximum for option in item.options):
            file.fail("an option lies outside the item's range", f"{place}.options")
        worded = item.text or item.low_label or item.high_label or item.options
        if worded and not instrument.own_wording:
            file.fail("has wording, but only instruments in our own words may", place, "Keep to numbers and labels.")
        if instrument.own_wording and not (item.text and (item.options or (item.low_label and item.high_label))):
            file.fail("lacks its text, or options or both end labels", place)


def _check_scales(instrument: Instrument, file: Fields) -> None:
    if not instrument.scales:
        file.fail("is missing", "scales")
    if len({scale.id for scale in instrument.scales}) != len(instrument.scales):
        file.fail("two scales have the same id", "scales")
    for scale, fields in zip(instrument.scales, file.tables("scales"), strict=True):
        _check_scale(instrument, scale, fields)


def _check_scale(instrument: Instrument, scale: Scale, fields: Fields) -> None:
    items = {item.number: item for item in instrument.items}
    if not scale.items or not set(scale.items) <= set(items):
        fields.fail("names no item, or one that does not exist", "items")
    if not set(scale.reversed_items) <= set(scale.items):
        fields.fail("names an item that is not in the scale", "reversed_items")
    if not set(scale.only_without) <= set(items) - set(scale.items):
        fields.fail("names an item of the scale itself, or one that does not exist", "only_without")
    construct = CONSTRUCTS.get(scale.construct)
    if construct is None:
        fields.fail(f"there is no construct called “{scale.construct}”", "construct")
    if construct.direction not in (scale.direction, Direction.UNKNOWN):
        fields.fail(f"the construct “{construct.name}” runs the other way", "direction")
    if not 0 <= scale.max_missing < len(scale.items):
        fields.fail("must be at least 0 and fewer than the scale's items", "max_missing")
    if scale.missing is MissingRule.INCOMPLETE and scale.max_missing:
        fields.fail("allows missing items under a rule that allows none", "max_missing")
    if scale.missing is MissingRule.PRORATE and scale.method is not Method.SUM:
        fields.fail("prorating is for sums; a mean uses mean_of_answered", "missing")
    if scale.missing is MissingRule.MEAN_OF_ANSWERED and scale.method is not Method.MEAN:
        fields.fail("the mean of the answered items is for means; a sum uses prorate", "missing")
    low, high = possible_range(scale, [items[n] for n in scale.items])
    if (scale.minimum, scale.maximum) != (low, high):
        fields.fail(f"the items allow {low:g} to {high:g}", "minimum, maximum")
    _check_bands(scale, fields)
    _check_cuts(scale, fields)


def possible_range(scale: Scale, items: list[Item]) -> tuple[float, float]:
    """Lowest and highest score that the items allow. Reversing an item leaves its range as it is."""
    low, high = sum(item.minimum for item in items), sum(item.maximum for item in items)
    if scale.method is Method.MEAN:
        low, high = low / len(items), high / len(items)
    return scale.multiplier * low, scale.multiplier * high


def _check_bands(scale: Scale, fields: Fields) -> None:
    if not scale.bands:
        return
    if scale.bands[0].low != scale.minimum or scale.bands[-1].high != scale.maximum:
        fields.fail("do not cover the scale's range", "bands")
    if any(band.low > band.high for band in scale.bands):
        fields.fail("a band ends before it begins", "bands")
    if any(not 0 < upper.low - lower.high <= 1 for lower, upper in pairwise(scale.bands)):
        fields.fail("overlap or leave a gap", "bands")


def _check_cuts(scale: Scale, fields: Fields) -> None:
    for field in ("remission_below", "caseness_from"):
        cut = getattr(scale, field)
        if cut is not None and not scale.minimum < cut <= scale.maximum:
            fields.fail("lies outside the scale's range", field)
    if scale.response_fraction is not None and not 0 < scale.response_fraction < 1:
        fields.fail("must be between 0 and 1", "response_fraction")
    norms = [scale.clinical_mean, scale.clinical_sd, scale.normal_mean, scale.normal_sd]
    if any(n is None for n in norms) and any(n is not None for n in norms):
        fields.fail("norms need all four: clinical and normal mean and sd", "clinical_mean")
    if any(sd is not None and sd <= 0 for sd in (scale.clinical_sd, scale.normal_sd)):
        fields.fail("must be above 0", "clinical_sd, normal_sd")


def _check_examples(instrument: Instrument, file: Fields) -> None:
    scales = {scale.id for scale in instrument.scales}
    numbers = {item.number for item in instrument.items}
    for example, fields in zip(instrument.examples, file.tables("examples"), strict=True):
        if set(example.scores) != scales:
            fields.fail("must name every scale of the instrument and no other", "scores")
        if not set(example.responses) <= numbers:
            fields.fail("names an item that does not exist", "responses")
