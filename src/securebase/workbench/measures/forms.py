"""Web forms for the items of instruments, built from the catalogue, and for the note on a safety alert."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext

from securebase.ipt.parsing import parse_value
from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.instrument import Instrument, Item
from securebase.measurement.schedule import MAX_QUESTIONS
from securebase.measurement.scoring import raised_rules
from securebase.records.vocabulary import Moment
from securebase.workbench.clients.models import Episode
from securebase.workbench.measures.actions import THERAPIST_SET
from securebase.workbench.measures.item_fields import item_field
from securebase.workbench.therapy_sessions.forms import check_within_therapy
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.ui.fields import DateField
from securebase.workbench.ui.inputs import Input, build_input


class AlertNoteForm(forms.Form):
    note = forms.CharField(
        label="What did you do?",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="For example: Called her at 14:10. Safe tonight, sister is with her. Review safety plan on Thursday.",
    )


@dataclass(frozen=True, slots=True)
class Section:
    """The additional questions of one instrument under their own heading.

    `window` is the period that they refer to, if it differs from that of the check-in and is not the heading.
    """

    instrument: Instrument
    questions: list[Input]

    @property
    def heading(self) -> str:
        """Name of a questionnaire; the period of questions that only check-ins ask, some at a time."""
        instrument = self.instrument
        if not instrument.own_wording:
            return instrument.name
        heading = gettext(instrument.name if instrument.schedule is not None else instrument.window)
        return heading[:1].upper() + heading[1:]

    @property
    def window(self) -> str:
        schedule = self.instrument.schedule
        return "" if schedule is None or schedule.weekly else gettext(self.instrument.window)


class AnswersForm(forms.Form):
    """One optional field per item; an item without an answer is stored as missing, never as a middle value.

    `extra` lists additional instruments on the same page, each under a heading.
    """

    #: ask in the words of an item, or name it by its short label
    in_full = True
    submission = forms.CharField(max_length=80, widget=forms.HiddenInput)

    def __init__(self, *args: Any, instrument: Instrument, extra: Sequence[Instrument] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instrument, self.extra = instrument, tuple(extra)
        self._items = {
            self._name(part, item): item_field(item, in_full=self.in_full, ours=part.own_wording)
            for part in (instrument, *self.extra)
            for item in part.items
        }

    def clean(self) -> dict[str, Any]:
        """Parse the answers. A problem of an item is an error under its name."""
        self._unread: dict[str, tuple[str, str]] = {}
        for name, field in self._items.items():
            value = parse_value(field, self.data.get(name), name, self._unread)
            self.cleaned_data[name] = None if value is None else float(value)
            if name in self._unread:
                self.errors[name] = self.error_class([self._unread[name][1]])
        return self.cleaned_data

    def _name(self, instrument: Instrument, item: Item) -> str:
        return f"item_{item.number}" if instrument is self.instrument else f"item_{instrument.id}_{item.number}"

    def responses(self) -> Mapping[int, float | None]:
        """Return item number → value, None if unanswered or unreadable. Only for a validated form."""
        return {i.number: self.cleaned_data.get(f"item_{i.number}") for i in self.instrument.items}

    def extra_responses(self) -> dict[str, Mapping[int, float | None]]:
        """Return the answers to each additional instrument. Only for a validated form."""
        return {
            instrument.id: {i.number: self.cleaned_data.get(self._name(instrument, i)) for i in instrument.items}
            for instrument in self.extra
        }

    @property
    def any_answer(self) -> bool:
        """True if any item was answered. Only for a validated form."""
        return any(self.cleaned_data.get(name) is not None for name in self._items)

    @property
    def all_answered(self) -> bool:
        """True if every item was answered. Only for a validated form."""
        return all(self.cleaned_data.get(name) is not None for name in self._items)

    @property
    def raises_an_alert(self) -> bool:
        """True if an answer raises a safety alert. Only for a validated form."""
        answers = {self.instrument.id: self.responses(), **self.extra_responses()}
        return any(raised_rules(part, answers[part.id]) for part in (self.instrument, *self.extra))

    @property
    def questions(self) -> list[Input]:
        """Questions of the instrument itself."""
        return [self._question(self.instrument, item, item.number) for item in self.instrument.items]

    @property
    def sections(self) -> list[Section]:
        """Questions of the additional questionnaires, numbered after those of the instrument."""
        sections, number = [], len(self.instrument.items)
        for instrument in self.extra:
            questions = [self._question(instrument, item, number + n) for n, item in enumerate(instrument.items, 1)]
            sections.append(Section(instrument, questions))
            number += len(instrument.items)
        return sections

    @property
    def all_questions(self) -> list[Input]:
        return [*self.questions, *(q for section in self.sections for q in section.questions)]

    @property
    def minutes(self) -> str:
        """Return how long answering takes, in words: about a dozen questions a minute."""
        short = len(self.all_questions) <= MAX_QUESTIONS
        return gettext("about one minute") if short else gettext("about two minutes")

    @property
    def left_open(self) -> list[Input]:
        return [q for q in self.all_questions if q.is_open]

    def _question(self, instrument: Instrument, item: Item, number: int) -> Input:
        name = self._name(instrument, item)
        read = self.is_bound and self.errors is not None
        value = self.cleaned_data.get(name) if read else None
        return build_input(
            self._items[name],
            name,
            f"{value:g}" if value is not None and item.choices else value,
            self._unread if read else {},
            alerting=[f"{o.value:g}" for o in item.options if raised_rules(instrument, {item.number: o.value})],
            number=number,
            safety=any(rule.item == item.number for rule in instrument.safety_rules),
        )


class SheetForm(AnswersForm):
    """A completed paper form, typed in by the therapist: items by number, and the completion date."""

    in_full = False
    date = DateField(label="Completed on", ahead=timedelta(0))

    def __init__(self, *args: Any, episode: Episode, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.episode = episode

    def clean_date(self) -> Any:
        return check_within_therapy(self.cleaned_data["date"], self.episode)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not (self.errors or self.any_answer):
            raise forms.ValidationError("No item has an answer. Enter the answers from the paper form.")
        return data


class TypeInForm(SheetForm):
    """A questionnaire on paper, with the session it belongs to."""

    session: forms.ModelChoiceField[TherapySession] = forms.ModelChoiceField(
        label="Session", queryset=None, empty_label="no session", required=False
    )
    moment = forms.ChoiceField(
        label="When", choices=[(m.value, m.label) for m in Moment if m is not Moment.BETWEEN], required=False
    )

    def __init__(self, *args: Any, episode: Episode, **kwargs: Any) -> None:
        super().__init__(*args, episode=episode, **kwargs)
        field = self.fields["session"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = episode.therapy_sessions.order_by("number")

    @property
    def selected_session(self) -> TherapySession | None:
        session: TherapySession | None = self.cleaned_data["session"]
        return session


def rating_form(data: QueryDict | None = None) -> AnswersForm:
    """Return the form with the therapist's own rating of a session."""
    new = {"submission": secrets.token_urlsafe(16)}
    return AnswersForm(data, instrument=get_instrument(THERAPIST_SET), initial=new)
