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
from securebase.workbench.ui.fields import DateField


class ShareForm(forms.Form):
    """Supervisor, label, last day, and the parts and worksheets to share."""

    supervisor = forms.ChoiceField(label="Supervisor")
    label = forms.CharField(
        label="Label for this case",
        max_length=60,
        help_text="No names or initials, for example “the harbour case”.",
    )
    until = DateField(label="Last day")
    parts = forms.MultipleChoiceField(
        label="Parts of the course", choices=SharedPart.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    worksheets = forms.MultipleChoiceField(
        label="All worksheets of these kinds",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="To share a single worksheet, tick “Supervisors you share this course with” on its page.",
    )
    consent_note = forms.CharField(
        label="Reason for sharing without consent",
        max_length=500,
        required=False,
        help_text="Stored with the share.",
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
            raise forms.ValidationError("This day has passed. Choose a later one.")
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
