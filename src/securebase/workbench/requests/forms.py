"""The web form for one line of a schedule."""

from __future__ import annotations

from datetime import time
from typing import Any

from django import forms

from securebase.measurement.catalogue import instruments
from securebase.measurement.schedule import SESSION_SETS
from securebase.picture.phrases import count
from securebase.workbench.requests.models import Channel
from securebase.workbench.requests.occasions import When
from securebase.workbench.ui.fields import DateField, NumberField
from securebase.workbench.wordings import can_be_asked, load_in_words

_WHEN = (
    (When.BEFORE.value, "Before each session"),
    (When.AFTER.value, "After each session"),
    (When.EVERY.value, "Every so many days"),
    (When.RANDOM.value, "At a random time, every so many days"),
    (When.ONCE.value, "Once"),
)


class TimeInput(forms.TimeInput):
    input_type = "time"


class PlanForm(forms.Form):
    """One line. Fields that its rule does not need are ignored."""

    when = forms.ChoiceField(label="When", choices=_WHEN, widget=forms.RadioSelect)
    instruments = forms.MultipleChoiceField(
        label="Questionnaires",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Before and after a session they are added to the check-in.",
    )
    days = NumberField(
        label="Days", min_value=0, max_value=92, help_text="Before the session, or from one request to the next."
    )
    at = forms.TimeField(label="Time", widget=TimeInput(format="%H:%M"))
    until = forms.TimeField(
        label="Until", widget=TimeInput(format="%H:%M"), help_text="End of the window of a random time."
    )
    hours = NumberField(label="Hours after the start of the session", min_value=0, max_value=72)
    start = DateField(label="First day")
    channel = forms.ChoiceField(label="How the client hears of it", choices=Channel.choices, widget=forms.RadioSelect)
    reminders = NumberField(label="Reminders", min_value=0, max_value=3)
    reminder_hours = NumberField(
        label="Hours until a reminder",
        min_value=1,
        max_value=168,
        help_text="One that falls between 22:00 and 07:00 leaves at 07:00.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["instruments"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = askable()


def askable() -> list[tuple[str, str]]:
    """Return the questionnaires that a line can ask: those with a wording of the clinic first, then our own."""
    names = [
        i
        for i in instruments().values()
        if can_be_asked(i.id) and i.id not in SESSION_SETS.values() and _is_whole(i.id)
    ]
    names.sort(key=lambda i: (i.own_wording, i.name.lower()))
    return [(i.id, f"{i.name} ({count(len(load_in_words(i.id, 'en')[0].items), 'item')})") for i in names]


def _is_whole(name: str) -> bool:
    """Return False for questionnaires of which check-ins ask some items at a time."""
    schedule = instruments()[name].schedule
    return name not in {"rotation", "support_share"} and not (schedule and schedule.weekly)


START = {
    "days": 1,
    "at": time(18),
    "until": time(20),
    "hours": 2,
    "channel": Channel.MAIL.value,
    "reminders": 1,
    "reminder_hours": 14,
}
