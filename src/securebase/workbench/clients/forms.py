"""Web forms for clients and episodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from msgspec.structs import replace

from securebase.errors import InputError
from securebase.ipt.course_format import MAX_DAYS_BETWEEN, MAX_SESSIONS, CourseFormat, check_format, find_format
from securebase.records.dates import EARLIEST_COURSE
from securebase.workbench.accounts.models import Clinic
from securebase.workbench.accounts.queries import course_formats_of, lineage_of
from securebase.workbench.clients.followed import followed_choices
from securebase.workbench.clients.models import PHASES, PROBLEM_AREAS
from securebase.workbench.ui.fields import DateField, NumberField

_FORMAT_DEFAULT = "Leave blank to use the format’s number."


class ClientForm(forms.Form):
    name_shown = forms.CharField(
        label="Display name",
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
    mail = forms.EmailField(
        label="Email",
        required=False,
        help_text="For check-in links. The messages say nothing about health.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    language = forms.ChoiceField(
        label="Language of the client’s pages", choices=settings.LANGUAGES, required=False, initial="en"
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class EpisodeForm(forms.Form):
    began_on = DateField(label="Therapy began on", earliest=EARLIEST_COURSE)
    course_form = forms.ChoiceField(
        label="Course length",
        required=False,
        help_text="IPT is time-limited. Choose a format; you can adjust the numbers.",
    )
    planned_sessions = NumberField(label="Planned sessions", min_value=1, max_value=MAX_SESSIONS)
    initial_sessions = NumberField(label="Sessions in the initial phase", min_value=0, max_value=20, required=False)
    ending_sessions = NumberField(label="Sessions in the ending phase", min_value=0, max_value=20, required=False)
    days_between = NumberField(label="Days between sessions", min_value=1, max_value=MAX_DAYS_BETWEEN, required=False)
    problem_areas = forms.MultipleChoiceField(
        label="Problem areas",
        choices=PROBLEM_AREAS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="One, at most two. You can add it once you have agreed on the focus.",
    )
    phase = forms.ChoiceField(label="Phase", choices=PHASES, widget=forms.RadioSelect)
    symptom_measure = forms.ChoiceField(
        label="Measure that the course follows",
        help_text="Clients answer a questionnaire on the phone once its wording is loaded; otherwise you enter it.",
    )
    ended_on = DateField(label="Ended on", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, clinic: Clinic, present_areas: Sequence[str] = (), **kwargs: Any) -> None:
        """Offer the clinic's course formats and problem areas, and the areas that the course already has."""
        super().__init__(*args, **kwargs)
        measure_field = self.fields["symptom_measure"]
        assert isinstance(measure_field, forms.ChoiceField)
        measure_field.choices = followed_choices()
        self.formats = course_formats_of(clinic)
        areas, field = {a.value for a in lineage_of(clinic).areas} | set(present_areas), self.fields["problem_areas"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(value, label) for value, label in PROBLEM_AREAS if value in areas]
        began_with = str(self.initial.get("course_form", "") or "")
        deleted = began_with and find_format(self.formats, began_with) is None
        form_field = self.fields["course_form"]
        assert isinstance(form_field, forms.ChoiceField)
        form_field.choices = [(f.id, f.label) for f in self.formats] + (
            [(began_with, "current format (no longer offered)")] if deleted else []
        )

    def course_format(self) -> CourseFormat:
        """Return the numbers of the course: those of a newly chosen format, overridden by numbers typed next to it."""
        data, before = self.cleaned_data, self.initial
        selected = find_format(self.formats, data.get("course_form") or "")
        is_new = selected is not None and data["course_form"] != before.get("course_form", "")
        template = selected or self.formats[0]

        def number(name: str, default: int) -> int:
            typed, initial = data.get(name), before.get(name)
            if typed is None:
                return default if initial is None or is_new else int(initial)
            return default if is_new and typed == initial else int(typed)

        return replace(
            template,
            id=data.get("course_form") or before.get("course_form") or template.id,
            sessions=number("planned_sessions", template.sessions),
            initial=number("initial_sessions", template.initial),
            ending=number("ending_sessions", template.ending),
            days_between=number("days_between", template.days_between),
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        began, ended = data.get("began_on"), data.get("ended_on")
        if began and ended and ended < began:
            self.add_error("ended_on", "The end date must not be before the start date.")
        if not self.errors:
            try:
                check_format(self.course_format())
            except InputError:
                self.add_error(
                    "ending_sessions", "The initial and final phases have more sessions than the course. Shorten one."
                )
        return data

    def clean_problem_areas(self) -> list[str]:
        areas: list[str] = self.cleaned_data["problem_areas"]
        if len(areas) > 2:
            raise forms.ValidationError("Choose at most two, to keep a focus.")
        return areas


class NewClientForm(ClientForm, EpisodeForm):
    """A client and their first episode, on one page."""

    ended_on = None  # type: ignore[assignment]
    planned_sessions = NumberField(
        label="Planned sessions", min_value=1, max_value=MAX_SESSIONS, required=False, help_text=_FORMAT_DEFAULT
    )
    field_order = (
        "name_shown",
        "pronouns",
        "mail",
        "language",
        "began_on",
        "course_form",
        "planned_sessions",
        "initial_sessions",
        "ending_sessions",
        "days_between",
        "problem_areas",
        "symptom_measure",
        "phase",
    )
