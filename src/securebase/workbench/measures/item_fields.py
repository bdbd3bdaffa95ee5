"""Items of instruments as the fields that every form of the workbench is built from."""

from __future__ import annotations

from django.utils.translation import gettext, pgettext

from securebase.ipt.worksheet import Field, FieldKind, Option
from securebase.measurement.instrument import Item


def item_field(item: Item, *, in_full: bool, ours: bool = True) -> Field:
    """Return the field that asks an item: a choice, or a scale with any further answers beside its steps.

    in_full: asked in its own words where it has some, otherwise named by its short label. ours: these are our texts.
    """
    listed = gettext("Choose one of the listed answers ({value} is not one of them).")
    if item.step == 1:
        ranged = gettext("The answer must be {low} to {high}.")
    else:
        ranged = gettext("The answer must be {low} to {high}, in steps of {step}.")
    ranged = ranged.format(low=f"{item.minimum:g}", high=f"{item.maximum:g}", step=f"{item.step:g}")

    translated = in_full and ours  # a wording of the clinic stays as it is

    def answer(label: str) -> str:
        """Return our own words for an answer in the language of the page, which depend on the question."""
        return pgettext(item.text, label) if label and translated else label

    return Field(
        id=f"item_{item.number}",
        label=(gettext(item.text) if translated else item.text) if in_full and item.text else item.label,
        kind=FieldKind.CHOICE if item.choices else FieldKind.SCALE,
        minimum=item.minimum,
        maximum=item.maximum,
        step=item.step,
        low_label=answer(item.low_label),
        high_label=answer(item.high_label),
        options=tuple(Option(f"{o.value:g}", answer(o.label)) for o in item.options),
        refusal=listed if item.options else ranged,
    )
