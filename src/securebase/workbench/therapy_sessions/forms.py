"""Web forms for sessions and ruptures."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format

from securebase.workbench.clients.models import PHASES, Episode
from securebase.workbench.therapy_sessions.models import RUPTURE_KINDS, TherapySession
from securebase.workbench.ui.fields import DateField, NumberField


def check_within_therapy(day: date, episode: Episode) -> date:
    """Return the day. Raises ValidationError if the therapy had not begun."""
    if day < episode.began_on:
        raise forms.ValidationError(
            f"The therapy began on {date_format(episode.began_on, 'j F Y')}. Choose that day or a later one; "
            "if the therapy began earlier, correct its start date under Settings first."
        )
    return day


class SessionForm(forms.Form):
    number = NumberField(label="Number", min_value=1, max_value=200)
    date = DateField(label="Date")
    time = forms.TimeField(label="Time", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    phase = forms.ChoiceField(label="Phase", choices=PHASES, widget=forms.RadioSelect)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, episode: Episode, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.episode = episode

    def clean_date(self) -> Any:
        return check_within_therapy(self.cleaned_data["date"], self.episode)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("date") and data.get("time"):
            moment = datetime.combine(data["date"], data["time"])
            data["held_at"] = timezone.make_aware(moment)
        return data


class RuptureForm(forms.Form):
    kind = forms.ChoiceField(label="What kind of rupture?", choices=RUPTURE_KINDS, widget=forms.RadioSelect)


class RepairForm(forms.Form):
    session: forms.ModelChoiceField[TherapySession] = forms.ModelChoiceField(
        label="Repaired in", queryset=None, empty_label="outside a session", required=False
    )

    def __init__(self, *args: Any, sessions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["session"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = sessions
