"""Web forms to load a wording: the source, and the lines beside the skeleton."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms

from securebase.measurement.instrument import Instrument
from securebase.measurement.wording import (
    LANGUAGE_TAG,
    MAX_INTRODUCTION,
    MAX_ITEM,
    MAX_LABEL,
    AnswerLabel,
    Wording,
    answer_values,
    check_wording,
    needed_items,
)
from securebase.measurement.wording_sources import MAX_BYTES, Draft

#: Longest text that is pasted, in characters.
MAX_PASTE = 20_000
LICENCE_ANSWERS = (
    ("free", "Its owner allows free use, and we keep to the conditions"),
    ("permission", "We have a licence or permission"),
    ("unsure", "I am not sure"),
)


class SourceForm(forms.Form):
    """The language, and the pasted lines or a file."""

    language = forms.CharField(
        label="Language", max_length=20, initial="en", help_text="A tag such as en, de, es or es-MX."
    )
    pasted = forms.CharField(
        label="Lines of the questionnaire",
        required=False,
        max_length=MAX_PASTE,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="Copy them from the owner’s sheet: introduction, answers and items, in any of the usual layouts.",
    )
    file = forms.FileField(
        label="Or a file",
        required=False,
        help_text="A FHIR Questionnaire (JSON) or a TOML file.",
        allow_empty_file=True,
    )

    def clean_language(self) -> str:
        language: str = self.cleaned_data["language"].strip()
        if not LANGUAGE_TAG.fullmatch(language):
            raise forms.ValidationError(f"Enter a language tag such as en, de or es-MX (got “{language}”).")
        return language

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        file = data.get("file")
        if file is not None and file.size > MAX_BYTES:
            self.add_error("file", f"The file has {file.size:,} bytes; at most {MAX_BYTES:,} are read.")
        elif not self.errors and not file and not data.get("pasted", "").strip():
            self.add_error("pasted", "Paste the lines, or choose a file.")
        return data


@dataclass(frozen=True, slots=True)
class Line:
    """One item for the template: its number and short label, its text, and its own answers if it has any."""

    number: int
    label: str
    needed: bool
    text: forms.BoundField
    own_answers: list[forms.BoundField]
    problems: list[str]


class LinesForm(forms.Form):
    """Every line beside the short label of its item; built from the skeleton."""

    introduction = forms.CharField(
        label="Introduction", required=False, max_length=MAX_INTRODUCTION, widget=forms.Textarea(attrs={"rows": 3})
    )
    language = forms.CharField(widget=forms.HiddenInput, max_length=20)
    licence = forms.ChoiceField(
        label="May your clinic use this wording?", choices=LICENCE_ANSWERS, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, instrument: Instrument, draft: Draft | None = None, **kwargs: Any) -> None:
        """Build the fields of an instrument. A draft gives their content."""
        if draft is not None:
            kwargs["initial"] = _initial(draft) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.instrument = instrument
        self.values = tuple(dict.fromkeys(v for item in instrument.items for v in answer_values(item)))
        for item in instrument.items:
            text = forms.CharField(label=f"Item {item.number}: {item.label}", required=False, max_length=MAX_ITEM)
            text.widget = forms.Textarea(attrs={"rows": 2})
            self.fields[f"item_{item.number}"] = text
            for value in answer_values(item):
                label = f"Item {item.number}, answer {value:g}"
                self.fields[f"own_{item.number}_{value:g}"] = forms.CharField(
                    label=label, required=False, max_length=MAX_LABEL
                )
        for value in self.values:
            self.fields[f"answer_{value:g}"] = forms.CharField(
                label=f"Answer {value:g}", required=False, max_length=MAX_LABEL
            )
        if any(not answer_values(item) for item in instrument.items):
            for name, words in (
                ("low_label", "Words for the lowest value"),
                ("high_label", "Words for the highest value"),
            ):
                self.fields[name] = forms.CharField(label=words, required=False, max_length=MAX_LABEL)

    def clean_licence(self) -> str:
        if self.cleaned_data["licence"] == "unsure":
            raise forms.ValidationError(
                "Ask the owner first, or have the questionnaire filled in on the owner’s own sheet. Nothing was stored."
            )
        return str(self.cleaned_data["licence"])

    def clean(self) -> dict[str, Any]:
        """Check every line; a problem stands at its row."""
        data = super().clean() or {}
        self.wording = self._read(data)
        for problem in check_wording(self.instrument, self.wording):
            name = "introduction" if problem.part == "introduction" else f"item_{problem.item}"
            self.add_error(name if name in self.fields else None, problem.problem)
        return data

    def _read(self, data: dict[str, Any]) -> Wording:
        def answers(prefix: str, values: tuple[float, ...]) -> tuple[AnswerLabel, ...]:
            labels = ((v, (data.get(f"{prefix}{v:g}") or "").strip()) for v in values)
            return tuple(AnswerLabel(value, label) for value, label in labels if label)

        items = {i.number: (data.get(f"item_{i.number}") or "").strip() for i in self.instrument.items}
        own = {i.number: answers(f"own_{i.number}_", answer_values(i)) for i in self.instrument.items}
        return Wording(
            instrument=self.instrument.id,
            instrument_version=self.instrument.version,
            language=data.get("language") or "",
            items={number: text for number, text in items.items() if text},
            introduction=(data.get("introduction") or "").strip(),
            answers=answers("answer_", self.values),
            own_answers={number: labels for number, labels in own.items() if labels},
            low_label=(data.get("low_label") or "").strip(),
            high_label=(data.get("high_label") or "").strip(),
            licence=data.get("licence") or "",
        )

    @property
    def lines(self) -> Iterator[Line]:
        needed = needed_items(self.instrument)
        for item in self.instrument.items:
            name = f"item_{item.number}"
            own = [self[f"own_{item.number}_{value:g}"] for value in answer_values(item)]
            problems = [str(problem) for problem in self.errors.get(name, ())]
            yield Line(item.number, item.label, item.number in needed, self[name], own, problems)

    @property
    def answer_fields(self) -> list[forms.BoundField]:
        names = [f"answer_{value:g}" for value in self.values]
        return [self[name] for name in (*names, "low_label", "high_label") if name in self.fields]


def _initial(draft: Draft) -> dict[str, Any]:
    values: dict[str, Any] = {"introduction": draft.introduction, "low_label": draft.low_label}
    values |= {"high_label": draft.high_label}
    values |= {f"item_{number}": text for number, text in draft.items.items()}
    values |= {f"answer_{value:g}": label for value, label in draft.answers.items()}
    return values | {f"own_{n}_{v:g}": label for n, own in draft.own_answers.items() for v, label in own.items()}
