"""Date and number fields: their bounds, their errors, and that every form uses them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.urls import get_resolver
from django.utils import timezone

from securebase.workbench.ui.fields import MAX_AHEAD, DateField, NumberField


def form_classes(base: type[forms.BaseForm] = forms.Form) -> Iterator[type[forms.BaseForm]]:
    assert get_resolver().url_patterns  # imports every module with pages, and with them their forms
    for form in base.__subclasses__():
        if form.__module__.startswith("securebase."):
            yield form
        yield from form_classes(form)


def test_every_date_and_number_of_a_form_has_bounds() -> None:
    fields = [(form, name, f) for form in form_classes() for name, f in form.base_fields.items()]
    assert len(fields) > 50
    unbounded = [
        f"{form.__name__}.{name}"
        for form, name, f in fields
        if (isinstance(f, forms.DateField) and not isinstance(f, DateField))
        or (isinstance(f, forms.IntegerField) and not isinstance(f, NumberField) and not f.widget.is_hidden)
    ]
    assert unbounded == []


def test_dates_are_bounded_on_both_sides() -> None:
    field = DateField(earliest=date(1969, 1, 1))
    last = timezone.localdate() + MAX_AHEAD
    assert field.clean("1969-01-01") == date(1969, 1, 1)
    assert field.clean(last.isoformat()) == last
    for typed, message in [
        ("0001-01-01", "This is before 1969. Check the year."),
        ("1968-12-31", "This is before 1969. Check the year."),
        ((last + timedelta(days=1)).isoformat(), "This is more than a year ahead. Check the year."),
    ]:
        with pytest.raises(ValidationError) as caught:
            field.clean(typed)
        assert caught.value.messages == [message]
    assert DateField(required=False).clean("") is None
    with pytest.raises(ValidationError, match="This day is in the future"):
        DateField(ahead=timedelta(0)).clean((timezone.localdate() + timedelta(days=1)).isoformat())


@pytest.mark.parametrize("typed", ["0", "21", "many", "2.5"])
def test_number_error_names_both_bounds_once(typed: str) -> None:
    field = NumberField(min_value=1, max_value=20)
    assert field.clean("20") == 20
    with pytest.raises(ValidationError) as caught:
        field.clean(typed)
    assert caught.value.messages == ["Enter a whole number from 1 to 20."]
