"""Forms of clients and episodes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from securebase.workbench.clients.models import PHASES, PROBLEM_AREAS, SymptomMeasure

#: A date further ahead than this is taken for a slip.
FAR_AHEAD = timedelta(days=366)


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class ClientForm(forms.Form):
    name_shown = forms.CharField(
        label="Name shown",
        max_length=80,
        help_text="A first name and an initial are enough.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    pronouns = forms.CharField(
        label="Pronouns",
        max_length=40,
        required=False,
        help_text="For example: she/her.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class EpisodeForm(forms.Form):
    began_on = forms.DateField(label="Therapy began on", widget=DateInput)
    planned_sessions = forms.IntegerField(
        label="Sessions planned",
        min_value=1,
        max_value=100,
        help_text="IPT names its length at the start: often 12 to 16.",
    )
    problem_areas = forms.MultipleChoiceField(
        label="Problem areas",
        choices=PROBLEM_AREAS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="One, at most two. It can wait until you have agreed on it.",
    )
    phase = forms.ChoiceField(label="Phase", choices=PHASES, widget=forms.RadioSelect)
    symptom_measure = forms.ChoiceField(
        label="Symptoms are followed with", choices=SymptomMeasure.choices, widget=forms.RadioSelect
    )
    ended_on = forms.DateField(label="Ended on", required=False, widget=DateInput)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean_began_on(self) -> Any:
        began = self.cleaned_data["began_on"]
        if began > timezone.localdate() + FAR_AHEAD:
            raise forms.ValidationError("This is more than a year ahead. Is the year right?")
        return began

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        began, ended = data.get("began_on"), data.get("ended_on")
        if began and ended and ended < began:
            self.add_error("ended_on", "The therapy cannot end before it began.")
        return data

    def clean_problem_areas(self) -> list[str]:
        areas: list[str] = self.cleaned_data["problem_areas"]
        if len(areas) > 2:
            raise forms.ValidationError("Choose at most two: the work needs a focus.")
        return areas


class NewClientForm(ClientForm, EpisodeForm):
    """A client and the episode that begins, on one page."""

    ended_on = None  # type: ignore[assignment]
    field_order = (
        "name_shown",
        "pronouns",
        "began_on",
        "planned_sessions",
        "problem_areas",
        "symptom_measure",
        "phase",
    )
