"""Answers to the hypotheses of a picture, and two caches that are rebuilt from the record: pictures and tallies."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from securebase.records.vocabulary import Respondent
from securebase.workbench.clients.models import Episode
from securebase.workbench.clients.scoping import ScopedModel


class StoredPicture(ScopedModel):
    """A picture as JSON with its fingerprint, the charts drawn from it, and its summary for the caseload.

    The picture is valid for `made_at` ≤ now < `holds_until`, while the episode's record has version `record_version`
    and `made_with` matches the versions in use (decision 0011). No record is read to check this.
    """

    THERAPIST_PATH: ClassVar[str] = "episode__client__therapist"

    episode = models.OneToOneField(Episode, on_delete=models.CASCADE, related_name="stored_picture")
    fingerprint = models.CharField(max_length=64)
    picture = models.TextField()
    drawings = models.JSONField(default=dict)
    summary = models.JSONField(default=dict)
    made_at = models.DateTimeField()
    holds_until = models.DateTimeField(null=True)
    record_version = models.PositiveIntegerField(default=0)
    made_with = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.fingerprint


class HypothesisAnswers(ScopedModel):
    """Answers of client or therapist to whether the processes shown on the client page matched what they see.

    `answers` maps each process (several that cannot be distinguished are joined by “+”) to a `Match`. `leading` is the
    one that the page asked about. `earlier` holds previous answers with their times.
    """

    THERAPIST_PATH: ClassVar[str] = "episode__client__therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="hypothesis_answers")
    respondent = models.CharField(max_length=20, choices=[(r.value, r.label) for r in Respondent])
    answers = models.JSONField(default=dict)
    leading = models.CharField(max_length=200)
    at = models.DateTimeField()
    earlier = models.JSONField(default=list)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("episode", "respondent"), name="one_answer_a_respondent"),)

    def __str__(self) -> str:
        return f"answers of the {self.respondent}"


class StoredTallies(ScopedModel):
    """Tallies of the forecasts and signals of an episode against what happened (`picture.verification`).

    Valid while the episode's record has version `record_version` and `made_with` matches the versions in use.
    """

    THERAPIST_PATH: ClassVar[str] = "episode__client__therapist"

    episode = models.OneToOneField(Episode, on_delete=models.CASCADE, related_name="stored_tallies")
    tallies = models.JSONField(default=dict)
    record_version = models.PositiveIntegerField()
    made_with = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.made_with
