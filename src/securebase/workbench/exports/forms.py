"""Form with the texts that a therapist enters for a report."""

from __future__ import annotations

from django import forms

from securebase.ipt.worksheet import Audience

_NAME = "As it appears on the report. Initials or a first name are enough."
_PSEUDONYM = "This pseudonym stays the same in every report on this client."


class ReportTextsForm(forms.Form):
    """Client's name and, for a referrer, the texts that no worksheet provides."""

    name = forms.CharField(label="Name of the client", max_length=80, required=False)

    def __init__(self, *args: object, report: Audience, name: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["name"].initial = name
        self.fields["name"].label = "Pseudonym" if report is Audience.SUPERVISOR else "Name of the client"
        self.fields["name"].help_text = _PSEUDONYM if report is Audience.SUPERVISOR else _NAME
        if report is Audience.REFERRER:
            self.fields["reader"] = forms.CharField(label="To", max_length=120, required=False)
            self.fields["closing_words"] = forms.CharField(
                label="How the therapy ended, or current status",
                max_length=5000,
                required=False,
                widget=forms.Textarea(attrs={"rows": 4}),
                help_text="In your own words. It appears at the end of the report.",
            )
            self.fields["recommendations"] = forms.CharField(
                label="Recommendations", max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 4})
            )
