"""Administrations of instruments with responses and scores, safety alerts, and choices of additional questionnaires."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from securebase.measurement.catalogue import instrument as get_instrument
from securebase.measurement.catalogue import instrument_in_version
from securebase.measurement.instrument import Instrument
from securebase.measurement.schedule import SESSION_SETS
from securebase.records.vocabulary import Moment, Respondent
from securebase.workbench.clients.models import Episode
from securebase.workbench.clients.scoping import ScopedModel
from securebase.workbench.therapy_sessions.models import TherapySession
from securebase.workbench.wordings import worded_as_answered

MOMENTS = [(m.value, m.label) for m in Moment]


class Administration(ScopedModel):
    """One completed instrument; never deleted, because mistaken entries are set aside and stay stored."""

    THERAPIST_PATH: ClassVar[str] = "episode__client__therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="administrations")
    therapy_session = models.ForeignKey(
        TherapySession, on_delete=models.PROTECT, null=True, blank=True, related_name="administrations"
    )
    check_in = models.ForeignKey(
        "check_ins.CheckIn", on_delete=models.PROTECT, null=True, blank=True, related_name="administrations"
    )
    instrument = models.CharField(max_length=60)
    instrument_version = models.CharField(max_length=20, default="1")
    #: version of the clinic's wording that was answered, such as “de-2”; blank for our own texts and for paper
    wording = models.CharField(max_length=30, blank=True)
    at = models.DateTimeField()
    moment = models.CharField(max_length=10, choices=MOMENTS)
    respondent = models.CharField(
        max_length=10, choices=[(r.value, r.label) for r in Respondent], default=Respondent.CLIENT.value
    )
    typed_in_by = models.UUIDField(null=True, blank=True)
    submission_digest = models.CharField(max_length=64, unique=True, null=True, blank=True)
    set_aside_at = models.DateTimeField(null=True, blank=True)
    simulated = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("at",)
        constraints = (models.UniqueConstraint(fields=("check_in", "instrument"), name="one_form_a_check_in"),)

    def __str__(self) -> str:
        return f"{self.instrument} {self.at:%Y-%m-%d}"

    @property
    def name(self) -> str:
        return get_instrument(self.instrument).name

    @property
    def instrument_as_asked(self) -> Instrument:
        """Instrument in the version and the wording that were answered."""
        return worded_as_answered(instrument_in_version(self.instrument, self.instrument_version), self.wording)

    @property
    def scored_responses(self) -> dict[int, float | None]:
        """Answers by item as scores see them: None if unanswered or if the answer counts as missing."""
        given = {r.item: r.value for r in self.responses.all()}
        return {item.number: item.scored(given.get(item.number)) for item in self.instrument_as_asked.items}

    @property
    def came_late(self) -> bool:
        """True for other answers to an already answered check-in, stored because they raised an alert."""
        is_session_set = self.instrument in SESSION_SETS.values()
        return is_session_set and self.check_in_id is None and self.typed_in_by is None


class Response(ScopedModel):
    """Answer to one item; null if unanswered."""

    THERAPIST_PATH: ClassVar[str] = "administration__episode__client__therapist"

    administration = models.ForeignKey(Administration, on_delete=models.PROTECT, related_name="responses")
    item = models.PositiveSmallIntegerField()
    value = models.FloatField(null=True)

    class Meta:
        ordering = ("item",)
        constraints = (models.UniqueConstraint(fields=("administration", "item"), name="one_response_an_item"),)

    def __str__(self) -> str:
        return f"item {self.item}"


class Score(ScopedModel):
    """Score of one scale; null, with a note, if the instrument yields no score for these answers."""

    THERAPIST_PATH: ClassVar[str] = "administration__episode__client__therapist"

    administration = models.ForeignKey(Administration, on_delete=models.PROTECT, related_name="scores")
    scale = models.CharField(max_length=60)
    construct = models.CharField(max_length=60)
    value = models.FloatField(null=True)
    n_missing = models.PositiveSmallIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("scale",)
        constraints = (models.UniqueConstraint(fields=("administration", "scale"), name="one_score_a_scale"),)

    def __str__(self) -> str:
        return self.scale


class SafetyAlert(ScopedModel):
    """An answer that needs attention now; it stays open until somebody acknowledges it with a note."""

    THERAPIST_PATH: ClassVar[str] = "episode__client__therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="safety_alerts")
    administration = models.ForeignKey(Administration, on_delete=models.PROTECT, related_name="safety_alerts")
    item = models.PositiveSmallIntegerField()
    value = models.FloatField()
    concern = models.CharField(max_length=200)
    raised_at = models.DateTimeField()
    #: when an email about it left, to the therapist and to the duty clinician
    therapist_told_at = models.DateTimeField(null=True, blank=True)
    duty_told_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.UUIDField(null=True, blank=True)
    note = models.TextField(max_length=2000, blank=True)

    class Meta:
        ordering = ("-raised_at",)

    def __str__(self) -> str:
        return self.concern


class ExtraChoice(ScopedModel):
    """A therapist's choice about one additional questionnaire: switched off, or requested for the next check-in."""

    THERAPIST_PATH: ClassVar[str] = "episode__client__therapist"

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="extra_choices")
    instrument = models.CharField(max_length=60)
    off = models.BooleanField(default=False)
    asked_for = models.BooleanField(default=False)

    class Meta:
        ordering = ("instrument",)
        constraints = (models.UniqueConstraint(fields=("episode", "instrument"), name="one_choice_an_extra"),)

    def __str__(self) -> str:
        return self.instrument
