"""Items of instruments as the fields that every form of the workbench is built from."""

from __future__ import annotations

from securebase.ipt.worksheet import Field, FieldKind, Option
from securebase.measurement.instrument import Item


def item_field(item: Item, *, in_full: bool) -> Field:
    """Return the field that asks an item: a choice, or a scale with any further answers beside its steps.

    in_full: asked in its own words where these are ours, otherwise named by its short label.
    """
    value_range = f"{item.minimum:g} to {item.maximum:g}" + ("" if item.step == 1 else f", in steps of {item.step:g}")
    listed = "Choose one of the listed answers ({value} is not one of them)."
    return Field(
        id=f"item_{item.number}",
        label=item.text if in_full and item.text else item.label,
        kind=FieldKind.CHOICE if item.choices else FieldKind.SCALE,
        minimum=item.minimum,
        maximum=item.maximum,
        step=item.step,
        low_label=item.low_label,
        high_label=item.high_label,
        options=tuple(Option(f"{o.value:g}", o.label) for o in item.options),
        refusal=listed if item.options else f"The answer must be {value_range}.",
    )
