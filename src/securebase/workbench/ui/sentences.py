"""Sentences that pages of all apps share."""

from __future__ import annotations

from collections.abc import Sequence

from django.forms import BaseForm


def name_sessions(numbers: Sequence[int]) -> str:
    """Return sessions by their numbers, of more than three only how many and the last."""
    if len(numbers) > 3:
        return f"{len(numbers)} times, last in session {numbers[-1]}"
    return f"session{'' if len(numbers) == 1 else 's'} {', '.join(map(str, numbers))}"


def describe_errors(form: BaseForm) -> list[str]:
    """Return why a form was not saved: its own errors, or how many fields to correct; nothing without errors."""
    if own := form.non_field_errors():
        return [str(error) for error in own]
    n_fields = len(form.errors)
    if not n_fields:
        return []
    fields = "field" if n_fields == 1 else f"{n_fields} fields"
    return [f"Not saved yet. Correct the {fields} marked below."]
