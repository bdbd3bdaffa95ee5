"""Form for sharing a course with a supervisor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from securebase.ipt.worksheet import Audience, Worksheet
from securebase.reports.selection import restrict_to_report
from securebase.workbench.accounts.models import Account
from securebase.workbench.supervision.models import SharedPart

MAX_DURATION = timedelta(days=400)


class ShareForm(forms.Form):
    """Supervisor, label, last day, and the parts and worksheets to share."""

    supervisor = forms.ChoiceField(label="Supervisor")
    label = forms.CharField(
        label="What it is called there",
        max_length=60,
        help_text="Not the name, nor initials: “the harbour case”.",
    )
    until = forms.DateField(label="Until", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    parts = forms.MultipleChoiceField(
        label="Parts of the course", choices=SharedPart.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    worksheets = forms.MultipleChoiceField(
        label="Every worksheet of these kinds",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="Single ones are ticked on the worksheet itself: “supervisors it is shared with”.",
    )
    consent_note = forms.CharField(
        label="Why it is shared all the same",
        max_length=500,
        required=False,
        help_text="Written down, because the contract does not say that the client agreed to a supervisor.",
    )

    def __init__(
        self, *args: Any, supervisors: Sequence[Account], kinds: Sequence[Worksheet], agreed: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.supervisors = {str(a.id): a for a in supervisors}
        self.fields["supervisor"].choices = [(key, a.name_shown) for key, a in self.supervisors.items()]  # type: ignore[attr-defined]
        choices = [(w.id, w.name) for w in kinds if restrict_to_report(Audience.SUPERVISOR, w) is not None]
        self.fields["worksheets"].choices = choices  # type: ignore[attr-defined]
        if agreed:
            del self.fields["consent_note"]
        else:
            self.fields["consent_note"].required = True

    def clean_until(self) -> datetime:
        day: date = self.cleaned_data["until"]
        if day < timezone.localdate():
            raise forms.ValidationError("This day is past.")
        if day > timezone.localdate() + MAX_DURATION:
            raise forms.ValidationError("That is more than a year ahead: choose a nearer day, and renew it then.")
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
