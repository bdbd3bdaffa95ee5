"""Artefacts (filled-in worksheets) and their versions."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from securebase.ipt.shelf import worksheet
from securebase.ipt.worksheet import Worksheet
from securebase.records.vocabulary import Agreement, Respondent
from securebase.workbench.clients.models import Episode
from securebase.workbench.clients.scoping import ScopedModel
from securebase.workbench.therapy_sessions.models import TherapySession

RESPONDENTS = [(r.value, r.label) for r in Respondent]
AGREEMENTS = [(a.value, a.label) for a in Agreement]


class Artefact(ScopedModel):
    """One filled-in worksheet. Never deleted: a removed artefact can be put back.

    `revision` counts every save, so that two tabs writing at once notice each other; `version` counts the states in
    the history. unread: input that could not be parsed, by field, so that no input is lost. about: the id of the
    relationship that the worksheet describes.
    """

    THERAPIST_PATH: ClassVar[str] = "episode__client__therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="artefacts")
    worksheet = models.CharField(max_length=60)
    therapy_session = models.ForeignKey(
        TherapySession, on_delete=models.PROTECT, null=True, blank=True, related_name="artefacts"
    )
    about = models.UUIDField(null=True, blank=True)
    values = models.JSONField(default=dict)
    unread = models.JSONField(default=dict)
    version = models.PositiveIntegerField(default=1)
    revision = models.PositiveIntegerField(default=1)
    respondent = models.CharField(max_length=10, choices=RESPONDENTS, default=Respondent.THERAPIST.value)
    agreement = models.CharField(max_length=10, choices=AGREEMENTS, default=Agreement.OPEN.value)
    for_client = models.BooleanField(default=False)
    for_supervisor = models.BooleanField(default=False)
    simulated = models.BooleanField(default=False)
    begun_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("begun_at",)
        indexes = (models.Index(fields=("episode", "worksheet"), name="artefacts_of_a_kind"),)

    def __str__(self) -> str:
        return f"{self.worksheet} {self.begun_at:%Y-%m-%d}"

    @property
    def agreement_tone(self) -> str:
        """Class of the tag that shows the client's response: good, warn or none."""
        tones = {Agreement.AGREED: "good", Agreement.EDITED: "good", Agreement.DECLINED: "warn"}
        return tones.get(Agreement(self.agreement), "")

    @property
    def kind(self) -> Worksheet:
        """The worksheet on the shelf. Raises ShelfError if it has left the shelf."""
        return worksheet(self.worksheet)


class ArtefactVersion(ScopedModel):
    """One state of an artefact. saved_by is None if the client saved it on their own page."""

    THERAPIST_PATH: ClassVar[str] = "artefact__episode__client__therapist"

    artefact = models.ForeignKey(Artefact, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    values = models.JSONField(default=dict)
    saved_at = models.DateTimeField()
    saved_by = models.UUIDField(null=True, blank=True)
    respondent = models.CharField(max_length=10, choices=RESPONDENTS, default=Respondent.THERAPIST.value)
    agreement = models.CharField(max_length=10, choices=AGREEMENTS, default=Agreement.OPEN.value)
    #: the client's answer in their own words
    said = models.CharField(max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    #: number of the version this one was restored from
    restored_from = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        ordering = ("number",)
        constraints = (models.UniqueConstraint(fields=("artefact", "number"), name="one_version_a_number"),)

    def __str__(self) -> str:
        return f"version {self.number}"
