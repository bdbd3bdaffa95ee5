"""Forms of the inventory: a person, and the circle without drag and drop."""

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
from securebase.workbench.clients.models import Episode
from securebase.workbench.inventory.models import CIRCLE_KINDS, DRAWN_BY, Circle
from securebase.workbench.ui.fields import DateField, NumberField

#: Suggestions for the relation; any other text is allowed.
RELATIONS = (
    "partner", "husband", "wife", "mother", "father", "daughter", "son", "sister", "brother", "grandparent", "friend",
    "former partner", "colleague", "boss", "neighbour", "in-law", "group", "doctor", "therapist", "pet",
)  # fmt: skip

#: Radius for a ring that was selected from a list: the middle of the ring.
RING_MIDDLES = {Ring.CLOSEST: 0.24, Ring.CLOSE: 0.5, Ring.WIDER: 5 / 6, Ring.OUTSIDE: 1.15}


class RelationshipForm(forms.Form):
    name_shown = forms.CharField(
        label="Display name",
        max_length=80,
        help_text="A first name or “my boss” is enough: this person has not given consent.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    relation = forms.CharField(
        label="Relationship to the client",
        max_length=80,
        required=False,
        help_text="For example: mother, partner, friend.",
        widget=forms.TextInput(attrs={"list": "relations", "autocomplete": "off"}),
    )
    deceased = forms.BooleanField(label="Has died", required=False)
    online = forms.BooleanField(label="Online contact only", required=False)
    professional = forms.BooleanField(label="Professional helper (doctor, social worker, therapist)", required=False)
    is_focus = forms.BooleanField(label="Focus of the work", required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def clean_name_shown(self) -> str:
        return str(self.cleaned_data["name_shown"]).strip()

    @property
    def person(self) -> dict[str, Any]:
        """The cleaned fields of the person."""
        return {k: v for k, v in self.cleaned_data.items() if k != "version"}


class CircleForm(forms.Form):
    """Fields of a save besides the places. `revision` is “id version” of the circle that was on the screen."""

    kind = forms.ChoiceField(choices=CIRCLE_KINDS)
    respondent = forms.ChoiceField(label="Drawn by", choices=DRAWN_BY, required=False)
    session = NumberField(label="In session", required=False, min_value=1, max_value=200)
    drawn_on = DateField(label="Drawn on", required=False)
    new_version = forms.BooleanField(label="Save as a new version", required=False)
    revision = forms.CharField(required=False, max_length=60)

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
            raise forms.ValidationError("Choose a date between the start of the course and today.")
        return day

    def clean_revision(self) -> tuple[str, int] | None:
        circle_id, _, version = self.cleaned_data["revision"].rpartition(" ")
        return (circle_id, int(version)) if version.isdigit() else None


def parse_placements(data: QueryDict, episode: Episode, last: Circle | None) -> list[Placement] | None:
    """Parse the placements from the page's script or from the plain form; None if they cannot be read."""
    try:
        if "placements" in data:
            return parse_json_placements(data)
        if "typed" in data:
            return parse_form_placements(data, episode, last.placement_values if last else ())
    except (ValueError, TypeError, AttributeError):
        pass
    return None


def parse_json_placements(data: QueryDict) -> list[Placement]:
    """Parse the placements that the page's script sends as JSON. Raises ValueError if they are malformed."""
    entries = json.loads(str(data["placements"]))
    if not isinstance(entries, list):
        raise ValueError(f"placements must be a list (got {type(entries).__name__})")
    return [_placement(entry) for entry in entries]


def _placement(entry: Any) -> Placement:
    if not isinstance(entry, dict):
        raise ValueError(f"a placement must be an object (got {type(entry).__name__})")
    # a missing number becomes NaN, which draw_circle refuses
    radius, angle = float(entry.get("radius", math.nan)), float(entry.get("angle", math.nan))
    marks = {mark: entry.get(mark) is True for mark in ("gives", "receives", "tension")}
    return Placement(str(entry.get("relationship", "")), radius, angle, **marks)


def parse_form_placements(data: QueryDict, episode: Episode, before: tuple[Placement, ...]) -> list[Placement]:
    """Parse the placements of the plain form: ring, hour on a clock face and three marks for each person.

    A person whose ring and hour are unchanged keeps the exact place. Raises ValueError for an unknown ring or hour.
    """
    exact = {p.relationship: p for p in before}
    placements = []
    for person in episode.relationships.filter(left_at=None):
        person_id = str(person.id)
        if not data.get(f"ring_{person_id}"):
            continue
        ring, hour = Ring(str(data[f"ring_{person_id}"])), int(str(data.get(f"hour_{person_id}") or 12)) % HOURS
        earlier = exact.get(person_id)
        unchanged = earlier is not None and earlier.ring is ring and hour_of(earlier.angle) % HOURS == hour
        radius, angle = (
            (earlier.radius, earlier.angle) if earlier and unchanged else (RING_MIDDLES[ring], hour * 360.0 / HOURS)
        )
        marks = {mark: f"{mark}_{person_id}" in data for mark in ("gives", "receives", "tension")}
        placements.append(Placement(person_id, radius, angle, **marks))
    return placements


assert set(RING_MIDDLES) == {*RING_EDGES, Ring.OUTSIDE}
