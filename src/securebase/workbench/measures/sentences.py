"""Facts about an instrument's items and scales, in words."""

from __future__ import annotations

from securebase.measurement.instrument import Instrument, Item, Scale


def describe_answers(item: Item) -> str:
    """Return how an item is answered: its options, or its range with the names of its ends."""
    if item.choices:
        return " · ".join(f"{option.value:g} {option.label}".strip() for option in item.options)
    low, high = (f"{value:g} {label}".strip() for value, label in _ends(item))
    missing = "".join(f" · {option.value:g} {option.label} (counts as missing)" for option in item.missing_options)
    return f"{low} to {high}{missing}"


def describe_method(scale: Scale) -> str:
    """Return how a scale is scored from its items."""
    items = ", ".join(map(str, scale.items))
    method = f"item {items}" if len(scale.items) == 1 else f"{scale.method.value} of items {items}"
    return method + (f"; reversed: {', '.join(map(str, scale.reversed_items))}" if scale.reversed_items else "")


def describe_bands(scale: Scale) -> str:
    """Return the bands of a scale with their names."""
    return " · ".join(f"{band.low:g}–{band.high:g} {band.label}" for band in scale.bands)


def _ends(item: Item) -> tuple[tuple[float, str], tuple[float, str]]:
    return (item.minimum, item.low_label), (item.maximum, item.high_label)


def describe_free_use(instrument: Instrument) -> str:
    """Say that the owner allows free use, with the source; nothing for other questionnaires."""
    licence = instrument.licence
    if not licence.may_ship_text:
        return ""
    source = next((p.source for p in instrument.provenance if p.fact == "licence"), "")
    holder = f" ({licence.holder})" if licence.holder else ""
    return f"Its owner allows free use{holder}." + (f" Source: {source}." if source else "")
