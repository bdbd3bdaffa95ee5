"""The page that simulates courses from the theory under a choice of conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from securebase.charts.play import SIZE, play_chart, value_range
from securebase.charts.render import image, svg
from securebase.model.simulate.play import CLIENTS, LOOP, PlayChoice, Stressor, TechniqueUse, Warmth, link_label, play
from securebase.model.theory import label_of
from securebase.picture import play_phrases as words
from securebase.workbench.ui.fields import NumberField

_MIXED = "mixed"
_SESSIONS = 16


_NOT_LISTED = {"invalid_choice": "“%(value)s” is not in this list. Choose again."}


def _list_field(label: str, options: Mapping[Any, str]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=list(options.items()), error_messages=_NOT_LISTED)


class TheoryForm(forms.Form):
    """Conditions of the simulated courses, read from the query of the address."""

    style = _list_field("Attachment style", {name or _MIXED: label for name, label in words.STYLES.items()})
    stressor = _list_field("Stressor", words.STRESSORS)
    at = NumberField(label="Before session", min_value=1, max_value=_SESSIONS)
    warmth = _list_field("Therapist’s warmth", words.WARMTHS)
    technique = _list_field("Technique", words.TECHNIQUES)
    off = forms.MultipleChoiceField(
        label="Links of the vicious circle of insecurity, support and symptoms",
        help_text="The ordinary course keeps every link.",
        choices=lambda: [(name, link_label(name)) for name in LOOP],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages=_NOT_LISTED,
    )

    def choice(self) -> PlayChoice:
        """Return the valid choice."""
        values = self.cleaned_data
        conditions = (Stressor(values["stressor"]), values["at"], Warmth(values["warmth"]))
        style = "" if values["style"] == _MIXED else values["style"]
        return PlayChoice(style, *conditions, TechniqueUse(values["technique"]), tuple(values["off"]))


@dataclass(frozen=True, slots=True)
class TheoryPanel:
    """One construct on the page. words: text alternative of the drawing."""

    label: str
    drawing: str
    words: str
    sentence: str


@require_GET
def try_theory(request: HttpRequest) -> HttpResponse:
    """Show simulated courses beside the ordinary ones; conditions that the address omits are ordinary."""
    data = request.GET.copy()
    for name, value in _ORDINARY.items():
        data.setdefault(name, value)
    form = TheoryForm(data)
    choice = form.choice() if form.is_valid() else None
    context = {
        "form": form,
        "row": [form[name] for name in _ORDINARY],
        "choice": choice,
        "panels": () if choice is None else _panels(choice),
        "size": SIZE,
        "clients": CLIENTS,
        "words": words,
        "closing": "" if choice is None else words.closing(choice),
        "section": "library",
    }
    return render(request, "progress/theory.html", context)


_ORDINARY = {
    "style": _MIXED,
    "stressor": Stressor.NONE.value,
    "at": str(PlayChoice().at),
    "warmth": Warmth.ORDINARY.value,
    "technique": TechniqueUse.ORDINARY.value,
}


@lru_cache(maxsize=32)
def _panels(choice: PlayChoice) -> tuple[TheoryPanel, ...]:
    """Return the panels of a choice; they are the same for everybody and hold no data of a client."""
    courses = play(choice)
    values = value_range(courses, words.SHOWN)
    return tuple(
        TheoryPanel(
            label_of(name),
            f"data:image/svg+xml,{quote(image(svg(play_chart(courses, name, values=values)), SIZE))}",
            words.text_alternative(courses, name),
            words.difference_sentence(courses, name),
        )
        for name in words.SHOWN
    )
