"""Shares of a course with a supervisor until a day, and the comments of therapist and supervisor."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from securebase.workbench.clients.models import Episode
from securebase.workbench.clients.scoping import ScopedModel
from securebase.workbench.worksheets.models import Artefact


class SharedPart(models.TextChoices):
    """Parts of a course that a share can include besides worksheets."""

    COURSE = "course", "IPT tasks, phase and problem area"
    PEOPLE = "people", "People (by relation) and closeness circles"
    MEASURES = "measures", "Scores every fourth session"
    FIDELITY = "fidelity", "IPT adherence (self-rated)"


class Share(ScopedModel):
    """One course shared with one supervisor under a label.

    `parts` and `worksheets` list the shared parts and kinds of worksheet. Single worksheets that are ticked for
    supervisors belong to every share. `consent_note` gives the reason for sharing without consent in the contract.
    """

    THERAPIST_PATH: ClassVar[str] = "episode__client__therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="shares")
    supervisor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    label = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    until = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    parts = models.JSONField(default=list)
    worksheets = models.JSONField(default=list)
    consent_note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("-made_at",)

    def __str__(self) -> str:
        return self.label

    def is_live(self, now: datetime) -> bool:
        """Return True while the supervisor may read the course."""
        return self.revoked_at is None and now < self.until

    @property
    def last_day(self) -> date:
        """Last day on which the supervisor may read the course."""
        return timezone.localtime(self.until - timedelta(seconds=1)).date()

    @property
    def part_labels(self) -> list[str]:
        return [SharedPart(p).label for p in self.parts]


class Comment(ScopedModel):
    """A comment by the therapist or the supervisor on one worksheet or on the whole course.

    `earlier` holds previous wordings with their times; `seen_at` is when the other person first saw the comment.
    """

    THERAPIST_PATH: ClassVar[str] = "share__episode__client__therapist"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    share = models.ForeignKey(Share, on_delete=models.PROTECT, related_name="comments")
    artefact = models.ForeignKey(Artefact, on_delete=models.PROTECT, null=True, blank=True, related_name="comments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True, blank=True)
    earlier = models.JSONField(default=list)
    removed_at = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("at",)

    def __str__(self) -> str:
        return f"comment {self.at:%Y-%m-%d}"
