"""Forms of the inventory: a person, and the circle without dragging."""

from __future__ import annotations

import json
import math
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from securebase.ipt.network_phrases import HOURS, hour_of
from securebase.records.artefact import RING_EDGES, Placement
from securebase.records.vocabulary import CircleKind, Respondent, Ring
from securebase.workbench.clients.forms import DateInput
from securebase.workbench.clients.models import Episode
from securebase.workbench.inventory.models import CIRCLE_KINDS, DRAWN_BY

#: What a relation is often called; anything else may be written.
RELATIONS = (
    "partner", "husband", "wife", "mother", "father", "daughter", "son", "sister", "brother", "grandparent", "friend",
    "former partner", "colleague", "boss", "neighbour", "in-law", "group", "doctor", "therapist", "pet",
)  # fmt: skip

#: Where somebody stands whose ring was chosen from a list: the middle of the ring.
RING_MIDDLES = {Ring.CLOSEST: 0.24, Ring.CLOSE: 0.5, Ring.WIDER: 5 / 6, Ring.OUTSIDE: 1.15}


class RelationshipForm(forms.Form):
    name_shown = forms.CharField(
        label="Name shown",
        max_length=80,
        help_text="A first name or “my boss” is enough: this person was not asked.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    relation = forms.CharField(
        label="Who they are to the client",
        max_length=80,
        required=False,
        help_text="For example: mother, partner, friend. Anything can be written.",
        widget=forms.TextInput(attrs={"list": "relations", "autocomplete": "off"}),
    )
    deceased = forms.BooleanField(label="Has died", required=False)
    online = forms.BooleanField(label="Contact is only online", required=False)
    professional = forms.BooleanField(label="Helps by profession (doctor, social worker, therapist)", required=False)
    is_focus = forms.BooleanField(label="Part of what the work is about", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean_name_shown(self) -> str:
        return str(self.cleaned_data["name_shown"]).strip()

    @property
    def person(self) -> dict[str, Any]:
        """What was typed of the person."""
        return {k: v for k, v in self.cleaned_data.items() if k != "version"}


class CircleForm(forms.Form):
    """What every save of the circle says besides the places. `over` is “id version” of what was on the screen."""

    kind = forms.ChoiceField(choices=CIRCLE_KINDS)
    respondent = forms.ChoiceField(label="Drawn by", choices=DRAWN_BY, required=False)
    session = forms.IntegerField(label="In session", required=False, min_value=1)
    drawn_on = forms.DateField(label="Drawn on", required=False, widget=DateInput)
    new_version = forms.BooleanField(label="Save as a new version", required=False)
    over = forms.CharField(required=False, max_length=60)

    def __init__(self, *args: Any, episode: Episode, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.episode = episode

    def clean_kind(self) -> CircleKind:
        return CircleKind(self.cleaned_data["kind"])

    def clean_respondent(self) -> Respondent:
        return Respondent(self.cleaned_data["respondent"] or Respondent.CLIENT.value)

    def clean_drawn_on(self) -> Any:
        day = self.cleaned_data["drawn_on"]
        if day is not None and not self.episode.began_on <= day <= timezone.localdate():
            raise forms.ValidationError("Choose a day between the beginning of the therapy and today.")
        return day

    def clean_over(self) -> tuple[str, int] | None:
        said = self.cleaned_data["over"].rpartition(" ")
        return (said[0], int(said[2])) if said[2].isdigit() else None


def parse_json_placements(data: QueryDict) -> list[Placement]:
    """The places as the page's script sends them. Raises ValueError where they cannot be read."""
    sent = json.loads(str(data["placements"]))
    if not isinstance(sent, list):
        raise ValueError("no list of places")
    return [_placement(one) for one in sent]


def _placement(one: Any) -> Placement:
    if not isinstance(one, dict):
        raise ValueError("no place")
    radius, angle = float(one.get("radius", math.nan)), float(one.get("angle", math.nan))
    marks = {mark: one.get(mark) is True for mark in ("gives", "receives", "tension")}
    return Placement(str(one.get("relationship", "")), radius, angle, **marks)


def parse_form_placements(data: QueryDict, episode: Episode, before: tuple[Placement, ...]) -> list[Placement]:
    """The places as the plain form sends them: a ring, an hour of the clock and three marks for each person.

    Who keeps ring and hour keeps the exact place. Raises ValueError for a ring or hour that there is not.
    """
    exact = {p.relationship: p for p in before}
    found = []
    for person in episode.relationships.filter(left_at=None):
        name = str(person.id)
        if not data.get(f"ring_{name}"):
            continue
        ring, hour = Ring(str(data[f"ring_{name}"])), int(str(data.get(f"hour_{name}") or 12)) % HOURS
        stood = exact.get(name)
        same = stood is not None and stood.ring is ring and hour_of(stood.angle) % HOURS == hour
        radius, angle = (stood.radius, stood.angle) if stood and same else (RING_MIDDLES[ring], hour * 360.0 / HOURS)
        marks = {mark: f"{mark}_{name}" in data for mark in ("gives", "receives", "tension")}
        found.append(Placement(name, radius, angle, **marks))
    return found


assert set(RING_MIDDLES) == {*RING_EDGES, Ring.OUTSIDE}
