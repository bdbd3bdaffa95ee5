"""Sentences that pages of all apps share."""

from __future__ import annotations

from django.forms import BaseForm


def describe_errors(form: BaseForm) -> list[str]:
    """Return why a form was not saved: its own errors, or how many fields need another look; nothing without errors."""
    if own := form.non_field_errors():
        return [str(error) for error in own]
    n_fields = len(form.errors)
    if not n_fields:
        return []
    fields = "1 field needs" if n_fields == 1 else f"{n_fields} fields need"
    return [f"Not saved yet: {fields} another look."]
