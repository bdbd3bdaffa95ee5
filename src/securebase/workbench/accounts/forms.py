"""Web forms for sign-in, accounts and the clinic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from securebase.errors import InputError
from securebase.ipt.course_format import (
    MAX_DAYS_BETWEEN,
    MAX_FORMATS,
    MAX_NAME_LENGTH,
    MAX_SESSIONS,
    CourseFormat,
    check_format,
)
from securebase.ipt.lineage import ENDING_WORDS, Lineage, load_lineage
from securebase.records.vocabulary import ProblemArea
from securebase.workbench.accounts.models import Account, IptTraining, Role, normalise_user_name
from securebase.workbench.ui.conflict import sentence
from securebase.workbench.ui.fields import NumberField


class SignInForm(forms.Form):
    user_name = forms.CharField(
        label="User name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label="Password",
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class _NewPassword(forms.Form):
    """A new password, typed once: a typo can be corrected later, and a second field invites shorter passwords."""

    password = forms.CharField(
        label="Password",
        max_length=1000,
        strip=False,
        help_text="At least 12 characters. A sentence that only you would say works well.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def named_account(self) -> Account:
        """Return the account whose names the password must not resemble."""
        return Account(
            user_name=self.cleaned_data.get("user_name", ""), name_shown=self.cleaned_data.get("name_shown", "")
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("password"):
            try:
                validate_password(data["password"], self.named_account())
            except ValidationError as error:
                self.add_error("password", error)
        return data


class NewAccountForm(_NewPassword):
    field_order: tuple[str, ...] = ("name_shown", "user_name", "password")
    name_shown = forms.CharField(
        label="Display name",
        max_length=120,
        help_text="Clients see this name.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    user_name = forms.CharField(
        label="User name",
        max_length=150,
        help_text="Your e-mail address or a short name. Capital letters make no difference.",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )

    def clean_user_name(self) -> str:
        name = normalise_user_name(self.cleaned_data["user_name"])
        if Account.objects.filter(user_name=name).exists():
            raise ValidationError(f"The user name “{name}” is already taken. Choose another.")
        return name


class FirstAccountForm(NewAccountForm):
    clinic_name = forms.CharField(
        label="Name of the practice or clinic", max_length=120, help_text="You can use your own name."
    )
    set_up_code = forms.CharField(
        label="Set-up code",
        max_length=40,
        required=False,
        help_text="Shown on the console of the machine that runs the workbench.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    password_again = forms.CharField(
        label="Confirm password",
        max_length=1000,
        strip=False,
        help_text="Nobody else can reset your password yet, so a typo would lock you out.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    field_order = ("name_shown", "clinic_name", "user_name", "password", "password_again", "set_up_code")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if "password_again" in data and data.get("password", data["password_again"]) != data["password_again"]:
            self.add_error("password_again", "The passwords do not match. Type both again.")
        return data


class StaffAccountForm(NewAccountForm):
    roles = forms.MultipleChoiceField(
        label="Roles",
        choices=Role.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text="Only therapists see clients, and only their own.",
    )
    field_order = ("name_shown", "user_name", "roles", "password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name_shown"].label = "Name"
        self.fields["password"].label = "Initial password"
        self.fields["password"].help_text = "Hand it over in person. It must be changed at the first sign-in."


class ResetPasswordForm(_NewPassword):
    """An initial password that an administrator sets for somebody else."""

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        self.fields["password"].label = "New password"

    def named_account(self) -> Account:
        return self.account


class ChangePasswordForm(_NewPassword):
    present = forms.CharField(
        label="Current password",
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    field_order = ("present", "password")

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account
        self.fields["password"].label = "New password"

    def named_account(self) -> Account:
        return self.account

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if self.account.password_set_by_other and data.get("password") and data["password"] == data.get("present"):
            self.add_error("password", "Someone else knows this password. Choose another one.")
        return data


class NameForm(forms.Form):
    name_shown = forms.CharField(label="Display name", max_length=120, help_text="Clients see this name.")
    mail = forms.EmailField(
        label="Email",
        required=False,
        help_text="For messages about safety alerts. They name no client and no answer.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class AlertsForm(forms.Form):
    """The duty clinician, and the minutes after which they are told of an alert that nobody has acknowledged."""

    duty_clinician = forms.ModelChoiceField(
        label="Duty clinician", queryset=Account.objects.none(), required=False, empty_label="Nobody"
    )
    duty_after_minutes = NumberField(
        label="Tell the duty clinician after (minutes)",
        min_value=5,
        max_value=1440,
        help_text="If nobody has acknowledged the alert by then.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, clinicians: QuerySet[Account], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["duty_clinician"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = clinicians


class PracticeForm(forms.Form):
    """Therapist characteristics that outcomes are adjusted for; every field may stay empty."""

    training = forms.CharField(
        label="Training", max_length=200, required=False, help_text="For example: psychologist, licensed 2014."
    )
    years_of_experience = NumberField(
        label="Years of experience as a therapist", min_value=0, max_value=70, required=False
    )
    orientation = forms.CharField(
        label="Orientation",
        max_length=200,
        required=False,
        help_text="In your own words, for example: psychodynamic.",
    )
    ipt_training = forms.ChoiceField(
        label="Training in IPT", choices=[("", "Not specified"), *IptTraining.choices], required=False
    )


class LineageForm(forms.Form):
    """The clinic's lineage of IPT, submitted twice: once to preview the changes, once to save."""

    areas = forms.MultipleChoiceField(
        label="Problem areas",
        choices=[(a.value, a.label) for a in ProblemArea],
        widget=forms.CheckboxSelectMultiple,
        help_text="Stuart and Robertson use three of these, Klerman and Weissman use four.",
    )
    sick_role = forms.BooleanField(
        label="Use the sick role",
        required=False,
        help_text="Clients are excused from some duties for a while, and working on recovery becomes their task.",
    )
    formulation = forms.ChoiceField(
        label="Formulation",
        choices=[
            ("triad", "Triad: stressor, vulnerability and support lead to symptoms"),
            ("classic", "Classic: illness, onset and problem area"),
        ],
        widget=forms.RadioSelect,
    )
    ending = forms.ChoiceField(
        label="Word for the ending", choices=[(w, w.capitalize()) for w in ENDING_WORDS], widget=forms.RadioSelect
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def lineage(self) -> Lineage:
        """Return the lineage chosen; only for a valid form."""
        return load_lineage(self.cleaned_data)


class CourseFormatForm(forms.Form):
    """One course format, a row of a table. A row with an empty name is deleted."""

    id = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    name = forms.CharField(label="Name", max_length=MAX_NAME_LENGTH, required=False)
    sessions = NumberField(label="Sessions", min_value=1, max_value=MAX_SESSIONS, required=False)
    initial_sessions = NumberField(label="Initial phase", min_value=0, max_value=20, required=False)
    ending_sessions = NumberField(label="Ending phase", min_value=0, max_value=20, required=False)
    days_between = NumberField(label="Days between", min_value=1, max_value=MAX_DAYS_BETWEEN, required=False)
    maintenance = forms.BooleanField(label="Maintenance", required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("name") and not self.errors:
            for name in ("sessions", "initial_sessions", "ending_sessions", "days_between"):
                if data.get(name) is None:
                    self.add_error(name, "Enter a number.")
            if not self.errors:
                try:
                    check_format(self.course_format({}))
                except InputError as error:
                    self.add_error(None, sentence(error))
        return data

    def course_format(self, formats: Mapping[str, CourseFormat]) -> CourseFormat:
        """Return the course format of this row, with the remaining fields from the known format of the same id."""
        data = self.cleaned_data
        old = formats.get(data.get("id") or "")
        unchanged = old is not None and (old.sessions, old.initial, old.ending, old.days_between) == (
            data["sessions"],
            data["initial_sessions"],
            data["ending_sessions"],
            data["days_between"],
        )
        return CourseFormat(
            id=data.get("id") or "",
            name=data["name"],
            sessions=data["sessions"],
            initial=data["initial_sessions"],
            ending=data["ending_sessions"],
            days_between=data["days_between"],
            maintenance=data["maintenance"],
            about=old.about if old and unchanged else "",
            sources=old.sources if old and unchanged else (),
            reviewed=bool(old and unchanged and old.reviewed),
        )


CourseFormatSet = forms.formset_factory(CourseFormatForm, extra=1, max_num=MAX_FORMATS, validate_max=True)


class ClinicForm(forms.Form):
    name = forms.CharField(label="Name of the practice or clinic", max_length=120)
    help_text = forms.CharField(
        label="Immediate help",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Shown to clients who need help now. Enter the phone numbers that apply where your clients live, "
        "and call each of them once to check it. One paragraph per line.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
