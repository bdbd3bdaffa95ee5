"""Fields of all forms for days and whole numbers: bounded, so that a typing error is found at once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone

from securebase.records.dates import EARLIEST, describe_out_of_bounds

#: dates further ahead than this are rejected as typing errors
MAX_AHEAD = timedelta(days=366)


class DateInput(forms.DateInput):
    """A date input; its value is written year-month-day, as browsers demand."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DateField(forms.DateField):
    """A day from `earliest` to `ahead` of today: about a year ahead, or today at the latest."""

    widget = DateInput

    def __init__(self, *, earliest: date = EARLIEST, ahead: timedelta = MAX_AHEAD, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.earliest = earliest
        self.ahead = ahead

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is None:
            return
        if value > timezone.localdate() + self.ahead:
            raise forms.ValidationError(
                "This is more than a year ahead. Check the year." if self.ahead else "This day is in the future."
            )
        if problem := describe_out_of_bounds(value, earliest=self.earliest, latest=date.max):
            raise forms.ValidationError(problem)


class NumberField(forms.IntegerField):
    """A whole number from `min_value` to `max_value`; every error names both."""

    def __init__(self, *, min_value: int, max_value: int, **kwargs: Any) -> None:
        message = f"Enter a whole number from {min_value} to {max_value}."
        super().__init__(
            min_value=min_value,
            max_value=max_value,
            error_messages=dict.fromkeys(("invalid", "required"), message),
            **kwargs,
        )
        self.validators = [MinValueValidator(min_value, message), MaxValueValidator(max_value, message)]
